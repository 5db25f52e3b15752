//! A room's way in and out, with the real programs: init, token, enroll, probe, revoke, and certificates that change.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use jiff::civil::date;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use serde_json::Value;
use siaga_tests::{
    http,
    programs::{Daemon, Lab, program},
};
use siaga_transport::identity::{self, Identity};

/// Runs to the end: exit status, what it printed, what it said.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("not killed"), text(&output.stdout), text(&output.stderr))
}

fn printed(command: &mut Command) -> String {
    let (status, printed, said) = run(command);
    assert_eq!(status, 0, "{printed}{said}");
    printed
}

fn on_server(lab: &Lab, words: &[&str]) -> Command {
    let mut command = program("siaga-probe-server");
    command.args(words).arg("--dir").arg(lab.server_dir());
    command
}

fn token(lab: &Lab, room: &str) -> String {
    let printed = printed(&mut on_server(lab, &["token", "--room", room]));
    printed.lines().last().unwrap().to_owned()
}

/// Writes a configuration for the room's machine: where its state is, and nothing about identities.
fn config(lab: &Lab, server: &Daemon) -> PathBuf {
    lab.agent_config(server, "[http]\nlisten = \"127.0.0.1:1\"")
}

fn enroll(lab: &Lab, server: &Daemon, token: &str) -> Command {
    let mut command = program("siaga-agent");
    command.args(["enroll", "--token", token, "--server", &server.probes.unwrap().to_string(), "--ca"]);
    command.arg(lab.ca()).arg("--config").arg(config(lab, server));
    command
}

/// What comes of a quality probe by who this room is enrolled as: [`SERVED`], however well that went on a busy machine,
/// or the reason why not.
fn probe(lab: &Lab, server: &Daemon, more: &[&str]) -> String {
    let mut command = lab.probe_command(server);
    command.args(["--mode", "quality", "--format", "json", "--config"]).arg(config(lab, server)).args(more);
    let (_, json, said) = run(&mut command);
    let result: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{said}"));
    // Known once the server has granted.
    let outcome = if result["rtt_ms"]["idle"].is_number() { &SERVED.into() } else { &result["reason"] };
    outcome.as_str().unwrap().to_owned()
}

const SERVED: &str = "served";

fn metric(daemon: &Daemon, name: &str) -> f64 {
    let (_, answer) = http::get(daemon.http, "/metrics").unwrap();
    let line = answer.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{answer}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_room_is_enrolled_probes_is_revoked_and_comes_back() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    assert_eq!(probe(&lab, &server, &[]), "IDENTITY_REQUIRED");
    let told = printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    assert!(told.contains("as room lab") && told.contains("counts until"), "{told}");
    let identity = lab.path().join("state/identities").join(server.probes.unwrap().to_string());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&identity), mode(&identity.join("key.pem"))), (0o700, 0o600));
    assert_eq!(probe(&lab, &server, &[]), SERVED);
    assert!(metric(&server, "siaga_server_enrolments_total{answer=\"given\"}") > 0.5);

    let listed = printed(&mut on_server(&lab, &["rooms", "list", "--format", "json"]));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["room"], &listed[0]["state"]), (&"lab".into(), &"valid".into()));
    let told = printed(&mut on_server(&lab, &["rooms", "revoke", "--room", "lab"]));
    assert!(told.contains(listed[0]["key"].as_str().unwrap()), "{told}");
    server.wait_for("the list of revoked keys has changed").unwrap();
    assert_eq!(probe(&lab, &server, &[]), "IDENTITY_REFUSED");
    assert!(printed(&mut on_server(&lab, &["rooms", "list"])).contains("lab   revoked"));

    printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    assert_eq!(probe(&lab, &server, &[]), SERVED);
}

#[test]
fn two_servers_have_two_identities_of_a_room() {
    let (here, there) = (Lab::new().unwrap(), Lab::new().unwrap());
    let (first, second) = (here.server(&[]).unwrap(), there.server(&[]).unwrap());
    printed(&mut enroll(&here, &first, &token(&here, "lab")));
    assert_eq!(probe(&there, &second, &[]), "IDENTITY_REQUIRED");
    // In one state directory.
    let mut command = program("siaga-agent");
    command.args(["enroll", "--server", &second.probes.unwrap().to_string(), "--token", "-", "--ca"]);
    command.arg(there.ca()).arg("--config").arg(config(&here, &first));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // The whole of what was printed.
    let all = printed(&mut on_server(&there, &["token", "--room", "lab", "--ttl", "5m"]));
    child.stdin.take().unwrap().write_all(all.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let identities = fs::read_dir(here.path().join("state/identities")).unwrap().count();
    assert_eq!(identities, 2);
    assert_eq!(probe(&here, &first, &[]), SERVED);
}

#[test]
fn an_identity_can_be_put_elsewhere_and_named() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let dir = lab.path().join("elsewhere");
    printed(enroll(&lab, &server, &token(&lab, "lab")).arg("--dir").arg(&dir));
    assert_eq!(probe(&lab, &server, &[]), "IDENTITY_REQUIRED", "it is not where it is looked for");
    assert_eq!(probe(&lab, &server, &["--identity", dir.to_str().unwrap()]), SERVED);
}

