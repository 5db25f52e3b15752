//! The room's end of a link.

use std::time::Duration;

use quinn::{ApplicationClose, Connection, ConnectionError, SendStream};
use siaga_probe::Reason;
use siaga_readiness::report::{Echo, FromRoom, FromServer, Hello, Welcome};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use super::{
    LinkPatience, Why,
    frames::{FrameError, Frames, write},
};
use crate::{
    client::{
        Meter,
        port::{self, Port},
    },
    close,
    failure::{self, Failure},
    identity::{Identity, IdentityError, Trust},
    quic,
    server_name::ServerName,
};

/// To which server, and as whom.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// The server.
    pub server: ServerName,
    /// The CA that must have signed its certificate.
    pub trust: Trust,
    /// The room's own certificate.
    pub identity: Identity,
}

/// A link that stands. Whoever lets it go out of scope closes it without a word.
pub struct RoomLink {
    server: ServerName,
    welcome: Welcome,
    port: Port,
    connection: Connection,
    to_server: SendStream,
    from_server: Frames,
    patience: LinkPatience,
    /// The number of the last frame that was said.
    last: u64,
    heard: Heard,
    silence: Silence,
}

/// The last acknowledgement, or the welcome.
struct Heard {
    no: u64,
    at: Instant,
}

impl RoomLink {
    /// Opens a link and says `hello`.
    ///
    /// # Errors
    /// There is none, and why.
    pub async fn open(request: &LinkRequest, hello: Hello) -> Result<Self, LinkEnd> {
        Self::open_within(request, hello, LinkPatience::default()).await
    }

    /// [`Self::open`] with other times.
    pub(crate) async fn open_within(
        request: &LinkRequest,
        hello: Hello,
        patience: LinkPatience,
    ) -> Result<Self, LinkEnd> {
        let LinkRequest { server, trust, identity } = request;
        let config = quic::link(trust, identity, patience.keep_alive, patience.idle)?;
        let address = port::resolve(server).await?;
        let port = Port::open(address, &Meter::default())?;
        let connection = port.connect(config, server, HANDSHAKE).await?;
        let lost = |error: FrameError| LinkEnd::of(&error, &connection, server);
        let greeting = timeout(patience.greeting, async {
            let (mut to_server, from_server) = connection.open_bi().await.map_err(FrameError::Lost)?;
            write(&mut to_server, &FromRoom::Hello(hello), patience.frame).await?;
            let mut from_server = Frames::new(from_server, patience.frame);
            Ok((from_server.next().await?.0, to_server, from_server))
        });
        let (first, to_server, from_server) = match greeting.await {
            Ok(greeted) => greeted.map_err(lost)?,
            Err(_) => {
                return Err(LinkEnd::new(
                    Why::Unreachable,
                    format!("{server} does not answer the room's hello"),
                ));
            }
        };
        let FromServer::Welcome(welcome) = first else {
            return Err(LinkEnd::new(
                Why::Unwanted,
                format!("{server} answered with something else than a welcome"),
            ));
        };
        let heard = Heard { no: 0, at: Instant::now() };
        let silence = Silence::new(patience.silence);
        let server = server.clone();
        Ok(Self {
            server,
            welcome,
            port,
            connection,
            to_server,
            from_server,
            patience,
            last: 0,
            heard,
            silence,
        })
    }

    /// What the server said first.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Numbers the next frame: what is built with these must be said next, and its facts must be as old as they say now.
    pub fn number(&mut self) -> (u64, Echo) {
        self.last += 1;
        let held = self.heard.at.elapsed();
        // Rounded down: the server then takes the frame for older, never for younger.
        let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
        (self.last, Echo { no: self.heard.no, held_ms })
    }

    /// Says a frame.
    ///
    /// # Errors
    /// The link is gone, and why.
    pub async fn say(&mut self, frame: &FromRoom) -> Result<(), LinkEnd> {
        let said = write(&mut self.to_server, frame, self.patience.frame).await;
        said.map_err(|error| LinkEnd::of(&error, &self.connection, &self.server))
    }

