//! Devices: which cameras, microphones, speakers and displays are physically there.
//!
//! **Side effects:** reads sysfs, procfs and `/dev`; opens video nodes and PCMs for a moment to ask what
//! they offer. A scan never starts a stream, never sets a format or a control, never opens what another program
//! holds; a [`trial`] of a free device does the first two, in a process of its own. The only crate that uses nokhwa, cpal, v4l, alsa and udev. Everything blocks; nothing is async.
//!
//! In the order data travels:
//! - [`Roots`]: where sysfs, procfs, `/dev` and `/run` are, so that a recorded machine can be scanned too
//! - [`Drivers`]: the few questions that only a driver can answer; [`Kernel`] asks the real ones
//! - `place`: where a device is plugged in, and whether it is hardware at all
//! - `camera`: device nodes reduced to cameras
//! - `sound`: PCMs reduced to one microphone and one speaker per sound card
//! - `display`: connectors with something connected
//! - [`Catalogue`], [`DeclaredFov`]: fields of view, which no driver knows
//! - [`scan`], [`Scanner`]: all of it, as one [`Inventory`](siaga_readiness::inventory::Inventory)
//! - [`hotplug`]: devices that come and go, told while it happens
//! - [`trial`]: a device tried out, in a process that can be killed and out of which no picture comes
//! - [`in_use`]: whether another user's program holds a camera, told by a helper that may see it
//! - [`undriven`]: what is plugged in and has no driver
//! - [`analysis`]: what pictures and sounds say about the device that they come from

pub mod analysis;
mod camera;
mod display;
mod drivers;
mod fov;
pub mod hotplug;
pub mod in_use;
mod kernel;
mod memory;
mod place;
mod roots;
mod scanner;
mod sound;
mod text;
pub mod trial;
mod undriven;

pub use drivers::{
    CameraFacts, Control, Direction, DriverError, Drivers, Offer, Pcm, RateRange, Unread, Volume,
};
pub use fov::{Catalogue, CatalogueError, DeclarationError, DeclaredFov};
pub use kernel::Kernel;
pub use roots::Roots;
pub use scanner::{ScanError, ScanOptions, Scanner, scan};
pub use undriven::{Undriven, UndrivenKind, undriven};
