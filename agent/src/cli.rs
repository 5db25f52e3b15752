//! The command line.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use siaga_service::{
    http::parse_address,
    logging,
    manual::{self, CompletionsArgs, ManArgs, Surroundings},
    program::{block_on, print, told},
    signals::Shutdown,
    systemd,
};
use tracing::level_filters::LevelFilter;

use crate::{
    commands::{
        check::{self, CheckArgs},
        config::{self, ConfigCommand},
        devices::{self, DevicesArgs},
        doctor::{self, DoctorArgs},
        enroll::{self, EnrollArgs},
        probe::{self, ProbeArgs},
        status::{self, StatusArgs},
        support::{self, SupportArgs},
    },
    config::Settings,
    daemon,
    trials::TRY_DEVICE,
};

/// Exit status of a usage error or a failure: unknown, never “ready” and never “not ready”.
const FAILED: u8 = 3;

/// Can this meeting room hold a video conference?
#[derive(Debug, Parser)]
#[command(name = "siaga-agent", version, arg_required_else_help = true)]
struct Cli {
    /// The configuration file; /etc/siaga/agent.toml if not given.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon until SIGTERM or Ctrl-C.
    Run {
        /// Loopback address for the HTTP answers, instead of the configuration's.
        #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
        http: Option<SocketAddr>,
    },
    Check(CheckArgs),
    Probe(ProbeArgs),
    Devices(DevicesArgs),
    Doctor(DoctorArgs),
    Enroll(EnrollArgs),
    Status(StatusArgs),
    SupportBundle(SupportArgs),
    #[command(subcommand)]
    Config(ConfigCommand),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// The process in which a device is tried; started by this program itself.
    #[command(name = TRY_DEVICE, hide = true)]
    TryDevice {
        arguments: Vec<OsString>,
    },
    /// Answers one question about who uses a camera; started by systemd (siaga-in-use.socket).
    #[command(hide = true)]
    InUseHelper,
}

/// What can be typed; for manual pages, and for whoever holds manuals against it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

const AROUND: Surroundings = Surroundings {
    files: &[
        ("/etc/siaga/agent.toml", "The configuration, unless --config names another file."),
        ("/etc/siaga/agent.d/*.toml", "More of it: counts over agent.toml, in the order of the names."),
        ("/var/lib/siaga-agent", "What the daemon remembers, and the room's identity."),
        ("/run/siaga-agent/agent.sock", "Has things done by the daemon; for root and the group siaga."),
    ],
    environment: &[
        (
            "SIAGA_AGENT__KEY, SIAGA_AGENT__TABLE__KEY",
            "Values of the configuration; they count over its files.",
        ),
        (
            "LC_ALL, LC_MESSAGES, LANG",
            "Answers are in Indonesian where this begins with id, else in English.",
        ),
        ("NO_COLOR", "No colours on a terminal, if it is set."),
        ("RUST_LOG", "What is logged, such as info or debug."),
    ],
    see_also: "siaga-probe-server(1), systemctl(1), journalctl(1); /usr/share/doc/siaga-agent",
};

/// Runs the command line `arguments`.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(FAILED) };
        }
    };
    if let Command::TryDevice { arguments } = &cli.command {
        return siaga_devices::trial::child::main(arguments);
    }
    if matches!(cli.command, Command::InUseHelper) {
        return siaga_devices::in_use::helper::main();
    }
    let for_nagios = matches!(&cli.command, Command::Check(args) if args.is_for_nagios());
    match execute(cli) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let words = told(error.as_ref());
            eprintln!("error: {words}");
            // Where it was to be a service.
            systemd::status(&words);
            if for_nagios {
                // A monitoring system reads nothing but standard output. If that is gone, so is its reader.
                let _ = print(&format!("SIAGA UNKNOWN - {words}\n"));
            }
            ExitCode::from(FAILED)
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<u8> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Run { http } => daemon::run(config, http).map(|()| 0),
        Command::TryDevice { .. } | Command::InUseHelper => {
            unreachable!("handled before anything else was set up")
        }
        Command::Config(ConfigCommand::Check) => config::check(config),
        Command::Config(ConfigCommand::Show) => config::show(config),
        Command::Completions(args) => Ok(manual::completions(&args, &command()).map(|()| 0)?),
        Command::Man(args) => Ok(manual::man(&args, command(), &AROUND).map(|()| 0)?),
        Command::Check(args) => {
            let settings = Settings::load(config)?;
            once(async |shutdown| check::run(&args, &settings, &shutdown).await)
        }
        Command::Enroll(args) => {
            let settings = Settings::load(config)?;
            once(async |shutdown| enroll::run(&args, &settings, &shutdown).await)
        }
        Command::Doctor(args) => {
            let settings = Settings::load(config)?;
            once(async |shutdown| {
                tokio::select! {
                    ended = doctor::run(&args, &settings, config) => ended,
                    () = shutdown.requested() => anyhow::bail!("interrupted"),
                }
            })
        }
        Command::Status(args) => {
            let settings = Settings::load(config)?;
            once(async |_| status::run(&args, &settings).await)
        }
        Command::SupportBundle(args) => once(async |shutdown| {
            tokio::select! {
                ended = support::run(&args, config) => ended,
                () = shutdown.requested() => anyhow::bail!("interrupted"),
            }
        }),
        Command::Devices(args) => {
            let settings = Settings::load(config)?;
            once(async |shutdown| {
                tokio::select! {
                    ended = devices::run(&args, &settings) => ended,
                    () = shutdown.requested() => anyhow::bail!("interrupted"),
                }
            })
        }
        Command::Probe(args) => {
            let settings = Settings::load(config)?;
            once(async |shutdown| probe::run(&args, &settings.state_dir, &shutdown).await)
        }
    }
}

/// Runs a command that ends by itself, or early by a signal.
fn once(command: impl AsyncFnOnce(Shutdown) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
    logging::init(LevelFilter::WARN)?;
    block_on(async { command(Shutdown::on_signals()?).await })?
}
