//! What a probe found: the values that travel in reports and that `probe --format json` prints.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bitrate, Mode, judge::Doubt};

/// The end of a probe or of one of its directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The link sustains the required rate.
    Pass,
    /// It does not.
    Fail,
    /// No statement about the link; also a verdict of a newer peer.
    #[serde(other)]
    Inconclusive,
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Why; stable codes that scripts and the reason catalogue rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Pass: all that was sent at the rate was served, without a standing queue.
    Sustained,
    /// Fail: the one-way delay grows since the start: the link is slower than the rate.
    QueueGrows,
    /// Fail: a queue stands on the path.
    StandingQueue,
    /// Fail: packets are lost.
    Loss,
    /// Fail: the rate was carried for a while, and a steady lower one from then on, as by a shaper whose bucket ran
    /// empty.
    Shaped,
    /// Fail: the rate is carried at times, but too often a queue stands.
    Unsteady,
    /// Pass of a quality probe: the link was measured. No statement about a rate.
    Measured,
    /// Inconclusive: nothing arrived for a while.
    Outage,
    /// Inconclusive: the evidence did not settle within the time allowed.
    Undecided,
    /// Inconclusive: the sender fell behind its own schedule, which says nothing about the link.
    SenderLate,
    /// Inconclusive: stopped before a verdict (by a person, a shutdown, or because the other direction ended the probe).
    Interrupted,
    /// Inconclusive: stopped because the machine went to another network.
    NetworkChanged,
    /// Inconclusive: the peer broke the protocol or stopped answering.
    PeerFailed,
    /// The server's name could not be resolved.
    NameNotResolved,
    /// There is no route to the server from here.
    NoRoute,
    /// The server's machine says that nothing listens on that port.
    ServerAbsent,
    /// Nothing at all answers at the server's address.
    ServerUnreachable,
    /// The server's machine answers, but not over UDP.
    UdpBlocked,
    /// None of several servers answers: the fault lies on this side, unless all of them are down.
    NoServerAnswers,
    /// The server's certificate is not by the given CA, is expired, or is for another name.
    ServerNotTrusted,
    /// The server's certificate is not valid yet by this machine's clock, which is behind; so it is not trusted.
    ClockBehind,
    /// The server did not accept the room's certificate.
    IdentityRefused,
    /// The server serves only rooms with an identity, and none was given.
    IdentityRequired,
    /// Both sides speak, but no common version of the protocol.
    VersionMismatch,
    /// The server has no capacity now; never counted as low bandwidth.
    ServerBusy,
    /// The server refused, for the reason in its message.
    ServerRefused,
    /// The probe could not be done on this machine (socket, file, memory).
    LocalFault,
    /// Not made: it might have cost more than what is left of the day's data.
    BudgetSpent,
    /// Not made, or stopped: the room's camera or microphone is in use.
    MeetingOn,
    /// Not made: nobody has looked lately whether the room's camera or microphone is in use.
    MeetingUnknown,
    /// Not made, or stopped: something else uses the line, maybe a meeting.
    OtherTraffic,
    /// Not made: data on this link is paid for by volume.
    Metered,
    /// Not made: the office is closed.
    OutsideHours,
    /// A reason of a newer peer that this version has no name for.
    #[serde(other)]
    Unknown,
}

impl Reason {
    /// Whether this side put the probe off: it was not made, or stopped, for the sake of something else. Says nothing
    /// about the link, the server or the way to it.
    #[must_use]
    pub const fn is_postponement(self) -> bool {
        matches!(
            self,
            Self::BudgetSpent
                | Self::MeetingOn
                | Self::MeetingUnknown
                | Self::OtherTraffic
                | Self::Metered
                | Self::OutsideHours
        )
    }

    /// Whether nothing at all came back: the fault may be the room's own, the server's, or of what lies between them.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, Self::NameNotResolved | Self::ServerUnreachable | Self::NoServerAnswers)
    }

    /// Whether the server was not reached, or reached and did not serve: another one may, and then it was not the room's
    /// link.
    #[must_use]
    pub const fn is_about_the_server(self) -> bool {
        matches!(
            self,
            Self::PeerFailed
                | Self::NameNotResolved
                | Self::NoRoute
                | Self::ServerAbsent
                | Self::ServerUnreachable
                | Self::UdpBlocked
                | Self::NoServerAnswers
                | Self::ServerNotTrusted
                | Self::ClockBehind
                | Self::IdentityRefused
                | Self::IdentityRequired
                | Self::VersionMismatch
                | Self::ServerBusy
                | Self::ServerRefused
        )
    }
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// One direction's finding. Measures are `None` where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectionResult {
    /// The rate that was asked about, IP layer, bit/s.
    pub target_bps: Bitrate,
    /// Whether the direction sustains it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Rate at which IP bytes of the train arrived, bit/s.
    pub delivered_bps: Option<u64>,
    /// Lost packets of those covered, 0 to 1.
    pub loss_ratio: Option<f64>,
    /// Largest loss within one 200 ms window, 0 to 1.
    pub burst_loss_ratio: Option<f64>,
    /// One-way delay over its own minimum (no clock agreement needed), ms.
    pub delay_ms: Option<Percentiles>,
    /// Delay at the end that never drained, ms.
    pub standing_queue_ms: Option<f64>,
    /// Mean absolute difference of successive delays (RFC 3550's idea, not its filter), ms.
    pub jitter_ms: Option<f64>,
    /// Packets that came after one sent later.
    pub reordered: u64,
    /// Time from the first arrival to the verdict, s.
    pub observed_s: f64,
    /// Largest bucket of a shaper at half the target that would have shown in the time observed, bytes. Nothing is known
    /// about larger ones: they let a train pass at any rate until they are empty.
    #[serde(default)]
    pub bucket_seen_bytes: u64,
    /// Share of verdicts of this kind that are right, 0 to 1, over the links that the judge is simulated on; zero
    /// without a verdict.
    #[serde(default)]
    pub confidence: f64,
    /// Whether the same link might as well have got another verdict.
    #[serde(default)]
    pub borderline: bool,
    /// Why it is borderline.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub doubts: Box<[Doubt]>,
    /// What only a sustain probe finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sustain: Option<Box<SustainFindings>>,
}

