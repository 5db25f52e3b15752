//! `siaga-agent enroll`: a key and a certificate for this room.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use siaga_service::{program::print, signals::Shutdown};
use siaga_transport::{
    enrol::{Token, room::enrol},
    identity::Trust,
    server_name::ServerName,
};
use tokio::task::spawn_blocking;

use crate::{config::Settings, identities::NewPlace};

/// Make this room's key here and get a certificate for it with a one-time token.
///
/// An identity that is there already is replaced once the new one is complete. Exit status: 0 done, 3 error.
#[derive(Debug, Args)]
pub struct EnrollArgs {
    /// The probe server.
    #[arg(long, value_name = "HOST:PORT")]
    server: ServerName,
    /// The CA that signed its certificate (ca.pem of “siaga-probe-server init”).
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// What “siaga-probe-server token” printed; “-” reads it from standard input, where no other user sees it.
    #[arg(long, value_name = "T|-", allow_hyphen_values = true)]
    token: String,
    /// Where to put the identity, instead of the state directory, where “probe” and “run” find it by themselves.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Enrols, and prints as which room.
///
/// # Errors
/// A file can't be read or written, the server can't be reached or refuses.
pub async fn run(args: &EnrollArgs, settings: &Settings, shutdown: &Shutdown) -> anyhow::Result<u8> {
    let trust = Trust::load(&args.ca)?;
    let token = tokio::select! {
        token = token(&args.token) => token?,
        () = shutdown.requested() => anyhow::bail!("interrupted"),
    };
    let place = match &args.dir {
        Some(dir) => NewPlace::named(dir)?,
        None => NewPlace::enrolled(&settings.state_dir, &args.server)?,
    };
    let enrolled = tokio::select! {
        enrolled = enrol(&args.server, &trust, &token) => enrolled?,
        () = shutdown.requested() => anyhow::bail!("interrupted; the token may be used up"),
    };
    let path = place.path().to_owned();
    place.keep(&enrolled)?;
    let given = enrolled.given;
    if given.room != settings.room {
        eprintln!(
            "note: the token was made for room {}, and this machine is configured as room {}; \
             the server goes by the certificate: set room = \"{}\", or enrol with a token for {}",
            given.room, settings.room, given.room, settings.room
        );
    }
    print(&format!(
        "Enrolled with {} as room {}; the identity is in {} and counts until {:.0}.\n",
        args.server,
        given.room,
        path.display(),
        given.validity.until
    ))?;
    Ok(0)
}

async fn token(argument: &str) -> anyhow::Result<Token> {
    let text = if argument == "-" {
        let read = || {
            let mut text = String::new();
            io::stdin().take(LONGEST).read_to_string(&mut text).map(|_| text)
        };
        let text = spawn_blocking(read).await?.context("cannot read the token from standard input")?;
        if text.trim().is_empty() {
            anyhow::bail!(
                "nothing came on standard input; pipe in what “siaga-probe-server token” printed, or name a file with <FILE"
            );
        }
        text
    } else {
        argument.to_owned()
    };
    // The last line, as it was printed, also where somebody pipes the whole output.
    Ok(text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().parse()?)
}

/// Bytes of standard input.
const LONGEST: u64 = 4096;
