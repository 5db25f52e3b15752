//! The real drivers of the machine that the tests run on, whatever it has.

use std::{env, path::PathBuf, process::Command};

use siaga_devices::{Direction, DriverError, Drivers, Kernel, Pcm, Roots, ScanOptions, scan};

/// Set in the child that looks.
const CHILD: &str = "SIAGA_TEST_LOOKS_AT_DEVICES";

#[test]
fn looking_at_this_machine_writes_nothing_to_standard_error() {
    assert_child_is_silent("looking_at_this_machine_writes_nothing_to_standard_error", &[], || {
        scan(&Roots::default(), &ScanOptions::default()).unwrap();
        let answers = Kernel.read_rates(&[absent_card()]);
        assert!(matches!(answers.as_slice(), [Err(DriverError::Failed(_))]), "{answers:?}");
    });
}

/// alsa-lib complains loudly about this, on standard error unless told otherwise.
#[test]
fn a_machine_without_alsa_s_configuration_is_an_error_and_not_chatter() {
    let lost = [("ALSA_CONFIG_PATH", "/no/such/alsa.conf")];
    assert_child_is_silent(
        "a_machine_without_alsa_s_configuration_is_an_error_and_not_chatter",
        &lost,
        || {
            let answers = Kernel.read_rates(&[absent_card()]);
            assert!(matches!(answers.as_slice(), [Err(DriverError::Failed(_))]), "{answers:?}");
        },
    );
}

/// Runs `story` in a child process, this test's own program, and watches what the child writes.
fn assert_child_is_silent(test: &str, environment: &[(&str, &str)], story: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return story();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && told.contains("1 passed"), "{child:?}");
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
}

/// A PCM of a card that ALSA does not have; its node can be opened by everyone.
fn absent_card() -> Pcm {
    Pcm {
        card: 31,
        card_id: "NoSuchCard".to_owned(),
        device: 0,
        direction: Direction::Capture,
        path: PathBuf::from("/dev/null"),
    }
}

#[test]
fn a_node_that_is_no_camera_is_an_error_and_not_a_panic() {
    assert!(matches!(Kernel.read_camera("/dev/null".as_ref()), Err(DriverError::Failed(_))));
    assert_eq!(Kernel.read_camera("/dev/no-such-node".as_ref()), Err(DriverError::Gone));
}
