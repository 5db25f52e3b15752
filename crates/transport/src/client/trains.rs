//! Both trains at once, as a meeting has them, until both directions have their finding.

use std::{convert::Infallible, future::pending, time::Duration};

use quinn::{Connection, SendStream};
use siaga_probe::{
    Direction, DirectionResult, Reason,
    control::{Credit, FromClient, FromServer},
    reception::{Criterion, Terms},
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
    train::{self, Receiver, TrainError},
};

/// How much longer than a round trip the server may take to say that it has stopped.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Answers with what was found and, if the probe did not come to its end, why.
pub(super) async fn run(
    connection: &Connection,
    asked: Asked,
    request: &ProbeRequest,
    patience: Patience,
) -> (Findings, Result<(), Failure>) {
    let Asked { to_server, mut from_server, grant, allowance } = asked;
    let to_server = Mutex::new(to_server);
    let ProbeRequest { mode, effort, up: up_target, down: target, .. } = *request;
    let (up_terms, down_terms) =
        (Terms::of(&grant, mode, Direction::Up), Terms::of(&grant, mode, Direction::Down));
    let criterion = Criterion { effort, target };
    let Some(mut receiver) = Receiver::new(connection, down_terms, criterion, Duration::ZERO) else {
        let words = format!("this version knows no {mode} probe");
        return (
            Findings::none(request, Reason::VersionMismatch),
            Err(Failure::new(Reason::VersionMismatch, words)),
        );
    };
    let (tell_sent, mut down_sent) = watch::channel(None);
    let (up_credit, mut up_may) = watch::channel(up_terms.first_credit(train_packet_bytes(connection, mode)));
    let (down_credit, mut down_may) = watch::channel(0);
    let (stop_up, up_is_judged) = (Notify::new(), Notify::new());
    let (mut reported, mut up_sent) = (None, None);

    let mut listen = Box::pin(async {
        loop {
            match control::receive(&mut from_server).await? {
                FromServer::Report(report) if reported.is_none() => {
                    let sent = allowance.sent(connection);
                    let known = Known { mode, effort, target: up_target, sent, elapsed: allowance.elapsed() };
                    let report = claims::check_report(report.result, &known).map_err(Ended::Broke)?;
                    reported = Some(told_here(report));
                    stop_up.notify_one();
                    up_is_judged.notify_one();
                }
                FromServer::Sent(sent) if sent.direction == Direction::Down => {
                    tell_sent.send_replace(Some(sent));
                }
                FromServer::Credit(Credit { direction: Direction::Up, packets }) => {
                    up_credit.send_if_modified(|most| train::raise(most, packets));
                }
                FromServer::Unknown => {}
                FromServer::Report(_)
                | FromServer::Sent(_)
                | FromServer::Credit(_)
                | FromServer::Grant(_)
                | FromServer::Busy(_)
                | FromServer::Deny(_) => {
                    return Err::<Infallible, _>(Ended::Broke("a control message out of turn"));
                }
            }
        }
    });
    let up = async {
        let sent = train::send(connection, Direction::Up, &up_terms, &mut up_may, &stop_up, None).await?;
        up_sent = Some(sent);
        say(&to_server, &FromClient::Sent(sent)).await
    };
    let down = async {
        receiver.run(&mut down_sent, &down_credit).await?;
        say(&to_server, &FromClient::Stop).await
    };
    let credit = async {
        while down_may.changed().await.is_ok() {
            let packets = *down_may.borrow_and_update();
            say(&to_server, &FromClient::Credit(Credit { direction: Direction::Down, packets })).await?;
        }
        pending::<Result<Infallible, Ended>>().await
    };
    let work = async {
        tokio::try_join!(up, down)?;
        up_is_judged.notified().await;
        Ok(())
    };
    let ended = tokio::select! {
        Err(ended) = &mut listen => Err(ended),
        Err(ended) = credit => Err(ended),
        ended = work => ended,
        () = allowance.exceeded(connection, &grant.down) => Err(Ended::FLOODED),
        () = train::silence(connection, patience.silence) => Err(Ended::Silent),
        () = sleep(patience.longest_probe(&grant, connection.rtt())) => Err(Ended::Silent),
    };
    let at = Instant::now();
    if ended.is_ok() {
        // A room that leaves before the server has heard it would never know that its word was lost, and the server
        // would send on.
        tokio::select! {
            Err(_) = &mut listen => {}
            _ = down_sent.wait_for(Option::is_some) => {}
            () = sleep(connection.rtt() + LAST_WORDS) => {}
        }
    }
    drop(listen);
    // What this machine held up is no property of the link, whatever the server made of it.
    if up_sent.is_some_and(train::is_held_up) && reported.is_some() {
        reported = Some(DirectionResult::unmeasured(request.up, Reason::SenderLate));
    }

    let Err(mut ended) = ended else {
        let up = reported.unwrap_or_else(|| DirectionResult::unmeasured(request.up, Reason::PeerFailed));
        return (Findings { up, down: receiver.result(), at }, Ok(()));
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
        receiver.abandon(failure.reason);
        let up = reported.unwrap_or_else(|| DirectionResult::unmeasured(request.up, failure.reason));
        Findings { up, down: receiver.result(), at }
    };
    (findings, Err(failure))
}

/// What the server calls its own fault is not one of this machine: it was too busy.
fn told_here(report: DirectionResult) -> DirectionResult {
    match report.reason {
        Reason::LocalFault => DirectionResult { reason: Reason::ServerBusy, ..report },
        _ => report,
    }
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
