//! Which network the room is on, and what is remembered of each: another network is another link.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Bitrate, Direction, DirectionResult, Mode, ProbeResult, Reason, Verdict};

/// Tells one network from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NetworkFingerprint {
    /// The interface with the default route.
    pub interface: String,
    /// The gateway's hardware address, in lower case with colons; `None` where there is none (a modem) or it is not
    /// known (over IPv6, or not yet). Without it another network may look just like this one.
    pub gateway_mac: Option<String>,
    /// The network that the gateway is in, as `192.168.1.0/24`; `None` on a link without one.
    pub subnet: Option<String>,
}

impl NetworkFingerprint {
    /// A short name for it, the same in every release: history is kept by it, and it gives nothing of the office's network away
    /// at a glance. A gateway's hardware address that is not known makes another one of it.
    #[must_use]
    pub fn id(&self) -> NetworkId {
        let Self { interface, gateway_mac, subnet } = self;
        let parts = [Some(interface), gateway_mac.as_ref(), subnet.as_ref()];
        let bytes = parts.into_iter().flat_map(|part| part.map_or("", String::as_str).bytes().chain([0]));
        // FNV-1a: it need not withstand anybody who wants two networks to look alike, for that is the room's own business.
        NetworkId(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }
}

/// A network's short name: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NetworkId(pub u64);

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NetworkId {
    type Err = NotANetworkId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self).ok_or(NotANetworkId)
    }
}

impl TryFrom<String> for NetworkId {
    type Error = NotANetworkId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NetworkId> for String {
    fn from(id: NetworkId) -> Self {
        id.to_string()
    }
}

/// The text is not a network's short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a network's short name is 16 hexadecimal digits")]
pub struct NotANetworkId;

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
#[serde(from = "Vec<Remembered>", into = "Vec<Remembered>")]
pub struct History(Vec<Remembered>);

/// The last verdicts about one question on one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Where.
    pub network: NetworkFingerprint,
    /// What.
    pub question: Question,
    /// When it last passed.
    pub passed_at: Option<i64>,
    /// When it last failed.
    pub failed_at: Option<i64>,
    /// How the direction from the room last failed, unless it passed since.
    #[serde(default)]
    pub up: Option<Shortfall>,
    /// How the direction to the room last failed, unless it passed since.
    #[serde(default)]
    pub down: Option<Shortfall>,
}

/// That a direction failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// When, seconds since 1970 UTC.
    pub at: i64,
    /// Why.
    pub reason: Reason,
    /// What arrived, bit/s, where it was measured.
    pub delivered_bps: Option<u64>,
}

/// A failure that is remembered of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which direction failed.
    pub direction: Direction,
    /// The rate that was asked about, IP layer.
    pub target_bps: Bitrate,
    /// Why.
    pub reason: Reason,
    /// What arrived, bit/s, where it was measured.
    pub delivered_bps: Option<u64>,
    /// How long ago that was when it was remembered.
    pub ago: Duration,
}

/// Networks come and go: no more questions than these are remembered, those that were answered last.
const MOST: usize = 64;