#[test]
fn what_goes_wrong_is_told_with_its_remedy_and_leaves_nothing_behind() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let refused = |command: &mut Command, words: &[&str]| {
        let (status, printed, said) = run(command);
        assert_eq!((status, printed.as_str()), (3, ""), "{said}");
        for word in words {
            assert!(said.contains(word), "“{word}” is not in: {said}");
        }
    };
    refused(&mut enroll(&lab, &server, "mistyped"), &["no token", "siaga-probe-server token"]);
    let unknown = "0123456789".repeat(4);
    refused(&mut enroll(&lab, &server, &unknown), &["does not know the token", "another server"]);
    let used = token(&lab, "lab");
    printed(enroll(&lab, &server, &used).arg("--dir").arg(lab.path().join("first")));
    refused(&mut enroll(&lab, &server, &used), &["was used before", "rooms revoke --room lab"]);
    let good = token(&lab, "lab");
    let holds_more = lab.server_dir();
    refused(enroll(&lab, &server, &good).arg("--dir").arg(holds_more), &["holds", "directory of its own"]);
    refused(enroll(&lab, &server, &good).arg("--dir").arg("/no/such/place"), &["cannot write", "--dir"]);
    let left = fs::read_dir(lab.path().join("state/identities")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
    printed(&mut enroll(&lab, &server, &good));

    refused(&mut on_server(&lab, &["token", "--room", "lab", "--ttl", "2h"]), &["2h", "1h"]);
    refused(&mut on_server(&lab, &["token", "--room", "Ruang 2"]), &["Ruang 2", "diskominfo-r2"]);
    refused(&mut on_server(&lab, &["rooms", "revoke", "--room", "r9"]), &["r9 has no key", "rooms list"]);
    refused(&mut on_server(&lab, &["rooms", "revoke", "--key", "12"]), &["64 hexadecimal digits"]);
    refused(&mut on_server(&lab, &["rooms", "revoke"]), &["--room", "--key"]);
    refused(
        program("siaga-probe-server").args(["rooms", "list", "--dir"]).arg(lab.path()),
        &["no probe-server.toml"],
    );
}

#[test]
fn a_daemon_uses_its_identity_by_itself_and_tells_until_when() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    let agent = lab.agent(&config(&lab, &server)).unwrap();
    let probed = agent.wait_for(" probed ").unwrap();
    assert!(!probed.contains("IDENTITY"), "{probed}");
    assert!(server.said().contains("room=lab"), "{}", server.said());
    assert!(metric(&agent, "siaga_identity_expiry_timestamp_seconds") > 1.7e9);
}

#[test]
fn a_new_certificate_is_taken_over_by_itself_and_a_bad_one_is_refused() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    let other = tempfile::tempdir().unwrap();
    identity::create(other.path(), &["127.0.0.1".into()], date(2026, 1, 1)).unwrap();
    let (own, key) = (lab.server_dir().join("server.pem"), lab.server_dir().join("server.key"));
    let good = fs::read(&own).unwrap();
    let expiry = metric(&server, "siaga_server_certificate_expiry_timestamp_seconds");

    // Half of a pair: the one before goes on being used.
    fs::copy(other.path().join("server.pem"), &own).unwrap();
    server.wait_for("can't be used").unwrap();
    assert!(metric(&server, "siaga_server_reload_successful") < 0.5);
    assert_eq!(probe(&lab, &server, &[]), SERVED);

    // The other half: now it is another server.
    fs::copy(other.path().join("server.key"), &key).unwrap();
    server.wait_for("is taken over").unwrap();
    assert!(metric(&server, "siaga_server_reload_successful") > 0.5);
    assert!((metric(&server, "siaga_server_certificate_expiry_timestamp_seconds") - expiry).abs() > 1.0);
    assert_eq!(probe(&lab, &server, &[]), "SERVER_NOT_TRUSTED");

    // At once, if somebody asks for it.
    fs::write(&own, good).unwrap();
    server.signal("HUP");
    server.wait_for("certified=false").unwrap();
}

