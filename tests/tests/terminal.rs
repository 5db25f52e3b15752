//! What a person sees at a terminal while a probe runs, and what a program gets that has none.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use siaga_tests::programs::{Lab, program};

/// `siaga-agent probe`, in a terminal of its own or without one. Its standard output goes to `found`.
fn probe(lab: &Lab, in_terminal: bool, no_color: bool) -> (Output, String) {
    let server = lab.server(&["--open"]).unwrap();
    let agent = program("siaga-agent").get_program().to_str().unwrap().to_owned();
    let found = lab.path().join("found");
    let command = format!(
        "{agent} probe --server {} --ca {} --up 2M --down 2M --format json >{}",
        server.probes.unwrap(),
        lab.ca().display(),
        found.display()
    );
    let mut shell = if in_terminal { Command::new("script") } else { Command::new("sh") };
    if in_terminal {
        shell.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    } else {
        shell.args(["-c", &command]);
    }
    shell.env("TERM", "xterm").env("LC_ALL", "C").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    if no_color {
        shell.env("NO_COLOR", "1");
    }
    let output = shell.stdin(Stdio::null()).output().unwrap();
    (output, fs::read_to_string(found).unwrap())
}

#[test]
fn at_a_terminal_the_rate_is_seen_while_it_is_measured_and_nothing_of_it_stays() {
    let lab = Lab::new().unwrap();
    let (output, found) = probe(&lab, true, false);
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{seen}");
    let rates = seen.split("up ").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    let fastest = rates.fold(0.0, f64::max);
    assert!(fastest >= 1.0, "{fastest}: {seen:?}");
    assert!(seen.contains("\u{1b}[36m"), "it has a colour: {seen:?}");
    assert!(seen.trim_end().ends_with("\u{1b}[2K"), "its line is cleared at the end: {seen:?}");
    assert!(found.starts_with('{') && found.ends_with("}\n"), "{found}");
}

#[test]
fn who_wants_no_colour_gets_none() {
    let lab = Lab::new().unwrap();
    let (output, _) = probe(&lab, true, true);
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(seen.contains("Mbit/s"), "{seen:?}");
    assert!(!seen.contains("\u{1b}[3") && !seen.contains("\u{1b}[0m"), "{seen:?}");
}

#[test]
fn without_a_terminal_there_is_no_bar() {
    let lab = Lab::new().unwrap();
    let (output, found) = probe(&lab, false, false);
    assert_eq!((String::from_utf8_lossy(&output.stderr), output.status.code()), ("".into(), Some(0)));
    assert!(found.starts_with('{'), "{found}");
}
