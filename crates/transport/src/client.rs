//! One probe from the room's side.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use quinn::{Connection, ConnectionError, Endpoint, EndpointConfig, RecvStream, SendStream, TokioRuntime};
use siaga_probe::{
    Bitrate, Direction, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    control::{Ask, FromClient, FromServer, Grant, Sent, VERSION},
    judge::Judge,
    outcome::{RoundTrip, combine},
};
use tokio::{
    net::lookup_host,
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep, timeout},
};

use crate::{
    close,
    control::{self, ControlError},
    counts::train_packet_bytes,
    diagnose,
    failure::{self, Failure},
    identity::{Identity, IdentityError, Trust},
    quic,
    server_name::ServerName,
    socket::{self, CountingSocket},
    train,
};

/// How long a name may take to resolve.
const RESOLVE: Duration = Duration::from_secs(5);

/// What to ask of which server.
#[derive(Debug, Clone)]
pub struct ProbeRequest {
    /// The server.
    pub server: ServerName,
    /// The CA that must have signed its certificate.
    pub trust: Trust,
    /// The room's own certificate, if it has one.
    pub identity: Option<Identity>,
    /// Kind of probe.
    pub mode: Mode,
    /// Rate to be judged from room to server.
    pub up: Bitrate,
    /// Rate to be judged from server to room.
    pub down: Bitrate,
}

/// A finished probe and what the caller may want to know beyond it.
#[derive(Debug, Clone)]
pub struct Probed {
    /// What was found; a probe that could not be done is inconclusive and says why.
    pub result: ProbeResult,
    /// The address that was probed, once the name was resolved.
    pub address: Option<SocketAddr>,
    /// The server's clock less this machine's at the grant, seconds.
    pub clock_offset_s: Option<f64>,
}

/// Probes, and ends early when `cancel` resolves.
///
/// # Errors
/// The identity can't be used; everything else is a finding.
pub async fn probe(
    request: &ProbeRequest,
    cancel: impl Future<Output = ()>,
) -> Result<Probed, IdentityError> {
    let config = quic::client(&request.trust, request.identity.as_ref())?;
    let mut attempt = Attempt::new(request);
    let ended = tokio::select! {
        ended = attempt.run(config) => ended,
        () = cancel => Err(Failure::new(Reason::Interrupted, "the probe was interrupted")),
    };
    Ok(attempt.finish(ended).await)
}

/// One attempt, with what is known of it however it ends.
struct Attempt<'a> {
    request: &'a ProbeRequest,
    started_at: Timestamp,
    started: Instant,
    address: Option<SocketAddr>,
    socket: Option<(Endpoint, Arc<CountingSocket>)>,
    connection: Option<Connection>,
    rtt: RoundTrip,
    clock_offset_s: Option<f64>,
    up: DirectionResult,
    down: DirectionResult,
}

impl<'a> Attempt<'a> {
    fn new(request: &'a ProbeRequest) -> Self {
        Self {
            request,
            started_at: Timestamp::now(),
            started: Instant::now(),
            address: None,
            socket: None,
            connection: None,
            rtt: RoundTrip::default(),
            clock_offset_s: None,
            up: DirectionResult::unmeasured(request.up, Reason::Interrupted),
            down: DirectionResult::unmeasured(request.down, Reason::Interrupted),
        }
    }

    async fn run(&mut self, config: quinn::ClientConfig) -> Result<(), Failure> {
        let address = self.resolve().await?;
        self.address = Some(address);
        let endpoint = self.open(address)?;
        // The contract counts from the first UDP packet; a slow resolver is not the link.
        self.started = Instant::now();
        let connection = self.connect(&endpoint, config, address).await?;
        let (to_server, from_server, grant) = self.ask(&connection).await?;
        // After the ask: the handshake's own round trips hold the time that the cryptography took.
        self.rtt.idle = Some(millis(connection.stats().path.min_rtt));
        self.clock_offset_s = Some((grant.server_time_ms - Timestamp::now().as_millisecond()) as f64 / 1e3);
        let ended = self.trains(&connection, &grant, to_server, from_server).await;
        self.rtt.loaded = Some(millis(connection.rtt()));
        ended
    }

