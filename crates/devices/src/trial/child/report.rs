//! The line to the parent.

use std::{
    io::{Stdout, Write, stdin, stdout},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::message::Message;

/// Between two reports; the parent takes 20 a second for a flood.
const EVERY: Duration = Duration::from_millis(500);

/// Reports, at most one every half second, and notices when nobody listens.
pub(super) struct Line {
    out: Stdout,
    opened: Instant,
    last: Duration,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { out: stdout(), opened: Instant::now(), last: Duration::ZERO }
    }

    /// Since the process began.
    pub(super) fn now(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Reports if it is time to.
    pub(super) fn progress(&mut self, message: impl FnOnce() -> Message) {
        let now = self.now();
        if now >= self.last + EVERY {
            self.last = now;
            self.say(message());
        }
    }

    /// Reports. That nobody listens is noticed by [`is_cut`](Self::is_cut).
    pub(super) fn say(&mut self, message: Message) {
        let _ = self.out.write_all(&message.encode());
        let _ = self.out.flush();
    }

    /// Whether the parent let go within this time: it closed its end, or is gone.
    pub(super) fn is_cut(&self, within: Duration) -> bool {
        let stdin = stdin();
        let mut hand = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        let patience = Timespec::try_from(within).ok();
        // The parent never writes: what is to be read is the end.
        poll(&mut hand, patience.as_ref()).is_ok_and(|ready| ready > 0)
    }
}
