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
    parse(include_str!("../cells.toml")).expect("cells.toml is well-formed")
}

/// The cells of the sustain judge, in the order of the file.
///
/// # Panics
/// As [`all`].
#[must_use]
pub fn sustain() -> Vec<Cell> {
    parse(include_str!("../cells-sustain.toml")).expect("cells-sustain.toml is well-formed")
}

/// The cells of another file of the same form.
///
/// # Errors
/// If the text is not well-formed, or a link in it is not.
pub fn parse(text: &str) -> Result<Vec<Cell>, toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let cells: Result<Vec<_>, _> = file.family.iter().map(Family::cells).collect();
    Ok(cells?.concat())
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
    fn cells(&self) -> Result<Vec<Cell>, toml::de::Error> {
        let cell = |at: &String| {
            let wrapped: Wrapped = toml::from_str(&format!("link = {{ {} }}", self.link.replace("{}", at)))?;
            // As seen on small machines that are busy with something else.
            let stalls = Stalls { every_ms: 150.0, from_ms: 1.0, to_ms: 30.0, once: None };
            let machine =
                if self.stalls { Machine { stalls, ..Machine::default() } } else { Machine::default() };
            Ok(Cell { name: self.name.replace("{}", at), kind: self.kind, link: wrapped.link, machine })
        };
        self.at.iter().map(cell).collect()
    }
}

#[derive(Deserialize)]
struct Wrapped {
    link: LinkSpec,
}
