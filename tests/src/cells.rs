//! The cells of the confusion matrix, read from `cells.toml` (gate) and `cells-sustain.toml`.

use serde::Deserialize;

use crate::link::{LinkSpec, Stalls, train::Machine};

/// One kind of link with its parameters fixed, written for a target of 20 Mbit/s.
#[derive(Debug, Clone)]
pub struct Cell {
    /// As it is printed.
    pub name: String,
    /// Which limits of error apply.
    pub kind: Kind,
    /// The link.
    pub link: LinkSpec,
    /// Both machines.
    pub machine: Machine,
}

/// Which limits of error apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Clean, policed, AQM, single losses.
    Steady,
    /// Short bursts of loss, Wi-Fi, cross traffic, LTE.
    Variable,
    /// Bursts of loss of 10 ms.
    Bursts,
    /// None.
    Other,
}

/// All cells, in the order of the file.
///
/// # Panics
/// If the file that was compiled in is not well-formed; a test reads it.
#[must_use]
pub fn all() -> Vec<Cell> {
    read(include_str!("../cells.toml"))
}

/// The cells of the sustain judge, in the order of the file.
///
/// # Panics
/// As [`all`].
#[must_use]
pub fn sustain() -> Vec<Cell> {
    read(include_str!("../cells-sustain.toml"))
}

fn read(cells: &str) -> Vec<Cell> {
    let file: File = toml::from_str(cells).unwrap_or_else(|error| panic!("{error}"));
    file.family.iter().flat_map(Family::cells).collect()
}

impl Cell {
    /// Whether two seeds give two different runs.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.link.is_random() || self.machine.stalls.every_ms > 0.0
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    family: Vec<Family>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    name: String,
    kind: Kind,
    at: Vec<String>,
    link: String,
    #[serde(default)]
    stalls: bool,
}

impl Family {
    fn cells(&self) -> impl Iterator<Item = Cell> {
        self.at.iter().map(|at| {
            let text = format!("link = {{ {} }}", self.link.replace("{}", at));
            let wrapped: Wrapped = toml::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            // As seen on small machines that are busy with something else.
            let stalls = Stalls { every_ms: 150.0, from_ms: 1.0, to_ms: 30.0, once: None };
            let machine =
                if self.stalls { Machine { stalls, ..Machine::default() } } else { Machine::default() };
            Cell { name: self.name.replace("{}", at), kind: self.kind, link: wrapped.link, machine }
        })
    }
}

#[derive(Deserialize)]
struct Wrapped {
    link: LinkSpec,
}
