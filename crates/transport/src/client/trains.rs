//! Both trains at once, as a meeting has them, until both directions have their finding.

use std::{convert::Infallible, time::Duration};

use quinn::{Connection, SendStream};
use siaga_probe::{
    Direction, DirectionResult, Reason,
    control::{FromClient, FromServer, Grant, Sent},
    judge,
};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep},
};

use super::{
    ProbeRequest,
    ask::Asked,
    attempt::Findings,
    claims::{self, Known},
};
use crate::{
    control::{self, ControlError},
    counts::train_packet_bytes,
    failure::{self, Failure},
    patience::Patience,
    server_name::ServerName,
    train::{self, TrainError},
};

/// Answers with what was found and, if the probe did not come to its end, why.
pub(super) async fn run(
    connection: &Connection,
    asked: Asked,
    request: &ProbeRequest,
    patience: Patience,
) -> (Findings, Result<(), Failure>) {
    let Asked { to_server, mut from_server, grant, allowance } = asked;
    let to_server = Mutex::new(to_server);
    let epoch = Instant::now();
    let ProbeRequest { mode, effort, down: target, .. } = *request;
    let packet_bytes = train_packet_bytes(connection);
    let Some(mut judge) = judge::for_train(mode, effort, &grant.down, target, packet_bytes, Duration::ZERO)
    else {
        let words = format!("this version knows no {mode} probe");
        return (
            Findings::none(request, Reason::VersionMismatch),
            Err(Failure::new(Reason::VersionMismatch, words)),
        );
    };
    let (tell_sent, mut down_sent) = watch::channel(None);
    let (stop_up, up_is_judged) = (Notify::new(), Notify::new());
    let mut reported = None;

    let listen = async {
        loop {
            match control::receive(&mut from_server).await? {
                FromServer::Report(report) if reported.is_none() => {
                    let sent = allowance.sent(connection);
                    let known = Known { target: request.up, sent, elapsed: allowance.elapsed() };
                    reported = Some(claims::check_report(report.result, &known).map_err(Ended::Broke)?);
                    stop_up.notify_one();
                    up_is_judged.notify_one();
                }
                FromServer::Sent(Sent { direction: Direction::Down, packets }) => {
                    tell_sent.send_replace(Some(packets));
                }
                FromServer::Unknown => {}
                FromServer::Report(_)
                | FromServer::Sent(_)
                | FromServer::Grant(_)
                | FromServer::Busy(_)
                | FromServer::Deny(_) => {
                    return Err::<Infallible, _>(Ended::Broke("a control message out of turn"));
                }
            }
        }
    };
    let up = async {
        let packets = train::send(connection, grant.up, &stop_up).await?;
        say(&to_server, &FromClient::Sent(Sent { direction: Direction::Up, packets })).await
    };
    let down = async {
        train::receive(connection, &grant.down, judge.as_mut(), epoch, &mut down_sent).await?;
        say(&to_server, &FromClient::Stop).await
    };
    let work = async {
        tokio::try_join!(up, down)?;
        up_is_judged.notified().await;
        Ok(())
    };
    let ended = tokio::select! {
        Err(ended) = listen => Err(ended),
        ended = work => ended,
        () = allowance.exceeded(connection, &grant.down) => Err(Ended::FLOODED),
        () = train::silence(connection, patience.silence) => Err(Ended::Silent),
        () = sleep(longest(&grant, connection, patience)) => Err(Ended::Silent),
    };

    let Err(mut ended) = ended else {
        let up = reported.unwrap_or_else(|| DirectionResult::unmeasured(request.up, Reason::PeerFailed));
        return (Findings { up, down: judge.result() }, Ok(()));
    };
    if matches!(ended, Ended::Train(TrainError::LocalFault)) && allowance.is_exceeded(connection, &grant.down)
    {
        // This machine's buffers overflowed, but with what was not granted.
        ended = Ended::FLOODED;
    }
    let failure = ended.told(&request.server);
    let findings = if ended.is_breach() {
        // Whoever breaks the protocol is not believed in anything.
        Findings::none(request, failure.reason)
    } else {
        // What was seen is worth showing; it is no verdict unless a judge had come to one.
        judge.abandon(failure.reason);
        let up = reported.unwrap_or_else(|| DirectionResult::unmeasured(request.up, failure.reason));
        Findings { up, down: judge.result() }
    };
    (findings, Err(failure))
}

/// No probe lasts longer.
fn longest(grant: &Grant, connection: &Connection, patience: Patience) -> Duration {
    let train = Duration::from_millis(grant.up.max_ms.max(grant.down.max_ms).into());
    train + connection.rtt().min(patience.handshake) + patience.grace
}

async fn say(to_server: &Mutex<SendStream>, message: &FromClient) -> Result<(), Ended> {
    Ok(control::send(&mut *to_server.lock().await, message).await?)
}

/// Why the trains did not come to their end.
enum Ended {
    Control(ControlError),
    Train(TrainError),
    Broke(&'static str),
    Silent,
}

impl Ended {
    const FLOODED: Self = Self::Broke("more packets than were granted");

    fn is_breach(&self) -> bool {
        match self {
            Self::Broke(_) => true,
            Self::Control(error) => !matches!(error, ControlError::Lost(_)),
            Self::Train(_) | Self::Silent => false,
        }
    }

    fn told(&self, server: &ServerName) -> Failure {
        match self {
            Self::Control(error) => failure::of_control(error, server),
            Self::Train(TrainError::Lost(error)) => failure::of_connection(error, server),
            Self::Train(error @ TrainError::LocalFault) => {
                Failure::new(Reason::LocalFault, format!("{error}; it is too busy to probe, try again later"))
            }
            Self::Broke(what) => Failure::new(
                Reason::PeerFailed,
                format!("{server} sent {what}; bring both sides to the same release"),
            ),
            Self::Silent => Failure::new(
                Reason::PeerFailed,
                format!("{server} stopped answering in mid-probe: the server or the link went down"),
            ),
        }
    }
}

impl From<ControlError> for Ended {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

impl From<TrainError> for Ended {
    fn from(error: TrainError) -> Self {
        Self::Train(error)
    }
}
