//! Many runs of a tool over a link in a few numbers, and the targets.

use siaga_probe::Verdict;

use super::record::{Asked, Line, Machine, Run, Tool, Way};

/// All that was measured.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where.
    pub machine: Machine,
    /// A link each.
    pub rows: Vec<Row>,
}

/// A link.
#[derive(Debug, Clone)]
pub struct Row {
    /// The question.
    pub asked: Asked,
    /// `siaga-agent probe`.
    pub siaga: Answers,
    /// iperf3 with TCP.
    pub tcp: Answers,
    /// iperf3 with UDP.
    pub udp: Answers,
}

/// A tool's answers about a link, one at least.
#[derive(Debug, Clone)]
pub struct Answers(Vec<Run>);

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Both directions are as they are.
    Right,
    /// A direction passes that doesn't hold, or fails though it does.
    Wrong,
    /// Neither: it does not know.
    Undecided,
}

/// Something that was promised.
#[derive(Debug, Clone)]
pub struct Target {
    /// What.
    pub what: String,
    /// What was found.
    pub found: String,
    /// Whether that is as promised.
    pub met: bool,
}

impl Summary {
    /// What the lines say; `None` if the machine is missing. A link that was not measured to its end is left out.
    #[must_use]
    pub fn of(lines: Vec<Line>) -> Option<Self> {
        let (mut machine, mut asked, mut runs) = (None, Vec::new(), Vec::new());
        for line in lines {
            match line {
                Line::Machine(this) => machine = Some(this),
                Line::Asked(this) => asked.push(this),
                Line::Run(this) => runs.push(this),
            }
        }
        let answers = |asked: &Asked, tool| {
            let of = |run: &&Run| run.link == asked.link && run.tool == tool;
            let runs: Vec<Run> = runs.iter().filter(of).cloned().collect();
            (!runs.is_empty()).then_some(Answers(runs))
        };
        let row = |asked: Asked| {
            let [siaga, tcp, udp] = [Tool::Siaga, Tool::Tcp, Tool::Udp].map(|tool| answers(&asked, tool));
            Some(Row { siaga: siaga?, tcp: tcp?, udp: udp?, asked })
        };
        Some(Self { machine: machine?, rows: asked.into_iter().filter_map(row).collect() })
    }

    /// The targets, each over all links that it is about.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for row in &self.rows {
            let name = &row.asked.link;
            let least = match row.asked.rtt_ms {
                ..=50.0 => Some(15.0),
                600.0.. => Some(6.0),
                _ => None,
            };
            let time = row.times_as_long();
            targets.extend(least.map(|least| at_least(&format!("{name}: × as fast as TCP"), time, least)));
            let bytes = row.times_the_bytes();
            let least = row.asked.bytes_ratio;
            targets.extend(
                least.map(|least| at_least(&format!("{name}: × fewer bytes than TCP"), bytes, least)),
            );
            if row.passes_steadily() {
                targets.push(at_most(
                    &format!("{name}: probe's own time, s"),
                    row.siaga.duration_s(),
                    row.time_limit_s(),
                ));
                targets.push(at_most(
                    &format!("{name}: MB both ways"),
                    row.siaga.bytes() / 1e6,
                    row.megabyte_limit(),
                ));
            }
        }
        let wrong: Vec<_> = self.rows.iter().filter(|row| row.tcp.graded(Grade::Right) == 0).collect();
        targets.extend(wrong.iter().map(|row| Target {
            what: format!("{}: right where TCP is not", row.asked.link),
            found: format!("{} of {}", row.siaga.graded(Grade::Right), row.siaga.runs()),
            met: row.siaga.graded(Grade::Right) == row.siaga.runs(),
        }));
        targets
    }
}

fn at_least(what: &str, found: f64, least: f64) -> Target {
    Target { what: format!("{what} ≥ {least}"), found: format!("{found:.1}"), met: found >= least }
}

fn at_most(what: &str, found: f64, most: f64) -> Target {
    Target { what: format!("{what} ≤ {most:.2}"), found: format!("{found:.2}"), met: found <= most }
}