#[test]
fn on_sighup_the_limits_are_read_anew_and_bad_ones_change_nothing() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let settings = lab.server_dir().join("probe-server.toml");
    let asked = |rate: &str| {
        let mut command = lab.probe_command(&server);
        let (_, json, _) = run(command.args(["--format", "json", "--up", rate, "--down", "1M"]));
        serde_json::from_str::<Value>(&json).unwrap()["reason"].as_str().unwrap().to_owned()
    };
    let slow = ["--up", "1M", "--down", "1M"];
    assert_eq!(asked("3M"), "IDENTITY_REQUIRED");
    fs::write(&settings, "open = true\n[limits]\nmax_rate = \"2M\"\n").unwrap();
    server.signal("HUP");
    server.wait_for("configured=true").unwrap();
    assert_eq!(asked("3M"), "SERVER_REFUSED");
    assert_eq!(probe(&lab, &server, &slow), SERVED);
    fs::write(&settings, "open = maybe\n").unwrap();
    server.signal("HUP");
    let told = server.wait_for("the configuration can't be used").unwrap();
    assert!(told.contains("line 1"), "{told}");
    server.wait_for("configured=false").unwrap();
    assert!(metric(&server, "siaga_server_reload_successful") < 0.5);
    assert_eq!(probe(&lab, &server, &slow), SERVED, "it is still open");
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Makes of a room's certificate one that was signed 25 days ago, by the same CA for the same key.
fn age(lab: &Lab, identity: &Path) {
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let ca_key = KeyPair::from_pem(&read(lab.server_dir().join("ca.key"))).unwrap();
    let ca = Issuer::from_ca_cert_pem(&read(lab.ca()), ca_key).unwrap();
    let key = KeyPair::from_pem(&read(identity.join("key.pem"))).unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI("siaga://room/lab".try_into().unwrap())];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = (SystemTime::now() - 25 * DAY).into();
    params.not_after = (SystemTime::now() + 5 * DAY).into();
    fs::write(identity.join("cert.pem"), params.signed_by(&key, &ca).unwrap().pem()).unwrap();
    for record in fs::read_dir(lab.server_dir().join("enrolment/keys")).unwrap() {
        let path = record.unwrap().path();
        let mut record: Value = serde_json::from_str(&read(path.clone())).unwrap();
        record["issued_at"] = (jiff::Timestamp::now() - 25 * DAY).to_string().into();
        fs::write(path, record.to_string()).unwrap();
    }
}

#[test]
fn a_daemon_renews_its_certificate_in_time() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    let identity = lab.path().join("state/identities").join(server.probes.unwrap().to_string());
    let key = fs::read(identity.join("key.pem")).unwrap();
    age(&lab, &identity);
    let agent = lab.agent(&config(&lab, &server)).unwrap();
    let renewed = agent.wait_for("the certificate is renewed").unwrap();
    assert!(renewed.contains("room=lab"), "{renewed}");
    let certificate = Identity::load_dir(&identity).unwrap();
    let left = certificate.validity().unwrap().left(jiff::Timestamp::now());
    assert!(left > 29 * DAY, "{left:?}");
    assert_eq!(fs::read(identity.join("key.pem")).unwrap(), key, "the same key");
}

#[test]
fn a_certificate_that_is_not_renewed_is_warned_about() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    printed(&mut enroll(&lab, &server, &token(&lab, "lab")));
    let identity = lab.path().join("state/identities").join(server.probes.unwrap().to_string());
    age(&lab, &identity);
    printed(&mut on_server(&lab, &["rooms", "revoke", "--room", "lab"]));
    server.wait_for("the list of revoked keys has changed").unwrap();
    let mut doctor = program("siaga-agent");
    let (_, seen, _) =
        run(doctor.args(["doctor", "--format", "json", "--config"]).arg(config(&lab, &server)));
    assert!(seen.contains("DOCTOR_IDENTITY_RUNS_OUT"), "{seen}");
    let agent = lab.agent(&config(&lab, &server)).unwrap();
    let failed = agent.wait_for("could not be renewed").unwrap();
    assert!(failed.contains("was revoked"), "{failed}");
    let warned = agent.wait_for("runs out and was not renewed").unwrap();
    assert!(warned.contains("hours_left=119"), "{warned}");
}
