//! The running machine's drivers, asked through nokhwa, v4l and cpal.
//!
//! All three can panic on what a driver says; here such a panic becomes a [`DriverError`].

mod alsa_mixer;
mod alsa_pcm;
pub(crate) mod video;

use std::{
    any::Any,
    fs::Metadata,
    os::unix::fs::{FileTypeExt, MetadataExt},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
};

use nokhwa::utils::{ApiBackend, CameraIndex};

use crate::drivers::{CameraFacts, Control, DriverError, Drivers, Pcm, RateRange};

/// The real drivers. Always those of the running machine, whatever [`Roots`](crate::Roots) say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kernel;

impl Drivers for Kernel {
    fn is_device(&self, entry: &Metadata, major: u32) -> bool {
        entry.file_type().is_char_device() && rustix::fs::major(entry.rdev()) == major
    }

    fn camera_nodes(&self) -> Result<Vec<u32>, DriverError> {
        let cameras = guarded(|| nokhwa::query(ApiBackend::Video4Linux))?
            .map_err(|error| DriverError::Failed(error.to_string()))?;
        let number = |index: &CameraIndex| match index {
            CameraIndex::Index(number) => Some(*number),
            CameraIndex::String(_) => None,
        };
        Ok(cameras.iter().filter_map(|camera| number(camera.index())).collect())
    }

    fn read_camera(&self, path: &Path) -> Result<CameraFacts, DriverError> {
        guarded(|| video::read(path))?
    }

    fn read_rates(&self, pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>> {
        alsa_pcm::read_rates(pcms)
    }

    fn read_controls(&self, card_id: &str) -> Result<Vec<Control>, DriverError> {
        alsa_mixer::read(card_id)
    }
}

/// Runs a library's code; its panic is an error.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, DriverError> {
    // Nothing outlives the call that a panic could leave half changed.
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| panicked(panic.as_ref()))
}

/// Runs alsa-lib's code, whose complaints go to the log.
///
/// In a thread of its own: alsa-lib writes its complaints to standard error unless the *thread* has an error handler,
/// and a handler, once set, stays for the thread's life.
fn quietly<T: Send>(ask: impl FnOnce() -> Result<T, DriverError> + Send) -> Result<T, DriverError> {
    thread::scope(|scope| {
        let asking = thread::Builder::new().name("alsa".to_owned()).spawn_scoped(scope, || {
            let complaints = alsa::Output::local_error_handler()
                .map_err(|error| DriverError::Failed(error.to_string()))?;
            let answer = ask();
            let complaints = complaints.borrow().to_string();
            if !complaints.is_empty() {
                tracing::debug!("alsa: {}", complaints.trim_end());
            }
            answer
        });
        match asking.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(panicked(panic.as_ref())),
            Err(error) => Err(DriverError::Failed(format!("no thread: {error}"))),
        }
    })
}

fn panicked(panic: &(dyn Any + Send)) -> DriverError {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    DriverError::Failed(format!("the library panicked: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_library_is_an_error_with_its_words() {
        let error = guarded(|| "camera".parse::<u32>().expect("a number")).unwrap_err();
        let DriverError::Failed(words) = error else { panic!("{error:?}") };
        assert!(words.starts_with("the library panicked: a number: "), "{words}");
    }
}