impl Row {
    /// How many times as long as a probe iperf3's TCP test takes.
    #[must_use]
    pub fn times_as_long(&self) -> f64 {
        self.tcp.seconds() / self.siaga.seconds()
    }

    /// How many times a probe's bytes it needs.
    #[must_use]
    pub fn times_the_bytes(&self) -> f64 {
        self.tcp.bytes() / self.siaga.bytes()
    }

    /// What is so in both directions, over all seeds.
    #[must_use]
    pub fn truth(&self) -> String {
        let word = |truth: fn(&Run) -> Verdict| {
            let passes = self.siaga.0.iter().filter(|run| truth(run) == Verdict::Pass).count();
            match (passes, self.siaga.runs()) {
                (0, _) => "no".to_owned(),
                (passes, runs) if passes == runs => "yes".to_owned(),
                (passes, runs) => format!("in {passes} of {runs}"),
            }
        };
        format!("{} / {}", word(|run| run.up.truth), word(|run| run.down.truth))
    }

    fn passes_steadily(&self) -> bool {
        let holds = |run: &Run| [run.up, run.down].iter().all(|way| way.truth == Verdict::Pass);
        !self.asked.random && self.siaga.0.iter().all(holds)
    }

    /// An observation and what goes before and after it.
    fn time_limit_s(&self) -> f64 {
        let rtt_s = self.asked.rtt_ms / 1e3;
        let before = if self.looks_first() { rtt_s + 0.1 } else { 0.0 };
        1.10 + 4.0 * rtt_s + before
    }

    /// 4.5 MB for 10 up and 20 down up to 60 ms, what flies meanwhile beyond, and the pre-train.
    fn megabyte_limit(&self) -> f64 {
        let share = (self.asked.up_mbps + self.asked.down_mbps) / 30.0;
        let before = if self.looks_first() { 0.4 } else { 0.0 };
        share * (4.5 + 2.0 * (self.asked.rtt_ms / 1e3 - 0.06).max(0.0) + before)
    }

    /// Above 200 ms a cold probe sends a pre-train first.
    fn looks_first(&self) -> bool {
        self.asked.rtt_ms > 200.0
    }
}

impl Answers {
    /// How many.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// How many of this grade.
    #[must_use]
    pub fn graded(&self, grade: Grade) -> usize {
        self.0.iter().filter(|run| Grade::of(run) == grade).count()
    }

    /// Median time from start to end, s.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        median(self.0.iter().map(|run| run.seconds))
    }

    /// Median bytes both ways.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn bytes(&self) -> f64 {
        median(self.0.iter().map(|run| run.bytes as f64))
    }

    /// Median of the probe's own time, s; NaN for other tools.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        median(self.0.iter().filter_map(|run| run.duration_s))
    }

    /// What the first one read, up and down.
    #[must_use]
    pub fn first(&self) -> [Way; 2] {
        self.0.first().map(|run| [run.up, run.down]).expect("one at least")
    }

    /// The worst delay of a packet in the emulator, ms.
    #[must_use]
    pub fn late_ms(&self) -> f64 {
        self.0.iter().map(|run| run.late_ms_max).fold(0.0, f64::max)
    }

    /// What the tool complained about.
    pub fn complaints(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|run| &run.complaints).map(String::as_str)
    }
}

impl Grade {
    /// Of a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let ways = [run.up, run.down];
        if ways.iter().any(|way| way.verdict != way.truth && way.verdict != Verdict::Inconclusive) {
            Self::Wrong
        } else if ways.iter().all(|way| way.verdict == way.truth) {
            Self::Right
        } else {
            Self::Undecided
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => f64::NAN,
        (length, middle) if length % 2 == 1 => values[middle],
        (_, middle) => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Fail, Inconclusive, Pass};

    fn run(tool: Tool, seconds: f64, bytes: u64, [up, down]: [Verdict; 2]) -> Run {
        let way = |verdict| Way { verdict, truth: Pass, mbps: None, loss: None };
        Run {
            link: "a".to_owned(),
            tool,
            seed: 1,
            seconds,
            duration_s: (tool == Tool::Siaga).then_some(seconds),
            bytes,
            up: way(up),
            down: way(down),
            late_ms_max: 0.0,
            complaints: Vec::new(),
        }
    }

