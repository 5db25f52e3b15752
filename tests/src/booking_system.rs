//! A booking system, as far as tests and benchmarks need one: a token, a connection that is kept open, requests.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::programs::{Lab, program};

/// A connection to a server, with a token.
#[derive(Debug)]
pub struct BookingSystem {
    stream: BufReader<TcpStream>,
    http: SocketAddr,
    token: String,
}

impl BookingSystem {
    /// # Errors
    /// Nobody answers there.
    pub fn connect(http: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(http)?;
        stream.set_nodelay(true)?;
        // Only turns a hang into a failure.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream: BufReader::new(stream), http, token: token.to_owned() })
    }

    /// Asks for a booking; the status, and the decision or the problem.
    ///
    /// # Errors
    /// There is no answer.
    pub fn put(&mut self, reference: &str, request: &Value) -> io::Result<(u16, Value)> {
        self.json("PUT", &format!("/v1/bookings/{reference}"), &request.to_string())
    }

    /// # Errors
    /// There is no answer, or none in JSON.
    pub fn get(&mut self, path: &str) -> io::Result<(u16, Value)> {
        self.json("GET", path, "")
    }

    fn json(&mut self, method: &str, path: &str, body: &str) -> io::Result<(u16, Value)> {
        let (status, answer) = self.ask(method, path, body)?;
        Ok((status, serde_json::from_str(&answer).map_err(io::Error::other)?))
    }

    /// # Errors
    /// There is no answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.http,
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (None, None);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            } else if let Some(said) = line.strip_prefix("content-length: ") {
                length = said.parse().ok();
            } else if line.starts_with("http/1.1 ") {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
            }
        }
        let broken = || io::Error::other("that is no HTTP answer with a length");
        let mut body = vec![0; length.ok_or_else(broken)?];
        self.stream.read_exact(&mut body)?;
        Ok((status.ok_or_else(broken)?, String::from_utf8(body).map_err(io::Error::other)?))
    }
}

/// A token with `scope`.
///
/// # Errors
/// The program does not make one.
pub fn token(lab: &Lab, scope: &str) -> io::Result<String> {
    let made = program("siaga-probe-server")
        .args(["api-token", "add", "--name", &scope.replace(',', "-"), "--scope", scope, "--dir"])
        .arg(lab.server_dir())
        .output()?;
    let said = String::from_utf8_lossy(&made.stdout).trim_end().lines().last().map(str::to_owned);
    said.filter(|_| made.status.success())
        .ok_or_else(|| io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()))
}

/// What asks for a room of the division at the `hour`th full hour from five days ahead on; all is there that a person can say.
#[must_use]
pub fn request(room: &str, hour: usize) -> Value {
    let hours = i64::try_from(hour).unwrap_or(i64::MAX);
    let ahead = Timestamp::now() + SignedDuration::from_hours(5 * 24);
    let start = Timestamp::from_second((ahead.as_second() / 3600 + hours) * 3600).unwrap_or(Timestamp::MAX);
    // Not over midnight.
    let end = start + SignedDuration::from_mins(59);
    json!({
        "room": room, "slot": { "start": start, "end": end }, "submitted_at": Timestamp::now(),
        "letter_ref": "090/12/OPD/2026",
        "facts": {
            "applicant_staff": true, "division_accounts": true, "division_staff": true, "division_capacity": true,
        },
    })
}

/// Lets the server's office work every day, around the clock: what is told does not depend on the day on which it runs.
///
/// # Errors
/// The files can't be written.
pub fn always_open(server_dir: &Path) -> io::Result<()> {
    let this = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year();
    for year in this - 1..=this + 2 {
        let none = format!("year = {year}\ncomplete = true\n[days]\n");
        fs::write(server_dir.join(format!("holidays/{year}.toml")), none)?;
    }
    let file = server_dir.join("probe-server.toml");
    let text = fs::read_to_string(&file)?;
    let opened = text.replacen("[office]", "[office]\nhours = \"Mon-Sun 00:00-23:59\"", 1);
    if opened == text {
        return Err(io::Error::other("the configuration has no [office]"));
    }
    fs::write(&file, opened)
}
