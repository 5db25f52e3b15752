//! `siaga-agent support-bundle`: what whoever helps from afar needs to know.

use std::{
    fs::OpenOptions,
    io::BufWriter,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use siaga_service::program::print;

use crate::{host, support::Bundle};

/// Collect what is needed to help from afar, in a file: configuration, findings, log, answers; no keys and no tokens.
///
/// As root it sees the log and the state directory. Exit status: 0 the file is there, 3 error.
#[derive(Debug, Args)]
pub struct SupportArgs {
    /// Where to write it; siaga-support-MACHINE-TIME.tar.gz in this directory if not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Collects, writes, and prints where.
///
/// # Errors
/// The file is there already or can't be written.
pub async fn run(args: &SupportArgs, config: Option<&Path>) -> anyhow::Result<u8> {
    let now = host::now().wall;
    let usual = || format!("siaga-support-{}-{}.tar.gz", host::name(), now.strftime("%Y%m%d-%H%M%S")).into();
    let path = args.output.clone().unwrap_or_else(usual);
    // Before anything is looked at, which takes its time.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let file = file.with_context(|| {
        format!("{} can't be made; name a file that is not there yet with --output FILE", path.display())
    })?;
    let bundle = Bundle::gather(config, now).await;
    if let Err(error) = bundle.write(BufWriter::new(file), now) {
        // Half of one would be taken for a whole.
        let _ = std::fs::remove_file(&path);
        return Err(error).with_context(|| format!("{} can't be written", path.display()));
    }
    eprintln!("Look through it before you hand it on: it names rooms, devices, programs and addresses.");
    print(&format!("{}\n", path.display()))?;
    Ok(0)
}
