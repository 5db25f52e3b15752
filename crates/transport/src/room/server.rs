//! The server's end of a link.

use std::{borrow::Cow, collections::VecDeque, sync::Arc, time::Duration};

use jiff::Timestamp;
use quinn::{Connection, VarInt};
use siaga_readiness::{
    report::{Ack, Echo, FromRoom, FromServer, Hello, VERSION, Welcome, common_version},
    room::RoomId,
};
use tokio::time::{Instant, timeout};
use tracing::info;

use super::{
    Desk, DeskError, Handle, LinkPatience, Live, Received,
    frames::{FrameError, Frames, write},
    rate::Rate,
};
use crate::{close, identity::KeyId};

/// What every link needs.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) live: Arc<Live>,
    pub(crate) patience: LinkPatience,
}

/// A link from its greeting to its end. `room` is the one that the certificate of `key` names; `on_standing` is called once it is
/// no longer one of those who merely came.
pub(crate) async fn serve(
    connection: &Connection,
    (room, key): (&RoomId, KeyId),
    rooms: &Rooms,
    on_standing: impl FnOnce(),
) -> Result<(), Ended> {
    let Rooms { desk, live, patience } = rooms;
    let greeting = timeout(patience.greeting, greet(connection, patience.frame)).await;
    let (hello, mut to_room, mut frames) = greeting.map_err(|_| FrameError::TooSlow)??;
    let version = common_version(hello.version).ok_or(Ended::Version(hello.version))?;
    if hello.room != *room {
        return Err(Ended::OtherRoom { named: room.clone(), told: hello.room });
    }
    let mut place = live.enter(room).ok_or(Ended::Full)?;
    on_standing();
    let (handle, mut wishes) = Handle::new(place.link);
    let mut closing = Closing { desk: &**desk, room, link: place.link, why: SHUTTING_DOWN.into() };
    let committed = desk.connected(room, &hello, handle).await.map_err(|error| closing.by(error.into()))?;
    info!(%room, %key, agent = hello.agent, peer = %connection.remote_address(), "room connected");
    let welcome = Welcome {
        version,
        server: env!("CARGO_PKG_VERSION").to_owned(),
        server_time_ms: Timestamp::now().as_millisecond(),
        committed,
    };
    let mut said = Said::new(Instant::now());
    let welcomed = write(&mut to_room, &FromServer::Welcome(welcome), patience.frame).await;
    welcomed.map_err(|error| closing.by(error.into()))?;
    let mut rate = Rate::new(Instant::now());
    let ended = loop {
        tokio::select! {
            _ = &mut place.replaced => break Ended::Replaced,
            came = frames.next() => {
                let now = Instant::now();
                let (frame, length): (FromRoom, usize) = match came {
                    Ok(came) => came,
                    Err(error) => break error.into(),
                };
                if !rate.takes(length, now) {
                    break Ended::TooFast;
                }
                let answer = match said.take(&frame, now) {
                    Ok(Some((no, under_way))) => {
                        let received = Received { link: place.link, frame, under_way };
                        desk.report(room, received).await.map(|committed| (no, committed))
                    }
                    Ok(None) => continue,
                    Err(breach) => break Ended::Broke(breach),
                };
                let (no, committed) = match answer {
                    Ok(answer) => answer,
                    Err(error) => break error.into(),
                };
                said.on_ack(no, Instant::now());
                let ack = Ack { no, committed, server_time_ms: Timestamp::now().as_millisecond() };
                if let Err(error) = write(&mut to_room, &FromServer::Ack(ack), patience.frame).await {
                    break error.into();
                }
            }
            Some(wish) = wishes.recv() => {
                if let Err(error) = write(&mut to_room, &wish, patience.frame).await {
                    break error.into();
                }
            }
        }
    };
    Err(closing.by(ended))
}

async fn greet(
    connection: &Connection,
    patience: Duration,
) -> Result<(Hello, quinn::SendStream, Frames), Ended> {
    let (to_room, from_room) = connection.accept_bi().await.map_err(FrameError::Lost)?;
    let mut frames = Frames::new(from_room, patience);
    match frames.next().await? {
        (FromRoom::Hello(hello), _) => Ok((hello, to_room, frames)),
        _ => Err(Ended::Broke("something else before its hello")),
    }
}

