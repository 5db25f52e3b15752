//! Lines for a shell, as far as manuals go: which commands stand in them, and whether the programs take them.

use clap::error::ErrorKind;

/// The command lines of the house's programs in a line for a shell. A program's name elsewhere, or without anything behind it,
/// names a service, a package or a page.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let words = words(line);
    let mut found = Vec::new();
    for (at, program) in words.iter().enumerate() {
        let is_ours = ["siaga-agent", "siaga-probe-server"].contains(&program.as_str());
        if !is_ours || !begins_a_command(&words[..at]) {
            continue;
        }
        let ends = |word: &String| ["|", "&", ";", "(", ")", "#", "…"].contains(&word.as_str());
        let rest: Vec<String> = words[at + 1..].iter().take_while(|word| !ends(word)).cloned().collect();
        if rest
            .first()
            .is_some_and(|first| first.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
        {
            found.push(example(program, rest));
        }
    }
    found
}

/// Whether a command begins behind these words.
fn begins_a_command(before: &[String]) -> bool {
    let begins = ["|", "&", ";", "(", "do", "then", "if", "until", "!", "sudo"];
    match before {
        [] => true,
        [.., within, _] if within == "exec" => true,
        [.., last] => last.contains('=') || begins.contains(&last.as_str()),
    }
}

/// Placeholders and variables, where a value of the right form is asked for.
fn example(program: &str, words: Vec<String>) -> Vec<String> {
    let hash = format!("1:{}", "0".repeat(64));
    let mut command = vec![program.to_owned()];
    for word in words {
        let stands_for_another = word.contains('$') || (word.len() > 2 && word == word.to_uppercase());
        let option = command.last().map_or("", String::as_str);
        command.push(match option {
            "--head" if stands_for_another => hash.clone(),
            "--day" if stands_for_another => "2026-11-26".to_owned(),
            "--server" if stands_for_another => "probe.example:4433".to_owned(),
            "--room" | "--name" | "--site" if stands_for_another => "r1".to_owned(),
            _ => word,
        });
    }
    command
}

/// As a shell would see them, as far as manuals go: quotes, ends of commands and redirections, which are left out. What may be
/// left out (in brackets) is taken along, and of what may be chosen (`text|json`) the first.
pub(super) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars().peekable();
    let is_word = |next: Option<&char>| next.is_some_and(|c| c.is_alphanumeric());
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            ('[' | ']', None) => {}
            ('|', None) if word.is_some() && is_word(chars.peek()) => {
                while is_word(chars.peek()) || chars.peek() == Some(&'|') {
                    chars.next();
                }
            }
            ('|' | '&' | ';' | ')' | '(', None) => {
                words.extend(word.take());
                words.push(c.to_string());
            }
            (' ' | '\n', None) => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let mut after_redirection = false;
    words.retain(|word| {
        let redirects = word.trim_start_matches(['1', '2']).starts_with(['>', '<']);
        let keep = !redirects && !after_redirection;
        after_redirection = redirects && word.ends_with(['>', '<']);
        keep
    });
    words
}

pub(super) fn parse(command: &[String], whole: bool) -> Result<(), clap::Error> {
    let program = match command[0].as_str() {
        "siaga-agent" => siaga_agent::cli::command(),
        _ => siaga_probe_server::cli::command(),
    };
    let left_out = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    match program.try_get_matches_from(command) {
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => Ok(()),
        Err(error) if !whole && left_out.contains(&error.kind()) => Ok(()),
        parsed => parsed.map(|_| ()),
    }
}

#[test]
fn a_line_is_taken_apart_as_a_shell_would() {
    let told = |line: &str| commands(line).iter().map(|words| words.join(" ")).collect::<Vec<_>>();
    assert_eq!(
        told("systemctl status siaga-agent; another siaga-agent runs; siaga-agent ──▶ socket"),
        [""; 0]
    );
    assert_eq!(told("ip netns exec room siaga-agent status &"), ["siaga-agent status"]);
    assert_eq!(
        told(
            "x=$(siaga-agent check --format text|json) && siaga-probe-server init --name 'a b' >out 2> err; y"
        ),
        ["siaga-agent check --format text", "siaga-probe-server init --name a b"]
    );
    let takes = |line: &str, whole| parse(&commands(line)[0], whole).is_ok();
    assert!(!takes("siaga-agent probe --serve x", false));
    assert!(!takes("siaga-agent chekc", false));
    assert!(takes("siaga-probe-server audit verify --dir DIR --head SEQ:HASH", true));
    assert!(
        takes("siaga-agent probe --server $there", false)
            && !takes("siaga-agent probe --server $there", true)
    );
}
