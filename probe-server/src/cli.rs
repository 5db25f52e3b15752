//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, error::ErrorKind};
use siaga_service::program::print;

use crate::{
    api_token::{self, ApiTokenCommand},
    config::{self, Settings},
    init, run,
};

/// Exit status of a usage error or a failure.
const FAILED: u8 = 3;

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
    /// Say who may ask this server over the network.
    #[command(subcommand)]
    ApiToken(ApiTokenCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and the identity of a directory.
    Check {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
    },
}

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
            eprintln!("error: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init { dir, names } => {
            let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            init::init(&dir, &names, today)?;
            Ok(print(&init::next_steps(&dir, &names))?)
        }
        Command::Run { dir, overrides } => run::run(&dir, &overrides),
        Command::ApiToken(command) => api_token::run(command),
        Command::Config(ConfigCommand::Check { dir }) => {
            let settings = config::load(&dir, &config::Overrides::default())?;
            let (trust, identity) = run::load_identity(&dir)?;
            identity.check_as_server(&trust)?;
            let scheme = if settings.speaks_tls() {
                settings.https.certificates(&dir)?;
                "HTTPS"
            } else {
                "HTTP"
            };
            let Settings { listen, http, .. } = settings;
            let dir = dir.display();
            Ok(print(&format!("{dir} is in order: probes on UDP {listen}, {scheme} on {http}\n"))?)
        }
    }
}
