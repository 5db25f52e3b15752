//! What is known of one video node.

use std::path::PathBuf;

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

impl Node {
    pub(crate) fn facts(&self) -> Option<&CameraFacts> {
        match &self.reading {
            Reading::Read(facts) | Reading::Held(Some(facts)) => Some(facts),
            Reading::Held(None) | Reading::Failed(_) => None,
        }
    }
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
}

/// Learns about a node; `None` if it disappeared meanwhile.
pub(crate) fn read(
    roots: &Roots,
    drivers: &impl Drivers,
    memory: &mut Memory<CameraFacts>,
    number: u32,
    path: PathBuf,
    is_held: bool,
) -> Option<Node> {
    let known = memory.recall(&path);
    let reading = match known {
        known if is_held => Reading::Held(known),
        Some(facts) => Reading::Read(facts),
        None => match drivers.read_camera(&path) {
            Ok(facts) => {
                memory.keep(&path, facts.clone());
                Reading::Read(facts)
            }
            Err(DriverError::Gone) => return None,
            Err(error) => {
                tracing::debug!("{}: {error}", path.display());
                Reading::Failed(error)
            }
        },
    };
    let sys_name = format!("video{number}");
    let class = roots.sys.join("class/video4linux").join(&sys_name);
    let mut node = Node {
        number,
        path,
        name: attribute(&class.join("name")).and_then(|name| clean_name(&name)),
        place: Place::of(roots, "video4linux", &sys_name),
        reading,
        captures: false,
    };
    node.captures = match node.facts() {
        Some(facts) => facts.captures,
        None => recorded_as_capture(roots, &class).unwrap_or_else(|| is_first_of_its_device(&class)),
    };
    Some(node)
}

/// What udev noted when the node appeared; `None` without a record.
fn recorded_as_capture(roots: &Roots, class: &std::path::Path) -> Option<bool> {
    let number = attribute(&class.join("dev"))?;
    let record = attribute(&roots.run.join("udev/data").join(format!("c{number}")))?;
    let capabilities = record.lines().find_map(|line| line.strip_prefix("E:ID_V4L_CAPABILITIES="))?;
    Some(capabilities.split(':').any(|capability| capability == "capture"))
}

/// A webcam's first node captures; the metadata node comes after it.
fn is_first_of_its_device(class: &std::path::Path) -> bool {
    attribute(&class.join("index")).is_none_or(|index| index == "0")
}
