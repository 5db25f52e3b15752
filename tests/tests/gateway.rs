//! No server answers: the room's own network is told from what is behind it, by its gateway.

use std::{
    fs,
    process::{self, Command},
};

use serde_json::Value;
use siaga_tests::programs::{Lab, program};

#[test]
fn a_gateway_that_answers_clears_the_room_s_own_network() {
    told_of(&["address", "add", "10.20.0.1/24", "dev", "eth0"], "beyond", "NET_BEYOND_GATEWAY");
}

#[test]
fn a_gateway_that_is_silent_is_the_room_s_own_fault() {
    told_of(&["link", "show", "eth0"], "silent", "NET_GATEWAY_SILENT");
}

/// What a room says that is alone with its gateway, of which `gateway` is done; its probe server is nowhere.
fn told_of(gateway: &[&str], name: &str, reason: &str) {
    let (room, router) = (Namespace::new(&format!("{name}-room")), Namespace::new(&format!("{name}-router")));
    let (Some(room), Some(router)) = (room, router) else {
        return eprintln!("not run: only root can make network namespaces");
    };
    room.ip(&["link", "set", "lo", "up"]);
    room.ip(&["link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", &router.0]);
    router.ip(&["link", "set", "eth0", "up"]);
    router.ip(gateway);
    room.ip(&["address", "add", "10.20.0.2/24", "dev", "eth0"]);
    room.ip(&["link", "set", "eth0", "up"]);
    room.ip(&["route", "add", "default", "via", "10.20.0.1"]);

    let lab = Lab::new().unwrap();
    let config = lab.path().join("agent.toml");
    // An address as the internet has them; nothing leaves the namespace.
    let text = format!(
        "room = \"lab\"\nprofile = \"link\"\nstate_dir = \"{}\"\n\
         [[servers]]\naddress = \"192.0.1.1:4433\"\nca = \"{}\"\n\
         [profiles.link]\nnetwork = {{ up = \"2M\", down = \"2M\" }}\n[http]\nlisten = \"127.0.0.1:1\"\n",
        lab.path().join("state").display(),
        lab.ca().display()
    );
    fs::write(&config, text).unwrap();
    let mut check = Command::new("ip");
    check.args(["netns", "exec", &room.0]).arg(program("siaga-agent").get_program());
    let output = check.args(["check", "--format", "json", "--config"]).arg(&config).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{answer} {said}");
    assert_eq!(answer["reasons"], Value::from(vec![reason]), "{answer} {said}");
}

/// A network namespace, for as long as the test runs.
struct Namespace(String);

impl Namespace {
    fn new(name: &str) -> Option<Self> {
        let name = format!("siaga-{name}-{}", process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output().ok()?;
        made.status.success().then_some(Self(name))
    }

    fn ip(&self, arguments: &[&str]) {
        let output = Command::new("ip").args(["-n", &self.0]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).output();
    }
}
