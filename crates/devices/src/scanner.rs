//! One scan of everything.

use std::{io, path::PathBuf};

use siaga_readiness::inventory::{FieldOfView, Inventory};

use crate::{
    camera, display,
    drivers::Drivers,
    fov::{Catalogue, DeclaredFov},
    kernel::Kernel,
    roots::Roots,
    sound,
};

/// Scans the devices below `roots` once, asking each what it offers. Blocks, for as long as the drivers
/// take to answer: give it a thread and a deadline.
///
/// # Errors
/// [`ScanError`] if nothing can be said at all. Whatever is wrong with one device is in its entry.
pub fn scan(roots: &Roots, options: &ScanOptions) -> Result<Inventory, ScanError> {
    Scanner::new(roots.clone(), options.clone(), Kernel).scan()
}

/// Scans again and again; a device that is still the same is not opened a second time.
///
/// Presence, identity, USB speed and use are seen in sysfs and procfs. What a device offers and how its mixer stands is
/// asked of its driver, and remembered.
#[derive(Debug)]
pub struct Scanner<D> {
    roots: Roots,
    options: ScanOptions,
    drivers: D,
    cameras: camera::Past,
    sound: sound::Past,
}

impl<D: Drivers> Scanner<D> {
    /// A scanner that has seen nothing yet.
    pub fn new(roots: Roots, options: ScanOptions, drivers: D) -> Self {
        Self { roots, options, drivers, cameras: camera::Past::default(), sound: sound::Past::default() }
    }

    /// Scans, and asks the drivers what is not remembered: of devices that are new, were recreated or whose permissions
    /// changed. Opens nothing if there are none of these. Blocks.
    ///
    /// # Errors
    /// As [`scan`].
    pub fn scan(&mut self) -> Result<Inventory, ScanError> {
        self.see(Asking::WhatIsNotKnown)
    }

    /// Scans and opens no device. One that was not asked yet what it offers is unknown.
    ///
    /// # Errors
    /// As [`scan`].
    pub fn look(&mut self) -> Result<Inventory, ScanError> {
        self.see(Asking::Nothing)
    }

    fn see(&mut self, asking: Asking) -> Result<Inventory, ScanError> {
        let classes = self.roots.sys.join("class");
        // Without sysfs everything would look absent, and absence counts.
        if let Err(source) = classes.read_dir() {
            return Err(ScanError::NoSysfs { path: classes, source });
        }
        let cameras = camera::scan(&self.roots, &self.options, &self.drivers, &mut self.cameras, asking)?;
        let (microphones, speakers) = sound::scan(&self.roots, &self.drivers, &mut self.sound, asking);
        let displays = display::scan(&self.roots);
        Ok(Inventory { cameras, microphones, speakers, displays, missing: Vec::new() })
    }

    /// Forgets what devices answered, so that the next scan asks each of them again.
    pub fn forget(&mut self) {
        self.cameras = camera::Past::default();
        self.sound = sound::Past::default();
    }

    /// Forgets which devices did not answer, so that the next scan asks those again.
    pub fn forget_failures(&mut self) {
        self.cameras.forget_failures();
        self.sound.forget_failures();
    }

    /// Has the next scan read mixers again. One that can't be read is told as it stood for three scans more, and then as
    /// not known.
    pub fn make_mixers_due(&mut self) {
        self.sound.make_mixers_due();
    }
}

/// What may be asked of drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    Nothing,
    WhatIsNotKnown,
}

/// What a scan cannot find out by itself.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// Fields of view that the configuration declares; the first that fits a camera counts.
    pub declared_fov: Vec<DeclaredFov>,
    /// Fields of view by model, for cameras without a declared one.
    pub catalogue: Catalogue,
}

impl ScanOptions {
    /// The field of view of a camera: declared, else by model, else unknown.
    pub(crate) fn field_of_view(&self, id: &str, name: &str, usb_id: Option<&str>) -> Option<FieldOfView> {
        self.declared_fov
            .iter()
            .find(|declared| declared.fits(id, name, usb_id))
            .map(DeclaredFov::field_of_view)
            .or_else(|| self.catalogue.field_of_view(usb_id?))
    }
}

impl Default for ScanOptions {
    /// Nothing declared, the built-in catalogue.
    fn default() -> Self {
        Self { declared_fov: Vec::new(), catalogue: Catalogue::built_in() }
    }
}

/// Why a scan can say nothing.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// sysfs is not there.
    #[error(
        "cannot see this machine's devices: {} is not readable ({source}); mount sysfs there", path.display()
    )]
    NoSysfs {
        /// Where it was looked for.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The directory of device nodes cannot be listed.
    #[error(
        "cannot see this machine's devices: {} is not readable ({source}); let this user list it",
        path.display()
    )]
    NoDev {
        /// Where it was looked for.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}
