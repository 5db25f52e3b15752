//! What is known of one video node.

use std::path::{Path, PathBuf};

use crate::{
    drivers::{CameraFacts, DriverError, Drivers},
    memory::Memory,
    place::Place,
    roots::{Roots, attribute},
    text::clean_name,
};

/// One `/dev/videoN`.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) number: u32,
    pub(crate) path: PathBuf,
    pub(crate) name: Option<String>,
    pub(crate) place: Place,
    pub(crate) reading: Reading,
    /// Captures video: as the node itself said, else as far as sysfs and udev tell.
    pub(crate) captures: bool,
}

/// What came of asking a node.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    /// It answered, now or when it was last asked.
    Read(CameraFacts),
    /// Another program holds it, so it was not asked; what it said before, if anything.
    Held(Option<CameraFacts>),
    /// It did not answer.
    Failed(DriverError),
    /// It was not asked yet.
    Unread,
}

impl Node {
    /// What is known of a node without opening it.
    pub(crate) fn seen(
        roots: &Roots,
        memory: &Memory<CameraFacts>,
        number: u32,
        path: PathBuf,
        is_held: bool,
    ) -> Self {
        let sys_name = format!("video{number}");
        let place = Place::of(roots, "video4linux", &sys_name);
        let known = memory.recall(&path, &place.identity());
        let reading = match known {
            known if is_held => Reading::Held(known.and_then(Result::ok)),
            Some(Ok(facts)) => Reading::Read(facts),
            Some(Err(error)) => Reading::Failed(error),
            None => Reading::Unread,
        };
        let class = roots.sys.join("class/video4linux").join(sys_name);
        let name = attribute(&class.join("name")).and_then(|name| clean_name(&name));
        Self { number, path, name, place, reading, captures: false }
    }

    pub(crate) fn is_unread(&self) -> bool {
        matches!(self.reading, Reading::Unread)
    }

    /// Asks it what it offers; `None` if it disappeared meanwhile.
    pub(crate) fn asked(self, drivers: &impl Drivers, memory: &mut Memory<CameraFacts>) -> Option<Self> {
        let answer = drivers.read_camera(&self.path);
        memory.keep(&self.path, &self.place.identity(), answer.clone());
        let reading = match answer {
            Ok(facts) => Reading::Read(facts),
            Err(DriverError::Gone) => return None,
            Err(error) => {
                tracing::debug!("{}: {error}", self.path.display());
                Reading::Failed(error)
            }
        };
        Some(Self { reading, ..self })
    }

    /// Settles whether it captures, now that it was asked if it was to be.
    pub(crate) fn judge_capturing(&mut self, roots: &Roots) {
        let class = roots.sys.join(format!("class/video4linux/video{}", self.number));
        self.captures = match self.facts() {
            Some(facts) => facts.captures,
            None => recorded_as_capture(roots, &class).unwrap_or_else(|| is_first_of_its_device(&class)),
        };
    }

    pub(crate) fn facts(&self) -> Option<&CameraFacts> {
        match &self.reading {
            Reading::Read(facts) | Reading::Held(Some(facts)) => Some(facts),
            Reading::Held(None) | Reading::Failed(_) | Reading::Unread => None,
        }
    }
}

/// What udev noted when the node appeared; `None` without a record.
fn recorded_as_capture(roots: &Roots, class: &Path) -> Option<bool> {
    let number = attribute(&class.join("dev"))?;
    let record = attribute(&roots.run.join("udev/data").join(format!("c{number}")))?;
    let capabilities = record.lines().find_map(|line| line.strip_prefix("E:ID_V4L_CAPABILITIES="))?;
    Some(capabilities.split(':').any(|capability| capability == "capture"))
}

/// A webcam's first node captures; the metadata node comes after it.
fn is_first_of_its_device(class: &Path) -> bool {
    attribute(&class.join("index")).is_none_or(|index| index == "0")
}
