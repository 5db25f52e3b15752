//! What bash offers of the programs' commands, in a bash that really asks.

use std::{fs, process::Command};

use siaga_tests::programs::program;
use tempfile::tempdir;

/// What is offered for the last of these words, with the completions that the package ships.
fn offered(words: &[&str]) -> Vec<String> {
    const ASK: &str = r#"
source "$1"; shift
[[ $(complete -p "$1") =~ -F\ ([^ ]+) ]] || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let directory = tempdir().unwrap();
    let script = directory.path().join("completions");
    let printed = program(words[0]).args(["completions", "bash"]).output().unwrap();
    fs::write(&script, printed.stdout).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", ASK, "bash"]).arg(&script).args(words);
    let output = bash.current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let offered = String::from_utf8(output.stdout).unwrap();
    offered.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// They are offered, and nothing but options besides.
fn offers(words: &[&str], expected: &[&str]) {
    let mut offered = offered(words);
    offered.retain(|word| !word.starts_with('-') && word != "help");
    offered.sort_unstable();
    assert_eq!(offered, expected, "{words:?}");
}

#[test]
fn after_a_command_of_the_agent_its_own_words_are_offered() {
    offers(&["siaga-agent", "check", "--format", ""], &["json", "nagios", "text"]);
    offers(&["siaga-agent", "config", ""], &["check", "show"]);
    offers(&["siaga-agent", "support"], &["support-bundle"]);
    assert!(offered(&["siaga-agent", "check", "--a"]).contains(&"--active".to_owned()));
    assert!(offered(&["siaga-agent", "support-bundle", "--"]).len() > 2);
}

#[test]
fn after_a_command_of_the_server_its_own_words_are_offered() {
    offers(&["siaga-probe-server", "rooms", ""], &["list", "revoke"]);
    offers(&["siaga-probe-server", "rooms", "list", "--format", ""], &["json", "text"]);
    offers(&["siaga-probe-server", "config", ""], &["check", "show"]);
    assert!(offered(&["siaga-probe-server", "api-token", ""]).contains(&"list".to_owned()));
}

#[test]
fn what_help_hides_is_not_offered_in_any_shell() {
    assert!(offered(&["siaga-agent", ""]).contains(&"check".to_owned()));
    for shell in ["bash", "zsh", "fish"] {
        let script = program("siaga-agent").args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(script.stdout).unwrap();
        assert!(script.contains("support-bundle"), "{shell}");
        for hidden in ["try-device", "try__device", "in-use-helper"] {
            assert!(!script.contains(hidden), "{shell}: {hidden}");
        }
    }
}
