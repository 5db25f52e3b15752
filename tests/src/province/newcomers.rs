//! Ten thousand connections at once: a server has places for some, and says so to the others.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use quinn::{ConnectionError, Endpoint, TransportErrorCode};
use tokio::{task::JoinSet, time::timeout};

use super::{Measured, figure::Figure, gates::probes, machine::resident_kib};
use crate::{programs::Lab, swarm::asks};
use siaga_probe::{Mode, Verdict};

const CONNECTIONS: usize = 10_000;
/// Of one socket.
const OF_A_SOCKET: usize = 100;
/// What may come of it.
const ANSWERS: [&str; 4] = ["in", "refused", "let go again", "unanswered"];
/// Whoever has no answer by then had none.
const PATIENCE: Duration = Duration::from_secs(20);

/// All begin at the same moment, are strangers, and say nothing.
///
/// # Errors
/// The programs can't be run.
pub async fn measure() -> Measured {
    let lab = Lab::new()?;
    let server = lab.server(&[])?;
    let address = server.probes.ok_or("the server has no address")?;
    let before = resident_kib(server.id())?;
    let config = asks::stranger_config(&lab.ca())?;
    let endpoints = (0..CONNECTIONS.div_ceil(OF_A_SOCKET))
        .map(|_| Endpoint::client(([127, 0, 0, 1], 0).into()))
        .collect::<io::Result<Vec<_>>>()?;
    let endpoints = Arc::new(endpoints);
    let mut coming = JoinSet::new();
    for n in 0..CONNECTIONS {
        let (endpoints, config) = (endpoints.clone(), config.clone());
        coming.spawn(async move {
            let connecting = match endpoints[n / OF_A_SOCKET].connect_with(config, address, "127.0.0.1") {
                Ok(connecting) => connecting,
                Err(error) => return (error.to_string(), None),
            };
            match timeout(PATIENCE, connecting).await {
                Ok(Ok(connection)) => ("in".to_owned(), Some(connection)),
                Ok(Err(error)) => (kind(&error), None),
                Err(_) => ("unanswered".to_owned(), None),
            }
        });
    }
    let (mut kinds, mut held) = (BTreeMap::<String, usize>::new(), Vec::new());
    while let Some(came) = coming.join_next().await {
        let (kind, connection) = came?;
        *kinds.entry(kind).or_default() += 1;
        held.extend(connection);
    }
    let after = resident_kib(server.id())?;
    drop(held);
    drop(endpoints);
    let served = probes(&lab, &server, 1, Mode::Gate).await?;
    let told: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
    let is_served = served.iter().all(|it| it.result.verdict == Verdict::Pass);
    Ok(vec![
        Figure::held(
            format!("{CONNECTIONS} strangers connect at once"),
            told.join(", "),
            "the surplus is refused",
            count("refused") > 0 && ANSWERS.iter().map(|kind| count(kind)).sum::<usize>() == CONNECTIONS,
        ),
        #[allow(clippy::cast_precision_loss)]
        Figure::told(
            "memory of the server before and after",
            format!("{:.0} and {:.0} MiB", before as f64 / 1024.0, after as f64 / 1024.0),
        ),
        Figure::held(
            "a room's gate probe right afterwards",
            if is_served { "passes" } else { "does not pass" },
            "passes",
            is_served,
        ),
    ])
}

fn kind(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionClosed(close)
            if close.error_code == TransportErrorCode::CONNECTION_REFUSED =>
        {
            "refused".to_owned()
        }
        // It had a place and said nothing for 5 s, before its own handshake was quite over.
        ConnectionError::ConnectionClosed(close)
            if close.error_code == TransportErrorCode::APPLICATION_ERROR =>
        {
            "let go again".to_owned()
        }
        ConnectionError::TimedOut => "unanswered".to_owned(),
        other => other.to_string(),
    }
}
