//! What is known of the link after a restart: what probes cost, and what was found on which network.
//!
//! One small file in the state directory. It is never needed: without it the agent begins with a whole budget and knows
//! no network.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use siaga_probe::{network::History, schedule::Spent};
use siaga_readiness::{
    moment::Moment,
    observation::{Evidence, Observation},
};
use tokio::task::spawn_blocking;
use tracing::{debug, warn};

use crate::{keep, network::Network};

/// Of the file's form. One of another version is set aside.
const VERSION: u32 = 1;

#[derive(Debug)]
pub(super) struct Memory {
    file: PathBuf,
    pub(super) history: History,
    /// There is a file of which nobody knows what is in it: it is left alone, and nothing is kept.
    unread: bool,
    /// That it can't be kept was said.
    complained: bool,
}

/// Times are seconds since 1970 UTC: a clock that is set back or forward makes entries too young or too old.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    spent: Vec<KeptSpending>,
    history: History,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptSpending {
    at: i64,
    bytes: u64,
}

impl Memory {
    /// What is remembered in `directory`, and what was spent, the oldest first. A damaged file is set aside; one that
    /// can't be read is left as it is.
    pub(super) fn load(directory: &Path, now_s: i64) -> (Self, Vec<Spent>) {
        let file = directory.join("link.json");
        let consequence = "the memory of the link is damaged: begins anew, with a whole data budget and no failures to \
                           sustain";
        let (kept, unread) = match keep::read(&file, VERSION, consequence) {
            keep::Kept::Whole(kept) => (kept, false),
            keep::Kept::Nothing => (Kept::default(), false),
            keep::Kept::Unread(error) => {
                warn!(
                    file = %file.display(),
                    %error,
                    "the memory of the link can't be read and is left as it is: the day's data budget begins anew, \
                     failures to sustain are not known any more, and nothing is kept; let the agent's user read and \
                     write it, then restart the agent"
                );
                (Kept::default(), true)
            }
        };
        let Kept { spent, history, .. } = kept;
        let spent = spent.into_iter().map(|spending| spending.as_of(now_s)).collect();
        (Self { file, history, unread, complained: false }, spent)
    }

    /// What is remembered in `directory`, for somebody who keeps nothing: no file is set aside or written. Of a damaged one
    /// nothing is known, as for a daemon that finds it.
    ///
    /// # Errors
    /// The system can't read it; what is in it may be whole.
    pub(super) fn peek(directory: &Path) -> io::Result<Self> {
        let file = directory.join("link.json");
        let Kept { history, .. } = keep::peek(&file, VERSION)?.unwrap_or_default();
        Ok(Self { file, history, unread: true, complained: false })
    }

    /// That sustain probes of any of `servers` failed on this network, if that is remembered.
    pub(super) fn failures_to_sustain(
        &self,
        network: &Network,
        servers: impl Iterator<Item = String>,
        now: Moment,
    ) -> Option<Observation> {
        let network = network.fingerprint()?;
        let of = |server: String| self.history.failures_to_sustain(&network, &server, now.wall.as_second());
        let failures = servers.flat_map(of).collect();
        let evidence = Evidence::Remembered(failures);
        Some(Observation { at: now, took: Duration::ZERO, evidence })
    }

    /// Keeps it beyond the program's end. If that can't be done it is said once, and things go on.
    pub(super) async fn save(&mut self, spent: &[Spent], now_s: i64) {
        if self.unread {
            return;
        }
        let spent = spent.iter().map(|spent| KeptSpending::of(*spent, now_s)).collect();
        let kept = Kept { version: VERSION, spent, history: self.history.clone() };
        let file = self.file.clone();
        // Off the async threads: a disk may be slow.
        let written =
            spawn_blocking(move || keep::write(&file, &kept)).await.unwrap_or_else(|crash| Err(crash.into()));
        match written {
            Ok(()) => self.complained = false,
            Err(error) if self.complained => debug!(%error, "the memory of the link is not kept"),
            Err(error) => {
                self.complained = true;
                warn!(
                    file = %self.file.display(),
                    %error,
                    "the memory of the link is not kept: after a restart the day's data budget begins anew, and \
                     failures to sustain are not known any more; let the agent's user write there, or set state_dir"
                );
            }
        }
    }
}

