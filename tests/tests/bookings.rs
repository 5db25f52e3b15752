//! Bookings with the real programs: a disk that is full, a file that can't be written, a kill, and what proves a decision afterwards.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use siaga_tests::{
    booking_system::{BookingSystem, always_open, request, token},
    past::remember,
    programs::{Daemon, Lab, program},
};

#[test]
fn a_full_disk_decides_nothing_loses_nothing_and_is_over_when_there_is_room_again() {
    let lab = lab();
    let token = token(&lab, "read,book").unwrap();
    let Some(place) =
        Place::of(&lab, "mount -t tmpfs -o size=4m tmpfs . && cd \"$PWD\" && cp -r ../server/. .")
    else {
        return;
    };
    let mut asking = BookingSystem::connect(place.server.http, &token).unwrap();
    let mut hour = 0;
    let mut book = || {
        hour += 1;
        asking.put(&format!("b{hour}"), &request("room-0", hour)).unwrap()
    };
    let (status, first) = book();
    assert_eq!(status, 200, "{first}");

    let filler = place.inside("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    // What SQLite has set aside for its log may still take some.
    let refused = (0..100).map(|_| book()).find(|(status, _)| *status != 200).expect("the disk is full");
    assert_eq!((refused.0, &refused.1["type"]), (503, &json!("urn:siaga:problem:bookings-unavailable")));
    place.server.wait_for("no room is left").unwrap();
    let mut reading = BookingSystem::connect(place.server.http, &token).unwrap();
    let (status, told) = reading.get("/v1/bookings/b1").unwrap();
    assert_eq!(
        (status, &told["decision"]),
        (200, &first["decision"]),
        "what was decided is told all the same"
    );

    fs::remove_file(filler).unwrap();
    let (status, last) = book();
    assert_eq!(status, 200, "{last}");
    for name in ["bookings.sqlite", "bookings.sqlite-wal"] {
        fs::copy(place.inside(name), lab.server_dir().join(name)).unwrap();
    }
    let verified = verify(&lab.server_dir(), &["--head", &head(&last)]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_file_of_bookings_that_cannot_be_written_is_opened_when_it_can_without_a_restart() {
    let lab = lab();
    let token = token(&lab, "read,book").unwrap();
    let mut server = lab.server(&[]).unwrap();
    let mut asking = BookingSystem::connect(server.http, &token).unwrap();
    let (status, first) = asking.put("b1", &request("room-0", 1)).unwrap();
    assert_eq!(status, 200, "{first}");
    server.signal("TERM");
    assert!(server.wait().unwrap().success());

    let read_only = "cd ../server && mount --bind bookings.sqlite bookings.sqlite && \
                     mount -o remount,bind,ro bookings.sqlite";
    let Some(place) = Place::of(&lab, read_only) else { return };
    let mut asking = BookingSystem::connect(place.server.http, &token).unwrap();
    let (status, told) = asking.put("b2", &request("room-0", 2)).unwrap();
    assert_eq!((status, &told["type"]), (503, &json!("urn:siaga:problem:bookings-unavailable")));
    let (status, _) = asking.get("/v1/rooms/room-0").unwrap();
    assert_eq!(status, 200, "rooms are looked after all the same");
    place.run("umount ../server/bookings.sqlite");
    place.server.wait_for("bookings are decided again").unwrap();
    // One that has been silent for so long is closed.
    let mut asking = BookingSystem::connect(place.server.http, &token).unwrap();
    let (status, told) = asking.put("b2", &request("room-0", 2)).unwrap();
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["log"]["seq"], json!(2), "after what was there before");
}

#[test]
fn what_was_answered_outlives_a_kill_and_proves_itself() {
    let lab = lab();
    let token = token(&lab, "read,book").unwrap();
    let server = lab.server(&[]).unwrap();
    let mut asking = BookingSystem::connect(server.http, &token).unwrap();
    let (status, told) = asking.put("b1", &request("room-0", 1)).unwrap();
    assert_eq!(status, 200, "{told}");
    let (_, jws) = asking.ask("GET", "/v1/bookings/b1/evidence", "").unwrap();
    let (_, keys) = asking.ask("GET", "/v1/keys", "").unwrap();
    server.signal("KILL");
    drop(server);

    let dir = lab.server_dir();
    let verified = verify(&dir, &["--head", &head(&told)]);
    assert!(String::from_utf8_lossy(&verified.stdout).trim_end().ends_with(&head(&told)), "{verified:?}");
    let file = |name: &str, text: &str| {
        fs::write(lab.path().join(name), text).unwrap();
        lab.path().join(name)
    };
    let (dir_of_keys, keys) = (dir.display().to_string(), file("keys", &keys).display().to_string());
    let evidence = |jws: &Path, by: [&str; 2]| {
        program("siaga-probe-server").args(["evidence", "verify"]).arg(jws).args(by).output().unwrap()
    };
    for by in [["--dir", &dir_of_keys], ["--keys", &keys]] {
        let said = evidence(&file("jws", &jws), by);
        let statement: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
        assert_eq!(statement["body"]["decision"]["decision"], told["decision"]);
    }
    let said = evidence(&file("changed", &jws.replacen('.', ".e30", 1)), ["--keys", &keys]);
    assert_eq!(said.status.code(), Some(2), "{said:?}");

    let server = lab.server(&[]).unwrap();
    let (status, again) =
        BookingSystem::connect(server.http, &token).unwrap().get("/v1/bookings/b1").unwrap();
    assert_eq!((status, &again["log"], &again["message"]), (200, &told["log"], &told["message"]));
    let (_, report) =
        BookingSystem::connect(server.http, &token).unwrap().get("/v1/bookings/b1/report").unwrap();
    assert_eq!(report["entries"][0]["body"]["by"], "read-book", "the log tells whose token asked");
}

/// A server's directory that knows a good room, which is off.
fn lab() -> Lab {
    let lab = Lab::new().unwrap();
    always_open(&lab.server_dir()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(remember(&lab.server_dir(), 1, 1)).unwrap();
    lab
}

/// A server in a mount namespace of its own.
struct Place {
    server: Daemon,
    dir: PathBuf,
}

impl Place {
    /// `prepare` is run there in a new directory beside the server's, in which the server then runs, or in the one that it went to.
    /// `None` where such a namespace can't be had, which is said.
    fn of(lab: &Lab, prepare: &str) -> Option<Self> {
        let can = Command::new("unshare").args(["--mount", "true"]).output();
        if !can.is_ok_and(|it| it.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "a mount namespace can't be had");
            eprintln!("NOT RUN: a mount namespace can't be had");
            return None;
        }
        let dir = lab.path().join("place");
        fs::create_dir(&dir).unwrap();
        let server = program("siaga-probe-server");
        let script = format!(
            "set -e; mount --make-rprivate /; cd {}; {prepare}; exec {} run --listen 127.0.0.1:0 --http 127.0.0.1:0 --dir \"$PWD\"",
            dir.display(),
            Path::new(server.get_program()).display(),
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script]).env("NO_COLOR", "1").env_remove("RUST_LOG");
        Some(Self { server: Daemon::start(command).unwrap(), dir })
    }

    /// A file as the server sees it.
    fn inside(&self, name: &str) -> PathBuf {
        let dir = self.dir.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.server.id())).join(dir).join(name)
    }

    fn run(&self, script: &str) {
        let script = format!("cd {} && {script}", self.dir.display());
        let target = self.server.id().to_string();
        let done = Command::new("nsenter")
            .args(["--target", &target, "--mount", "sh", "-c", &script])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

fn verify(dir: &Path, more: &[&str]) -> Output {
    program("siaga-probe-server").args(["audit", "verify", "--dir"]).arg(dir).args(more).output().unwrap()
}

fn head(answer: &Value) -> String {
    format!("{}:{}", answer["log"]["seq"], answer["log"]["hash"].as_str().unwrap())
}