/// A verdict says nothing of a link a day later.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl History {
    /// Whether this question's last verdict on this network, as [`Self::last_verdict`], was a pass.
    #[must_use]
    pub fn passed_before(&self, network: &NetworkFingerprint, question: &Question, now_s: i64) -> bool {
        self.last_verdict(network, question, now_s).is_some_and(|(verdict, _)| verdict == Verdict::Pass)
    }

    /// This question's last verdict on this network, if it is younger than a day at `now_s`, and its age. Of a network
    /// that can't be told from others for sure there is none.
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
        network.gateway_mac.as_ref()?;
        let passed = memory.passed_at.and_then(age).map(|age| (Verdict::Pass, age));
        let failed = memory.failed_at.and_then(age).map(|age| (Verdict::Fail, age));
        // Of two in the same second the failure counts.
        [failed, passed].into_iter().flatten().min_by_key(|(_, age)| *age)
    }

    /// What sustain probes of `server` on this network found lacking within the day before `now_s`, and no later one
    /// has made good: of each direction and rate the last time.
    ///
    /// It may only ever deny. So one from the future, where the clock was wrong at one end, counts as just now, and one
    /// of a network that may be this one, for all that is known of both, counts as this one's.
    #[must_use]
    pub fn failures_to_sustain(
        &self,
        network: &NetworkFingerprint,
        server: &str,
        now_s: i64,
    ) -> Vec<Failure> {
        let asked = self.0.iter().filter(|memory| {
            let Question { mode, server: of, .. } = &memory.question;
            *mode == Mode::Sustain && of == server && memory.network.may_be(network)
        });
        let mut failures: Vec<Failure> = Vec::new();
        for (memory, direction) in asked.flat_map(|it| [(it, Direction::Up), (it, Direction::Down)]) {
            let Some(Shortfall { at, reason, delivered_bps }) = *memory.shortfall(direction) else {
                continue;
            };
            let ago = Duration::from_secs(now_s.saturating_sub(at).try_into().unwrap_or(0));
            let target_bps = memory.question.rate(direction);
            let same = |it: &&mut Failure| it.direction == direction && it.target_bps == target_bps;
            let failure = Failure { direction, target_bps, reason, delivered_bps, ago };
            match failures.iter_mut().find(same) {
                _ if ago >= DAY => {}
                Some(held) if held.ago <= ago => {}
                Some(held) => *held = failure,
                None => failures.push(failure),
            }
        }
        failures
    }

    /// Takes in what came of a probe. An inconclusive one has no verdict, but a direction that had failed before it broke
    /// off has.
    pub fn remember(
        &mut self,
        network: &NetworkFingerprint,
        question: &Question,
        result: &ProbeResult,
        now_s: i64,
    ) {
        let known = self.0.iter().position(|memory| memory.is_about(network, question));
        let mut memory = match known {
            Some(at) => self.0.remove(at),
            None => Remembered {
                network: network.clone(),
                question: question.clone(),
                passed_at: None,
                failed_at: None,
                up: None,
                down: None,
            },
        };
        for (direction, found) in [(Direction::Up, &result.up), (Direction::Down, &result.down)] {
            let DirectionResult { verdict, reason, delivered_bps, .. } = *found;
            match verdict {
                // It may be another network's failure that would be forgotten.
                Verdict::Pass if network.gateway_mac.is_none() => {}
                Verdict::Pass => {
                    *memory.shortfall_mut(direction) = None;
                    for refuted in self.0.iter_mut().filter(|it| it.is_refuted_by(&memory, direction)) {
                        *refuted.shortfall_mut(direction) = None;
                    }
                }
                Verdict::Fail => {
                    *memory.shortfall_mut(direction) = Some(Shortfall { at: now_s, reason, delivered_bps });
                }
                Verdict::Inconclusive => {}
            }
        }
        match result.verdict {
            Verdict::Pass => memory.passed_at = Some(now_s),
            Verdict::Fail => memory.failed_at = Some(now_s),
            Verdict::Inconclusive if known.is_none() && memory.up.is_none() && memory.down.is_none() => {
                return;
            }
            Verdict::Inconclusive => {}
        }
        self.0.push(memory);
        let dropped = self.0.len().saturating_sub(MOST);
        self.0.drain(..dropped);
    }
}

impl From<Vec<Remembered>> for History {
    fn from(mut memories: Vec<Remembered>) -> Self {
        let dropped = memories.len().saturating_sub(MOST);
        memories.drain(..dropped);
        Self(memories)
    }
}

impl From<History> for Vec<Remembered> {
    fn from(history: History) -> Self {
        history.0
    }
}

impl NetworkFingerprint {
    /// Whether nothing that is known of both tells them apart. Too weak for whatever grants.
    fn may_be(&self, other: &Self) -> bool {
        let agree = |one: &Option<String>, another: &Option<String>| match (one, another) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        self.interface == other.interface
            && agree(&self.gateway_mac, &other.gateway_mac)
            && agree(&self.subnet, &other.subnet)
    }
}

impl Question {
    const fn rate(&self, direction: Direction) -> Bitrate {
        match direction {
            Direction::Up => self.up_bps,
            Direction::Down => self.down_bps,
        }
    }
}

