//! Whatever the process that tries a device does, the parent comes to a finding, soon.

use std::{fs::File, path::Path, sync::atomic::AtomicBool, time::Duration};

use siaga_devices::{
    analysis::{Occasion, Wanted},
    trial::{Deadlines, Subject, Trier},
};
use siaga_readiness::{
    reasons::Code,
    state::CheckState,
    trial::{Judgement, TrialOutcome},
};

/// A good report of a camera: magic, kind 2 (all frames), 1280×720, first picture after 400 ms, 2 s watched, 60 frames,
/// all looked at, none of them bad.
fn good_report() -> Vec<u8> {
    let numbers = [2, 1280, 720, 400, 2000, 60, 0, 0, 60, 0, 0, 0, 33, 0, 0];
    b"SGT1".iter().copied().chain(numbers.into_iter().flat_map(u32::to_le_bytes)).collect()
}

/// As `printf` writes it.
fn printed(bytes: &[u8]) -> String {
    let octal: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("printf '{octal}'")
}

fn camera() -> Subject {
    let wanted = Wanted { width: 1280, height: 720, fps: 30.0 };
    Subject::Camera { node: "/dev/video0".into(), wanted }
}

/// What comes of a child that runs a shell script.
fn outcome_of(script: &str, subject: &Subject) -> Option<TrialOutcome> {
    // Long enough for a shell to start on a busy machine.
    let deadlines = Deadlines { camera: Duration::from_secs(2), microphone: Duration::from_secs(2) };
    let trier = Trier::new("/bin/sh", ["-c", script], deadlines);
    trier.try_out(subject, Occasion::Scheduled, &AtomicBool::new(false), |_| {})
}

fn found(state: CheckState, reason: Code) -> Option<TrialOutcome> {
    Some(TrialOutcome::Found(Judgement::new(state, reason)))
}

#[track_caller]
fn broke(outcome: Option<TrialOutcome>, with: &str) {
    let Some(TrialOutcome::NotDone { reason, detail }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, Code::DeviceTryBroke);
    assert!(detail.contains(with), "{detail}");
}

