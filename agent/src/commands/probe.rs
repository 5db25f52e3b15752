//! `siaga-agent probe`: one probe, now.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use siaga_probe::{Bitrate, Mode, Reason, Verdict, admission::Purpose, judge::Effort};
use siaga_service::{program::print, signals::Shutdown};
use siaga_transport::{
    client::{Meter, ProbeRequest, Tokens, probe},
    identity::{Identity, IdentityError, Trust},
    server_name::ServerName,
};

use super::Format;
use crate::{
    identities,
    live::Live,
    progress::Progress,
    text::{self, Language, Phrases},
};

/// Probe the link to a server once and print what was found.
///
/// Exit status: 0 pass, 2 fail, 3 inconclusive or error.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// The probe server.
    #[arg(long, value_name = "HOST:PORT")]
    server: ServerName,
    /// The CA that signed its certificate (ca.pem of “siaga-probe-server init”).
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// A directory with this room's cert.pem and key.pem; without it, the identity that this room is enrolled with,
    /// or none, and then only a server run with --open serves.
    #[arg(long, value_name = "DIR")]
    identity: Option<PathBuf>,
    /// Kind of probe.
    #[arg(long, value_enum, default_value = "gate")]
    mode: ModeArg,
    /// How much time the verdict may take for how much certainty: light, normal or careful.
    #[arg(long, default_value_t)]
    effort: Effort,
    /// Rate to sustain from here to the server, bits per second at the IP layer.
    #[arg(long, default_value = "10M")]
    up: Bitrate,
    /// Rate to sustain from the server to here.
    #[arg(long, default_value = "20M")]
    down: Bitrate,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    /// Does the link sustain the rates? About a second.
    Gate,
    /// Does it sustain them for longer than a shaper's bucket lasts? About 21 seconds at full rate.
    Sustain,
    /// What is the link like while nobody loads it? Four seconds of a small stream; says nothing about the rates.
    Quality,
}

/// Probes and prints; answers with the exit status.
///
/// # Errors
/// A file can't be read or used.
pub async fn run(args: &ProbeArgs, state_dir: &Path, shutdown: &Shutdown) -> anyhow::Result<u8> {
    let mode = match args.mode {
        ModeArg::Gate => Mode::Gate,
        ModeArg::Sustain => Mode::Sustain,
        ModeArg::Quality => Mode::Quality,
    };
    for (name, rate) in [("--up", args.up), ("--down", args.down)] {
        let lowest = mode.lowest_rate();
        anyhow::ensure!(
            rate >= lowest,
            "{name} {rate} is less than a {mode} probe can judge; ask for {lowest} or more"
        );
    }
    let meter = Meter::default();
    let request = ProbeRequest {
        server: args.server.clone(),
        trust: Trust::load(&args.ca)?,
        identity: identity(args, state_dir)?,
        mode,
        effort: args.effort,
        up: args.up,
        down: args.down,
        passed_before: false,
        // Whoever measures a link can wait.
        purpose: Purpose::Routine,
        tokens: Tokens::default(),
        meter: meter.clone(),
    };
    let cancel = async {
        shutdown.requested().await;
        Reason::Interrupted
    };
    let live = Live::default();
    let _probing = live.probing(mode, &meter);
    let progress = Progress::new(Language::of_user());
    let probed = progress.follow(async || live.sight(), probe(&request, cancel)).await;
    drop(progress);
    let result = probed?.result;
    match args.format {
        Format::Json => print(&(serde_json::to_string(&result)? + "\n"))?,
        Format::Text => print(&text::probe(&result))?,
    }
    Ok(match result.verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 2,
        Verdict::Inconclusive => 3,
    })
}

fn identity(args: &ProbeArgs, state_dir: &Path) -> Result<Option<Identity>, IdentityError> {
    if let Some(dir) = &args.identity {
        return Identity::load_dir(dir).map(Some);
    }
    match identities::enrolled(state_dir, &args.server) {
        Err(IdentityError::Unreadable { path, cause }) if cause.kind() == io::ErrorKind::PermissionDenied => {
            eprintln!(
                "note: this user may not read {}; probing without an identity (as root it would be used)",
                path.display()
            );
            Ok(None)
        }
        enrolled => enrolled,
    }
}
