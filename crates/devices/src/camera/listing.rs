//! Which names in `/dev` are video nodes.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::Path,
};

use crate::{drivers::Drivers, scanner::ScanError};

/// V4L2's character devices (Linux `Documentation/admin-guide/devices.txt`).
const MAJOR: u32 = 81;

/// The video nodes of a `/dev` directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// `N` of each genuine `/dev/videoN`, ascending.
    pub(crate) numbers: Vec<u32>,
    /// Names on which the camera library's own listing would panic: it reads every name in `/dev` as
    /// UTF-8, and the digits of every name that begins with `video` as one number.
    pub(crate) hazards: Vec<String>,
}

impl Listing {
    /// The nodes that the camera library lists: it overlooks none, and a node that it does not see is just coming or
    /// going. Opens every node. `None` without an answer from the library.
    pub(crate) fn known_to(&self, drivers: &impl Drivers) -> Option<Vec<u32>> {
        if !self.hazards.is_empty() {
            return None;
        }
        let listed = drivers.camera_nodes();
        if let Err(error) = &listed {
            tracing::warn!("the camera library could not list cameras ({error}); using /dev alone");
        }
        listed.ok()
    }
}

/// Lists the video nodes in `dev`. A symbolic link is no node: what it points to is listed itself.
pub(crate) fn list(dev: &Path, drivers: &impl Drivers) -> Result<Listing, ScanError> {
    let unreadable = |source: io::Error| ScanError::NoDev { path: dev.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(dev).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // An entry that vanishes in between is no device.
        if let Ok(metadata) = entry.metadata() {
            entries.push((entry.file_name(), drivers.is_device(&metadata, MAJOR)));
        }
    }
    Ok(sort_out(&entries))
}

fn sort_out(entries: &[(OsString, bool)]) -> Listing {
    let mut listing = Listing::default();
    for (name, is_device) in entries {
        if is_hazard(name) {
            listing.hazards.push(name.to_string_lossy().escape_debug().to_string());
        } else if let Some(number) = number(name).filter(|_| *is_device) {
            listing.numbers.push(number);
        }
    }
    listing.numbers.sort_unstable();
    listing.hazards.sort_unstable();
    listing
}

fn is_hazard(name: &OsStr) -> bool {
    name.to_str().is_none_or(|name| {
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        name.starts_with("video") && digits.parse::<usize>().is_err()
    })
}

/// `12` of `video12`; no sign, no leading zero, nothing after the digits.
fn number(name: &OsStr) -> Option<u32> {
    let digits = name.to_str()?.strip_prefix("video")?;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn sorted_out(entries: &[(&str, bool)]) -> Listing {
        sort_out(&entries.iter().map(|(name, device)| (OsString::from(name), *device)).collect::<Vec<_>>())
    }

    #[test]
    fn only_device_nodes_with_a_plain_number_are_listed_in_order() {
        let listing = sorted_out(&[
            ("video10", true),
            ("video2", true),
            ("video0", true),
            ("video1", false),
            ("video007", true),
            ("video4-old", true),
            ("video+3", true),
            ("null", true),
        ]);
        assert_eq!(listing, Listing { numbers: vec![0, 2, 10], hazards: vec![] });
    }

    #[test]
    fn a_name_that_would_make_the_camera_library_panic_is_noticed_whatever_it_is() {
        let listing = sorted_out(&[
            ("video", false),
            ("video-link", true),
            ("video99999999999999999999999", true),
            ("video0", true),
        ]);
        assert_eq!(listing.numbers, [0]);
        assert_eq!(listing.hazards, ["video", "video-link", "video99999999999999999999999"]);
        let not_utf8 = OsString::from_vec(b"\xff\xfe".to_vec());
        assert_eq!(sort_out(&[(not_utf8, false)]).hazards.len(), 1);
    }
}
