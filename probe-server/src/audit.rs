//! `audit` and `evidence`: whether what was decided is as it was written, here and elsewhere.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use siaga_booking::{
    audit::{self, Fault, Head, Verified},
    bookings,
    evidence::{self, EvidenceError, Key, PublicKeys},
};
use siaga_service::program::print;

use crate::config;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Go through the log of bookings; a server may run meanwhile. Exit status 2: something is not as it was written.
    Verify {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// How far the log reached once, as an answer's “log” says: then an end that was cut off is found too.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
    },
}

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Print the public keys that evidence is verified with, as a JWK set: the one that signs, then those before it.
    Key {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// Make a new one first. A running server signs with it after its next start; what former keys have signed still verifies.
        #[arg(long)]
        renew: bool,
    },
    /// Print what a piece of evidence says, if it was signed by the server that is named. Exit status 2: it was not.
    Verify {
        /// The evidence, as /v1/bookings/REF/evidence gives it; “-” for standard input.
        evidence: PathBuf,
        /// By whom it has to be signed.
        #[command(flatten)]
        by: By,
    },
}

/// By whom it has to be signed.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct By {
    /// The server with this directory.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// One with a key in this file, as /v1/keys or “evidence key” gives it.
    #[arg(long)]
    keys: Option<PathBuf>,
}

/// Does it.
///
/// # Errors
/// Something is not as it was written ([`is_not_as_written`]), or can't be read.
pub fn audit(command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::Verify { dir, head } = command;
    config::check_place(&dir)?;
    let path = dir.join(bookings::FILE);
    let Verified { head } = audit::verify(&path, head)?;
    let path = path.display();
    Ok(print(&format!("{path} is as it was written: {} entries, head\n{head}\n", head.seq))?)
}

/// Does it.
///
/// # Errors
/// The evidence does not verify ([`is_not_as_written`]), or something can't be read.
pub fn evidence(command: EvidenceCommand) -> anyhow::Result<()> {
    match command {
        EvidenceCommand::Key { dir, renew } => {
            config::check_place(&dir)?;
            if renew {
                Key::renew(&dir)?;
            }
            let keys = PublicKeys::of(&dir)?;
            Ok(print(&(serde_json::to_string(&keys)? + "\n"))?)
        }
        EvidenceCommand::Verify { evidence, by } => {
            let keys = match (&by.dir, &by.keys) {
                (Some(dir), _) => {
                    config::check_place(dir)?;
                    PublicKeys::of(dir)?
                }
                (None, Some(file)) => read(file)?.parse().with_context(|| file.display().to_string())?,
                (None, None) => anyhow::bail!("name the server with --dir, or its keys with --keys"),
            };
            Ok(print(&(evidence::verify(&read(&evidence)?, &keys)? + "\n"))?)
        }
    }
}

/// Whether an error says that something was tampered with, and not that it could not be looked at.
#[must_use]
pub fn is_not_as_written(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Fault::Wrong(_))) || error.is::<EvidenceError>()
}

/// No more than anything of ours is long.
fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let from: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(open(path)?) };
    from.take(LONGEST)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text)
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot read {}; name the right file", path.display()))
}

/// Bytes.
const LONGEST: u64 = 2 << 20;