/// Tells the desk that a link is gone, however it ends.
struct Closing<'a> {
    desk: &'a dyn Desk,
    room: &'a RoomId,
    link: u64,
    why: String,
}

const SHUTTING_DOWN: &str = "the server is shutting down";

impl Closing<'_> {
    /// Not because the server shuts down.
    fn by(&mut self, ended: Ended) -> Ended {
        self.why = ended.words().into_owned();
        ended
    }
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        info!(room = %self.room, why = self.why, "room disconnected");
        self.desk.closed(self.room, self.link, &self.why);
    }
}

/// What was last said to the room, and when: by what it echoes of it, it is known for how long a frame can have been
/// under way.
struct Said {
    acks: VecDeque<(u64, Instant)>,
    last: u64,
}

impl Said {
    /// A room waits for each acknowledgement, and echoes the last one that it has heard.
    const MOST: usize = 4;

    /// At a welcome.
    fn new(now: Instant) -> Self {
        Self { acks: [(0, now)].into(), last: 0 }
    }

    fn on_ack(&mut self, no: u64, now: Instant) {
        self.acks.truncate(Self::MOST - 1);
        self.acks.push_front((no, now));
    }

    /// The number of a frame, and for how long it was under way at most. `None`: nothing is to be done with it.
    fn take(&mut self, frame: &FromRoom, now: Instant) -> Result<Option<(u64, Duration)>, &'static str> {
        let Some(no) = frame.no() else {
            let is_hello = matches!(frame, FromRoom::Hello(_));
            return if is_hello { Err("a second hello") } else { Ok(None) };
        };
        if no <= self.last {
            return Err("a frame that is not numbered after the one before");
        }
        self.last = no;
        let Some(echo) = frame.echo() else { return Ok(Some((no, Duration::ZERO))) };
        Ok(Some((no, self.under_way(echo, now)?)))
    }

    fn under_way(&self, echo: Echo, now: Instant) -> Result<Duration, &'static str> {
        let heard = self.acks.iter().find(|(no, _)| *no == echo.no);
        let (_, at) = heard.ok_or("an echo of what was not said lately")?;
        Ok(now.saturating_duration_since(*at).saturating_sub(Duration::from_millis(echo.held_ms)))
    }
}

/// Why a link ends.
#[derive(Debug)]
pub(crate) enum Ended {
    Frame(FrameError),
    Desk(DeskError),
    Broke(&'static str),
    Version(u16),
    NoDesk,
    OtherRoom { named: RoomId, told: RoomId },
    Replaced,
    TooFast,
    Full,
}

/// Why a room's link is not taken, or ended for what came over it, as it is written in metrics.
pub const REFUSALS: [&str; 8] =
    ["malformed", "too_slow", "protocol", "too_fast", "version", "other_room", "full", "not_stored"];

impl Ended {
    /// One of [`REFUSALS`]; `None` if the link is just gone.
    pub(crate) const fn refusal(&self) -> Option<&'static str> {
        Some(match self {
            Self::Frame(FrameError::Lost(_) | FrameError::Ended) | Self::NoDesk | Self::Replaced => {
                return None;
            }
            Self::Frame(FrameError::TooSlow) => "too_slow",
            Self::Frame(_) => "malformed",
            Self::Broke(_) => "protocol",
            Self::TooFast => "too_fast",
            Self::Version(_) => "version",
            Self::OtherRoom { .. } => "other_room",
            Self::Full => "full",
            Self::Desk(_) => "not_stored",
        })
    }

    pub(crate) fn code(&self) -> VarInt {
        match self {
            Self::Frame(FrameError::TooSlow) => close::TOO_SLOW,
            Self::Frame(_) | Self::Broke(_) => close::PROTOCOL,
            Self::Desk(_) => close::FAULT,
            Self::Version(_) | Self::NoDesk => close::NOT_SPOKEN,
            Self::OtherRoom { .. } => close::IDENTITY,
            Self::Replaced => close::REPLACED,
            Self::TooFast => close::TOO_FAST,
            Self::Full => close::FULL,
        }
    }

