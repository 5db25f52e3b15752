//! Logs on standard error, or in systemd's journal: data belongs to standard output.

mod journal;
mod limit;

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use journal::Journal;
use limit::Limit;

/// Sends the process's logs to standard error: one compact line each, from `default_level` up unless
/// `RUST_LOG` says otherwise; coloured only on a terminal without `NO_COLOR`. Where standard error is the journal,
/// they are entries with fields. Of lines that one place of the program writes again and again, 120 a minute are written, and how many
/// were left out.
///
/// # Errors
/// `RUST_LOG` is not a filter, logging was started before, or there is no thread to be had.
pub fn init(default_level: LevelFilter) -> Result<(), LoggingError> {
    let filter =
        filter(env::var_os("RUST_LOG").map(|value| value.to_string_lossy().into_owned()), default_level)?;
    let colour = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = || fmt::layer().compact().with_writer(io::stderr).with_ansi(colour);
    let lines = match stderr_is_journal().then(Journal::connect) {
        None => lines().boxed(),
        Some(Ok(journal)) => journal.boxed(),
        // It keeps a time of its own.
        Some(Err(_)) => lines().without_time().boxed(),
    };
    let filter = filter.and(Limit::telling().map_err(LoggingError::Thread)?);
    Registry::default().with(lines.with_filter(filter)).try_init().map_err(|_| LoggingError::StartedBefore)
}

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// `RUST_LOG` holds something else than a filter.
    #[error(
        "the environment variable RUST_LOG holds `{value}`, which is not a log filter: {cause}; \
         set it to a level, to MODULE=LEVEL pairs like `info,quinn=debug`, or unset it"
    )]
    Filter {
        /// What the variable holds.
        value: String,
        /// What the filter's parser says about it.
        cause: ParseError,
    },
    /// The system gives no thread.
    #[error("cannot start logging: {0}; the system gives no thread")]
    Thread(io::Error),
    /// The process has a subscriber already.
    #[error("logging was started before; start it once, first thing in the program")]
    StartedBefore,
}

fn filter(variable: Option<String>, default_level: LevelFilter) -> Result<EnvFilter, LoggingError> {
    let builder = EnvFilter::builder().with_default_directive(default_level.into());
    match variable {
        None => Ok(builder.parse_lossy("")),
        Some(value) => builder.parse(&value).map_err(|cause| LoggingError::Filter { value, cause }),
    }
}

/// systemd puts the device and inode of the journal's socket into `JOURNAL_STREAM`. The variable alone proves
/// nothing: children inherit it even when their standard error goes elsewhere (systemd.exec(5)).
fn stderr_is_journal() -> bool {
    let Ok(stream) = env::var("JOURNAL_STREAM") else { return false };
    rustix::fs::fstat(io::stderr()).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_rust_log_the_default_level_holds() {
        for variable in [None, Some(String::new())] {
            let filter = filter(variable, LevelFilter::INFO).unwrap();
            assert_eq!(filter.max_level_hint(), Some(LevelFilter::INFO));
        }
    }

    #[test]
    fn rust_log_overrides_the_default_level() {
        let filter = filter(Some("warn,siaga_probe=trace".to_owned()), LevelFilter::INFO).unwrap();
        assert_eq!(filter.to_string(), "siaga_probe=trace,warn");
    }

    #[test]
    fn a_bad_filter_is_explained() {
        let error = filter(Some("siaga=loud".to_owned()), LevelFilter::INFO).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable RUST_LOG holds `siaga=loud`, which is not a log filter: error parsing \
             level filter: expected one of \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\", or a \
             number 0-5; set it to a level, to MODULE=LEVEL pairs like `info,quinn=debug`, or unset it"
        );
    }
}