    async fn resolve(&self) -> Result<SocketAddr, Failure> {
        let server = &self.request.server;
        let failed = |cause: &dyn std::fmt::Display| {
            let words = format!(
                "the name {} could not be resolved: {cause}; check the spelling and this machine's DNS",
                server.host()
            );
            Failure::new(Reason::NameNotResolved, words)
        };
        match timeout(RESOLVE, lookup_host((server.host(), server.port()))).await {
            Ok(Ok(mut addresses)) => addresses.next().ok_or_else(|| failed(&"no address")),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(failed(&"the name server did not answer within 5 s")),
        }
    }

    fn open(&mut self, server: SocketAddr) -> Result<Endpoint, Failure> {
        let local: SocketAddr =
            if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let failed = |error: io::Error| {
            Failure::new(Reason::LocalFault, format!("this machine could not open a UDP socket: {error}"))
        };
        let socket = CountingSocket::new(socket::bind(local).map_err(failed)?).map_err(failed)?;
        let runtime = Arc::new(TokioRuntime);
        let endpoint =
            Endpoint::new_with_abstract_socket(EndpointConfig::default(), None, socket.clone(), runtime)
                .map_err(failed)?;
        self.socket = Some((endpoint.clone(), socket));
        Ok(endpoint)
    }

    async fn connect(
        &mut self,
        endpoint: &Endpoint,
        config: quinn::ClientConfig,
        address: SocketAddr,
    ) -> Result<Connection, Failure> {
        let connecting =
            endpoint.connect_with(config, address, self.request.server.host()).map_err(|error| {
                Failure::new(Reason::LocalFault, format!("cannot connect to {address}: {error}"))
            })?;
        match timeout(quic::HANDSHAKE, connecting).await {
            Ok(Ok(connection)) => {
                self.connection = Some(connection.clone());
                Ok(connection)
            }
            Err(_) | Ok(Err(ConnectionError::TimedOut)) => {
                let (reason, words) = diagnose::silence(address).await;
                Err(Failure::new(reason, words))
            }
            Ok(Err(error)) => Err(failure::of_connection(&error, &self.request.server)),
        }
    }

    async fn ask(&self, connection: &Connection) -> Result<(SendStream, RecvStream, Grant), Failure> {
        let lost = |error: ControlError| failure::of_control(&error, &self.request.server);
        let ask = Ask {
            version: VERSION,
            mode: self.request.mode,
            up_bps: self.request.up,
            down_bps: self.request.down,
        };
        let answered = async {
            let (mut to_server, mut from_server) = connection.open_bi().await.map_err(ControlError::Lost)?;
            control::send(&mut to_server, &FromClient::Ask(ask)).await?;
            Ok::<_, ControlError>((control::receive(&mut from_server).await?, to_server, from_server))
        };
        let Ok(answer) = timeout(quic::HANDSHAKE, answered).await else {
            return Err(Failure::new(Reason::PeerFailed, "the server did not answer the request within 5 s"));
        };
        let (message, to_server, from_server) = answer.map_err(lost)?;
        match message {
            FromServer::Grant(grant) => {
                check(&grant, self.request)?;
                Ok((to_server, from_server, grant))
            }
            FromServer::Busy(busy) => Err(Failure::new(
                Reason::ServerBusy,
                format!("the server is busy; ask again in {:.0} s", busy.retry_after_ms as f64 / 1e3),
            )),
            FromServer::Deny(deny) => Err(Failure::new(deny.reason, deny.message)),
            FromServer::Report(_) | FromServer::Sent(_) | FromServer::Unknown => {
                Err(Failure::new(Reason::PeerFailed, "the server answered with something else than a grant"))
            }
        }
    }

