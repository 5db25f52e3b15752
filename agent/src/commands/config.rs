//! `siaga-agent config`: look at the configuration.

use std::path::Path;

use clap::Subcommand;

use crate::config::{DEFAULT_PATH, Settings};

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and the files that it names.
    Check,
}

/// Checks and tells.
///
/// # Errors
/// The configuration, or a file that it names, is wrong.
pub fn check(path: Option<&Path>) -> anyhow::Result<u8> {
    let settings = Settings::load(path)?;
    for server in &settings.servers {
        server.load()?;
    }
    for warning in settings.warnings() {
        eprintln!("warning: {warning}");
    }
    let from = match path {
        Some(path) => path.display().to_string(),
        None if Path::new(DEFAULT_PATH).exists() => DEFAULT_PATH.to_owned(),
        None => format!("no file at {DEFAULT_PATH}; the default configuration"),
    };
    println!(
        "{from} is in order: room {}, profile {}, {}",
        settings.room,
        settings.profile,
        servers(&settings)
    );
    Ok(0)
}

fn servers(settings: &Settings) -> String {
    match settings.servers.first() {
        Some(server) => format!("probe server {}", server.address),
        None => "no probe server: the network stays unknown".into(),
    }
}
