//! The manuals against what they tell of: each command is one that the programs take, each link leads somewhere, each block of
//! commands is run by a test, and nothing is missing in the tables of contents.

mod page;
mod shell;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use siaga_readiness::reasons::Code;

use page::{Page, headings, pages, slug};
use shell::{commands, parse, words};

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
fn what_make_and_cargo_are_asked_for_is_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut seen = 0;
    for page in pages() {
        for (line, _) in page.commands() {
            for asked in words(line.split(['#', '…']).next().unwrap()).split(|word| word == "&") {
                let after = |word: &str| asked.iter().skip_while(|it| *it != word).nth(1);
                if asked.first().is_some_and(|first| first == "make") {
                    let target = after("make").unwrap();
                    assert!(makefile.contains(&format!("\n{target}:")), "{}: make {target}", page.name);
                    seen += 1;
                }
                let Some(package) = after("-p").filter(|_| asked.iter().any(|word| word == "cargo")) else {
                    continue;
                };
                let dir = member(package).unwrap_or_else(|| panic!("{}: no {package}", page.name));
                let is_there = |file: String| assert!(dir.join(&file).exists(), "{}: no {file}", page.name);
                after("--test").into_iter().for_each(|test| is_there(format!("tests/{test}.rs")));
                after("--bin").into_iter().for_each(|bin| {
                    let nested = dir.join(format!("src/bin/{bin}/main.rs")).exists();
                    is_there(format!("src/bin/{bin}{}", if nested { "/main.rs" } else { ".rs" }));
                });
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Where a crate of the house lies.
fn member(package: &str) -> Option<PathBuf> {
    let name = package.strip_prefix("siaga-")?;
    ["", "crates/"].map(|room| root().join(format!("{room}{name}"))).into_iter().find(|dir| dir.exists())
}

#[test]
fn troubleshooting_names_reasons_that_there_are() {
    let known: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let page = Page::read("docs/troubleshooting.md");
    let is_code =
        |word: &String| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let named: Vec<_> = page.commands().into_iter().map(|(word, _)| word).filter(is_code).collect();
    let wrong: Vec<_> = named.iter().filter(|word| !known.contains(word.as_str())).collect();
    assert!(named.len() > 30 && wrong.is_empty(), "{}, of which there are none of {wrong:?}", named.len());
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
fn development_tells_of_each_script_that_make_test_runs() {
    let all = fs::read_to_string(root().join("tests/scripts/test")).unwrap();
    let page = fs::read_to_string(root().join("docs/development.md")).unwrap();
    let scripts: BTreeSet<_> = all.split_whitespace().filter(|word| word.starts_with("tests/")).collect();
    let untold: Vec<_> = scripts.iter().filter(|script| !page.contains(&format!("`{script}`"))).collect();
    assert!(scripts.len() > 10 && untold.is_empty(), "docs/development.md does not tell of {untold:?}");
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

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