impl KeptSpending {
    fn of(spent: Spent, now_s: i64) -> Self {
        let ago = i64::try_from(spent.ago.as_secs()).unwrap_or(i64::MAX);
        Self { at: now_s.saturating_sub(ago), bytes: spent.bytes }
    }

    /// What seems to come from the future was spent just now: the budget must not be spent twice.
    fn as_of(&self, now_s: i64) -> Spent {
        let ago = u64::try_from(now_s.saturating_sub(self.at)).unwrap_or(0);
        Spent { ago: Duration::from_secs(ago), bytes: self.bytes }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use siaga_probe::{
        Bitrate, Mode, ProbeResult, Verdict,
        network::{NetworkFingerprint, Question},
    };
    use siaga_readiness::{
        CheckCode, CheckState, ServerPlace, moment::BootId, observation::ProbeEvidence, policy::Policy,
        profile::Profile, snapshot::Setup, tracker::Tracker,
    };

    use super::*;
    use crate::sample;

    const NOON: i64 = 1_800_000_000;

    fn office() -> (NetworkFingerprint, Question) {
        let rate = Bitrate::from_bps(10_000_000).unwrap();
        let network = NetworkFingerprint {
            interface: "eth0".into(),
            gateway_mac: Some("02:00:00:00:00:01".into()),
            subnet: None,
        };
        let server = "probe.example:4433".to_owned();
        (network, Question { mode: Mode::Gate, server, up_bps: rate, down_bps: rate })
    }

    fn spent(minutes: u64, bytes: u64) -> Spent {
        Spent { ago: Duration::from_secs(60 * minutes), bytes }
    }

    #[tokio::test]
    async fn what_was_spent_and_found_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let (network, question) = office();
        let (mut memory, nothing) = Memory::load(&state, NOON);
        assert_eq!(nothing, []);
        let passed = ProbeResult { verdict: Verdict::Pass, ..sample::probe() };
        memory.history.remember(&network, &question, &passed, NOON);
        memory.save(&[spent(90, 4_000_000), spent(0, 80_000_000)], NOON).await;

        let (memory, known) = Memory::load(&state, NOON + 600);
        assert_eq!(known, [spent(100, 4_000_000), spent(10, 80_000_000)]);
        assert!(memory.history.passed_before(&network, &question, NOON + 600));
        let names: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["link.json"], "nothing is left beside it");
    }

    #[tokio::test]
    async fn a_link_that_tired_before_a_restart_denies_after_it_on_the_same_network_only() {
        let dir = tempfile::tempdir().unwrap();
        let route = |interface: &str| {
            let v4 = format!("{interface}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
            Network::parse(&v4, "", "")
        };
        let here = route("eth0");
        let result = sample::shaped_sustain_probe();
        let question = Question {
            mode: Mode::Sustain,
            server: "probe.example:4433".to_owned(),
            up_bps: result.up.target_bps,
            down_bps: result.down.target_bps,
        };
        let failed_at = sample::at(0);
        let (mut memory, _) = Memory::load(dir.path(), failed_at.wall.as_second());
        let fingerprint = here.fingerprint().unwrap();
        memory.history.remember(&fingerprint, &question, &result, failed_at.wall.as_second());
        memory.save(&[], failed_at.wall.as_second()).await;

        // Another boot, an hour later.
        let now = Moment { boot: BootId(8), ..sample::at(3600) };
        let (memory, _) = Memory::load(dir.path(), now.wall.as_second());
        let sustain_on = |network: &Network| {
            let setup = Setup {
                room: "r2".into(),
                probe_server: Some(question.server.clone()),
                policy: Policy::default(),
            };
            let mut tracker = Tracker::new(setup, now);
            if let Some(remembered) =
                memory.failures_to_sustain(network, [question.server.clone()].into_iter(), now)
            {
                tracker.observe(remembered);
            }
            let passed = sample::snapshot().network.gate.attempt.unwrap().evidence.result;
            let evidence = ProbeEvidence {
                server_place: ServerPlace::Public,
                network: None,
                clock_offset_s: None,
                gateway: None,
                result: passed,
            };
            let evidence = Evidence::Probe(Box::new(evidence));
            tracker.observe(Observation { at: now, took: Duration::from_secs(1), evidence });
            let readiness = siaga_readiness::evaluate(tracker.snapshot(), Profile::minimum(), now);
            let check = readiness.checks.into_iter().find(|it| it.code == CheckCode::NetSustain).unwrap();
            (check.state, check.age_s)
        };
        assert_eq!(sustain_on(&here), (CheckState::Failed, Some(3600.0)));
        assert_eq!(sustain_on(&route("wlan0")), (CheckState::Warning, None));
    }

    #[tokio::test]
    async fn who_only_looks_knows_the_same_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let listing =
            || fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect::<Vec<_>>();
        let mut absent = Memory::peek(dir.path()).unwrap();
        absent.save(&[spent(0, 1)], NOON).await;
        assert!(listing().is_empty(), "not even with something to keep");

        let (network, question) = office();
        let (mut memory, _) = Memory::load(dir.path(), NOON);
        let passed = ProbeResult { verdict: Verdict::Pass, ..sample::probe() };
        memory.history.remember(&network, &question, &passed, NOON);
        memory.save(&[], NOON).await;
        assert!(Memory::peek(dir.path()).unwrap().history.passed_before(&network, &question, NOON + 600));

        let file = dir.path().join("link.json");
        fs::write(&file, "{\"version\":1,").unwrap();
        let damaged = Memory::peek(dir.path()).unwrap();
        assert!(!damaged.history.passed_before(&network, &question, NOON + 600));
        assert_eq!(listing(), ["link.json"], "left for the daemon to find");

        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(Memory::peek(dir.path()).is_err(), "what can't be read may hold failures");
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_makes_nobody_spend_twice() {
        let dir = tempfile::tempdir().unwrap();
        let (mut memory, _) = Memory::load(dir.path(), NOON);
        memory.save(&[spent(5, 7)], NOON).await;
        assert_eq!(Memory::load(dir.path(), NOON - 86_400).1, [spent(0, 7)]);
    }

    #[tokio::test]
    async fn a_damaged_file_is_set_aside_and_another_one_takes_its_place() {
        let full = format!("{{\"version\":1,\"spent\":[],\"history\":[]{}}}", " ".repeat(2_000_000));
        for damaged in
            ["", "{\"version\":1,\"spent\":[{\"at\"", "{\"version\":2,\"spent\":[],\"history\":[]}", &full]
        {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("link.json");
            fs::write(&file, damaged).unwrap();
            let (mut memory, known) = Memory::load(dir.path(), NOON);
            assert_eq!(known, []);
            assert_eq!(fs::read_to_string(dir.path().join("link.json.damaged")).unwrap(), damaged);
            memory.save(&[spent(0, 1)], NOON).await;
            assert_eq!(Memory::load(dir.path(), NOON).1, [spent(0, 1)]);
        }
    }

    /// As an error of the disk's: not even root reads a directory as a file.
    #[tokio::test]
    async fn a_file_that_can_t_be_read_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("link.json");
        fs::create_dir(&file).unwrap();
        let (mut memory, known) = Memory::load(dir.path(), NOON);
        assert_eq!(known, []);
        memory.save(&[spent(0, 1)], NOON).await;
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["link.json"], "neither set aside nor replaced");
        assert!(file.is_dir());
    }

    #[tokio::test]
    async fn a_directory_that_can_t_be_written_is_no_reason_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let (mut memory, known) = Memory::load(&state, NOON);
        assert_eq!(known, []);
        // No directory can be made where a file is.
        fs::write(&state, "").unwrap();
        memory.save(&[spent(0, 1)], NOON).await;
        memory.save(&[spent(0, 2)], NOON).await;
        assert!(memory.complained);
    }
}
