//! What pictures and sounds say about the device that they come from. **Pure**, and incremental: nothing is kept but
//! counts and the previous picture, which is wiped.
//!
//! - [`picture`]: the brightness of one picture, whatever it is coded in
//! - [`frames`]: a stream of pictures, reduced to [`FrameFindings`]
//! - [`sound`]: a stream of samples, reduced to [`SoundFindings`]
//! - [`verdict`]: what findings mean, by thresholds that each name their source

pub mod frames;
pub mod picture;
pub mod sound;
pub mod verdict;

pub use frames::{Frame, FrameFindings, FrameWatch};
pub use sound::{SoundFindings, SoundWatch};
pub use verdict::{Occasion, Wanted, judge_frames, judge_sound};
