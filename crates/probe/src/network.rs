//! Which network the room is on, and what is remembered of each: another network is another link.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Bitrate, Mode, Verdict};

/// Tells one network from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NetworkFingerprint {
    /// The interface with the default route.
    pub interface: String,
    /// The gateway's hardware address, in lower case with colons; `None` where there is none (a modem) or it is not
    /// known yet.
    pub gateway_mac: Option<String>,
    /// The network that the gateway is in, as `192.168.1.0/24`; `None` on a link without one.
    pub subnet: Option<String>,
}

/// What was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// The kind of probe.
    pub mode: Mode,
    /// The server as it is configured.
    pub server: String,
    /// Rate from the room.
    pub up_bps: Bitrate,
    /// Rate to the room.
    pub down_bps: Bitrate,
}

/// What is remembered of each network. Times are seconds since 1970 UTC; those from the future say nothing, for then
/// the clock was wrong at one end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Memory>", into = "Vec<Memory>")]
pub struct History(Vec<Memory>);

/// The last verdicts about one question on one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Where.
    pub network: NetworkFingerprint,
    /// What.
    pub question: Question,
    /// When it last passed.
    pub passed_at: Option<i64>,
    /// When it last failed.
    pub failed_at: Option<i64>,
}

/// Networks come and go: no more questions than these are remembered, those that were answered last.
const MOST: usize = 64;

/// A verdict says nothing of a link a day later.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl History {
    /// Whether this question's last verdict on this network was a pass and is younger than a day at `now_s`.
    #[must_use]
    pub fn passed_before(&self, network: &NetworkFingerprint, question: &Question, now_s: i64) -> bool {
        self.last_verdict(network, question, now_s).is_some_and(|(verdict, _)| verdict == Verdict::Pass)
    }

    /// This question's last verdict on this network, if it is younger than a day at `now_s`, and its age.
    #[must_use]
    pub fn last_verdict(
        &self,
        network: &NetworkFingerprint,
        question: &Question,
        now_s: i64,
    ) -> Option<(Verdict, Duration)> {
        let age = |at: i64| {
            let age = Duration::from_secs(now_s.checked_sub(at)?.try_into().ok()?);
            (age < DAY).then_some(age)
        };
        let memory = self.0.iter().find(|memory| memory.is_about(network, question))?;
        let passed = memory.passed_at.and_then(age).map(|age| (Verdict::Pass, age));
        let failed = memory.failed_at.and_then(age).map(|age| (Verdict::Fail, age));
        // Of two in the same second the failure counts.
        [failed, passed].into_iter().flatten().min_by_key(|(_, age)| *age)
    }

    /// Takes a verdict in; an inconclusive probe has none.
    pub fn remember(
        &mut self,
        network: &NetworkFingerprint,
        question: &Question,
        verdict: Verdict,
        now_s: i64,
    ) {
        let known = self.0.iter().position(|memory| memory.is_about(network, question));
        let mut memory = match known {
            Some(at) => self.0.remove(at),
            None => Memory {
                network: network.clone(),
                question: question.clone(),
                passed_at: None,
                failed_at: None,
            },
        };
        match verdict {
            Verdict::Pass => memory.passed_at = Some(now_s),
            Verdict::Fail => memory.failed_at = Some(now_s),
            Verdict::Inconclusive if known.is_none() => return,
            Verdict::Inconclusive => {}
        }
        self.0.push(memory);
        let dropped = self.0.len().saturating_sub(MOST);
        self.0.drain(..dropped);
    }
}

impl From<Vec<Memory>> for History {
    fn from(mut memories: Vec<Memory>) -> Self {
        let dropped = memories.len().saturating_sub(MOST);
        memories.drain(..dropped);
        Self(memories)
    }
}

impl From<History> for Vec<Memory> {
    fn from(history: History) -> Self {
        history.0
    }
}

impl Memory {
    fn is_about(&self, network: &NetworkFingerprint, question: &Question) -> bool {
        self.network == *network && self.question == *question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000;
    const HOUR: i64 = 3600;

    fn office(mac: &str) -> NetworkFingerprint {
        NetworkFingerprint {
            interface: "eth0".to_owned(),
            gateway_mac: Some(mac.to_owned()),
            subnet: Some("192.168.1.0/24".to_owned()),
        }
    }

    fn question(mode: Mode, megabits: u64) -> Question {
        let rate = Bitrate::from_bps(megabits * 1_000_000).unwrap();
        Question { mode, server: "probe.example:4433".to_owned(), up_bps: rate, down_bps: rate }
    }

    #[test]
    fn a_pass_is_remembered_for_a_day_and_for_its_own_question_on_its_own_network() {
        let mut history = History::default();
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Gate, 10));
        history.remember(&here, &asked, Verdict::Pass, NOON);
        assert!(history.passed_before(&here, &asked, NOON + 23 * HOUR));
        assert!(!history.passed_before(&here, &asked, NOON + 24 * HOUR));
        assert!(!history.passed_before(&office("02:00:00:00:00:02"), &asked, NOON));
        for other in [question(Mode::Sustain, 10), question(Mode::Gate, 20)] {
            assert!(!history.passed_before(&here, &other, NOON));
        }
        assert!(!history.passed_before(&here, &asked, NOON - 1), "a clock was wrong");
    }

    #[test]
    fn a_later_failure_takes_a_pass_back_and_an_inconclusive_probe_does_not() {
        let mut history = History::default();
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Sustain, 10));
        history.remember(&here, &asked, Verdict::Inconclusive, NOON);
        assert_eq!(history, History::default());
        history.remember(&here, &asked, Verdict::Pass, NOON);
        history.remember(&here, &asked, Verdict::Inconclusive, NOON + HOUR);
        assert_eq!(
            history.last_verdict(&here, &asked, NOON + 2 * HOUR),
            Some((Verdict::Pass, Duration::from_secs(7200)))
        );
        history.remember(&here, &asked, Verdict::Fail, NOON + HOUR);
        assert!(!history.passed_before(&here, &asked, NOON + 2 * HOUR));
        assert_eq!(
            history.last_verdict(&here, &asked, NOON + 2 * HOUR),
            Some((Verdict::Fail, Duration::from_secs(3600)))
        );
    }

    #[test]
    fn however_many_networks_a_laptop_sees_the_last_ones_are_remembered() {
        let mut history = History::default();
        let asked = question(Mode::Gate, 10);
        for number in 0..200 {
            history.remember(&office(&format!("{number:02x}")), &asked, Verdict::Pass, NOON);
            history.remember(&office("home"), &asked, Verdict::Pass, NOON);
        }
        assert_eq!(history.0.len(), MOST);
        assert!(history.passed_before(&office("home"), &asked, NOON));
        assert!(!history.passed_before(&office("00"), &asked, NOON));
        let json = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
    }
}
