//! Starts the process that tries a device, and waits for what it says, with a deadline.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};
use siaga_readiness::{
    reasons::Code,
    state::CheckState,
    trial::{Judgement, TrialOutcome},
};

use super::{
    message::{LENGTH, Message, Refusal},
    subject::Subject,
};
use crate::analysis::{Occasion, Wanted, judge_frames, judge_sound};

/// Tries devices, one at a time, each in a process of its own.
#[derive(Debug, Clone)]
pub struct Trier {
    program: OsString,
    arguments: Vec<OsString>,
    deadlines: Deadlines,
}

/// How long a trial may take. Both are far more than a good device needs: a camera is looked at for three seconds, a
/// microphone listened to for four and a quarter.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// Of a camera: ten seconds to the first picture, three more, and three to start and stop.
    pub camera: Duration,
    /// Of a microphone: it ends by itself after eight.
    pub microphone: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { camera: Duration::from_secs(16), microphone: Duration::from_secs(11) }
    }
}

/// After its hand was let go the process has so long to set the device back.
const GRACE: Duration = Duration::from_millis(500);

/// Between two looks at whether to stop.
const SLICE: Duration = Duration::from_millis(100);

impl Trier {
    /// A process of this very program, even if its file was replaced since, begun with `arguments`; it must call
    /// [`child::main`](super::child::main) with those that follow.
    #[must_use]
    pub fn of_this_program(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self::new("/proc/self/exe", arguments, Deadlines::default())
    }

    /// Another program.
    #[must_use]
    pub fn new(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        deadlines: Deadlines,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            deadlines,
        }
    }

    /// Tries a device, which must be known to be free. Blocks, at most for its deadline and two seconds. `None` if
    /// `stop` was set meanwhile, or another program took the device. While a microphone is listened to, `hear` is told the greatest
    /// amplitude since it was told last, out of [`FULL_SCALE`](crate::analysis::sound::FULL_SCALE), at most twenty times a second.
    pub fn try_out(
        &self,
        subject: &Subject,
        occasion: Occasion,
        stop: &AtomicBool,
        hear: impl FnMut(u32),
    ) -> Option<TrialOutcome> {
        match self.run(subject, stop, hear) {
            Ok(ended) => conclude(ended, subject, occasion),
            Err(error) => Some(not_done(format!("the process could not be started: {error}"))),
        }
    }

    /// Whether the process can lock itself up. It is told to try what is no camera, and says so if it gets that far.
    /// Blocks as [`try_out`](Self::try_out).
    ///
    /// # Errors
    /// It can't, in words.
    pub fn try_to_lock_up(&self) -> Result<(), String> {
        let wanted = Wanted { width: 1, height: 1, fps: 1.0 };
        let nothing = Subject::Camera { node: "/dev/null".into(), wanted };
        match self.run(&nothing, &AtomicBool::new(false), |_| {}).map(|ended| ended.heard.last) {
            Ok(Some(Message::Refused(Refusal::NothingToJudge | Refusal::DoesNotStart))) => Ok(()),
            Ok(Some(Message::Refused(Refusal::NotConfined))) => {
                Err("the kernel can't lock the process up".to_owned())
            }
            Ok(_) => Err("the process ended without an answer".to_owned()),
            Err(error) => Err(format!("the process could not be started: {error}")),
        }
    }

    fn run(&self, subject: &Subject, stop: &AtomicBool, hear: impl FnMut(u32)) -> io::Result<Ended> {
        let deadline = match subject {
            Subject::Camera { .. } => self.deadlines.camera,
            Subject::Microphone { .. } => self.deadlines.microphone,
        };
        // No environment: nothing may point alsa-lib at another configuration.
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .args(subject.to_arguments())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (hand, ear) = (child.stdin.take(), child.stdout.take());
        let heard = match ear {
            Some(ear) => listen(ear, deadline, stop, hear),
            None => Heard { last: None, ended: End::Silent },
        };
        // Lets go: the process sets the device back and ends.
        drop(hand);
        let grace = if matches!(heard.ended, End::Rubbish | End::Flood) { Duration::ZERO } else { GRACE };
        let status = reap(child, grace)?;
        Ok(Ended { heard, status })
    }
}

struct Ended {
    heard: Heard,
    /// `None` if it had to be killed.
    status: Option<ExitStatus>,
}

struct Heard {
    last: Option<Message>,
    ended: End,
}

enum End {
    /// It closed its end.
    Silent,
    TooLate,
    Stopped,
    Rubbish,
    Flood,
}

fn listen(mut ear: ChildStdout, deadline: Duration, stop: &AtomicBool, mut hear: impl FnMut(u32)) -> Heard {
    let until = Instant::now() + deadline;
    let (mut talk, mut last) = (Talk::default(), None);
    let mut buffer = [0; LENGTH];
    let mut filled = 0;
    let ended = loop {
        let left = until.saturating_duration_since(Instant::now());
        if stop.load(Ordering::Relaxed) {
            break End::Stopped;
        } else if left.is_zero() {
            break End::TooLate;
        } else if !is_readable(&ear, left.min(SLICE)) {
            continue;
        }
        match ear.read(&mut buffer[filled..]) {
            Ok(0) => break if filled == 0 { End::Silent } else { End::Rubbish },
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break End::Silent,
        }
        if filled < LENGTH {
            continue;
        }
        filled = 0;
        match Message::decode(&buffer) {
            Some(_) if !talk.may_go_on(Instant::now()) => break End::Flood,
            // That it is loud is no finding.
            Some(Message::Level(level)) => hear(level),
            Some(message) => last = Some(message),
            None => break End::Rubbish,
        }
    };
    Heard { last, ended }
}

