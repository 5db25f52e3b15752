//! A scanner off the async threads.

use std::time::Duration;

use siaga_devices::{Kernel, Roots, ScanError, ScanOptions, Scanner};
use siaga_readiness::{
    inventory::{AudioDevice, Inventory},
    moment::Moment,
    observation::{Evidence, Observation, ScanFault},
    reasons::Code,
    state::CheckState,
};
use tokio::{task::JoinHandle, time::timeout};
use tracing::warn;

use super::KnownGood;
use crate::{config::DeviceSettings, host};

/// A scan that takes longer is told as timed out; a healthy one takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(10);

/// Looks again and again. A driver may hang; then the scan is told as timed out, and none is begun on top of it.
#[derive(Debug)]
pub struct Eyes {
    state: State,
    questions: Questions,
    known_good: KnownGood,
}

type Scanned = (Box<Scanner<Kernel>>, Result<Inventory, ScanError>);

#[derive(Debug)]
enum State {
    Ready(Box<Scanner<Kernel>>),
    /// Since when a scan hangs, and the scan.
    Busy(Moment, JoinHandle<Scanned>),
    /// A scan panicked, and the scanner went with it.
    Lost,
}

impl Eyes {
    /// Eyes on this machine, which compare what they see with what is known to be good.
    #[must_use]
    pub fn new(settings: &DeviceSettings, known_good: KnownGood) -> Self {
        let declared_fov = settings.field_of_view.iter().map(|declared| declared.0.clone()).collect();
        let options = ScanOptions { declared_fov, ..ScanOptions::default() };
        let scanner = Scanner::new(Roots::default(), options, Kernel);
        Self { state: State::Ready(Box::new(scanner)), questions: Questions::default(), known_good }
    }

    /// Asks each device anew at the next look.
    pub fn forget(&mut self) {
        self.questions = Questions::default();
    }

    /// Devices came or went: asks those anew at the next look that did not answer, and how mixers stand.
    pub fn expect_change(&mut self) {
        self.questions = Questions { failures: None, controls: None, ..self.questions };
    }

    /// One look; ends within ten seconds.
    pub async fn look(&mut self) -> Observation {
        let (at, scanned) = self.scan().await;
        let evidence = match scanned {
            Ok(inventory) => {
                self.questions.on_seen(&inventory);
                Evidence::Devices(inventory)
            }
            Err(fault) => {
                warn!(detail = fault.detail, "device scan failed");
                Evidence::DeviceFault(fault)
            }
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Observation { at, took, evidence }
    }

    /// The scan's own beginning comes with it: one that hung for an hour is an hour old when it ends.
    async fn scan(&mut self) -> (Moment, Result<Inventory, ScanFault>) {
        let (at, mut scan) = match std::mem::replace(&mut self.state, State::Lost) {
            State::Ready(scanner) => self.begin(scanner),
            State::Busy(at, scan) => (at, scan),
            State::Lost => {
                let crashed = fault(Code::DeviceScanFailed, "an earlier scan crashed; restart the agent");
                return (host::now(), Err(crashed));
            }
        };
        match timeout(DEADLINE, &mut scan).await {
            Ok(Ok((scanner, scanned))) => {
                self.state = State::Ready(scanner);
                (at, scanned.map_err(|error| fault(Code::DeviceScanFailed, &error.to_string())))
            }
            Ok(Err(crash)) => (at, Err(fault(Code::DeviceScanFailed, &crash.to_string()))),
            Err(_) => {
                self.state = State::Busy(at, scan);
                let hangs = fault(Code::DeviceScanTimedOut, "a driver did not answer within 10 s");
                (host::now(), Err(hangs))
            }
        }
    }

    fn begin(&mut self, mut scanner: Box<Scanner<Kernel>>) -> (Moment, JoinHandle<Scanned>) {
        let at = host::now();
        for question in self.questions.due(at.since_boot) {
            match question {
                Question::Everything => scanner.forget(),
                Question::Failures => scanner.forget_failures(),
                Question::Controls => scanner.make_mixers_due(),
            }
        }
        let known_good = self.known_good.clone();
        let scan = tokio::task::spawn_blocking(move || {
            let scanned = scanner.scan().map(|mut inventory| {
                known_good.read().mark(&mut inventory);
                inventory
            });
            (scanner, scanned)
        });
        (at, scan)
    }
}

fn fault(reason: Code, detail: &str) -> ScanFault {
    ScanFault { reason, detail: detail.to_owned() }
}

/// What is asked of devices again after a while; what is not due costs no opening of a device. Pure.
#[derive(Debug, Default, Clone, Copy)]
struct Questions {
    everything: Option<Duration>,
    failures: Option<Duration>,
    controls: Option<Duration>,
    /// A device is in use, and can't be asked: what it offered must not be forgotten.
    is_used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Everything,
    Failures,
    Controls,
}

impl Questions {
    /// What a device offers does not change while it stays plugged in.
    const EVERYTHING: Duration = Duration::from_secs(24 * 60 * 60);
    /// Who may open a device may have changed, without a change of its node.
    const FAILURES: Duration = Duration::from_secs(10 * 60);
    /// Whoever mutes a microphone is told within two scans or so.
    const CONTROLS: Duration = Duration::from_secs(60);

