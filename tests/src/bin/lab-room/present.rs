//! A room that is there: it reports, and checks itself when it is asked to, with what it is made of.

use std::{
    collections::VecDeque,
    error::Error,
    time::{Duration, Instant},
};

use siaga_probe_server::desk;
use siaga_readiness::{
    report::{CheckAnswer, CheckNow, CheckingFrame, FromRoom, FromServer, SnapshotFrame, Tolerant},
    room::RoomId,
};
use siaga_tests::{
    lab_room::{Fault, LabRoom, Probed},
    swarm::identities::Authority,
};
use siaga_transport::{
    identity::{Identity, Trust},
    room::{LinkEnd, LinkRequest, RoomLink},
    server_name::ServerName,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{interval, sleep},
};

use crate::{Which, hello};

/// Until it is ended; a link that breaks is made anew, as agents do.
pub(crate) async fn stay(
    which: &Which,
    server: ServerName,
    fault: Option<Fault>,
    site: Option<&RoomId>,
) -> Result<(), Box<dyn Error>> {
    let request =
        LinkRequest { server, trust: Trust::load(&which.dir.join("ca.pem"))?, identity: identity(which)? };
    let mut room = Room {
        it: LabRoom { name: which.room.to_string(), fault },
        checked: None,
        to_say: VecDeque::new(),
        ended: signal(SignalKind::terminate())?,
        unplugged: signal(SignalKind::user_defined1())?,
        called: signal(SignalKind::user_defined2())?,
    };
    loop {
        let opened = tokio::select! {
            opened = RoomLink::open(&request, hello(&which.room, site)) => opened,
            _ = room.ended.recv() => return Ok(()),
        };
        let end = match opened {
            Ok(mut link) => match room.talk(&mut link).await {
                Ok(()) => {
                    // Told, the server need not wait for a room that is gone.
                    link.close().await;
                    return Ok(());
                }
                Err(end) => end,
            },
            Err(end) => end,
        };
        println!("{}: {}", room.it.name, end.words);
        tokio::select! {
            () = sleep(BETWEEN_TRIES) => {}
            _ = room.ended.recv() => return Ok(()),
        }
    }
}

const BETWEEN_TRIES: Duration = Duration::from_secs(1);

struct Room {
    it: LabRoom,
    /// When it was last asked to check itself, and did.
    checked: Option<Instant>,
    to_say: VecDeque<Saying>,
    ended: Signal,
    unplugged: Signal,
    called: Signal,
}

enum Saying {
    HowItIs,
    Answer(u64, CheckAnswer),
}

impl Room {
    /// Until it is told to end. One thing is said after the other is acknowledged.
    async fn talk(&mut self, link: &mut RoomLink) -> Result<(), LinkEnd> {
        let mut looks = interval(Duration::from_secs(30));
        let mut unanswered = None;
        self.to_say.clear();
        loop {
            if unanswered.is_none()
                && let Some(saying) = self.to_say.pop_front()
            {
                let frame = self.frame(link, &saying);
                unanswered = frame.no();
                link.say(&frame).await?;
            }
            tokio::select! {
                heard = link.hear() => match heard? {
                    FromServer::Ack(ack) if Some(ack.no) == unanswered => {
                        println!("{} has reported", self.it.name);
                        unanswered = None;
                    }
                    FromServer::CheckNow(wish) => self.check(&wish),
                    _ => {}
                },
                _ = looks.tick() => self.to_say.push_back(Saying::HowItIs),
                _ = self.unplugged.recv() => self.becomes(Fault::Camera),
                _ = self.called.recv() => self.becomes(Fault::Call),
                _ = self.ended.recv() => return Ok(()),
            }
        }
    }

    fn becomes(&mut self, fault: Fault) {
        println!("{}: {fault:?}", self.it.name);
        self.it.fault = Some(fault);
        self.to_say.push_back(Saying::HowItIs);
    }

    /// Never into a meeting.
    fn check(&mut self, wish: &CheckNow) {
        println!("{} is asked to check itself", self.it.name);
        let mut say = |saying| self.to_say.push_back(saying);
        if self.it.fault == Some(Fault::Call) {
            return say(Saying::Answer(wish.id, CheckAnswer::MeetingOn));
        }
        say(Saying::Answer(wish.id, CheckAnswer::Begun));
        say(Saying::HowItIs);
        say(Saying::Answer(wish.id, CheckAnswer::Done));
        self.checked = Some(Instant::now());
    }

    fn frame(&self, link: &mut RoomLink, saying: &Saying) -> FromRoom {
        let (no, echo) = link.number();
        match *saying {
            Saying::Answer(id, answer) => FromRoom::Checking(CheckingFrame { no, id, answer }),
            Saying::HowItIs => {
                // Its own probes are always some minutes old.
                let own = Duration::from_secs(300);
                let gate = self.checked.map_or(own, |at| own.min(at.elapsed()));
                let probed = Probed { gate, sustain: Duration::from_secs(3 * 3600) };
                let facts = Tolerant::Understood(self.it.facts(desk::now(), probed));
                FromRoom::Snapshot(Box::new(SnapshotFrame { no, echo, facts }))
            }
        }
    }
}

fn identity(which: &Which) -> Result<Identity, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    Authority::load(&which.dir)?.sign(which.room.as_str())?.write(dir.path())?;
    Ok(Identity::load_dir(dir.path())?)
}
