//! The manuals against what they tell of: each command is one that the programs take, each link leads somewhere, each block of
//! commands is run by a test, and nothing is missing in the tables of contents.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::error::ErrorKind;

/// Who runs a page's blocks of `sh`, word for word.
const RUN_BY: [(&str, &str); 9] = [
    ("README.md", "tests/manuals/run"),
    ("docs/booking.md", "tests/gate/run"),
    ("docs/fleet-page.md", "tests/manuals/run"),
    ("docs/install.md", "tests/packages/run"),
    ("docs/operations.md", "tests/fleet/page"),
    ("docs/policy.md", "tests/manuals/run"),
    ("docs/room.md", "tests/manuals/run"),
    ("docs/troubleshooting.md", "tests/manuals/run"),
    ("docs/webhook.md", "tests/manuals/run"),
];

#[test]
fn every_command_in_the_manuals_is_one_that_the_programs_take() {
    let (mut known, mut faults) = (0, Vec::new());
    for page in pages() {
        for (line, whole) in page.commands() {
            for command in commands(&line) {
                known += 1;
                if let Err(error) = parse(&command, whole) {
                    faults.push(format!("{}: “{line}”: {error}", page.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(known > 60, "{known}");
}

#[test]
fn every_page_is_in_the_table_of_contents_and_every_decision_in_its_own() {
    for (dir, contents) in [("docs", "docs/README.md"), ("docs/decisions", "docs/decisions/README.md")] {
        let listed = fs::read_to_string(root().join(contents)).unwrap();
        for page in pages().iter().filter(|page| page.dir() == root().join(dir) && page.name != contents) {
            let here = page.path().file_name().unwrap().to_str().unwrap().to_owned();
            assert!(listed.contains(&here), "{contents} does not list {here}: add it");
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages() {
        for (to, anchor) in page.links() {
            let target = if to.is_empty() { page.path() } else { page.dir().join(&to) };
            assert!(target.exists(), "{}: nothing at {to}", page.name);
            if let Some(anchor) = anchor {
                let there = fs::read_to_string(&target).unwrap();
                let found = headings(&there).any(|heading| slug(heading) == anchor);
                assert!(found, "{}: no heading #{anchor} in {to}", page.name);
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_file_of_the_house_that_is_named_is_there() {
    let house =
        ["crates/", "agent/", "probe-server/", "tests/", "dashboards/", "systemd/", "clients/", ".ci/"];
    let mut seen = 0;
    for page in pages() {
        for (named, _) in page.commands() {
            let path = named.split([' ', '#', ':']).next().unwrap();
            if house.iter().any(|room| path.starts_with(room)) && !path.contains(['*', '{', '…']) {
                assert!(root().join(path).exists(), "{}: there is no {path}", page.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn every_block_says_what_it_is_and_what_is_to_be_typed_is_run_by_a_test() {
    for page in pages() {
        for (language, first) in
            page.blocks.iter().map(|block| (block.language.as_str(), block.lines.first()))
        {
            match language {
                "sh" => {
                    let by = RUN_BY.iter().find(|(name, _)| *name == page.name);
                    let (_, script) = by.unwrap_or_else(|| panic!("{}: nobody runs {first:?}", page.name));
                    let script = fs::read_to_string(root().join(script)).unwrap();
                    assert!(script.contains(&page.name), "{}: its script does not name it", page.name);
                }
                "console" | "text" | "toml" | "json" | "php" => {}
                _ => panic!("{}: what is {first:?}? its language is “{language}”", page.name),
            }
        }
    }
    let all = fs::read_to_string(root().join("tests/scripts/test")).unwrap();
    for (_, script) in RUN_BY {
        assert!(all.contains(script), "make test does not run {script}");
    }
}

#[test]
fn the_changelogs_tell_of_the_version_that_is_built() {
    let version = env!("CARGO_PKG_VERSION");
    let newest = |file: &str, begins: &str| {
        let text = fs::read_to_string(root().join(file)).unwrap();
        text.lines().find(|line| line.starts_with(begins)).unwrap().to_owned()
    };
    let (ours, the_packages) = (newest("CHANGELOG.md", "## "), newest("systemd/debian/changelog", "siaga ("));
    assert!(ours.contains(version), "{ours}, and not {version}");
    assert!(the_packages.contains(&format!("({version}-")), "{the_packages}, and not {version}");
}

/// A page of the manuals, taken apart.
struct Page {
    /// From the root of the house on.
    name: String,
    /// Without its blocks.
    prose: Vec<String>,
    blocks: Vec<Block>,
}

struct Block {
    language: String,
    lines: Vec<String>,
}

impl Page {
    fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (mut prose, mut blocks) = (Vec::new(), Vec::<Block>::new());
        let mut inside = false;
        for line in text.lines() {
            match line.strip_prefix("```") {
                Some(_) if inside => inside = false,
                Some(language) => {
                    inside = true;
                    blocks.push(Block { language: language.to_owned(), lines: Vec::new() });
                }
                None if inside => blocks.last_mut().unwrap().lines.push(line.to_owned()),
                None => prose.push(line.to_owned()),
            }
        }
        assert!(!inside, "{name}: a block does not end");
        Self { name: name.to_owned(), prose, blocks }
    }

    fn path(&self) -> PathBuf {
        root().join(&self.name)
    }

    fn dir(&self) -> PathBuf {
        self.path().parent().unwrap().to_owned()
    }

    /// Files of the house that it links to, with the heading there; an empty one is this page.
    fn links(&self) -> impl Iterator<Item = (String, Option<String>)> {
        let targets = self.prose.iter().flat_map(|line| line.split("](").skip(1));
        let targets = targets.filter_map(|rest| rest.split(')').next());
        targets.filter(|to| !to.contains("://")).map(|to| match to.split_once('#') {
            Some((to, anchor)) => (to.to_owned(), Some(anchor.to_owned())),
            None => (to.to_owned(), None),
        })
    }

    /// Lines of its blocks for a shell, continued ones as one; and what stands between backticks or quotation marks in its text,
    /// where a command is named and need not be whole.
    fn commands(&self) -> Vec<(String, bool)> {
        let typed = |block: &&Block| !["json", "toml", "php"].contains(&block.language.as_str());
        let mut all = Vec::new();
        for block in self.blocks.iter().filter(typed) {
            all.extend(
                block.lines.join("\n").replace("\\\n", " ").lines().map(|line| (line.to_owned(), true)),
            );
        }
        for line in &self.prose {
            // A cell of a table has its bars masked.
            let line = line.replace("\\|", "|");
            let quoted = line.split('“').skip(1).filter_map(|rest| Some(rest.split_once('”')?.0));
            all.extend(line.split('`').skip(1).step_by(2).chain(quoted).map(|part| (part.to_owned(), false)));
        }
        all
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All of them, in the order of their names.
fn pages() -> Vec<Page> {
    let mut names = BTreeSet::new();
    for dir in ["", "docs", "docs/decisions", "dashboards"] {
        for entry in fs::read_dir(root().join(dir)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if file.ends_with(".md") {
                names.insert(if dir.is_empty() { file } else { format!("{dir}/{file}") });
            }
        }
    }
    names.iter().map(|name| Page::read(name)).collect()
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim())
}

/// A heading's anchor, as the usual places that show Markdown make it.
fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The command lines of the house's programs in a line for a shell. A program's name elsewhere, or without anything behind it,
/// names a service, a package or a page.
fn commands(line: &str) -> Vec<Vec<String>> {
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
fn words(line: &str) -> Vec<String> {
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

fn parse(command: &[String], whole: bool) -> Result<(), clap::Error> {
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
