//! `siaga-agent devices`: what is physically there, now.

use clap::Args;
use siaga_readiness::observation::Evidence;
use siaga_service::program::print;

use super::Format;
use crate::{config::Settings, devices::Eyes, text};

/// List the cameras, microphones, speakers and displays that are physically there.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Scans and prints.
///
/// # Errors
/// The devices could not be listed.
pub async fn run(args: &DevicesArgs, settings: &Settings) -> anyhow::Result<u8> {
    let inventory = match Eyes::new(&settings.devices).look().await.evidence {
        Evidence::Devices(inventory) => inventory,
        Evidence::DeviceFault(fault) => anyhow::bail!("the devices could not be listed: {}", fault.detail),
        Evidence::Trial(_) | Evidence::Probe(_) | Evidence::Remembered(_) => {
            unreachable!("eyes look at devices")
        }
    };
    match args.format {
        Format::Json => print(&(serde_json::to_string(&inventory)? + "\n"))?,
        Format::Text => print(&text::devices(&inventory))?,
    }
    Ok(0)
}
