//! The process that tries a device can't get anything out but its report. Each story locks itself up, for ever, and so
//! runs in a child process: this test's own program.

use std::{
    env, fs,
    net::{TcpStream, UdpSocket},
    os::unix::net::{UnixDatagram, UnixListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use siaga_devices::trial::child::{NotConfined, confine};

/// Set in the child, to a directory that it could write to.
const CHILD: &str = "SIAGA_TEST_IS_LOCKED_UP_IN";

#[test]
fn it_can_t_write_or_make_a_file_anywhere() {
    story("it_can_t_write_or_make_a_file_anywhere", |directory| {
        lock_up(&[], &[Path::new("/dev/null")]);
        for path in [directory.join("new"), directory.join("open"), PathBuf::from("/dev/shm/siaga")] {
            assert!(fs::write(&path, "picture").is_err(), "{}", path.display());
        }
        assert!(fs::create_dir(directory.join("directory")).is_err());
        assert!(fs::rename(directory.join("open"), directory.join("other")).is_err());
    });
}

#[test]
fn it_can_t_read_what_it_was_not_given() {
    story("it_can_t_read_what_it_was_not_given", |directory| {
        lock_up(&[Path::new("/proc/asound"), Path::new("/no/such/path")], &[Path::new("/dev/null")]);
        assert!(fs::read(directory.join("open")).is_err());
        assert!(fs::read("/etc/passwd").is_err());
        assert!(fs::File::open("/dev/zero").is_err());
    });
}

#[test]
fn its_device_is_open_to_it() {
    story("its_device_is_open_to_it", |_| {
        lock_up(&[], &[Path::new("/dev/null")]);
        fs::write("/dev/null", "settings").unwrap();
        assert_eq!(fs::read("/dev/null").unwrap(), b"");
    });
}

#[test]
fn it_can_t_open_a_socket_of_any_kind_or_start_a_program() {
    story("it_can_t_open_a_socket_of_any_kind_or_start_a_program", |directory| {
        lock_up(&[], &[Path::new("/dev/null")]);
        assert!(UdpSocket::bind("127.0.0.1:0").is_err());
        assert!(
            TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
        );
        assert!(UnixDatagram::pair().is_err());
        assert!(UnixDatagram::unbound().is_err());
        assert!(UnixListener::bind(directory.join("socket")).is_err());
        assert!(Command::new("/bin/true").status().is_err());
    });
}

#[test]
fn a_thread_that_it_starts_is_locked_up_too() {
    story("a_thread_that_it_starts_is_locked_up_too", |directory| {
        lock_up(&[], &[]);
        let thread = thread::spawn(move || {
            UdpSocket::bind("127.0.0.1:0").is_err() && fs::write(directory.join("new"), "sound").is_err()
        });
        assert!(thread.join().unwrap());
    });
}

/// A kernel without Landlock can't lock anything up, and must say so instead of going on.
fn lock_up(reads: &[&Path], devices: &[&Path]) {
    match confine(reads, devices) {
        Ok(()) => {}
        Err(NotConfined::NoLandlock) => {
            println!("this kernel has no Landlock: refused, as it must be");
            std::process::exit(NO_LANDLOCK);
        }
        Err(error) => panic!("{error}"),
    }
}

const NO_LANDLOCK: i32 = 77;

fn story(test: &str, story: impl FnOnce(PathBuf)) {
    if let Some(directory) = env::var_os(CHILD) {
        return story(directory.into());
    }
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("open"), "").unwrap();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, directory.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    if child.status.code() == Some(NO_LANDLOCK) {
        assert!(env::var_os("CI").is_none(), "this machine can't run the test: its kernel has no Landlock");
        return println!("not run: this kernel has no Landlock");
    }
    assert!(child.status.success() && told.contains("1 passed"), "{child:?}");
    let left: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["open"]);
    assert_eq!(fs::read(directory.path().join("open")).unwrap(), b"");
}
