//! A probe for people.

use std::fmt::Write;

use siaga_probe::{Bitrate, DirectionResult, Mode, ProbeResult, Reason, outcome::SustainFindings};

/// What was found, in lines.
#[must_use]
pub fn probe(result: &ProbeResult) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}", result.verdict.to_string().to_uppercase(), result.reason);
    if let Some(detail) = &result.detail {
        let _ = writeln!(text, "  {detail}");
    }
    direction(&mut text, "up  ", &result.up);
    direction(&mut text, "down", &result.down);
    if result.mode == Mode::Quality {
        let _ = writeln!(text, "  measured without load; this says nothing about a rate");
    }
    if let Some(idle) = result.rtt_ms.idle {
        let loaded =
            result.rtt_ms.loaded.map_or(String::new(), |loaded| format!(", {loaded:.1} ms under load"));
        let _ = writeln!(text, "  round trip {idle:.1} ms{loaded}");
    }
    #[allow(clippy::cast_precision_loss)]
    let megabytes = (result.bytes.sent + result.bytes.received) as f64 / 1e6;
    let _ = writeln!(text, "  {:.2} s, {megabytes:.2} MB, server {}", result.duration_s, result.server);
    text
}

fn direction(text: &mut String, name: &str, result: &DirectionResult) {
    let _ = write!(text, "  {name} ");
    // The stream of a quality probe has a rate, but that is nothing to tell.
    let measured = result.reason == Reason::Measured;
    if !measured {
        let _ = write!(text, "{:>5} Mbit/s: ", result.target_bps.mbps());
    }
    let _ = write!(text, "{:<12} {}", result.verdict, result.reason);
    let delivered = result.delivered_bps.and_then(|bps| Bitrate::from_bps(bps).ok());
    if let Some(delivered) = delivered.filter(|_| !measured) {
        let _ = write!(text, "  arrived {:.1} Mbit/s", delivered.mbps());
    }
    if let Some(loss) = result.loss_ratio {
        let _ = write!(text, ", lost {:.2} %", loss * 100.0);
    }
    if let Some(queue) = result.standing_queue_ms {
        let _ = write!(text, ", queue {queue:.0} ms");
    }
    if let Some(jitter) = result.jitter_ms {
        let _ = write!(text, ", jitter {jitter:.1} ms");
    }
    if let Some(delay) = result.delay_ms.filter(|_| measured) {
        let _ = write!(text, ", delay p95 +{:.1} ms, max +{:.1} ms", delay.p95, delay.max);
        let _ = write!(text, ", reordered {}", result.reordered);
    }
    text.push('\n');
    if let Some(findings) = &result.sustain {
        sustained(text, findings);
    }
}

fn sustained(text: &mut String, findings: &SustainFindings) {
    let _ = writeln!(
        text,
        "       {} of {} windows of 0.3 s bad, {:.1} s in a row; {:.0} % of the time below the rate",
        findings.bad_windows,
        findings.windows,
        findings.longest_bad_s,
        findings.slow_share * 100.0
    );
    if let Some(shaper) = &findings.shaper {
        #[allow(clippy::cast_precision_loss)]
        let (megabits, megabytes) = (shaper.rate_bps as f64 / 1e6, shaper.bucket_bytes as f64 / 1e6);
        let _ = writeln!(
            text,
            "       like a shaper: {megabits:.1} Mbit/s in the long run, {megabytes:.2} MB above that at first"
        );
    }
}
