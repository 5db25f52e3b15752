//! Lines for systemd's journal, by its own protocol: each field of a line is a field of the entry (`SIAGA_ROOM=…`), and the
//! message is the line as a person reads it. tracing-journald puts nothing but an event's bare words into the message, and then
//! `journalctl` and `systemctl status` show "probed", and not what came of it.

use std::{
    fmt::Write as _,
    io,
    os::unix::net::UnixDatagram,
    sync::atomic::{AtomicU64, Ordering},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// Bytes of a field's value; more of it is cut off. A datagram takes some 200 kB.
const LONGEST: usize = 4096;

/// Writes each event as an entry. A journal that does not take it goes without: who writes lines also sends packets, and must not
/// wait for it. How many it went without stands in the next that it takes.
pub(super) struct Journal {
    socket: UnixDatagram,
    left_out: AtomicU64,
}

impl Journal {
    /// The system's journal.
    ///
    /// # Errors
    /// Nobody listens there.
    pub(super) fn connect() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        Self::over(socket)
    }

    fn over(socket: UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket, left_out: AtomicU64::new(0) })
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = entry(event);
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            put(&mut entry, "SIAGA_LEFT_OUT_BEFORE", &left_out.to_string());
        }
        // A journal that is gone has nobody to be told of it.
        if self.socket.send(&entry).is_err() {
            self.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        }
    }
}

fn entry(event: &Event<'_>) -> Vec<u8> {
    let metadata = event.metadata();
    let mut line = Line { entry: Vec::new(), message: String::new(), fields: String::new() };
    event.record(&mut line);
    let Line { mut entry, message, fields } = line;
    put(&mut entry, "MESSAGE", &format!("{message}{fields}"));
    put(&mut entry, "PRIORITY", priority(*metadata.level()));
    put(&mut entry, "TARGET", metadata.target());
    if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
        put(&mut entry, "CODE_FILE", file);
        put(&mut entry, "CODE_LINE", &line.to_string());
    }
    entry
}

/// syslog(3).
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        _ => "7",
    }
}

/// What an event holds: its words, and each field twice, for programs and for people.
struct Line {
    entry: Vec<u8>,
    message: String,
    fields: String,
}

impl Line {
    fn take(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            put(&mut self.entry, &name(field.name()), value);
            let _ = write!(self.fields, " {}={value}", field.name());
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.take(field, &format!("{value:?}"));
    }
}

/// The journal's names are capital letters, digits and "_", 64 at most.
fn name(field: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("SIAGA_{}", field.chars().take(58).map(allowed).collect::<String>())
}

/// With its length: a value may hold anything.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    let end = (0..=value.len().min(LONGEST)).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
    let value = &value.as_bytes()[..end];
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// The fields of an entry, read as the journal's protocol has it.
    fn read(mut entry: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some(end) = entry.iter().position(|byte| *byte == b'\n') {
            let (name, rest) = (&entry[..end], &entry[end + 1..]);
            let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            fields.push((text(name), text(&rest[8..8 + length])));
            assert_eq!(rest[8 + length], b'\n');
            entry = &rest[9 + length..];
        }
        fields
    }

    fn written(event: impl FnOnce()) -> Vec<(String, String)> {
        let (ours, journal) = UnixDatagram::pair().unwrap();
        let subscriber = tracing_subscriber::registry().with(Journal::over(ours).unwrap());
        tracing::subscriber::with_default(subscriber, event);
        let mut entry = vec![0; 100_000];
        let length = journal.recv(&mut entry).unwrap();
        read(&entry[..length])
    }

    #[test]
    fn a_person_reads_the_whole_line_and_a_program_its_fields() {
        let fields = written(|| tracing::warn!(room = "r2", loss.ratio = 0.25, "probed"));
        let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(value("MESSAGE"), Some("probed room=r2 loss.ratio=0.25"));
        assert_eq!(value("SIAGA_ROOM"), Some("r2"));
        assert_eq!(value("SIAGA_LOSS_RATIO"), Some("0.25"));
        assert_eq!(value("PRIORITY"), Some("4"));
        assert_eq!(value("CODE_FILE"), Some(file!()));
    }

    #[test]
    fn a_value_can_neither_make_up_a_field_nor_grow_without_bound() {
        let fields = written(|| tracing::info!(detail = "a\nPRIORITY=0\n", "said"));
        let priorities: Vec<_> = fields.iter().filter(|(name, _)| name == "PRIORITY").collect();
        assert_eq!(priorities, [&("PRIORITY".to_owned(), "6".to_owned())]);
        let fields = written(|| tracing::info!(detail = "é".repeat(50_000), "said"));
        assert!(fields.iter().all(|(_, value)| value.len() <= LONGEST));
    }

    #[test]
    fn a_journal_that_takes_nothing_holds_nobody_up_and_is_told_later_how_much_it_missed() {
        let (ours, journal) = UnixDatagram::pair().unwrap();
        journal.set_nonblocking(true).unwrap();
        let subscriber = tracing_subscriber::registry().with(Journal::over(ours).unwrap());
        tracing::subscriber::with_default(subscriber, || {
            (0..10_000).for_each(|n| tracing::info!(n, "said"));
            let mut taken = 0;
            while journal.recv(&mut [0; 1_000]).is_ok() {
                taken += 1;
            }
            assert!(taken < 10_000, "it has no room for so many");
            tracing::info!("at last");
            let mut entry = [0; 1_000];
            let length = journal.recv(&mut entry).unwrap();
            let left_out = ("SIAGA_LEFT_OUT_BEFORE".to_owned(), (10_000 - taken).to_string());
            assert!(read(&entry[..length]).contains(&left_out));
        });
    }
}