impl Remembered {
    const fn shortfall(&self, direction: Direction) -> &Option<Shortfall> {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    const fn shortfall_mut(&mut self, direction: Direction) -> &mut Option<Shortfall> {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// Whether a later pass of `other` in this direction is one at this rate too.
    fn is_refuted_by(&self, other: &Self, direction: Direction) -> bool {
        let (mine, theirs) = (&self.question, &other.question);
        self.network == other.network
            && (mine.mode, &mine.server) == (theirs.mode, &theirs.server)
            && mine.rate(direction) <= theirs.rate(direction)
    }

    fn is_about(&self, network: &NetworkFingerprint, question: &Question) -> bool {
        self.network == *network && self.question == *question
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{ByteCount, RoundTrip, combine};

    const NOON: i64 = 1_800_000_000;
    const HOUR: i64 = 3600;

    fn office(mac: &str) -> NetworkFingerprint {
        NetworkFingerprint {
            interface: "eth0".to_owned(),
            gateway_mac: Some(mac.to_owned()),
            subnet: Some("192.168.1.0/24".to_owned()),
        }
    }

    fn mbps(megabits: u64) -> Bitrate {
        Bitrate::from_bps(megabits * 1_000_000).unwrap()
    }

    fn question(mode: Mode, megabits: u64) -> Question {
        let (up_bps, down_bps) = (mbps(megabits), mbps(megabits));
        Question { mode, server: "probe.example:4433".to_owned(), up_bps, down_bps }
    }

    /// What came of it in both directions.
    fn result(verdict: Verdict) -> ProbeResult {
        found(verdict, verdict)
    }

    fn found(up: Verdict, down: Verdict) -> ProbeResult {
        let direction = |verdict| {
            let reason = match verdict {
                Verdict::Pass => Reason::Sustained,
                Verdict::Fail => Reason::Shaped,
                Verdict::Inconclusive => Reason::Interrupted,
            };
            let delivered_bps = Some(7_000_000);
            DirectionResult { verdict, delivered_bps, ..DirectionResult::unmeasured(mbps(10), reason) }
        };
        let (up, down) = (direction(up), direction(down));
        let (verdict, reason) = combine(&up, &down);
        ProbeResult {
            mode: Mode::Sustain,
            server: "probe.example:4433".to_owned(),
            started_at: "2027-01-15T08:00:00Z".to_owned(),
            duration_s: 21.0,
            bytes: ByteCount::default(),
            verdict,
            reason,
            detail: None,
            up,
            down,
            rtt_ms: RoundTrip::default(),
        }
    }

    #[test]
    fn a_network_has_a_short_name_that_stays_and_others_have_another() {
        let here = office("02:00:00:00:00:01");
        assert_eq!(here.id().to_string(), "febb9e22795e8586");
        assert_eq!(here.id().to_string().parse(), Ok(here.id()));
        let others = [
            office("02:00:00:00:00:02"),
            NetworkFingerprint { gateway_mac: None, ..here.clone() },
            NetworkFingerprint { subnet: None, ..here.clone() },
            NetworkFingerprint { interface: "wlan0".to_owned(), ..here.clone() },
        ];
        assert!(others.iter().all(|other| other.id() != here.id()));
        assert_eq!("0123".parse::<NetworkId>(), Err(NotANetworkId));
    }

    #[test]
    fn of_a_network_that_looks_like_others_no_verdict_is_recalled_and_its_failures_deny() {
        let nameless = NetworkFingerprint { gateway_mac: None, subnet: None, ..office("") };
        let asked = question(Mode::Sustain, 10);
        let failures = |history: &History| {
            history
                .failures_to_sustain(&nameless, &asked.server, NOON)
                .into_iter()
                .map(|it| it.direction)
                .collect()
        };
        let mut history = History::default();
        history.remember(&nameless, &asked, &result(Verdict::Pass), NOON);
        assert!(!history.passed_before(&nameless, &asked, NOON), "it may have been another one");
        assert_eq!(history.last_verdict(&nameless, &asked, NOON), None);
        history.remember(&nameless, &asked, &found(Verdict::Fail, Verdict::Pass), NOON);
        let denied: Vec<Direction> = failures(&history);
        assert_eq!(denied, [Direction::Up]);
        history.remember(&nameless, &asked, &result(Verdict::Pass), NOON);
        let denied: Vec<Direction> = failures(&history);
        assert_eq!(denied, [Direction::Up], "the pass may be another one's");
    }

    #[test]
    fn a_pass_is_remembered_for_a_day_and_for_its_own_question_on_its_own_network() {
        let mut history = History::default();
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Gate, 10));
        history.remember(&here, &asked, &result(Verdict::Pass), NOON);
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
        history.remember(&here, &asked, &result(Verdict::Inconclusive), NOON);
        assert_eq!(history, History::default());
        history.remember(&here, &asked, &result(Verdict::Pass), NOON);
        history.remember(&here, &asked, &result(Verdict::Inconclusive), NOON + HOUR);
        assert_eq!(
            history.last_verdict(&here, &asked, NOON + 2 * HOUR),
            Some((Verdict::Pass, Duration::from_secs(7200)))
        );
        history.remember(&here, &asked, &result(Verdict::Fail), NOON + HOUR);
        assert!(!history.passed_before(&here, &asked, NOON + 2 * HOUR));
        assert_eq!(
            history.last_verdict(&here, &asked, NOON + 2 * HOUR),
            Some((Verdict::Fail, Duration::from_secs(3600)))
        );
    }

    /// Direction, rate in Mbit/s, and how many hours ago.
    fn failed(history: &History, network: &NetworkFingerprint, now_s: i64) -> Vec<(Direction, u64, u64)> {
        let failures = history.failures_to_sustain(network, "probe.example:4433", now_s);
        failures
            .iter()
            .map(|it| (it.direction, it.target_bps.bps() / 1_000_000, it.ago.as_secs() / 3600))
            .collect()
    }

    #[test]
    fn a_failure_to_sustain_is_remembered_for_a_day_by_its_direction_on_its_own_network() {
        let mut history = History::default();
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Sustain, 10));
        history.remember(&here, &asked, &found(Verdict::Pass, Verdict::Fail), NOON);
        assert_eq!(failed(&history, &here, NOON + 23 * HOUR), [(Direction::Down, 10, 23)]);
        assert_eq!(failed(&history, &here, NOON + 24 * HOUR), []);
        assert_eq!(failed(&history, &office("02:00:00:00:00:02"), NOON), []);
        let failure = history.failures_to_sustain(&here, "probe.example:4433", NOON)[0];
        assert_eq!((failure.reason, failure.delivered_bps), (Reason::Shaped, Some(7_000_000)));
        assert_eq!(history.failures_to_sustain(&here, "another.example:4433", NOON), []);