    /// Both trains at once, as a meeting does, until both directions have their finding.
    async fn trains(
        &mut self,
        connection: &Connection,
        grant: &Grant,
        to_server: SendStream,
        mut from_server: RecvStream,
    ) -> Result<(), Failure> {
        let to_server = Mutex::new(to_server);
        let stop_up = Notify::new();
        let (tell_sent, mut down_sent) = watch::channel(None);
        let epoch = Instant::now();
        let mut judge =
            Judge::new(&grant.down, self.request.down, train_packet_bytes(connection), Duration::ZERO);

        let up_train = async {
            let packets = train::send(connection, grant.up, &stop_up).await.map_err(ControlError::Lost)?;
            let sent = FromClient::Sent(Sent { direction: Direction::Up, packets });
            control::send(&mut *to_server.lock().await, &sent).await
        };
        let down_train = async {
            train::receive(connection, &grant.down, &mut judge, epoch, &mut down_sent)
                .await
                .map_err(ControlError::Lost)?;
            control::send(&mut *to_server.lock().await, &FromClient::Stop).await
        };
        let report = async {
            loop {
                match control::receive(&mut from_server).await? {
                    FromServer::Report(report) => {
                        stop_up.notify_one();
                        return Ok(report.result);
                    }
                    FromServer::Sent(sent) if sent.direction == Direction::Down => {
                        tell_sent.send_replace(Some(sent.packets));
                    }
                    _ => {}
                }
            }
        };
        let limit = Duration::from_millis(u64::from(grant.up.max_ms.max(grant.down.max_ms)))
            + connection.rtt()
            + train::GRACE;
        let all = async { tokio::try_join!(up_train, down_train, report) };
        let ended = tokio::select! {
            ended = all => ended.map_err(|error| failure::of_control(&error, &self.request.server)),
            () = sleep(limit) => Err(Failure::new(Reason::PeerFailed, "the server stopped answering in mid-probe")),
        };
        match ended {
            Ok(((), (), up)) => {
                self.up = honest(up, self.request.up);
                self.down = judge.result();
                Ok(())
            }
            Err(failure) => {
                // What was seen of the down train is worth showing; it is no verdict unless the judge had one.
                judge.abandon(failure.reason);
                self.down = judge.result();
                self.up.reason = failure.reason;
                Err(failure)
            }
        }
    }

    async fn finish(mut self, ended: Result<(), Failure>) -> Probed {
        let duration = self.started.elapsed();
        let (verdict, reason, detail) = match ended {
            Ok(()) => {
                let (verdict, reason) = combine(&self.up, &self.down);
                (verdict, reason, None)
            }
            Err(failure) => {
                for direction in [&mut self.up, &mut self.down] {
                    if direction.verdict == Verdict::Inconclusive {
                        direction.reason = failure.reason;
                    }
                }
                (Verdict::Inconclusive, failure.reason, Some(failure.words))
            }
        };
        if let Some(connection) = &self.connection {
            connection.close(close::DONE, b"");
        }
        let mut bytes = siaga_probe::outcome::ByteCount::default();
        if let Some((endpoint, socket)) = &self.socket {
            let ipv6 = self.address.is_some_and(|address| address.ip().to_canonical().is_ipv6());
            bytes = socket.ip_bytes(ipv6);
            endpoint.close(close::DONE, b"");
            let _ = timeout(Duration::from_millis(200), endpoint.wait_idle()).await;
        }
        Probed {
            result: ProbeResult {
                mode: self.request.mode,
                server: self.request.server.to_string(),
                started_at: self.started_at.to_string(),
                duration_s: duration.as_secs_f64(),
                bytes,
                verdict,
                reason,
                detail,
                up: self.up,
                down: self.down,
                rtt_ms: self.rtt,
            },
            address: self.address,
            clock_offset_s: self.clock_offset_s,
        }
    }
}

/// A grant above what was asked for would flood the link; it is refused, whoever the server is.
fn check(grant: &Grant, request: &ProbeRequest) -> Result<(), Failure> {
    let too_much = |granted: Bitrate, asked: Bitrate| granted.bps_f64() > asked.bps_f64() * 1.1;
    let longest = request.mode.time_limit().as_millis();
    let over = too_much(grant.up.rate_bps, request.up)
        || too_much(grant.down.rate_bps, request.down)
        || u128::from(grant.up.max_ms.max(grant.down.max_ms)) > longest;
    if over {
        return Err(Failure::new(Reason::PeerFailed, "the server granted more than was asked for"));
    }
    Ok(())
}

/// A report about another rate than ours is no statement about ours.
fn honest(report: DirectionResult, target: Bitrate) -> DirectionResult {
    if report.target_bps == target { report } else { DirectionResult::unmeasured(target, Reason::PeerFailed) }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
