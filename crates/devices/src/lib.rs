//! Devices: which cameras, microphones, speakers and displays are physically there.
//!
//! **Side effects:** reads sysfs, procfs and `/dev`; opens video nodes and PCMs for a moment to ask what
//! they offer. Never starts a stream, never sets a format or a control, never opens what another program
//! holds. The only crate that uses nokhwa, cpal, v4l and alsa. Everything blocks; nothing is async.
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

pub mod analysis;
mod camera;
mod display;
mod drivers;
mod fov;
mod kernel;
mod memory;
mod place;
mod roots;
mod scanner;
mod sound;
mod text;

pub use drivers::{CameraFacts, Direction, DriverError, Drivers, Offer, Pcm, RateRange};
pub use fov::{Catalogue, CatalogueError, DeclarationError, DeclaredFov};
pub use kernel::Kernel;
pub use roots::Roots;
pub use scanner::{ScanError, ScanOptions, Scanner, scan};
