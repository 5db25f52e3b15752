//! What `check --active` asks for: trials of the devices, and a probe of the link; and how the trials ended.

use std::{net::SocketAddr, path::Path, time::Duration};

use siaga_readiness::{AskedTrials, reasons::Code};
use tokio::time::{Instant, sleep};

use crate::{
    client::{self, ClientError},
    demand::{PAUSE, Stage, TrialRun},
    live::Sight,
    progress::Progress,
    text::Phrases,
    trials::reason_of_refusal,
};

/// Lets the daemon try the devices, so that no two programs open the same one, and measure the link meanwhile. Tells on
/// standard error how far that is.
///
/// # Errors
/// The daemon can't be talked to.
pub(super) async fn by_the_daemon(
    daemon: SocketAddr,
    socket: &Path,
    progress: &Progress,
) -> Result<AskedTrials, ClientError> {
    let look = async || client::get(daemon, LIVE).await.unwrap_or_default();
    let both = async { tokio::try_join!(trials(daemon, socket, progress), measured(daemon, socket)) };
    Ok(progress.follow(look, both).await?.0)
}

const LIVE: &str = "/v1/live";

/// Waits until the link was measured, or why not is known: the readiness tells either.
async fn measured(daemon: SocketAddr, socket: &Path) -> Result<(), ClientError> {
    let mut asked: Result<Sight, _> = client::post(daemon, socket, "/v1/probe").await;
    let began = Instant::now();
    loop {
        match asked {
            Ok(Sight { probe_wanted: true, .. }) if began.elapsed() < STUCK => {}
            // Nothing is probed here, or it is of another release and does not tell.
            Ok(_) | Err(ClientError::Refused { .. } | ClientError::SomethingElse { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        sleep(BETWEEN_LOOKS).await;
        asked = client::get(daemon, LIVE).await;
    }
}

async fn trials(daemon: SocketAddr, socket: &Path, progress: &Progress) -> Result<AskedTrials, ClientError> {
    let mut has_waited = false;
    loop {
        match client::post(daemon, socket, TRIALS).await {
            Ok(run) => return follow(run, progress, async || client::get(daemon, TRIALS).await).await,
            Err(ClientError::Refused { retry_after: Some(wait), .. }) if !has_waited && wait <= PAUSE => {
                progress.note(&progress.language.waiting(wait));
                sleep(wait).await;
                has_waited = true;
            }
            Err(ClientError::Refused { kind, .. }) => {
                return Ok(AskedTrials { reason: reason_of_refusal(&kind), tried: 0, of: 0 });
            }
            Err(error) => return Err(error),
        }
    }
}

const TRIALS: &str = "/v1/trials";

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A device is in hand for half a minute at most, twice if need be, and a look at the devices takes ten seconds at most.
/// A round that stands still for longer is stuck.
const STUCK: Duration = Duration::from_secs(120);

/// Tells how far a round is, until it ends or is stuck. `look` answers with the newest round.
pub(super) async fn follow(
    mut run: TrialRun,
    progress: &Progress,
    look: impl AsyncFn() -> Result<TrialRun, ClientError>,
) -> Result<AskedTrials, ClientError> {
    let (asked, mut since, mut told) = (run.id, Instant::now(), None);
    loop {
        let TrialRun { id, stage, device, tried, of, reason } = run.clone();
        let not_ended = AskedTrials { reason: Code::TrialsNotEnded, tried, of };
        if id != asked {
            // The next round has begun, and how this one ended is not known any more.
            return Ok(AskedTrials { tried: 0, of: 0, ..not_ended });
        }
        if stage == Stage::Ended {
            return Ok(reason.map_or(not_ended, |reason| AskedTrials { reason, tried, of }));
        }
        if since.elapsed() >= STUCK {
            return Ok(not_ended);
        }
        if let Some(device) = device.filter(|device| told.as_ref() != Some(device)) {
            progress.trying(&device, tried + 1, of);
            told = Some(device);
        }
        sleep(BETWEEN_LOOKS).await;
        match look().await {
            Ok(next) if next == run => {}
            Ok(next) => (run, since) = (next, Instant::now()),
            // It was started anew, and knows of no round.
            Err(ClientError::Refused { .. }) => return Ok(not_ended),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::text::Language;

    fn run(id: u64, stage: Stage, tried: usize, reason: Option<Code>) -> TrialRun {
        let device = (stage == Stage::Trying).then(|| "C920".to_owned());
        TrialRun { id, stage, device, tried, of: 2, reason }
    }

    /// How a round ends that is seen like this, one sight after the other and the last one for ever; `None` is a daemon
    /// that knows of no round. And how long that took.
    async fn ended(sights: &[Option<TrialRun>]) -> (AskedTrials, Duration) {
        let (next, began) = (Cell::new(0), Instant::now());
        let look = async || {
            let sight = sights[next.replace((next.get() + 1).min(sights.len() - 1))].clone();
            sight.ok_or_else(|| ClientError::Refused {
                address: ([127, 0, 0, 1], 9870).into(),
                kind: "about:blank".to_owned(),
                detail: "Nobody has asked for trials yet.".to_owned(),
                retry_after: None,
            })
        };
        let trials =
            follow(run(7, Stage::Waiting, 0, None), &Progress::new(Language::English), look).await.unwrap();
        (trials, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_is_followed_to_its_end_however_many_devices_it_has() {
        let mut sights = Vec::new();
        for tried in 0..40 {
            // 45 seconds each, all in all half an hour.
            sights.extend(vec![Some(run(7, Stage::Trying, tried, None)); 180]);
        }
        sights.push(Some(run(7, Stage::Ended, 2, Some(Code::TrialsDone))));
        let (trials, took) = ended(&sights).await;
        assert_eq!(trials, AskedTrials { reason: Code::TrialsDone, tried: 2, of: 2 });
        assert!(took > Duration::from_secs(1_700));
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_that_stands_still_for_two_minutes_is_waited_for_no_longer() {
        let (trials, took) = ended(&[Some(run(7, Stage::Trying, 1, None))]).await;
        assert_eq!(trials, AskedTrials { reason: Code::TrialsNotEnded, tried: 1, of: 2 });
        assert!((STUCK..STUCK + Duration::from_secs(1)).contains(&took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_of_which_nobody_knows_how_it_ended_has_not() {
        let replaced = Some(run(8, Stage::Ended, 2, Some(Code::TrialsDone)));
        // An older daemon tells no reason.
        let without_reason = Some(run(7, Stage::Ended, 2, None));
        for sight in [replaced, without_reason, None] {
            assert_eq!(ended(&[sight]).await.0.reason, Code::TrialsNotEnded);
        }
    }
}
