//! What was measured beside what is wanted, and the page of it.

use std::{fs, process::Command};

use jiff::Timestamp;

use crate::swarm::percentile;

/// A line of the table.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What it is.
    pub what: String,
    /// As it was found, with its unit.
    pub measured: String,
    /// What is wanted.
    pub target: &'static str,
    /// Whether it is as wanted; `None` where nothing is.
    pub met: Option<bool>,
}

impl Figure {
    /// A line that is held against a target.
    #[must_use]
    pub fn held(
        what: impl Into<String>,
        measured: impl Into<String>,
        target: &'static str,
        met: bool,
    ) -> Self {
        Self { what: what.into(), measured: measured.into(), target, met: Some(met) }
    }

    /// A line that is for information.
    #[must_use]
    pub fn told(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), target: "", met: None }
    }

    /// What could not be measured is no success.
    #[must_use]
    pub fn missing(what: &str, why: &dyn std::fmt::Display) -> Self {
        Self { what: what.to_owned(), measured: format!("not measured: {why}"), target: "", met: Some(false) }
    }

    /// For people who wait.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {} ({}{})", self.what, self.measured, self.target, self.verdict())
    }

    const fn verdict(&self) -> &'static str {
        match self.met {
            Some(true) => " met",
            Some(false) => " MISSED",
            None => "",
        }
    }
}

/// How long was waited, from sorted milliseconds.
#[must_use]
pub fn waits(sorted: &[f64]) -> String {
    let at = |share| percentile(sorted, share);
    format!("{:.1} ms (median), {:.1} ms (p99), {:.1} ms (most)", at(0.5), at(0.99), at(1.0))
}

/// The whole page.
#[must_use]
pub fn page(title: &str, command: &str, load: &str, figures: &[Figure]) -> String {
    let mut page = format!(
        "# {title}\n\nWritten by `{command}` on {}: {}, {} processors shared by the server and all that ask it, Linux {}, load {} \
         when it began. `target/release/bench-server --help` names what can be measured alone.\n\n\
         | figure | measured | target | |\n|---|---|---|---|\n",
        Timestamp::now().strftime("%Y-%m-%d"),
        cpu(),
        std::thread::available_parallelism().map_or(0, usize::from),
        kernel(),
        load,
    );
    for Figure { what, measured, target, met } in figures {
        let met = match met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        page += &format!("| {what} | {measured} | {target} | {met} |\n");
    }
    page
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("a processor", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned()
}

fn kernel() -> String {
    let release = Command::new("uname").arg("-r").output();
    release.map_or_else(|_| "?".to_owned(), |it| String::from_utf8_lossy(&it.stdout).trim().to_owned())
}

/// Of the last minute. To be asked for before the first figure: what is measured makes a load of its own.
#[must_use]
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_missing_is_never_taken_for_one_that_is_met() {
        let figures =
            [Figure::missing("probes", &"no server"), Figure::held("answers", "7 ms", "≤ 200 ms", true)];
        let page = page("Server", "make bench", "0.1", &figures);
        assert!(page.contains("| probes | not measured: no server |  | missed |"), "{page}");
        assert!(page.contains("| answers | 7 ms | ≤ 200 ms | met |"), "{page}");
    }
}
