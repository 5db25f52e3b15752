//! A room's journal in the store's words.

use jiff::Timestamp;
use siaga_booking::{Asked, Event, Frame, Outcome, Sample, Word};
use siaga_probe::{DirectionResult, Mode, ProbeResult, Verdict};
use siaga_readiness::{
    observation::{ProbeEvidence, ServerPlace},
    reasons::Code,
    report::{Age, DeviceChange, DeviceEvent, Happening, Record},
    state::CheckState,
    trial::{DeviceKind, Trial, TrialOutcome},
};

/// One entry; `now` is when it was written, by the server's clock. Of what has no time nothing is kept but its number.
pub(super) fn frame(record: &Record, now: Timestamp) -> Frame {
    let mut frame = Frame { sequence: record.seq, samples: Vec::new(), events: Vec::new() };
    let Some(at) = record.at.and_then(|age| before(now, age)) else { return frame };
    match &record.what {
        Happening::Probe(evidence) => frame.samples = probe(at, evidence),
        Happening::Trial(trial) => frame.samples = tried(at, trial).into_iter().collect(),
        Happening::Device(device) => frame.events = changed(at, device).into_iter().collect(),
        Happening::Began(began) => {
            frame.events = event(at, began.cause.code().as_str(), "").into_iter().collect();
        }
        // A booking's, which keeps its own.
        Happening::Tick(_) | Happening::Unknown => {}
    }
    frame
}

/// Whether a check's state speaks for the room.
pub(super) const fn outcome(state: CheckState) -> Outcome {
    match state {
        CheckState::Failed => Outcome::Bad,
        CheckState::Unknown => Outcome::Unknown,
        CheckState::Ok | CheckState::Warning | CheckState::InUse => Outcome::Good,
    }
}

pub(super) fn before(now: Timestamp, age: Age) -> Option<Timestamp> {
    now.checked_sub(age.duration()).ok()
}

/// Rates in bit/s, times in milliseconds, as probes report them.
fn probe(at: Timestamp, evidence: &ProbeEvidence) -> Vec<Sample> {
    let ProbeEvidence { server_place, network, result, .. } = evidence;
    let mode = match result.mode {
        Mode::Gate => "gate",
        Mode::Sustain => "sustain",
        Mode::Quality => return quality(at, result),
        Mode::Unknown => return Vec::new(),
    };
    let directions = [("up", &result.up), ("down", &result.down)];
    directions
        .into_iter()
        .filter_map(|(name, found)| {
            let of = Asked {
                rate_bps: found.target_bps.bps(),
                network: *network,
                public: *server_place == ServerPlace::Public,
            };
            direction(at, &format!("{mode}.{name}"), found, of)
        })
        .collect()
}

#[allow(clippy::cast_precision_loss)] // Rates stay far below 2^53.
fn direction(at: Timestamp, series: &str, found: &DirectionResult, of: Asked) -> Option<Sample> {
    let outcome = match found.verdict {
        Verdict::Pass => Outcome::Good,
        Verdict::Fail => Outcome::Bad,
        Verdict::Inconclusive => Outcome::Unknown,
    };
    let reason = word(&found.reason.to_string());
    Some(Sample {
        at,
        series: word(series)?,
        outcome,
        reason,
        value: found.delivered_bps.map(|bps| bps as f64),
        of: Some(of),
    })
}

/// What a disturbed stream measured is not the link's.
fn quality(at: Timestamp, result: &ProbeResult) -> Vec<Sample> {
    let good = |found: &&DirectionResult| found.verdict == Verdict::Pass;
    let (up, down) = (Some(&result.up).filter(good), Some(&result.down).filter(good));
    let measures = [
        ("quality.up.loss", up.and_then(|up| up.loss_ratio)),
        ("quality.down.loss", down.and_then(|down| down.loss_ratio)),
        ("quality.up.jitter", up.and_then(|up| up.jitter_ms)),
        ("quality.down.jitter", down.and_then(|down| down.jitter_ms)),
        ("quality.rtt", result.rtt_ms.idle),
    ];
    let measured = measures.into_iter().filter_map(|(series, value)| {
        Some(Sample {
            at,
            series: word(series)?,
            outcome: Outcome::Measure,
            reason: None,
            value: Some(value?),
            of: None,
        })
    });
    measured.collect()
}

fn tried(at: Timestamp, trial: &Trial) -> Option<Sample> {
    let series = word(match trial.kind {
        DeviceKind::Camera => "trial.camera",
        DeviceKind::Microphone => "trial.microphone",
    })?;
    let (outcome, reason, value) = match &trial.outcome {
        TrialOutcome::Found(found) => (outcome(found.state), found.reason, found.value),
        TrialOutcome::NotDone { reason, .. } => (Outcome::Unknown, *reason, None),
        TrialOutcome::Voided => return None,
    };
    Some(Sample { at, series, outcome, reason: word(reason.as_str()), value, of: None })
}

fn changed(at: Timestamp, device: &DeviceEvent) -> Option<Event> {
    let DeviceEvent { device, id, name, change, state, reason } = device;
    let kind = match change {
        DeviceChange::Came => "DEVICE_CAME",
        DeviceChange::Gone => "DEVICE_GONE",
        DeviceChange::Changed => "DEVICE_CHANGED",
    };
    let reason = if *reason == Code::Unknown { "" } else { reason.as_str() };
    event(at, kind, &format!("{} {name} ({id}) {state} {reason}", device.as_str()))
}

pub(super) fn event(at: Timestamp, kind: &str, detail: &str) -> Option<Event> {
    Some(Event::new(at, word(kind)?, detail))
}

pub(super) fn word(text: &str) -> Option<Word> {
    text.parse().ok()
}
