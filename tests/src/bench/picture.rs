//! The summary, drawn: `docs/bench.svg`.
//!
//! A row for each link; time and bytes on logarithmic scales beside each other. Tools differ by shape as well as by
//! colour, and a wrong answer is hollow.

use std::fmt::Write;

use super::{
    summary::{Answers, Grade, Row, Summary},
    table::{digits, grades},
};

const WIDTH: f64 = 1216.0;
const NAMES: f64 = 250.0;
const PANEL: f64 = 330.0;
const TIME_X: f64 = NAMES + 12.0;
const BYTES_X: f64 = TIME_X + PANEL + 44.0;
const GRADES_X: f64 = BYTES_X + PANEL + 36.0;
/// A column for each tool.
const GRADES: [f64; 3] = [GRADES_X, GRADES_X + 66.0, GRADES_X + 128.0];
const TOP: f64 = 128.0;
const ROW: f64 = 36.0;

const STYLE: &str = "
  .paper { fill: #ffffff } .band { fill: #f4f6f8 } .grid { stroke: #d5dae0 } .range { stroke: #b6bec8; stroke-width: 2 }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1b2129 }
  .title { font-size: 19px; font-weight: 600 } .head { font-weight: 600 } .small { font-size: 11px } .soft { fill: #56606c }
  .end { text-anchor: end } .middle { text-anchor: middle }
  .siaga { fill: #0062b8; stroke: #0062b8 } .tcp { fill: #c24e00; stroke: #c24e00 } .udp { fill: #00805b; stroke: #00805b }
  .mark { stroke-width: 2 } .wrong.mark { fill: #ffffff } .bad { fill: #c4122f; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0f141a } .band { fill: #171e26 } .grid { stroke: #2c3641 } .range { stroke: #46525f }
    text { fill: #e8edf2 } .soft { fill: #a3afbb }
    .siaga { fill: #5fb2ff; stroke: #5fb2ff } .tcp { fill: #ff9a4d; stroke: #ff9a4d } .udp { fill: #3fcf9f; stroke: #3fcf9f }
    .wrong.mark { fill: #0f141a } .bad { fill: #ff7b8a }
  }
";

/// The whole picture.
#[must_use]
pub fn svg(summary: &Summary) -> String {
    let count = summary.rows.len();
    #[allow(clippy::cast_precision_loss)]
    let bottom = TOP + ROW * count as f64;
    let height = bottom + 74.0;
    let machine = &summary.machine;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"title desc\">\n<title id=\"title\">Time and bytes until a verdict: siaga and iperf3 over the \
         same links</title>\n<desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n",
        escaped(&description(summary)),
    );
    text(&mut svg, 24.0, 36.0, "title", "Does the link sustain 10 Mbit/s up and 20 Mbit/s down?");
    text(
        &mut svg,
        24.0,
        58.0,
        "soft",
        "Time and bytes until a verdict over the same emulated links. Less is better; a hollow mark is a wrong answer.",
    );
    legend(&mut svg);
    for (at, row) in summary.rows.iter().enumerate() {
        #[allow(clippy::cast_precision_loss)]
        let y = TOP + ROW * at as f64;
        if at % 2 == 0 {
            let _ = writeln!(
                svg,
                "<rect class=\"band\" x=\"12\" y=\"{y:.1}\" width=\"{}\" height=\"{ROW}\"/>",
                WIDTH - 24.0
            );
        }
        text(&mut svg, NAMES, y + ROW / 2.0 + 4.5, "end", &row.asked.link);
        for (answers, x) in [&row.siaga, &row.tcp, &row.udp].into_iter().zip(GRADES) {
            let (class, word) = grade(answers);
            text(&mut svg, x, y + ROW / 2.0 + 4.5, class, &word);
        }
    }
    let time = Scale::over(TIME_X, summary, Answers::seconds);
    let bytes = Scale::over(BYTES_X, summary, Answers::bytes);
    time.draw(&mut svg, bottom, "seconds", |value| value.to_string());
    bytes.draw(&mut svg, bottom, "IP bytes, both ways", with_unit);
    for (at, row) in summary.rows.iter().enumerate() {
        #[allow(clippy::cast_precision_loss)]
        let y = TOP + ROW * (at as f64 + 0.5);
        marks(&mut svg, &time, row, y, Answers::seconds, |seconds| format!("{} s", digits(seconds)));
        marks(&mut svg, &bytes, row, y, Answers::bytes, |bytes| format!("{} MB", digits(bytes / 1e6)));
    }
    let source = format!(
        "{} · {}, {} processors · Linux {} · {} · {} ({})",
        machine.date,
        machine.cpu,
        machine.cores,
        machine.kernel,
        machine.siaga,
        machine.iperf3,
        machine.congestion_control
    );
    text(&mut svg, 24.0, height - 14.0, "small soft", &source);
    svg + "</svg>\n"
}

fn legend(svg: &mut String) {
    let mut x = 30.0;
    for (tool, name, width) in [
        ("siaga", "siaga-agent probe, both ways at once", 290.0),
        ("tcp", "iperf3 TCP, 10 s each way", 216.0),
        ("udp", "iperf3 UDP at the rate, 10 s each way", 0.0),
    ] {
        mark(svg, tool, x, 83.5, false, name);
        text(svg, x + 13.0, 88.0, "", name);
        x += width;
    }
    text(svg, TIME_X, TOP - 12.0, "head", "Time");
    text(svg, BYTES_X, TOP - 12.0, "head", "Bytes");
    text(svg, GRADES_X, TOP - 34.0, "head", "Right?");
    for (x, name) in GRADES.into_iter().zip(["siaga", "TCP", "UDP"]) {
        text(svg, x, TOP - 12.0, "soft", name);
    }
}

/// Right of how many; a single answer gets a sign.
fn grade(answers: &Answers) -> (&'static str, String) {
    let (right, wrong) = (answers.graded(Grade::Right), answers.graded(Grade::Wrong));
    let class = if wrong > 0 { "bad" } else { "" };
    match (answers.runs(), right, wrong) {
        (1, 1, _) => (class, "right".to_owned()),
        (1, _, 1) => (class, "wrong".to_owned()),
        (1, ..) => (class, "none".to_owned()),
        (runs, ..) => (class, format!("{right} of {runs}")),
    }
}

fn marks(
    svg: &mut String,
    scale: &Scale,
    row: &Row,
    y: f64,
    value: fn(&Answers) -> f64,
    label: fn(f64) -> String,
) {
    let [siaga, tcp, udp] = [&row.siaga, &row.tcp, &row.udp].map(|answers| scale.x(value(answers)));
    let (from, to) = (siaga.min(tcp).min(udp), siaga.max(tcp).max(udp));
    let _ =
        writeln!(svg, "<line class=\"range\" x1=\"{from:.1}\" y1=\"{y:.1}\" x2=\"{to:.1}\" y2=\"{y:.1}\"/>");
    for (tool, answers, x, above) in
        [("udp", &row.udp, udp, 7.0), ("tcp", &row.tcp, tcp, -7.0), ("siaga", &row.siaga, siaga, 0.0)]
    {
        let hover = format!("{tool} over {}: {}, {}", row.asked.link, label(value(answers)), grades(answers));
        mark(svg, tool, x, y + above, answers.graded(Grade::Wrong) > 0, &hover);
    }
    // Outside of the marks.
    let (before, after) = (" end", "");
    let [siaga_side, tcp_side] = if siaga <= tcp { [before, after] } else { [after, before] };
    let beside = |x: f64, side: &str| if side == before { x - 10.0 } else { x + 10.0 };
    let siaga_x = beside(if siaga <= tcp { siaga } else { to }, siaga_side);
    text(svg, siaga_x, y + 4.0, &format!("small{siaga_side}"), &label(value(&row.siaga)));
    text(svg, beside(tcp, tcp_side), y - 3.0, &format!("small{tcp_side}"), &label(value(&row.tcp)));
}

/// A disc, a square or a diamond.
fn mark(svg: &mut String, tool: &str, x: f64, y: f64, wrong: bool, hover: &str) {
    let wrong = if wrong { " wrong" } else { "" };
    let shape = match tool {
        "siaga" => format!("<circle class=\"{tool} mark{wrong}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5.5\">"),
        "tcp" => {
            format!(
                "<rect class=\"{tool} mark{wrong}\" x=\"{:.1}\" y=\"{:.1}\" width=\"8.5\" height=\"8.5\">",
                x - 4.25,
                y - 4.25
            )
        }
        _ => format!(
            "<path class=\"{tool} mark{wrong}\" d=\"M{x:.1} {:.1}l5.5 5.5-5.5 5.5-5.5-5.5z\">",
            y - 5.5
        ),
    };
    let end = match tool {
        "siaga" => "circle",
        "tcp" => "rect",
        _ => "path",
    };
    let _ = writeln!(svg, "{shape}<title>{}</title></{end}>", escaped(hover));
}

/// Decades on a panel.
struct Scale {
    left: f64,
    first: i32,
    last: i32,
}

impl Scale {
    #[allow(clippy::cast_possible_truncation)]
    fn over(left: f64, summary: &Summary, value: fn(&Answers) -> f64) -> Self {
        let values: Vec<f64> =
            summary.rows.iter().flat_map(|row| [&row.siaga, &row.tcp, &row.udp].map(value)).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        if !least.is_finite() || least <= 0.0 {
            return Self { left, first: 0, last: 1 };
        }
        // Room for the labels at both ends.
        let (first, last) = ((least / 2.5).log10().floor() as i32, (most * 2.5).log10().ceil() as i32);
        Self { left, first, last: last.max(first + 1) }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + PANEL * (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first)
    }

    fn draw(&self, svg: &mut String, bottom: f64, unit: &str, label: fn(f64) -> String) {
        for decade in self.first..=self.last {
            let value = 10_f64.powi(decade);
            let x = self.x(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>"
            );
            text(svg, x, bottom + 17.0, "small middle", &label(value));
        }
        text(
            svg,
            self.left + PANEL / 2.0,
            bottom + 36.0,
            "small soft middle",
            &format!("{unit}, logarithmic"),
        );
    }
}

fn with_unit(bytes: f64) -> String {
    match bytes {
        1e9.. => format!("{} GB", bytes / 1e9),
        1e6.. => format!("{} MB", bytes / 1e6),
        _ => format!("{} kB", bytes / 1e3),
    }
}

fn description(summary: &Summary) -> String {
    let rows = summary.rows.iter().map(|row| {
        let one = |answers: &Answers| {
            format!(
                "{} s, {} MB, {}",
                digits(answers.seconds()),
                digits(answers.bytes() / 1e6),
                grades(answers)
            )
        };
        format!(
            "{}: siaga {}; TCP {}; UDP {}.",
            row.asked.link,
            one(&row.siaga),
            one(&row.tcp),
            one(&row.udp)
        )
    });
    format!("Median time, bytes and grade by link. {}", rows.collect::<Vec<_>>().join(" "))
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", escaped(text));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
