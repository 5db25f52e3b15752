//! A probe for people.

use std::fmt::Write;

use siaga_probe::{Bitrate, DirectionResult, ProbeResult};

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
    let _ = write!(
        text,
        "  {name} {:>5} Mbit/s: {:<12} {}",
        result.target_bps.mbps(),
        result.verdict,
        result.reason
    );
    if let Some(delivered) = result.delivered_bps.and_then(|bps| Bitrate::from_bps(bps).ok()) {
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
    text.push('\n');
}
