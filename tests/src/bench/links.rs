//! The links of `bench-links.toml`.

use serde::Deserialize;
use siaga_probe::Bitrate;

use super::record::Asked;
use crate::link::LinkSpec;

/// A link and what is asked about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchLink {
    /// As it is printed.
    pub name: String,
    /// The rates that the link must sustain.
    pub asked: Rates,
    /// From the room to the server, as in `cells.toml`.
    pub up: String,
    /// From the server to the room.
    pub down: String,
    /// How many times the probe's bytes iperf3's TCP test is expected to need at least.
    #[serde(default)]
    pub bytes_ratio: Option<f64>,
    /// Whether it is measured with `--quick` too.
    #[serde(default)]
    pub quick: bool,
}

/// A rate each way.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// From the room to the server.
    pub up: Bitrate,
    /// From the server to the room.
    pub down: Bitrate,
}

/// All links, in the order of the file.
///
/// # Panics
/// If the file that was compiled in is not well-formed; a test reads it.
#[must_use]
pub fn all() -> Vec<BenchLink> {
    #[derive(Deserialize)]
    struct File {
        link: Vec<BenchLink>,
    }
    let file: File =
        toml::from_str(include_str!("../../bench-links.toml")).expect("bench-links.toml is well-formed");
    file.link
}

impl BenchLink {
    /// Both directions: up, down.
    ///
    /// # Panics
    /// If the file that was compiled in is not well-formed; a test reads it.
    #[must_use]
    pub fn specs(&self) -> [LinkSpec; 2] {
        [&self.up, &self.down].map(|text| text.parse().unwrap_or_else(|error| panic!("{text}: {error}")))
    }

    /// What the report needs to know of it.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let [up, down] = self.specs();
        Asked {
            link: self.name.clone(),
            up_mbps: self.asked.up.mbps(),
            down_mbps: self.asked.down.mbps(),
            rtt_ms: up.delay_ms + down.delay_ms,
            random: up.is_random() || down.is_random(),
            bytes_ratio: self.bytes_ratio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_of_the_file_is_well_formed_and_has_a_name_of_its_own() {
        let links = all();
        let asked: Vec<_> = links.iter().map(BenchLink::asked).collect();
        assert!(asked.iter().all(|link| link.rtt_ms >= 10.0));
        let mut names: Vec<_> = links.iter().map(|link| &link.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), links.len());
    }
}
