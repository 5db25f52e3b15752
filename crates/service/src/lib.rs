//! What both daemons need and no one should write twice.
//!
//! In the order in which a daemon starts:
//! - [`program`] runs a command to its end and prints its data,
//! - [`config`] reads a TOML file into the daemon's own checked types and explains what is wrong with it,
//! - [`logging`] writes to standard error, or to the journal with fields,
//! - [`systemd`] is told that the program is ready, and that it makes progress,
//! - [`signals`] tells every task that the end has come,
//! - [`tokens`] says who may ask what over the network,
//! - [`http`] serves an [`axum::Router`] behind a guard: exact host names, own origin only, tokens, bounded in everything; over TLS
//!   for others than this machine,
//! - [`problem`] is the body of every refusal (RFC 9457),
//! - [`page`] is what the pages for people share: frame, style, language, charts,
//! - [`machine`] has the clock that ages are counted by,
//! - [`manual`] writes the command line's manual pages and completions.
//!
//! Side effects: reads files, writes that of the tokens, writes to standard output, standard error and the journal, talks to systemd, listens on TCP and on a unix socket, takes over SIGINT, SIGTERM,
//! SIGHUP and SIGUSR1.

pub mod config;
pub mod http;
pub mod logging;
pub mod machine;
pub mod manual;
pub mod page;
pub mod problem;
pub mod program;
pub mod signals;
pub mod systemd;
pub mod tokens;
