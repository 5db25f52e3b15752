//! Recorded machines: a directory tree made from a readable table, and drivers that answer from data.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use siaga_devices::{
    CameraFacts, Control, DriverError, Drivers, Offer, Pcm, RateRange, Roots, ScanOptions, Scanner,
};
use siaga_readiness::inventory::Inventory;

/// A machine in a temporary directory.
pub struct Machine {
    directory: tempfile::TempDir,
    pub drivers: Answers,
    pub options: ScanOptions,
}

impl Machine {
    /// Makes a machine of a table: one path a line, with its content (`= text`, `\n` and `\t` and `\u{…}` as in
    /// Rust), the target of a symbolic link (`-> target`; an absolute one is a path of this machine), or
    /// nothing. A `/` at the end is a directory. `#` begins a comment.
    pub fn new(table: &str) -> Self {
        let machine = Self {
            directory: tempfile::tempdir().unwrap(),
            drivers: Answers::default(),
            options: ScanOptions::default(),
        };
        for directory in ["sys/class", "sys/devices", "proc", "dev", "run"] {
            fs::create_dir_all(machine.directory.path().join(directory)).unwrap();
        }
        machine.add(table);
        machine
    }

    pub fn add(&self, table: &str) {
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((path, target)) = line.split_once(" -> ") {
                let target = target.trim();
                let target = if target.starts_with('/') { self.path(target) } else { PathBuf::from(target) };
                symlink(target, self.parent_made(path)).unwrap();
            } else if let Some((path, text)) = line.split_once(" =") {
                fs::write(self.parent_made(path), format!("{}\n", unescape(text.trim()))).unwrap();
            } else if line.ends_with('/') {
                fs::create_dir_all(self.path(line)).unwrap();
            } else {
                fs::write(self.parent_made(line), "").unwrap();
            }
        }
    }

    /// The place of one of this machine's paths.
    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path.trim().trim_start_matches('/'))
    }

    pub fn roots(&self) -> Roots {
        Roots::below(self.directory.path())
    }

    pub fn scanner(&self) -> Scanner<&Answers> {
        Scanner::new(self.roots(), self.options.clone(), &self.drivers)
    }

    pub fn scan(&self) -> Inventory {
        self.scanner().scan().unwrap()
    }

    fn parent_made(&self, path: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\u{1b}", "\u{1b}")
}

/// Drivers that answer from data, and note what was opened. A regular file counts as a device node.
#[derive(Default)]
pub struct Answers {
    cameras: HashMap<String, Result<CameraFacts, DriverError>>,
    pcms: HashMap<String, Result<Vec<RateRange>, DriverError>>,
    listing: Option<Result<Vec<u32>, DriverError>>,
    mixers: RefCell<HashMap<String, Result<Vec<Control>, DriverError>>>,
    opened: RefCell<Vec<String>>,
}

impl Answers {
    /// What `/dev/<node>` answers.
    pub fn camera(&mut self, node: &str, answer: Result<CameraFacts, DriverError>) {
        self.cameras.insert(node.to_owned(), answer);
    }

    /// What `/dev/snd/<node>` answers.
    pub fn pcm(&mut self, node: &str, answer: Result<&[(u32, u32)], DriverError>) {
        let ranges =
            |ranges: &[(u32, u32)]| ranges.iter().map(|&(min, max)| RateRange { min, max }).collect();
        self.pcms.insert(node.to_owned(), answer.map(ranges));
    }

    /// How the mixer of the card `card_id` stands; without this, it has no controls. May change from scan to scan.
    pub fn mixer(&self, card_id: &str, answer: Result<&[Control], DriverError>) {
        self.mixers.borrow_mut().insert(card_id.to_owned(), answer.map(<[_]>::to_vec));
    }

    /// What the camera library lists; without this, every camera with an answer.
    pub fn listing(&mut self, answer: Result<Vec<u32>, DriverError>) {
        self.listing = Some(answer);
    }

    /// The nodes opened since the last time this was asked.
    pub fn opened(&self) -> Vec<String> {
        self.opened.take()
    }

    fn open(&self, path: &Path) -> String {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        self.opened.borrow_mut().push(name.clone());
        name
    }
}

impl Drivers for &Answers {
    fn is_device(&self, entry: &fs::Metadata, _major: u32) -> bool {
        entry.is_file()
    }

    fn camera_nodes(&self) -> Result<Vec<u32>, DriverError> {
        let known = || self.cameras.keys().map(|node| node.strip_prefix("video").unwrap().parse().unwrap());
        self.listing.clone().unwrap_or_else(|| Ok(known().collect()))
    }

    fn read_camera(&self, path: &Path) -> Result<CameraFacts, DriverError> {
        self.cameras.get(&self.open(path)).cloned().unwrap_or(Err(DriverError::Gone))
    }

    fn read_rates(&self, pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>> {
        pcms.iter()
            .map(|pcm| self.pcms.get(&self.open(&pcm.path)).cloned().unwrap_or(Err(DriverError::Gone)))
            .collect()
    }

    fn read_controls(&self, card_id: &str) -> Result<Vec<Control>, DriverError> {
        self.opened.borrow_mut().push(format!("mixer of {card_id}"));
        self.mixers.borrow().get(card_id).cloned().unwrap_or(Ok(Vec::new()))
    }
}

/// A capture node at `bus_info` that offers these formats, sizes and rates.
pub fn capture(bus_info: &str, offers: &[(&[u8; 4], u32, u32, f64)]) -> Result<CameraFacts, DriverError> {
    let offer = |&(fourcc, width, height, fps): &(&[u8; 4], u32, u32, f64)| Offer {
        fourcc: *fourcc,
        width,
        height,
        fps: (fps > 0.0).then_some(fps),
    };
    Ok(CameraFacts {
        bus_info: bus_info.to_owned(),
        captures: true,
        offers: offers.iter().map(offer).collect(),
    })
}

/// A node that does not capture video: metadata, output, a codec.
pub fn no_capture(bus_info: &str) -> Result<CameraFacts, DriverError> {
    Ok(CameraFacts { bus_info: bus_info.to_owned(), captures: false, offers: Vec::new() })
}
