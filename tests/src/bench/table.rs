//! The summary, written: `docs/bench-results.md`.

use super::{
    record::Way,
    summary::{Answers, Grade, Row, Summary},
};

/// The whole page.
#[must_use]
pub fn page(summary: &Summary) -> String {
    let machine = &summary.machine;
    let probes = summary.rows.first().map_or(0, |row| row.siaga.runs());
    let mut page = format!(
        "# Beside iperf3\n\n\
         Written by `make bench` on {}: {}, {} processors, Linux {}, {}, {} (TCP: {}), load {} when it began.\n\n\
         ![Time and bytes of a verdict](bench.svg)\n\n\
         Does the link sustain 10 Mbit/s up and 20 Mbit/s down? Each link is emulated between two network namespaces \
         (see [emulator.md](emulator.md) and `tests/bench-links.toml`); all tools meet the same one. What is right is \
         what 30 s at exactly the asked rates find after the link's model. The probe ran {probes} times, the median \
         counts; iperf3 ran once each way for 10 s. Its TCP test passes if the receiver's rate is at least the one \
         asked about, its UDP test, at the asked rate, if at least 98 % of it arrive and at most 1 % of the packets are lost (without the \
         round trip that iperf3 counts into the time of receiving). Seconds \
         are those of the whole processes, from the start of the first to the end of the last. Bytes are all IP bytes \
         that were sent into the link from both ends, as the devices count them.\n\n",
        machine.date,
        machine.cpu,
        machine.cores,
        machine.kernel,
        machine.siaga,
        machine.iperf3,
        machine.congestion_control,
        machine.load,
    );
    page += "| link | holds up / down | siaga | s | MB | iperf3 TCP, Mbit/s up / down | s | MB | \
             iperf3 UDP, lost up / down | s | MB | TCP takes × time | × bytes |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    summary.rows.iter().for_each(|row| page += &line(row));
    page += "\n## Targets\n\n| target | found | |\n|---|---|---|\n";
    for target in summary.targets() {
        page += &format!(
            "| {} | {} | {} |\n",
            target.what,
            target.found,
            if target.met { "met" } else { "missed" }
        );
    }
    let tools = summary.rows.iter().flat_map(|row| [&row.siaga, &row.tcp, &row.udp]);
    let late_ms = tools.map(Answers::late_ms).fold(0.0, f64::max);
    page += &format!("\nThe emulator let no packet out more than {late_ms:.1} ms late.\n");
    for row in &summary.rows {
        for (tool, answers) in [("siaga", &row.siaga), ("iperf3 TCP", &row.tcp), ("iperf3 UDP", &row.udp)] {
            for complaint in answers.complaints() {
                page += &format!("\nNo verdict by {tool} over “{}”: {complaint}\n", row.asked.link);
            }
        }
    }
    page
}

fn line(row: &Row) -> String {
    let numbers =
        |answers: &Answers| format!("{} | {}", digits(answers.seconds()), digits(answers.bytes() / 1e6));
    format!(
        "| {} | {} | {} | {} | {}: {} | {} | {}: {} | {} | {:.1} | {:.0} |\n",
        row.asked.link,
        row.truth(),
        grades(&row.siaga),
        numbers(&row.siaga),
        grades(&row.tcp),
        readings(row.tcp.first(), |way| way.mbps.map(|mbps| format!("{mbps:.1}"))),
        numbers(&row.tcp),
        grades(&row.udp),
        readings(row.udp.first(), |way| way.loss.map(|loss| format!("{:.1} %", 100.0 * loss))),
        numbers(&row.udp),
        row.times_as_long(),
        row.times_the_bytes(),
    )
}

/// In words: “right”, or how many of how many are.
#[must_use]
pub fn grades(answers: &Answers) -> String {
    let named = [(Grade::Right, "right"), (Grade::Wrong, "wrong"), (Grade::Undecided, "undecided")];
    let counted = named.map(|(grade, name)| (answers.graded(grade), name));
    let there: Vec<_> = counted.iter().filter(|(count, _)| *count > 0).collect();
    match there[..] {
        [(1, name)] if answers.runs() == 1 => (*name).to_owned(),
        _ => there.iter().map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", "),
    }
}

fn readings(ways: [Way; 2], text: fn(&Way) -> Option<String>) -> String {
    ways.map(|way| text(&way).unwrap_or_else(|| "–".to_owned())).join(" / ")
}

/// Three of them.
#[must_use]
pub fn digits(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