    /// What is to be asked now; that counts as done.
    fn due(&mut self, now: Duration) -> Vec<Question> {
        let mut due = Vec::new();
        for (question, asked, every) in [
            (Question::Everything, &mut self.everything, Self::EVERYTHING),
            (Question::Failures, &mut self.failures, Self::FAILURES),
            (Question::Controls, &mut self.controls, Self::CONTROLS),
        ] {
            let must_wait = self.is_used && question == Question::Everything && asked.is_some();
            if !must_wait && asked.is_none_or(|asked| now.saturating_sub(asked) >= every) {
                *asked = Some(now);
                due.push(question);
            }
        }
        due
    }

    /// What is in use is not forgotten. A mute that is known, or may be there, is read at every look: whoever lifts it
    /// must not wait.
    fn on_seen(&mut self, inventory: &Inventory) {
        let may_be_off = |device: &AudioDevice| {
            use Code::{MicrophoneMuteUnknown, MicrophoneMuted, MicrophoneVolumeZero};
            use Code::{SpeakerMuteUnknown, SpeakerMuted, SpeakerVolumeZero};
            matches!(device.reason, MicrophoneMuted | MicrophoneVolumeZero | MicrophoneMuteUnknown)
                || matches!(device.reason, SpeakerMuted | SpeakerVolumeZero | SpeakerMuteUnknown)
        };
        let states = inventory.cameras.iter().map(|camera| camera.state);
        let mut states = states.chain(inventory.microphones.iter().map(|device| device.state));
        self.is_used = states.any(|state| state == CheckState::InUse);
        if inventory.microphones.iter().chain(&inventory.speakers).any(may_be_off) {
            self.controls = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::inventory;

    #[test]
    fn a_device_that_stays_is_asked_once_a_day_and_its_mixer_once_a_minute() {
        let mut questions = Questions::default();
        let mut asked = Vec::new();
        // Every half minute for a day and a little more.
        for look in 0..=2 * 60 * 24 {
            for question in questions.due(Duration::from_secs(30 * look)) {
                asked.push((question, 30 * look));
            }
        }
        let times = |wanted| asked.iter().filter(move |(question, _)| *question == wanted).map(|(_, at)| *at);
        assert_eq!(times(Question::Everything).collect::<Vec<_>>(), [0, 24 * 60 * 60]);
        assert_eq!(times(Question::Failures).take(3).collect::<Vec<_>>(), [0, 600, 1200]);
        assert_eq!(times(Question::Controls).take(3).collect::<Vec<_>>(), [0, 60, 120]);
    }

    #[test]
    fn what_was_read_of_a_device_in_use_is_kept_until_it_is_free() {
        let day = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        let mut questions = Questions::default();
        questions.due(Duration::ZERO);
        let mut inventory = inventory();
        inventory.cameras[0].state = CheckState::InUse;
        questions.on_seen(&inventory);
        assert!(!questions.due(day(2)).contains(&Question::Everything));
        inventory.cameras[0].state = CheckState::Ok;
        questions.on_seen(&inventory);
        assert!(questions.due(day(2)).contains(&Question::Everything));
    }

    #[test]
    fn a_mute_that_is_known_or_may_be_there_is_read_at_every_look() {
        for (state, reason) in
            [(CheckState::Failed, Code::MicrophoneMuted), (CheckState::Unknown, Code::MicrophoneMuteUnknown)]
        {
            let mut questions = Questions::default();
            questions.due(Duration::ZERO);
            let mut inventory = inventory();
            questions.on_seen(&inventory);
            assert_eq!(questions.due(Duration::from_secs(30)), []);
            (inventory.microphones[0].state, inventory.microphones[0].reason) = (state, reason);
            questions.on_seen(&inventory);
            assert_eq!(questions.due(Duration::from_secs(31)), [Question::Controls]);
        }
    }
}
