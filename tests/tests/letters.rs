//! The webhook with the real programs: what is decided without the booking system is told to it, also by a server that was
//! killed in between. That pre-checks withdraw approvals is told in virtual time, beside them.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use serde_json::Value;
use siaga_tests::{
    http,
    programs::{Daemon, Lab, program},
};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
/// What follows `whsec_`, decoded.
const KEY: &str = "0123456789abcdef01234567";

/// What a test waits for comes sooner than this, even on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn an_override_reaches_the_booking_system_once_it_is_there_also_over_a_kill() {
    let receiver = Receiver::new();
    let office = Office::open(receiver.address);
    let approved = office.put("SBW-1");
    assert_eq!(approved["reference"], "SBW-1", "{approved}");
    let said = office.overrule("SBW-1");
    assert_eq!(said["decision"], "approve", "{said}");
    office.server.wait_for("the webhook's receiver has not taken a letter").unwrap();
    let Office { lab, server } = office;
    drop(server);
    receiver.is_up.store(true, Ordering::SeqCst);
    let server = lab.server(&[]).unwrap();
    let letter = receiver.letters.recv_timeout(PATIENCE).unwrap();
    let body: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(
        (&body["event"], &body["reference"], &body["sequence"]),
        (&"overridden".into(), &"SBW-1".into(), &1.into())
    );
    assert_eq!((&body["decision"], &body["id"]), (&"approve".into(), &letter.header("webhook-id").into()));
    assert!(body["message"]["id"].as_str().unwrap().contains("Sekretaris"), "{body}");
    assert_eq!(letter.header("webhook-signature"), letter.signed());
    // It is not sent again.
    let metrics = || http::get(server.http, "/metrics").unwrap().1;
    let arrived = "siaga_webhook_attempts_total{result=\"arrived\"} 1";
    while !metrics().contains(arrived) {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(metrics().contains("siaga_webhook_waiting 0"), "{}", metrics());
    assert!(receiver.letters.try_recv().is_err());
}

#[test]
fn a_server_does_not_start_with_a_webhook_that_could_not_work() {
    let lab = Lab::new().unwrap();
    configure(&lab, "url = \"http://192.0.2.1/hook\"");
    let said = refused(&lab);
    assert!(
        said.contains("https only") && said.contains("probe-server.toml") && !said.contains("192.0.2.1"),
        "{said}"
    );
    configure(&lab, "url = \"http://127.0.0.1:9/hook\"");
    let said = refused(&lab);
    assert!(said.contains("secret_file") && said.contains("whsec_$(head"), "{said}");
}

/// A server with a room that it knows.
struct Office {
    lab: Lab,
    server: Daemon,
}

impl Office {
    fn open(receiver: SocketAddr) -> Self {
        let lab = Lab::new().unwrap();
        configure(&lab, &format!("url = \"http://{receiver}/hook\""));
        fs::write(lab.server_dir().join("webhook.secret"), SECRET).unwrap();
        let server = lab.server(&[]).unwrap();
        let config = lab.agent_config(&server, "");
        let token = on_server(&lab, &["token", "--room", "lab"]);
        let mut enroll = program("siaga-agent");
        enroll.args(["enroll", "--token", token.lines().last().unwrap(), "--server"]);
        enroll.arg(server.probes.unwrap().to_string()).arg("--ca").arg(lab.ca()).arg("--config").arg(&config);
        assert!(enroll.stdout(Stdio::null()).status().unwrap().success());
        Self { lab, server }
    }

    fn put(&self, reference: &str) -> Value {
        let (start, end) = (in_days(10), in_days(11));
        let body = format!(
            "{{\"room\":\"lab\",\"slot\":{{\"start\":\"{start}\",\"end\":\"{end}\"}},\"submitted_at\":\"{}\"}}",
            in_days(0)
        );
        self.say("PUT", &format!("/v1/bookings/{reference}"), &body)
    }

    fn overrule(&self, reference: &str) -> Value {
        let body = format!(
            "{{\"decision\":\"approve\",\"actor\":\"Dewi, Sekretaris\",\"reason\":\"Diperiksa di tempat\",\"expires_at\":\"{}\"}}",
            in_days(10)
        );
        self.say("POST", &format!("/v1/bookings/{reference}/override"), &body)
    }

    fn say(&self, method: &str, path: &str, body: &str) -> Value {
        let name = format!("n{}", path.len());
        let printed =
            on_server(&self.lab, &["api-token", "add", "--name", &name, "--scope", "book,override"]);
        let token = printed.lines().last().unwrap();
        let head = format!(
            "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        let (_, answer) = http::ask(self.server.http, method, path, &head, body).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

/// One that is down for maintenance, and then is not.
struct Receiver {
    address: SocketAddr,
    is_up: Arc<AtomicBool>,
    letters: mpsc::Receiver<Letter>,
}

struct Letter {
    head: String,
    body: String,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, is_up) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let ((told, letters), up) = (mpsc::channel(), is_up.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let is_up = up.load(Ordering::SeqCst);
                if let Ok(letter) = Letter::read(stream, is_up)
                    && is_up
                    && told.send(letter).is_err()
                {
                    return;
                }
            }
        });
        Self { address, is_up, letters }
    }
}

impl Letter {
    fn read(mut stream: TcpStream, is_up: bool) -> std::io::Result<Self> {
        let mut text = String::new();
        let mut bytes = [0; 4096];
        loop {
            let count = stream.read(&mut bytes)?;
            text += std::str::from_utf8(&bytes[..count]).map_err(std::io::Error::other)?;
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let letter = Self { head: head.to_owned(), body: body.to_owned() };
            if count == 0 || letter.header("content-length") == body.len().to_string() {
                let status = if is_up { "204 No Content" } else { "503 Service Unavailable" };
                write!(stream, "HTTP/1.1 {status}\r\n\r\n")?;
                return Ok(letter);
            }
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_default()
    }

    /// As a program that is not ours signs it.
    fn signed(&self) -> String {
        let mut openssl = Command::new("openssl")
            .args(["dgst", "-sha256", "-hmac", KEY, "-r"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("openssl is there");
        let content =
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        openssl.stdin.take().unwrap().write_all(content.as_bytes()).unwrap();
        let said = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
        let hex = said.split(' ').next().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        format!("v1,{}", base64(&bytes))
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number =
            (0..3).fold(0_u32, |number, at| number << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize];
            text.push(if at > three.len() { '=' } else { letter.into() });
        }
    }
    text
}

fn configure(lab: &Lab, webhook: &str) {
    fs::write(lab.server_dir().join("probe-server.toml"), format!("[webhook]\n{webhook}\n")).unwrap();
}

fn refused(lab: &Lab) -> String {
    let mut command = program("siaga-probe-server");
    command.args(["run", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--dir"]).arg(lab.server_dir());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    String::from_utf8(output.stderr).unwrap()
}

fn on_server(lab: &Lab, words: &[&str]) -> String {
    let mut command = program("siaga-probe-server");
    let output = command.args(words).arg("--dir").arg(lab.server_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn in_days(days: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)).to_string()
}
