//! Devices that come and go, told by the kernel while it happens, so that nobody has to wait for the next scan.

mod debounce;
mod monitor;

use std::{fmt, io, ops::ControlFlow, thread, time::Duration};

use crate::roots::Roots;
use debounce::Debounce;
use monitor::Monitor;

/// Listens in a thread of its own, and hands on what it learns until it is told to stop, or can't go on.
///
/// # Errors
/// No thread could be started.
pub fn listen(
    roots: Roots,
    mut tell: impl FnMut(Plug) -> ControlFlow<()> + Send + 'static,
) -> io::Result<()> {
    let listening = move || {
        let ended = match Monitor::open(&roots) {
            Ok(mut monitor) => match tell(Plug::Listening(monitor.source())) {
                ControlFlow::Continue(()) => watch(&mut monitor, || tell(Plug::Changed)),
                ControlFlow::Break(()) => return,
            },
            Err(error) => error,
        };
        let _ = tell(Plug::Deaf(ended));
    };
    thread::Builder::new().name("hotplug".to_owned()).spawn(listening).map(drop)
}

/// What is learnt by listening.
#[derive(Debug)]
pub enum Plug {
    /// It has begun.
    Listening(Source),
    /// Devices came, went or changed, and it has grown quiet again.
    Changed,
    /// It is over, or could not begin: only scans tell from now on.
    Deaf(io::Error),
}

/// Who tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// udev, once it has set a node's permissions.
    Udev,
    /// The kernel itself, where no udev runs.
    Kernel,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udev => "udev",
            Self::Kernel => "kernel",
        })
    }
}

/// Where events come from, and the time; a test makes both up.
trait Events {
    /// Time, from any beginning.
    fn now(&self) -> Duration;

    /// Waits for events, at most for `patience`, without one for ever. Answers whether there were any.
    fn wait(&mut self, patience: Option<Duration>) -> io::Result<bool>;
}

/// Calls `tell` after each burst of events. Answers why it ended.
fn watch(events: &mut impl Events, mut tell: impl FnMut() -> ControlFlow<()>) -> io::Error {
    let mut debounce = Debounce::default();
    loop {
        let patience = debounce.due().map(|due| due.saturating_sub(events.now()));
        match events.wait(patience) {
            Ok(true) => debounce.on_event(events.now()),
            Ok(false) => {}
            Err(error) => return error,
        }
        if debounce.is_over(events.now()) && tell().is_break() {
            return io::Error::other("nobody listens any more");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events at these times, in milliseconds, and then the end.
    struct Script {
        now: Duration,
        coming: Vec<Duration>,
    }

    impl Events for Script {
        fn now(&self) -> Duration {
            self.now
        }

        fn wait(&mut self, patience: Option<Duration>) -> io::Result<bool> {
            let until = patience.map(|patience| self.now + patience);
            match (self.coming.first().copied(), until) {
                (Some(event), until) if until.is_none_or(|until| event <= until) => {
                    self.now = self.now.max(event);
                    self.coming.remove(0);
                    Ok(true)
                }
                (_, Some(until)) => {
                    self.now = until;
                    Ok(false)
                }
                (_, None) => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    /// When something was told, in milliseconds.
    fn told(events: &[u64]) -> Vec<u128> {
        let coming = events.iter().copied().map(Duration::from_millis).collect();
        let script = std::cell::RefCell::new(Vec::new());
        let mut events = Told { script: Script { now: Duration::ZERO, coming }, now: &script };
        let mut at = Vec::new();
        let ended = watch(&mut events, || {
            at.push(script.borrow().last().copied().unwrap_or_default());
            ControlFlow::Continue(())
        });
        assert_eq!(ended.kind(), io::ErrorKind::BrokenPipe);
        at
    }

    /// Writes down each time it is asked for, so that `tell` knows it.
    struct Told<'a> {
        script: Script,
        now: &'a std::cell::RefCell<Vec<u128>>,
    }

    impl Events for Told<'_> {
        fn now(&self) -> Duration {
            let now = self.script.now();
            self.now.borrow_mut().push(now.as_millis());
            now
        }

        fn wait(&mut self, patience: Option<Duration>) -> io::Result<bool> {
            self.script.wait(patience)
        }
    }

    #[test]
    fn nothing_is_told_while_nothing_happens() {
        assert_eq!(told(&[]), [0_u128; 0]);
    }

    #[test]
    fn a_webcam_that_is_pulled_out_makes_a_dozen_events_and_is_told_once() {
        let webcam: Vec<u64> = (0..12).map(|event| 5_000 + 15 * event).collect();
        assert_eq!(told(&webcam), [5_165 + 250]);
    }

    #[test]
    fn two_devices_one_after_the_other_are_told_one_after_the_other() {
        assert_eq!(told(&[1_000, 9_000]), [1_250, 9_250]);
    }

    #[test]
    fn a_loose_contact_that_never_rests_is_told_once_a_second() {
        let loose: Vec<u64> = (0..40).map(|event| 100 * event).collect();
        assert_eq!(told(&loose), [1_000, 2_100, 3_200, 4_150]);
    }

    #[test]
    fn whoever_no_longer_listens_is_told_nothing_more() {
        let mut script = Script { now: Duration::ZERO, coming: vec![Duration::ZERO, Duration::from_secs(9)] };
        let mut times = 0;
        watch(&mut script, || {
            times += 1;
            ControlFlow::Break(())
        });
        assert_eq!(times, 1);
    }
}
