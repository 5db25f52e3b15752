//! Trials that somebody asked for.

use siaga_devices::{
    analysis::Occasion,
    trial::plan::{Key, Plan},
};
use siaga_probe::schedule::Meeting;
use siaga_readiness::{
    reasons::Code,
    trial::{Judgement, TrialOutcome},
};

use super::{
    Eyes, KnownGood,
    hand::{self, Choice, Taken},
    look,
    plugs::Plugs,
};
use crate::{host, room::Room, trials::Candidate};

/// Tries all devices that are free, with a look at them after each, and tells how the round ended.
pub(super) async fn try_all(
    room: &Room,
    eyes: &mut Eyes,
    plan: &mut Plan,
    plugs: &mut Plugs,
    known_good: Option<&KnownGood>,
) {
    let mut round = Round::default();
    let reason = loop {
        let Choice { snapshot, inventory, candidates } = match hand::choice(room, plan) {
            Ok(choice) => choice,
            Err(reason) => break reason,
        };
        if snapshot.meeting(host::now()) == Meeting::On {
            break Code::TrialsMeetingOn;
        }
        let Some(candidate) = round.next(&candidates) else { break round.conclusion() };
        room.trial_demand().on_device(&candidate.name, round.concluded(), round.of());
        let taken = hand::take(room, plan, plugs, known_good, (candidate, &inventory), Occasion::Asked).await;
        round.on_taken(&candidate.key, &taken);
        look(room, eyes).await;
    };
    room.trial_demand().on_end(host::now().since_boot, round.concluded(), round.of(), reason);
}

/// Which devices of a round are tried, and which of their trials were concluded: they said something about the device.
#[derive(Debug, Default)]
struct Round {
    devices: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    key: Key,
    tries_left: u32,
    is_concluded: bool,
}

/// What fails is tried once more, and what was interrupted too.
const TRIES: u32 = 2;

impl Round {
    /// The one to be tried next, of those that may be tried now.
    fn next<'a>(&mut self, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
        for Candidate { key, .. } in candidates {
            if !self.devices.iter().any(|part| part.key == *key) {
                self.devices.push(Part { key: key.clone(), tries_left: TRIES, is_concluded: false });
            }
        }
        let is_left = |key: &Key| {
            self.devices.iter().any(|part| part.key == *key && part.tries_left > 0 && !part.is_concluded)
        };
        candidates.iter().find(|candidate| is_left(&candidate.key))
    }

    fn on_taken(&mut self, key: &Key, taken: &Taken) {
        let Some(part) = self.devices.iter_mut().find(|part| part.key == *key) else { return };
        part.tries_left -= 1;
        match taken {
            Taken::Told(Some(TrialOutcome::Found(Judgement { reason: Code::DeviceRetrying, .. })))
            | Taken::Interrupted => {}
            Taken::Told(Some(TrialOutcome::Found(_))) => part.is_concluded = true,
            // Trying again at once would meet the same obstacle.
            Taken::Told(_) => part.tries_left = 0,
        }
    }

    fn concluded(&self) -> usize {
        self.devices.iter().filter(|part| part.is_concluded).count()
    }

    fn of(&self) -> usize {
        self.devices.len()
    }

    fn conclusion(&self) -> Code {
        match self.of() {
            0 => Code::TrialsNothing,
            of if self.concluded() == of => Code::TrialsDone,
            _ => Code::TrialsIncomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::state::CheckState;

    use super::*;
    use crate::{sample::inventory, trials::candidates};

    fn found(state: CheckState, reason: Code) -> Taken {
        Taken::Told(Some(TrialOutcome::Found(Judgement::new(state, reason))))
    }

    fn not_done() -> Taken {
        let detail = "it ended with status 1".to_owned();
        Taken::Told(Some(TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail }))
    }

    /// A webcam with its microphone, of which the camera's tries end like this and the microphone works.
    fn round(of_the_camera: &[Taken]) -> (usize, Code) {
        let devices = candidates(&inventory(), false);
        assert_eq!(devices.len(), 2);
        let mut round = Round::default();
        let mut ends = of_the_camera.iter();
        while let Some(candidate) = round.next(&devices) {
            let works = found(CheckState::Ok, Code::MicrophoneWorks);
            let taken =
                if candidate.key == devices[0].key { ends.next().expect("one more try") } else { &works };
            round.on_taken(&candidate.key, taken);
        }
        assert_eq!(ends.next().map(|_| "a try"), None, "all of them were made");
        assert_eq!(round.of(), 2);
        (round.concluded(), round.conclusion())
    }

    #[test]
    fn a_round_is_done_when_each_device_was_found_good_or_bad() {
        let works = || found(CheckState::Ok, Code::CameraWorks);
        let retrying = || found(CheckState::Unknown, Code::DeviceRetrying);
        let frozen = || found(CheckState::Failed, Code::CameraFrozen);
        assert_eq!(round(&[works()]), (2, Code::TrialsDone));
        assert_eq!(round(&[retrying(), works()]), (2, Code::TrialsDone));
        assert_eq!(round(&[retrying(), frozen()]), (2, Code::TrialsDone));
        assert_eq!(round(&[Taken::Interrupted, works()]), (2, Code::TrialsDone));
    }

    #[test]
    fn a_device_that_could_not_be_tried_was_not_and_the_round_says_so() {
        let retrying = || found(CheckState::Unknown, Code::DeviceRetrying);
        let incomplete = (1, Code::TrialsIncomplete);
        assert_eq!(round(&[not_done()]), incomplete);
        assert_eq!(round(&[Taken::Told(None)]), incomplete, "somebody took it");
        assert_eq!(round(&[Taken::Interrupted, Taken::Interrupted]), incomplete);
        assert_eq!(round(&[retrying(), Taken::Interrupted]), incomplete);
        assert_eq!(round(&[retrying(), not_done()]), incomplete);
    }

    #[test]
    fn where_there_is_nothing_to_try_nothing_was_tried() {
        let mut round = Round::default();
        assert_eq!(round.next(&[]), None);
        assert_eq!(round.conclusion(), Code::TrialsNothing);
    }

    #[test]
    fn a_device_that_went_before_it_was_tried_is_missed_and_one_that_came_is_tried() {
        let devices = candidates(&inventory(), false);
        let mut round = Round::default();
        let camera = round.next(&devices).unwrap().key.clone();
        round.on_taken(&camera, &found(CheckState::Ok, Code::CameraWorks));
        assert!(round.next(&devices[..1]).is_none());
        assert_eq!((round.concluded(), round.conclusion()), (1, Code::TrialsIncomplete));

        let other = Candidate { key: (devices[0].key.0, "usb-0c45:6366-2".to_owned()), ..devices[0].clone() };
        assert_eq!(round.next(std::slice::from_ref(&other)), Some(&other));
    }
}
