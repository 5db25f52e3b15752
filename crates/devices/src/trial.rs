//! Trying a device: pictures are taken and sound is listened to in a process of its own, which can be killed when a
//! driver hangs, and from which no picture and no sound can come.
//!
//! - [`Subject`]: what is to be tried
//! - [`usage`]: whether another program uses it; only what is known to be free is tried
//! - [`any_in_use`]: the same of all devices of a scan at once
//! - [`Trier`]: starts the process, waits with a deadline, says what came of it
//! - [`message`]: all that the process can say: numbers, in messages of one size
//! - [`child`]: the process itself, and what it is locked into
//! - [`plan`]: which device is to be tried when. Pure

pub mod child;
mod message;
mod parent;
pub mod plan;
mod subject;
mod usage;

pub use parent::{Deadlines, Trier};
pub use subject::Subject;
pub use usage::{Usage, any_in_use, usage};
