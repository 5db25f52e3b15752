//! A look opens no device, and no number of scans leaves a file open. Shown from outside, on the real drivers: each story
//! runs in a process of its own, this test's own program.

mod support;

use std::{
    env,
    fs::{self, Metadata},
    path::Path,
    process::Command,
};

use siaga_devices::{
    CameraFacts, Control, DriverError, Drivers, Kernel, Pcm, RateRange, ScanOptions, Scanner,
};
use support::Machine;

/// Set in the child, to what it is to do.
const CHILD: &str = "SIAGA_TEST_DOES";

#[test]
fn a_look_opens_no_device_node() {
    let Some(opened) = opened_in_a_child("a_look_opens_no_device_node", "look") else { return };
    assert_eq!(opened, [""; 0]);
}

#[test]
fn a_scan_opens_each_node_once_and_then_no_more() {
    let test = "a_scan_opens_each_node_once_and_then_no_more";
    let Some(opened) = opened_in_a_child(test, "scan") else { return };
    let times = |node: &str| opened.iter().filter(|path| path.ends_with(node)).count();
    for node in ["/dev/video0", "/dev/video4", "/dev/video5"] {
        assert_eq!(times(node), 1, "{node}: {opened:?}");
    }
}

#[test]
fn a_thousand_scans_leave_no_file_open() {
    let Ok(_) = env::var(CHILD) else {
        return succeeds(child("a_thousand_scans_leave_no_file_open", "count"));
    };
    let machine = Machine::new(include_str!("fixtures/meeting-room.txt"));
    let mut scanner = scanner(&machine);
    scanner.scan().unwrap();
    let before = open_files();
    for _ in 0..1_000 {
        scanner.forget();
        scanner.scan().unwrap();
    }
    assert_eq!(open_files(), before);
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The device nodes of the meeting room that were opened while this test's program looked, or scanned, twenty times.
/// `None` in the child.
fn opened_in_a_child(test: &str, what: &str) -> Option<Vec<String>> {
    if let Ok(what) = env::var(CHILD) {
        let machine = Machine::new(include_str!("fixtures/meeting-room.txt"));
        let mut scanner = scanner(&machine);
        for _ in 0..20 {
            let inventory = if what == "look" { scanner.look() } else { scanner.scan() }.unwrap();
            assert_eq!((inventory.cameras.len(), inventory.microphones.len()), (2, 2));
        }
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let child = child(test, what);
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2,creat,mknod,mknodat", "-o"]);
    tracer.arg(&log).arg(child.get_program()).args(child.get_args()).env(CHILD, what);
    succeeds(tracer);
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("/sys/class/video4linux"), "the trace sees what is opened");
    // The recorded machine was made before, and directories are listed.
    let opens = log.lines().filter(|line| !line.contains("O_CREAT") && !line.contains("O_DIRECTORY"));
    Some(opens.filter_map(device_node).collect())
}

/// The path in a line of the trace, if it is that of a camera or of sound.
fn device_node(line: &str) -> Option<String> {
    let path = line.split('"').nth(1)?;
    let is_device = ["/dev/video", "/dev/snd/"].iter().any(|place| path.contains(place));
    is_device.then(|| path.to_owned())
}

fn child(test: &str, what: &str) -> Command {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, what);
    child
}

fn succeeds(mut command: Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{output:?}");
}

fn scanner(machine: &Machine) -> Scanner<OnFiles> {
    Scanner::new(machine.roots(), ScanOptions::default(), OnFiles)
}

/// The real drivers, for which the files of a recorded machine are devices.
struct OnFiles;

impl Drivers for OnFiles {
    fn is_device(&self, entry: &Metadata, _major: u32) -> bool {
        entry.is_file()
    }

    /// The library looks into the running machine's `/dev`.
    fn camera_nodes(&self) -> Result<Vec<u32>, DriverError> {
        Err(DriverError::Failed("not of this machine".to_owned()))
    }

    fn read_camera(&self, path: &Path) -> Result<CameraFacts, DriverError> {
        Kernel.read_camera(path)
    }

    fn read_rates(&self, pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>> {
        Kernel.read_rates(pcms)
    }

    fn read_controls(&self, card_id: &str) -> Result<Vec<Control>, DriverError> {
        Kernel.read_controls(card_id)
    }
}
