//! The kernel's own announcements (netlink), through libudev.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use udev::{MonitorBuilder, MonitorSocket};

use super::{Events, Source};
use crate::roots::Roots;

/// What cameras, sound cards and displays are made of, and the USB devices that they sit in.
const SUBSYSTEMS: [&str; 4] = ["video4linux", "sound", "drm", "usb"];

/// A socket that is ready so often without holding anything is broken.
const MOST_EMPTY: u32 = 100;

pub(super) struct Monitor {
    socket: MonitorSocket,
    source: Source,
    begun: Instant,
    /// How often in a row it was ready and held nothing.
    empty: u32,
}

impl Monitor {
    /// udev's announcements where it runs, else the kernel's: libudev opens a socket for udev's also where nobody will
    /// ever speak on it.
    pub(super) fn open(roots: &Roots) -> io::Result<Self> {
        let source = if roots.run.join("udev/control").exists() { Source::Udev } else { Source::Kernel };
        let builder = match source {
            Source::Udev => MonitorBuilder::new(),
            Source::Kernel => MonitorBuilder::new_kernel(),
        };
        let matching = |builder: MonitorBuilder, subsystem| builder.match_subsystem(subsystem);
        let socket = SUBSYSTEMS.into_iter().try_fold(builder?, matching)?.listen()?;
        Ok(Self { socket, source, begun: Instant::now(), empty: 0 })
    }

    pub(super) fn source(&self) -> Source {
        self.source
    }
}

impl Events for Monitor {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn wait(&mut self, patience: Option<Duration>) -> io::Result<bool> {
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let is_ready = {
            let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
            match poll(&mut sockets, patience.as_ref()) {
                Ok(ready) => ready > 0,
                Err(rustix::io::Errno::INTR) => false,
                Err(error) => return Err(error.into()),
            }
        };
        if !is_ready {
            return Ok(false);
        }
        let read = self.socket.iter().inspect(|event| tracing::debug!(?event, "hot-plug")).count();
        self.empty = if read == 0 { self.empty + 1 } else { 0 };
        if self.empty >= MOST_EMPTY {
            return Err(io::Error::other("its socket is broken"));
        }
        // One that holds nothing ran over, and something was lost.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_udev_the_kernel_itself_is_listened_to() {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        let mut monitor = Monitor::open(&roots).unwrap();
        assert_eq!(monitor.source(), Source::Kernel);
        assert!(monitor.wait(Some(Duration::ZERO)).is_ok());
        std::fs::create_dir_all(roots.run.join("udev")).unwrap();
        std::fs::write(roots.run.join("udev/control"), "").unwrap();
        assert_eq!(Monitor::open(&roots).unwrap().source(), Source::Udev);
    }
}
