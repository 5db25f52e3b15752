//! `siaga-agent devices`: what is physically there, now.

use anyhow::Context;
use clap::Args;
use siaga_readiness::{baseline::Baseline, observation::Evidence};
use siaga_service::program::print;

use super::Format;
use crate::{
    config::Settings,
    devices::{Eyes, KnownGood},
    host,
    text::{self, Language, Phrases},
};

/// List the cameras, microphones, speakers and displays that are physically there.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Take what is there now for what should be there: from then on it is told what is missing, swapped or moved.
    #[arg(long)]
    accept: bool,
}

/// Scans and prints.
///
/// # Errors
/// The devices could not be listed, or could not be accepted.
pub async fn run(args: &DevicesArgs, settings: &Settings) -> anyhow::Result<u8> {
    let known_good = KnownGood::in_directory(&settings.state_dir);
    let mut inventory = match Eyes::new(&settings.devices, known_good.clone()).look().await.evidence {
        Evidence::Devices(inventory) => inventory,
        Evidence::DeviceFault(fault) => anyhow::bail!("the devices could not be listed: {}", fault.detail),
        _ => unreachable!("eyes look at devices"),
    };
    let now = host::now().wall;
    if args.accept {
        let accepted = Baseline::accepting(&inventory, settings.devices.accept_virtual, now);
        accepted.mark(&mut inventory);
        known_good.write(accepted).with_context(|| {
            format!(
                "these devices could not be noted in {}; run this as a user who may write there, or set state_dir",
                known_good.file().display()
            )
        })?;
    }
    match args.format {
        Format::Json => print(&(serde_json::to_string(&inventory)? + "\n"))?,
        Format::Text => print(&text::devices(&inventory, Language::of_user(), now))?,
    }
    Ok(0)
}
