//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};
use jiff::Timestamp;
use siaga_readiness::RoomId;
use siaga_service::{
    manual::{self, CompletionsArgs, ManArgs, Surroundings},
    program::{print, told},
    systemd,
};

use crate::{
    api_token::{self, ApiTokenCommand},
    audit::{self, AuditCommand, EvidenceCommand},
    config, init,
    policy::{self, PolicyCommand},
    report::command::{ReportArgs, report},
    rooms, run,
    token::{self, Life},
};

/// Exit status of a usage error or a failure.
const FAILED: u8 = 3;

/// Exit status where something was tampered with.
const NOT_AS_WRITTEN: u8 = 2;

/// The peer of Siaga's probes.
#[derive(Debug, Parser)]
#[command(name = "siaga-probe-server", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a directory with a private CA, a server identity and a configuration.
    Init {
        /// The directory to make.
        #[arg(long)]
        dir: PathBuf,
        /// The name or address by which rooms reach this server; may be given several times.
        #[arg(long = "name", required = true, num_args = 1..)]
        names: Vec<String>,
    },
    /// Serve probes until SIGTERM or Ctrl-C.
    Run {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        #[command(flatten)]
        overrides: config::Overrides,
    },
    /// Sign the server's next certificate with ca.key; a running server takes it over within seconds.
    Identity {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// The names and addresses that it is for; without any, those of the one before.
        #[arg(long = "name", num_args = 1..)]
        names: Vec<String>,
    },
    /// Say who may ask this server over the network.
    #[command(subcommand)]
    ApiToken(ApiTokenCommand),
    /// Make a one-time token by which a room's machine gets its certificate; a running server knows it at once.
    Token {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// The room's identifier, as the booking system knows it.
        #[arg(long)]
        room: RoomId,
        /// How long it may be used, at most 1h.
        #[arg(long, default_value = "1h", value_name = "TIME")]
        ttl: Life,
    },
    /// Who is enrolled, and who is no longer let in.
    #[command(subcommand)]
    Rooms(RoomsCommand),
    /// Whether the log of bookings is as it was written.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Evidence of decisions: verify it, or print what it is verified with.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Write a report for the office's files, of a booking or of a day; a server may run meanwhile.
    Report(ReportArgs),
    /// The rules that bookings are decided by.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[derive(Debug, Subcommand)]
enum RoomsCommand {
    /// The keys that were enrolled or revoked.
    List {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// What to print.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Let a room in no longer; a running server ends its connections within two seconds. With a new token it can be
    /// enrolled again.
    Revoke {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        #[command(flatten)]
        whom: rooms::Whom,
    },
}

/// What to print.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and the identity of a directory.
    Check {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Print each value that counts and where it is from: a line of a file, a variable, or the default.
    Show {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// What can be typed; for manual pages, and for whoever holds manuals against it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

const AROUND: Surroundings = Surroundings {
    files: &[
        (
            "DIR/probe-server.toml",
            "The configuration; DIR is what --dir names, /var/lib/siaga-probe-server for the service.",
        ),
        (
            "DIR/probe-server.d/*.toml",
            "More of it: counts over probe-server.toml, in the order of the names.",
        ),
        ("DIR/ca.key, DIR/server.key, DIR/evidence.key", "Private keys. Keep a copy that is as safe."),
        ("DIR/bookings.sqlite", "The bookings, and the log of what was decided about them."),
    ],
    environment: &[
        (
            "SIAGA_PROBE_SERVER__KEY, SIAGA_PROBE_SERVER__TABLE__KEY",
            "Values of the configuration; they count over its files.",
        ),
        ("NO_COLOR", "No colours on a terminal, if it is set."),
        ("RUST_LOG", "What is logged, such as info or debug."),
    ],
    see_also: "siaga-agent(1), systemctl(1), journalctl(1); /usr/share/doc/siaga-probe-server",
};

/// Runs the command line `arguments`.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(FAILED) };
        }
    };
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let words = told(error.as_ref());
            eprintln!("error: {words}");
            // Where it was to be a service.
            systemd::status(&words);
            ExitCode::from(if audit::is_not_as_written(&error) { NOT_AS_WRITTEN } else { FAILED })
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init { dir, names } => {
            let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            init::init(&dir, &names, today)?;
            Ok(print(&init::next_steps(&dir, &names))?)
        }
        Command::Run { dir, overrides } => run::run(&dir, &overrides),
        Command::Identity { dir, names } => {
            config::check_place(&dir)?;
            Ok(print(&init::renew(&dir, &names, Timestamp::now())?)?)
        }
        Command::Completions(args) => Ok(manual::completions(&args, &Cli::command())?),
        Command::Man(args) => Ok(manual::man(&args, Cli::command(), &AROUND)?),
        Command::ApiToken(command) => api_token::run(command),
        Command::Token { dir, room, ttl } => Ok(print(&token::token(&dir, &room, ttl, Timestamp::now())?)?),
        Command::Audit(command) => audit::audit(command),
        Command::Evidence(command) => audit::evidence(command),
        Command::Report(args) => report(args),
        Command::Policy(command) => policy::run(command),
        Command::Rooms(RoomsCommand::List { dir, format }) => {
            config::check_place(&dir)?;
            let listed = rooms::list(&dir, Timestamp::now())?;
            Ok(print(&match format {
                Format::Text => rooms::text(&listed),
                Format::Json => serde_json::to_string(&listed)? + "\n",
            })?)
        }
        Command::Rooms(RoomsCommand::Revoke { dir, whom }) => {
            config::check_place(&dir)?;
            Ok(print(&rooms::revoke(&dir, &whom, Timestamp::now())?)?)
        }
        Command::Config(ConfigCommand::Check { dir }) => Ok(print(&config::check(&dir)?)?),
        Command::Config(ConfigCommand::Show { dir }) => Ok(print(&config::show(&dir)?)?),
    }
}