#[test]
fn a_child_that_reports_and_ends_is_believed() {
    let outcome = outcome_of(&printed(&good_report()), &camera());
    let Some(TrialOutcome::Found(judgement)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((judgement.state, judgement.reason), (CheckState::Ok, Code::CameraWorks));
    assert_eq!(judgement.value, Some(30.0));
}

#[test]
fn a_report_stands_though_the_child_crashes_or_hangs_after_it() {
    for end in ["kill -SEGV $$", "exec >&-; exec sleep 1000"] {
        let outcome = outcome_of(&format!("{}; {end}", printed(&good_report())), &camera());
        assert!(
            matches!(outcome, Some(TrialOutcome::Found(it)) if it.reason == Code::CameraWorks),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_child_that_hangs_means_a_device_that_gives_nothing() {
    let microphone = Subject::Microphone { name: "hw:CARD=0,DEV=0".to_owned(), rate: 48_000 };
    for script in ["exec sleep 1000", "trap '' TERM; while :; do sleep 1; done"] {
        assert_eq!(outcome_of(script, &camera()), found(CheckState::Failed, Code::CameraNoFrames));
        assert_eq!(outcome_of(script, &microphone), found(CheckState::Failed, Code::MicrophoneNoSamples));
    }
}

#[test]
fn a_child_that_hangs_after_the_first_pictures_means_a_camera_that_froze() {
    let mut so_far = good_report();
    so_far[4] = 1;
    let outcome = outcome_of(&format!("{}; exec sleep 1000", printed(&so_far)), &camera());
    assert_eq!(outcome, found(CheckState::Failed, Code::CameraFrozen));
}

#[test]
fn a_child_that_crashes_says_nothing_about_the_device() {
    broke(outcome_of("kill -SEGV $$", &camera()), "signal: 11");
    broke(outcome_of("kill -ABRT $$", &camera()), "signal: 6");
    broke(outcome_of("exit 101", &camera()), "exit status: 101");
    broke(outcome_of("exit 0", &camera()), "without a finding");
    broke(outcome_of("exec >&-; exec sleep 1000", &camera()), "had to be killed");
}

#[test]
fn a_child_that_prints_rubbish_says_nothing() {
    broke(outcome_of("head -c 64 /dev/zero; exec sleep 1000", &camera()), "can't be understood");
    broke(outcome_of("echo no", &camera()), "can't be understood");
    broke(outcome_of("cat /dev/urandom", &camera()), "can't be understood");
    let mut longer = good_report();
    longer.push(0);
    broke(outcome_of(&printed(&longer), &camera()), "can't be understood");
}

#[test]
fn a_child_that_floods_is_cut_off() {
    let flood = format!("while :; do {}; done", printed(&good_report()));
    broke(outcome_of(&flood, &camera()), "did not stop talking");
}

#[test]
fn twenty_one_messages_at_once_are_a_flood_and_twenty_are_none() {
    let says = |times: usize| outcome_of(&printed(&good_report().repeat(times)), &camera());
    broke(says(21), "did not stop talking");
    assert_eq!(says(20), says(1));
}

/// A message of kind 6: magic, kind, level.
fn level(level: u32) -> Vec<u8> {
    let mut numbers = [0; 15];
    (numbers[0], numbers[1]) = (6, level);
    b"SGT1".iter().copied().chain(numbers.into_iter().flat_map(u32::to_le_bytes)).collect()
}

#[test]
fn a_level_is_handed_on_and_no_finding_rests_on_it() {
    let trier = |script: &str| Trier::new("/bin/sh", ["-c", script], Deadlines::default());
    let mut heard = Vec::new();
    let said = [level(7), good_report(), level(9)].concat();
    let stop = AtomicBool::new(false);
    let outcome =
        trier(&printed(&said)).try_out(&camera(), Occasion::Scheduled, &stop, |level| heard.push(level));
    assert!(
        matches!(outcome, Some(TrialOutcome::Found(it)) if it.reason == Code::CameraWorks),
        "{outcome:?}"
    );
    assert_eq!(heard, [7, 9]);
    broke(outcome_of(&printed(&level(7)), &camera()), "without a finding");
    broke(outcome_of(&printed(&level(7).repeat(21)), &camera()), "did not stop talking");
}

#[test]
fn a_report_about_another_kind_of_device_says_nothing() {
    let microphone = Subject::Microphone { name: "hw:CARD=0,DEV=0".to_owned(), rate: 48_000 };
    broke(outcome_of(&printed(&good_report()), &microphone), "without a finding");
}

#[test]
fn a_child_that_can_t_be_started_is_a_finding() {
    let trier = Trier::new("/no/such/program", [""; 0], Deadlines::default());
    let outcome = trier.try_out(&camera(), Occasion::Scheduled, &AtomicBool::new(false), |_| {});
    broke(outcome, "could not be started");
}

#[test]
fn a_trial_that_is_stopped_comes_to_nothing_and_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let named = directory.path().join("process");
    let script = format!("echo $$ >{}; exec sleep 1000", named.display());
    let trier = Trier::new("/bin/sh", ["-c", &script], Deadlines::default());
    let stop = AtomicBool::new(true);
    assert_eq!(trier.try_out(&camera(), Occasion::Scheduled, &stop, |_| {}), None);
    if let Ok(id) = std::fs::read_to_string(&named) {
        assert!(!Path::new("/proc").join(id.trim()).exists());
    }
}

#[test]
fn the_child_has_no_environment_and_no_other_way_to_write() {
    let directory = tempfile::tempdir().unwrap();
    let seen = directory.path().join("seen");
    File::create(&seen).unwrap();
    let script = format!("{{ cat /proc/$$/environ; readlink /proc/$$/fd/2; }} >{}", seen.display());
    let _ = outcome_of(&script, &camera());
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "/dev/null\n");
}

/// What a child says that refuses: kind 5, and the number of the reason.
fn refuses(reason: u32) -> String {
    let numbers = [5, reason].into_iter().chain([0; 13]);
    let bytes: Vec<u8> = b"SGT1".iter().copied().chain(numbers.flat_map(u32::to_le_bytes)).collect();
    printed(&bytes)
}

#[test]
fn a_child_that_gets_as_far_as_its_device_can_lock_itself_up_and_no_other() {
    let deadlines = Deadlines { camera: Duration::from_secs(2), microphone: Duration::from_secs(2) };
    let locked_up = |script: &str| Trier::new("/bin/sh", ["-c", script], deadlines).try_to_lock_up();
    let (does_not_start, nothing_to_judge, not_confined) = (refuses(3), refuses(4), refuses(5));
    assert_eq!(locked_up(&does_not_start), Ok(()));
    assert_eq!(locked_up(&nothing_to_judge), Ok(()));
    assert!(locked_up(&not_confined).is_err_and(|why| why.contains("kernel")));
    assert!(locked_up("exit 1").is_err(), "it says nothing");
    assert!(locked_up(&refuses(1)).is_err(), "anybody may open /dev/null");
    assert!(Trier::new("/no/such/program", [""; 0], deadlines).try_to_lock_up().is_err());
}
