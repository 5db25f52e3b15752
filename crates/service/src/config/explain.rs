use super::Source;
use super::error::{ConfigError, Position};
use super::keys::locate;
use super::words;

/// Turns what toml and serde say into what a person can act on.
///
/// Their errors are text only, so this reads their texts; one that it does not know passes as it is.
pub(super) fn explain(text: &str, origin: &Source, error: &toml::de::Error) -> ConfigError {
    let (is_toml, key) = locate(text, error.span().map(|span| span.start));
    // A fault in the content that has the empty place at the beginning concerns the document as a whole.
    let place = error.span().filter(|span| !(is_toml && *span == (0..0)));
    let fault = Fault {
        origin: origin.clone(),
        position: place
            .as_ref()
            .filter(|_| origin.has_lines())
            .map(|span| Position::of_offset(text.as_bytes(), span.start)),
        key: key.filter(|_| place.is_some()),
    };
    if !is_toml {
        let marked = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        return fault.syntax(words::syntax(error.message(), marked));
    }
    let message = error.message();
    if let Some((name, known)) = words::unknown("unknown field", message) {
        fault.unknown_key(name, &known)
    } else if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'))
    {
        fault.missing_key(name)
    } else {
        fault.content(words::value(message))
    }
}

struct Fault {
    origin: Source,
    position: Option<Position>,
    key: Option<String>,
}

impl Fault {
    fn unknown_key(mut self, name: &str, known: &[&str]) -> ConfigError {
        self.key.get_or_insert_with(|| name.to_owned());
        let cause = match words::closest(name, known) {
            Some(meant) => format!("unknown key; did you mean `{meant}`?"),
            None if known.is_empty() => "unknown key; remove it, this table has none".to_owned(),
            None => format!("unknown key; remove it, or use one of {}", words::list(known)),
        };
        self.content(cause)
    }

    fn missing_key(mut self, name: &str) -> ConfigError {
        match &self.key {
            Some(table) => {
                self.key = Some(format!("{table}.{name}"));
                self.content("missing; add it to the table that begins here".to_owned())
            }
            None => {
                self.key = Some(name.to_owned());
                self.content("missing; add it above the first [table]".to_owned())
            }
        }
    }

    fn content(self, cause: String) -> ConfigError {
        let Self { origin, position, key } = self;
        ConfigError::Content { origin, position, key, cause }
    }

    fn syntax(self, cause: String) -> ConfigError {
        let Self { origin, position, key } = self;
        ConfigError::Syntax { origin, position, key, cause }
    }
}