/// When the last messages were heard.
#[derive(Default)]
struct Talk(VecDeque<Instant>);

impl Talk {
    /// Messages in a second. A process that says more is out of its mind; it reports twice a second, and a level ten times.
    const MOST_PER_SECOND: usize = 20;

    /// Another message was heard. Answers whether that is still few enough.
    fn may_go_on(&mut self, now: Instant) -> bool {
        self.0.push_back(now);
        if self.0.len() <= Self::MOST_PER_SECOND {
            return true;
        }
        let earlier = self.0.pop_front();
        earlier.is_none_or(|earlier| now.saturating_duration_since(earlier) >= Duration::from_secs(1))
    }
}

/// Waits for the process to end, kills it after `grace`, and never waits for long: a process that hangs in a driver
/// can't be killed, and a thread of its own waits for it.
fn reap(mut child: Child, grace: Duration) -> io::Result<Option<ExitStatus>> {
    let process = Pid::from_child(&child);
    let handle: OwnedFd = match pidfd_open(process, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(error) => {
            let killed = child.kill();
            thread::spawn(move || child.wait());
            return killed.and(Err(error.into()));
        }
    };
    if is_readable(&handle, grace) {
        return child.wait().map(Some);
    }
    child.kill()?;
    if is_readable(&handle, Duration::from_secs(1)) {
        child.wait()?;
    } else {
        tracing::warn!("process {} hangs in a driver and can't be killed", child.id());
        thread::spawn(move || child.wait());
    }
    Ok(None)
}

/// Whether there is something to read, or an end, within this time.
fn is_readable(from: &impl AsFd, within: Duration) -> bool {
    let mut fds = [PollFd::new(from, PollFlags::IN)];
    let patience = Timespec::try_from(within).ok();
    poll(&mut fds, patience.as_ref()).is_ok_and(|ready| ready > 0)
}

fn conclude(Ended { heard, status }: Ended, subject: &Subject, occasion: Occasion) -> Option<TrialOutcome> {
    let failed = |reason| TrialOutcome::Found(Judgement::new(CheckState::Failed, reason));
    Some(match (heard.ended, heard.last, subject) {
        (End::Stopped, ..) => return None,
        (End::Rubbish, ..) => not_done("the process said what can't be understood".to_owned()),
        (End::Flood, ..) => not_done("the process did not stop talking".to_owned()),
        (_, Some(Message::AllFrames(found)), Subject::Camera { wanted, .. }) => {
            TrialOutcome::Found(judge_frames(&found, *wanted, occasion))
        }
        (_, Some(Message::AllSound(found)), Subject::Microphone { .. }) => {
            TrialOutcome::Found(judge_sound(&found))
        }
        (_, Some(Message::Refused(refusal)), _) => return refused(refusal),
        // A driver that hangs gives no program a picture.
        (End::TooLate, Some(Message::Frames(found)), _) if found.first_ms.is_some() => {
            failed(Code::CameraFrozen)
        }
        (End::TooLate, _, Subject::Camera { .. }) => failed(Code::CameraNoFrames),
        (End::TooLate, _, Subject::Microphone { .. }) => failed(Code::MicrophoneNoSamples),
        (End::Silent, ..) => not_done(match status {
            Some(status) => format!("the process ended without a finding ({status})"),
            None => "the process closed its mouth and had to be killed".to_owned(),
        }),
    })
}

/// `None` for a device that another program took meanwhile: that says nothing, and shows in the next scan.
fn refused(refusal: Refusal) -> Option<TrialOutcome> {
    let (reason, detail) = match refusal {
        Refusal::Busy => return None,
        Refusal::DoesNotStart => {
            let judgement = Judgement::new(CheckState::Failed, Code::DeviceDoesNotStart);
            return Some(TrialOutcome::Found(judgement));
        }
        Refusal::NoPermission => (Code::DeviceNoPermission, "no permission"),
        Refusal::NotConfined => (Code::DeviceTryNotConfined, "the kernel can't lock the process up"),
        Refusal::Gone => (Code::DeviceTryBroke, "the device disappeared"),
        Refusal::NothingToJudge => (Code::DeviceTryBroke, "it offers nothing that can be judged"),
        Refusal::NotUnderstood => (Code::DeviceTryBroke, "the process was told nothing sensible"),
    };
    Some(TrialOutcome::NotDone { reason, detail: detail.to_owned() })
}

fn not_done(detail: String) -> TrialOutcome {
    TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many messages are heard before one is too many, of one every so many milliseconds.
    fn heard(every_ms: u64, most: usize) -> usize {
        let begin = Instant::now();
        let mut talk = Talk::default();
        let at = |message: usize| begin + Duration::from_millis(every_ms) * u32::try_from(message).unwrap();
        (0..most).take_while(|message| talk.may_go_on(at(*message))).count()
    }

    #[test]
    fn twenty_messages_a_second_are_heard_and_more_are_not() {
        assert_eq!(heard(500, 1_000), 1_000, "as often as it reports");
        assert_eq!(heard(50, 1_000), 1_000, "twenty a second");
        assert_eq!(heard(49, 1_000), 20);
        assert_eq!(heard(0, 1_000), 20);
    }

    #[test]
    fn a_burst_is_heard_where_it_was_quiet_before() {
        let begin = Instant::now();
        let mut talk = Talk::default();
        assert!((0..20).all(|_| talk.may_go_on(begin)));
        let later = begin + Duration::from_secs(1);
        assert!((0..20).all(|_| talk.may_go_on(later)));
        assert!(!talk.may_go_on(later));
    }
}
