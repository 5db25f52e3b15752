//! What the pages of both daemons share: made here on the server, complete without a script, nothing from any other host.
//!
//! - [`Language`] and [`Words`]: Indonesian, or English by choice; numbers, ages and times as each writes them,
//! - [`Document`]: the frame around a page, with the headers that keep it to itself,
//! - [`Asset`]: styles, scripts and the icon, as files of our own that a browser may keep,
//! - [`badge`], [`light`], [`icon`], [`name`], [`moment`]: the parts that pages are made of,
//! - [`chart`]: small charts that a screen reader can read too.
//!
//! Names that come from outside go through [`name`]: `maud` escapes them, and text that runs from right to left stays within its
//! bounds.

mod assets;
pub mod chart;
mod document;
mod language;
mod numbers;
mod parts;

pub use assets::{Asset, ICON, STYLE, routes};
pub use document::{Document, cookie};
pub use language::{Language, Words};
pub use parts::{Tone, badge, icon, light, moment, name};