impl DirectionResult {
    /// A direction that came to no statement and measured nothing.
    #[must_use]
    pub fn unmeasured(target: Bitrate, reason: Reason) -> Self {
        Self {
            target_bps: target,
            verdict: Verdict::Inconclusive,
            reason,
            delivered_bps: None,
            loss_ratio: None,
            burst_loss_ratio: None,
            delay_ms: None,
            standing_queue_ms: None,
            jitter_ms: None,
            reordered: 0,
            observed_s: 0.0,
            bucket_seen_bytes: 0,
            confidence: 0.0,
            borderline: false,
            doubts: Box::default(),
            sustain: None,
        }
    }

    /// Rounded to what the clocks can tell: delays to the microsecond, shares to the millionth.
    #[must_use]
    pub fn rounded(self) -> Self {
        let milliseconds = |value: f64| round(value, 1e3);
        Self {
            loss_ratio: self.loss_ratio.map(|share| round(share, 1e6)),
            burst_loss_ratio: self.burst_loss_ratio.map(|share| round(share, 1e6)),
            delay_ms: self.delay_ms.map(|delay| Percentiles {
                p50: milliseconds(delay.p50),
                p95: milliseconds(delay.p95),
                p99: milliseconds(delay.p99),
                max: milliseconds(delay.max),
            }),
            standing_queue_ms: self.standing_queue_ms.map(milliseconds),
            jitter_ms: self.jitter_ms.map(milliseconds),
            observed_s: round(self.observed_s, 1e6),
            sustain: self.sustain.map(|sustain| {
                Box::new(SustainFindings {
                    longest_bad_s: round(sustain.longest_bad_s, 1e6),
                    slow_share: round(sustain.slow_share, 1e6),
                    ..*sustain
                })
            }),
            ..self
        }
    }
}

/// `value` with `parts` steps to the unit.
fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// How a train of 21 s and more went, in windows of 300 ms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SustainFindings {
    /// Windows judged.
    pub windows: u32,
    /// Those of them in which a queue of more than 100 ms stood, or nothing came.
    pub bad_windows: u32,
    /// The longest run of bad windows, s.
    pub longest_bad_s: f64,
    /// Share of the windows of time in which less than 95 % of the rate arrived, 0 to 1: how often the link sags,
    /// whether or not a queue bears it.
    pub slow_share: f64,
    /// The shaper or policer whose bucket ran empty, if that explains a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shaper: Option<ShaperEstimate>,
}

/// A token bucket, estimated from when queue or losses began and what arrived from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShaperEstimate {
    /// What the link carries in the long run, IP layer, bit/s.
    pub rate_bps: u64,
    /// What it lets through above that after a rest, bytes.
    pub bucket_bytes: u64,
}

/// Percentiles of a distribution of delays, ms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

/// Round-trip times seen by the connection, ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundTrip {
    /// Before the trains; `None` if no handshake was completed.
    pub idle: Option<f64>,
    /// While they ran.
    pub loaded: Option<f64>,
}

/// IP bytes this side sent and received, handshake and acknowledgements included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ByteCount {
    pub sent: u64,
    pub received: u64,
}

/// A whole probe as `probe --format json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// What kind of probe it was.
    pub mode: Mode,
    /// The server as it was named by the caller.
    pub server: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// From the first UDP packet sent to the final verdict, handshake included, s.
    pub duration_s: f64,
    /// IP bytes of this side.
    pub bytes: ByteCount,
    /// Pass only if both directions pass; fail if either fails.
    pub verdict: Verdict,
    /// The reason of the direction that decided.
    pub reason: Reason,
    /// What happened in words, where the code alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// From the room to the server.
    pub up: DirectionResult,
    /// From the server to the room.
    pub down: DirectionResult,
    /// Round-trip times.
    pub rtt_ms: RoundTrip,
}

impl ProbeResult {
    /// Whether a packet of it was sent. One that was put off before that is no probe; one that was stopped is.
    #[must_use]
    pub fn was_made(&self) -> bool {
        !self.reason.is_postponement() || self.bytes != ByteCount::default()
    }

    /// Rounded to what the clocks can tell, as [`DirectionResult::rounded`].
    #[must_use]
    pub fn rounded(self) -> Self {
        let milliseconds = |value: f64| round(value, 1e3);
        Self {
            duration_s: round(self.duration_s, 1e6),
            up: self.up.rounded(),
            down: self.down.rounded(),
            rtt_ms: RoundTrip {
                idle: self.rtt_ms.idle.map(milliseconds),
                loaded: self.rtt_ms.loaded.map(milliseconds),
            },
            ..self
        }
    }
}

/// The verdict over both directions: a fail beats everything, a pass needs both.
#[must_use]
pub fn combine(up: &DirectionResult, down: &DirectionResult) -> (Verdict, Reason) {
    for wanted in [Verdict::Fail, Verdict::Inconclusive] {
        for direction in [up, down] {
            if direction.verdict == wanted {
                return (wanted, direction.reason);
            }
        }
    }
    (Verdict::Pass, up.reason)
}