    /// Hears the next frame; one that is not known is left out. Cancel-safe.
    ///
    /// # Errors
    /// The link is gone, and why; also when nothing at all came from the server for a while.
    pub async fn hear(&mut self) -> Result<FromServer, LinkEnd> {
        loop {
            tokio::select! {
                heard = self.from_server.next() => {
                    let (frame, _) = heard.map_err(|error| LinkEnd::of(&error, &self.connection, &self.server))?;
                    match frame {
                        FromServer::Unknown => {}
                        FromServer::Ack(ack) => {
                            self.heard = Heard { no: ack.no, at: Instant::now() };
                            return Ok(frame);
                        }
                        FromServer::Welcome(_)
                        | FromServer::CheckNow(_)
                        | FromServer::Agenda(_)
                        | FromServer::Rules(_) => {
                            return Ok(frame);
                        }
                    }
                }
                () = self.silence.lasts(&self.connection) => {
                    let words = format!("nothing has come from {} for {:.0} s", self.server, self.patience.silence.as_secs_f64());
                    return Err(LinkEnd::new(Why::Lost, words));
                }
            }
        }
    }

    /// For how long an acknowledgement may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience.ack
    }

    /// Takes leave.
    pub async fn close(self) {
        drop((self.to_server, self.from_server));
        self.port.close().await;
    }
}

/// For the handshake, as of a probe.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Notices a way on which nothing comes any more, before the connection's own time-out does.
struct Silence {
    patience: Duration,
    looks: Interval,
    datagrams: u64,
    since: Instant,
}

impl Silence {
    fn new(patience: Duration) -> Self {
        let mut looks = interval(patience / 15);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { patience, looks, datagrams: 0, since: Instant::now() }
    }

    /// Resolves once nothing has come for too long. Cancel-safe.
    async fn lasts(&mut self, connection: &Connection) {
        loop {
            self.looks.tick().await;
            let (now, datagrams) = (Instant::now(), connection.stats().udp_rx.datagrams);
            if datagrams != self.datagrams {
                (self.datagrams, self.since) = (datagrams, now);
            } else if now - self.since >= self.patience {
                return;
            }
        }
    }
}

/// Why there is no link, or no longer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEnd {
    /// When to try again.
    pub why: Why,
    /// For people.
    pub words: String,
}

impl LinkEnd {
    fn new(why: Why, words: impl Into<String>) -> Self {
        Self { why, words: words.into() }
    }

    fn of(error: &FrameError, connection: &Connection, server: &ServerName) -> Self {
        // A stream ends because its connection was closed: that says why.
        let lost = match error {
            FrameError::Lost(error) => Some(error.clone()),
            FrameError::Ended => connection.close_reason(),
            _ => None,
        };
        let Some(lost) = lost else {
            return Self::new(
                Why::Lost,
                format!("{server} sent {error}; bring both sides to the same release"),
            );
        };
        match &lost {
            ConnectionError::ApplicationClosed(ApplicationClose { error_code, reason }) => {
                let words = failure::printable(&String::from_utf8_lossy(reason));
                let is_unwanted =
                    [close::PROTOCOL, close::IDENTITY, close::REPLACED, close::TOO_FAST, close::NOT_SPOKEN];
                if is_unwanted.contains(error_code) {
                    Self::new(Why::Unwanted, format!("{server} ended the link: {words}"))
                } else if *error_code == close::SHUTDOWN {
                    Self::new(Why::Lost, format!("{server} is being shut down"))
                } else {
                    // It may be able to take the room in later.
                    Self::new(Why::Unreachable, format!("{server} ended the link: {words}"))
                }
            }
            ConnectionError::TimedOut | ConnectionError::Reset => {
                Self::new(Why::Lost, format!("{server} no longer answers"))
            }
            error => failure::of_connection(error, server).into(),
        }
    }
}

impl From<Failure> for LinkEnd {
    fn from(Failure { reason, words, has_run_out, .. }: Failure) -> Self {
        let why = match reason {
            Reason::IdentityRefused if has_run_out => Why::RunOut,
            Reason::ServerNotTrusted
            | Reason::ClockBehind
            | Reason::IdentityRefused
            | Reason::IdentityRequired
            | Reason::VersionMismatch => Why::Unwanted,
            _ => Why::Unreachable,
        };
        Self::new(why, words)
    }
}

impl From<IdentityError> for LinkEnd {
    fn from(error: IdentityError) -> Self {
        Self::new(Why::Unwanted, error.to_string())
    }
}
