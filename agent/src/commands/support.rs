//! `siaga-agent support-bundle`: what whoever helps from afar needs to know.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter},
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
    let path: &Path = &args.output.clone().unwrap_or_else(usual);
    // Before anything is looked at, which takes its time.
    let (draft, file) = Draft::create(path).with_context(|| {
        format!("{} can't be made; name a file that is not there yet with --output FILE", path.display())
    })?;
    let bundle = Bundle::gather(config, now).await;
    bundle
        .write(BufWriter::new(file), now)
        .with_context(|| format!("{} can't be written", path.display()))?;
    draft.keep();
    eprintln!("Look through it before you hand it on: it names rooms, devices, programs and addresses.");
    print(&format!("{}\n", path.display()))?;
    Ok(0)
}

/// A file that is removed again unless it is kept: half of one would be taken for a whole, and be in the way of the next.
struct Draft<'a>(Option<&'a Path>);

impl<'a> Draft<'a> {
    fn create(path: &'a Path) -> io::Result<(Self, File)> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok((Self(Some(path)), file))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_that_is_interrupted_leaves_nothing_in_the_way_of_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let (config, output) = (dir.path().join("agent.toml"), dir.path().join("bundle.tar.gz"));
        fs::write(&config, "").unwrap();
        let args = SupportArgs { output: Some(output.clone()) };
        {
            let mut gathering = pin!(run(&args, Some(&config)));
            assert!(gathering.as_mut().now_or_never().is_none());
            assert!(output.exists());
        }
        assert!(!output.exists());
    }
}