        history.remember(&here, &question(Mode::Gate, 10), &result(Verdict::Fail), NOON);
        assert_eq!(failed(&history, &here, NOON).len(), 1, "a gate probe says nothing about endurance");
        let json = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
    }

    #[test]
    fn a_direction_that_failed_before_the_first_probe_of_a_network_broke_off_is_remembered() {
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Sustain, 10));
        // The server told of the shaper in the twelfth second; then the link died.
        let broken_off = ProbeResult {
            verdict: Verdict::Inconclusive,
            reason: Reason::Interrupted,
            ..found(Verdict::Fail, Verdict::Inconclusive)
        };
        let mut history = History::default();
        history.remember(&here, &asked, &broken_off, NOON);
        assert_eq!(failed(&history, &here, NOON + HOUR), [(Direction::Up, 10, 1)]);
        assert_eq!(history.last_verdict(&here, &asked, NOON + HOUR), None);
    }

    #[test]
    fn a_failure_denies_wherever_it_may_be_the_same_network_and_a_pass_is_recalled_on_its_own_only() {
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Sustain, 10));
        let gateway_unmet = NetworkFingerprint { gateway_mac: None, ..here.clone() };
        let over_ipv6 = NetworkFingerprint { subnet: None, ..gateway_unmet.clone() };
        let elsewhere = [
            office("02:00:00:00:00:02"),
            NetworkFingerprint { interface: "wlan0".to_owned(), ..over_ipv6.clone() },
            NetworkFingerprint { subnet: Some("10.0.0.0/8".to_owned()), ..gateway_unmet.clone() },
        ];
        let mut history = History::default();
        history.remember(&here, &asked, &found(Verdict::Fail, Verdict::Pass), NOON);
        for network in [&here, &gateway_unmet, &over_ipv6] {
            assert_eq!(failed(&history, network, NOON), [(Direction::Up, 10, 0)], "{network:?}");
        }
        for network in &elsewhere {
            assert_eq!(failed(&history, network, NOON), [], "{network:?}");
        }
        history.remember(&over_ipv6, &asked, &result(Verdict::Pass), NOON + 1);
        assert_eq!(failed(&history, &here, NOON + 1).len(), 1, "the pass may be another one's");

        let mut history = History::default();
        history.remember(&over_ipv6, &asked, &found(Verdict::Fail, Verdict::Pass), NOON);
        assert_eq!(failed(&history, &here, NOON), [(Direction::Up, 10, 0)], "its gateway was not known then");

        let mut history = History::default();
        history.remember(&here, &asked, &result(Verdict::Pass), NOON);
        for network in [&gateway_unmet, &over_ipv6] {
            assert_eq!(history.last_verdict(network, &asked, NOON), None, "{network:?}");
        }
    }

    #[test]
    fn a_failure_to_sustain_is_made_good_by_a_later_pass_at_its_rate_or_above_and_by_nothing_else() {
        let here = office("02:00:00:00:00:01");
        let ten = question(Mode::Sustain, 10);
        let after = |question: &Question, result: &ProbeResult| {
            let mut history = History::default();
            history.remember(&here, &ten, &found(Verdict::Fail, Verdict::Pass), NOON);
            history.remember(&here, question, result, NOON + HOUR);
            failed(&history, &here, NOON + 2 * HOUR)
        };
        let stays = [(Direction::Up, 10, 2)];
        assert_eq!(after(&ten, &result(Verdict::Pass)), []);
        assert_eq!(after(&ten, &found(Verdict::Pass, Verdict::Inconclusive)), []);
        assert_eq!(after(&question(Mode::Sustain, 20), &result(Verdict::Pass)), []);
        assert_eq!(after(&question(Mode::Sustain, 5), &result(Verdict::Pass)), stays);
        assert_eq!(after(&question(Mode::Gate, 20), &result(Verdict::Pass)), stays);
        assert_eq!(after(&ten, &result(Verdict::Inconclusive)), stays);
        let both = [(Direction::Up, 10, 2), (Direction::Down, 10, 1)];
        assert_eq!(after(&ten, &found(Verdict::Inconclusive, Verdict::Fail)), both);
    }

    #[test]
    fn a_failure_from_the_future_counts_as_just_now_until_a_pass() {
        let mut history = History::default();
        let (here, asked) = (office("02:00:00:00:00:01"), question(Mode::Sustain, 10));
        history.remember(&here, &asked, &found(Verdict::Fail, Verdict::Pass), NOON + 48 * HOUR);
        assert_eq!(failed(&history, &here, NOON), [(Direction::Up, 10, 0)]);
        history.remember(&here, &question(Mode::Sustain, 20), &result(Verdict::Pass), NOON);
        assert_eq!(failed(&history, &here, NOON), []);
    }

    #[test]
    fn however_many_networks_a_laptop_sees_the_last_ones_are_remembered() {
        let mut history = History::default();
        let asked = question(Mode::Gate, 10);
        for number in 0..200 {
            history.remember(&office(&format!("{number:02x}")), &asked, &result(Verdict::Pass), NOON);
            history.remember(&office("home"), &asked, &result(Verdict::Pass), NOON);
        }
        assert_eq!(history.0.len(), MOST);
        assert!(history.passed_before(&office("home"), &asked, NOON));
        assert!(!history.passed_before(&office("00"), &asked, NOON));
        let json = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
    }
}