    /// For the room, the log and the desk.
    pub(crate) fn words(&self) -> Cow<'static, str> {
        match self {
            Self::Frame(FrameError::Lost(error)) => error.to_string().into(),
            Self::Frame(error) => format!("the room sent {error}").into(),
            Self::Desk(error) => format!("the server can't take in what the room reports: {error}").into(),
            Self::Broke(what) => format!("the room sent {what}").into(),
            Self::Version(told) => format!(
                "the room speaks version {told} of the link, the server {VERSION}; bring both to the same release"
            )
            .into(),
            Self::OtherRoom { named, told } => format!(
                "the room calls itself {told}, its certificate {named}; set the name that it was enrolled with, or \
                 enrol it again"
            )
            .into(),
            Self::NoDesk => "this server keeps no rooms: it only probes".into(),
            Self::Replaced => "the room has opened a newer link; if that was another machine, two have the same \
                               identity: enrol one of them anew"
                .into(),
            Self::TooFast => "the room sends more than a room has to say".into(),
            Self::Full => "the server has as many rooms as it takes".into(),
        }
    }
}

impl From<FrameError> for Ended {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl From<DeskError> for Ended {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::report::{CheckAnswer, CheckingFrame, Looks, StillFrame};

    use super::*;

    fn still(no: u64, of: u64, held_ms: u64) -> FromRoom {
        FromRoom::Still(StillFrame { no, echo: Echo { no: of, held_ms }, looks: Looks::default() })
    }

    #[test]
    fn a_room_that_falls_silent_is_told_by_that_word() {
        let ended = Ended::Frame(FrameError::Lost(quinn::ConnectionError::TimedOut));
        assert_eq!(ended.words(), crate::room::SILENCE);
    }

    #[test]
    fn a_frame_is_taken_for_as_old_as_it_can_be() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let ms = |ms| Ok(Some(Duration::from_millis(ms)));
        let mut said = Said::new(start);
        let mut under_way = |frame: &FromRoom, now| said.take(frame, now).map(|it| it.map(|(_, it)| it));
        // The welcome took 20 ms, the room waited a second, the frame was stuck for half a minute.
        assert_eq!(under_way(&still(1, 0, 1_000), at(31_020)), ms(30_020));
        // A room whose clock runs fast does not make it younger than just now.
        assert_eq!(under_way(&still(2, 0, 99_000), at(32_000)), ms(0));
        said.on_ack(2, at(32_000));
        assert_eq!(said.take(&still(3, 2, 10), at(32_050)), Ok(Some((3, Duration::from_millis(40)))));
    }

    #[test]
    fn every_refusal_is_counted_under_a_name_of_the_list_and_a_goodbye_is_none() {
        let room: RoomId = "r1".parse().unwrap();
        let refused = [
            Ended::Frame(FrameError::TooLong(1)),
            Ended::Frame(FrameError::TooSlow),
            Ended::Broke("nothing"),
            Ended::TooFast,
            Ended::Version(0),
            Ended::OtherRoom { named: room.clone(), told: room },
            Ended::Full,
            Ended::Desk(DeskError(String::new())),
        ];
        assert_eq!(refused.map(|ended| ended.refusal()), REFUSALS.map(Some));
        for gone in [Ended::Frame(FrameError::Ended), Ended::Replaced] {
            assert_eq!(gone.refusal(), None);
        }
    }

    #[test]
    fn frames_out_of_order_and_echoes_of_nothing_are_breaches() {
        let now = Instant::now();
        let mut said = Said::new(now);
        assert!(said.take(&still(1, 1, 0), now).is_err(), "what was not said");
        assert!(said.take(&still(2, 0, 0), now).is_ok());
        assert!(said.take(&still(2, 0, 0), now).is_err(), "a number twice");
        let checking = CheckingFrame { no: 3, id: 1, answer: CheckAnswer::Begun };
        assert_eq!(said.take(&FromRoom::Checking(checking), now), Ok(Some((3, Duration::ZERO))));
        assert_eq!(said.take(&FromRoom::Unknown, now), Ok(None));
        for no in 3..10 {
            said.on_ack(no, now);
        }
        assert!(said.take(&still(10, 4, 0), now).is_err(), "long ago");
        assert!(said.acks.len() <= Said::MOST);
    }
}
