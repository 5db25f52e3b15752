//! The house has one direction: who uses whom is written in docs/architecture.md, and cargo must agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use cargo_metadata::{DependencyKind, MetadataCommand};

type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_use_each_other_as_the_table_allows_and_in_no_other_way() {
    let allowed = by_the_table();
    for (name, used) in by_cargo() {
        let allowed = allowed.get(&name).unwrap_or_else(|| panic!("{name} is not in the table"));
        let forbidden: Vec<_> = used.difference(allowed).collect();
        assert!(forbidden.is_empty(), "{name} uses {forbidden:?}");
    }
}

#[test]
fn the_table_has_one_direction() {
    let uses = by_the_table();
    // Each crate's own users can't be reached from it.
    for name in uses.keys() {
        let mut reached = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            open.extend(uses[next].iter().filter(|used| reached.insert(*used)));
        }
        assert!(!reached.contains(name), "{name} uses itself by a detour");
    }
}

#[test]
fn pure_crates_have_no_door_to_the_outside() {
    let metadata = MetadataCommand::new().exec().unwrap();
    for pure in ["siaga-probe", "siaga-readiness"] {
        let package = metadata.packages.iter().find(|package| package.name == pure).unwrap();
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            let impure = ["tokio", "quinn", "rustls", "rustix", "socket2", "rand", "tracing"];
            assert!(!impure.contains(&dependency.name.as_str()), "{pure} uses {}", dependency.name);
        }
    }
}

fn by_cargo() -> Uses {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let mut uses = Uses::new();
    for package in &metadata.packages {
        let of_the_house =
            package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal && d.path.is_some());
        uses.insert(short(&package.name), of_the_house.map(|used| short(&used.name)).collect());
    }
    uses
}

fn short(name: &str) -> String {
    name.strip_prefix("siaga-").unwrap().to_owned()
}

fn by_the_table() -> Uses {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/architecture.md")).unwrap();
    let table = page.split_once("<!-- uses -->").unwrap().1;
    let mut uses = Uses::new();
    for line in table.lines().skip(3).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let used = cells[2].split(", ").filter(|used| *used != "–").map(str::to_owned).collect();
        uses.insert(cells[1].to_owned(), used);
    }
    let everything: BTreeSet<_> = uses.keys().filter(|name| *name != "tests").cloned().collect();
    if let Some(tests) = uses.get_mut("tests").filter(|tests| tests.contains("all")) {
        *tests = everything;
    }
    uses
}

/// Each test that docs/withstands.md names is where it says.
#[test]
fn what_a_server_withstands_is_shown_by_tests_that_are_there() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/withstands.md")).unwrap();
    let mut named = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let mut code = String::new();
        for word in line.split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") {
                let file = format!("{}/../{word}", env!("CARGO_MANIFEST_DIR"));
                code = fs::read_to_string(file).unwrap_or_else(|error| panic!("{word}: {error}"));
            } else if !code.is_empty() && word.contains('_') {
                assert!(code.contains(&format!("fn {word}(")), "no {word} where docs/withstands.md says");
                named += 1;
            }
        }
    }
    assert!(named > 40, "{named}");
}