    fn summary(rtt_ms: f64, runs: Vec<Run>) -> Summary {
        let machine = Machine {
            cpu: String::new(),
            cores: 2,
            kernel: String::new(),
            congestion_control: String::new(),
            iperf3: String::new(),
            siaga: String::new(),
            date: String::new(),
            load: String::new(),
        };
        let asked = Asked {
            link: "a".to_owned(),
            up_mbps: 10.0,
            down_mbps: 20.0,
            rtt_ms,
            random: false,
            bytes_ratio: Some(20.0),
        };
        let mut lines = vec![Line::Machine(machine), Line::Asked(asked)];
        lines.extend(runs.into_iter().map(Line::Run));
        Summary::of(lines).unwrap()
    }

    fn missed(summary: &Summary) -> Vec<String> {
        summary.targets().into_iter().filter(|target| !target.met).map(|target| target.what).collect()
    }

    #[test]
    fn an_answer_is_right_only_if_both_directions_are() {
        let grade = |ends| Grade::of(&run(Tool::Siaga, 1.0, 1, ends));
        assert_eq!(grade([Pass, Pass]), Grade::Right);
        assert_eq!(grade([Pass, Fail]), Grade::Wrong);
        assert_eq!(grade([Inconclusive, Fail]), Grade::Wrong);
        assert_eq!(grade([Pass, Inconclusive]), Grade::Undecided);
    }

    #[test]
    fn a_probe_that_keeps_every_promise_misses_no_target() {
        let siaga = [1.1, 1.2, 9.0].map(|seconds| run(Tool::Siaga, seconds, 4_000_000, [Pass, Pass]));
        let tcp = run(Tool::Tcp, 20.4, 125_000_000, [Pass, Pass]);
        let udp = run(Tool::Udp, 20.4, 40_000_000, [Pass, Pass]);
        let summary = summary(30.0, [siaga.to_vec(), vec![tcp, udp]].concat());
        assert_eq!(missed(&summary), [""; 0]);
        // The median: one slow probe of three is no miss.
        assert!((summary.rows[0].times_as_long() - 17.0).abs() < 1e-9);
    }

    #[test]
    fn a_slow_dear_and_wrong_probe_misses_them_all() {
        let siaga = run(Tool::Siaga, 2.0, 9_000_000, [Fail, Pass]);
        let tcp = run(Tool::Tcp, 20.4, 125_000_000, [Fail, Pass]);
        let udp = run(Tool::Udp, 20.4, 40_000_000, [Pass, Pass]);
        let missed = missed(&summary(50.0, vec![siaga, tcp, udp]));
        assert_eq!(missed.len(), 5, "{missed:?}");
    }

    #[test]
    fn a_satellite_may_take_five_round_trips_and_its_pre_train() {
        let siaga = run(Tool::Siaga, 4.1, 5_500_000, [Pass, Pass]);
        let tcp = run(Tool::Tcp, 28.6, 130_000_000, [Pass, Fail]);
        let udp = run(Tool::Udp, 23.0, 40_000_000, [Pass, Pass]);
        let summary = summary(600.0, vec![siaga, tcp, udp]);
        assert_eq!(missed(&summary), [""; 0]);
        assert!(summary.targets().iter().any(|target| target.what.ends_with("right where TCP is not")));
    }

    #[test]
    fn a_pre_train_may_cost_400_kb_and_no_more() {
        let of = |bytes| {
            let siaga = run(Tool::Siaga, 4.1, bytes, [Pass, Pass]);
            let tcp = run(Tool::Tcp, 28.6, 130_000_000, [Pass, Fail]);
            missed(&summary(600.0, vec![siaga, tcp, run(Tool::Udp, 23.0, 40_000_000, [Pass, Pass])]))
        };
        assert_eq!(of(5_970_000), [""; 0]);
        assert_eq!(of(5_990_000).len(), 1);
    }

    #[test]
    fn a_link_that_was_not_measured_to_its_end_is_left_out() {
        assert!(summary(30.0, vec![run(Tool::Siaga, 1.0, 1, [Pass, Pass])]).rows.is_empty());
    }
}
