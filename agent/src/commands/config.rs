//! `siaga-agent config`: look at the configuration.

use std::path::Path;

use clap::Subcommand;
use siaga_service::{http::check_address, program::print};

use crate::{
    config::{DEFAULT_PATH, Settings},
    doctor::{self, Level},
};

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
    check_address(settings.http.listen)?;
    for server in &settings.servers {
        server.load(&settings.state_dir)?;
    }
    for warning in settings.warnings() {
        eprintln!("warning: {warning}");
    }
    let state = doctor::state_directory(&settings.state_dir);
    if state.level == Level::Problem {
        let detail = state.detail.unwrap_or_default();
        eprintln!("warning: {} ({detail}) {}", state.text.en, state.remedy.en);
    }
    let from = match path {
        Some(path) => path.display().to_string(),
        None if Settings::is_at_the_usual_place() => DEFAULT_PATH.to_owned(),
        None => format!("no file at {DEFAULT_PATH}; the default configuration"),
    };
    let Settings { room, profile, .. } = &settings;
    print(&format!("{from} is in order: room {room}, profile {profile}, {}\n", servers(&settings)))?;
    Ok(0)
}

fn servers(settings: &Settings) -> String {
    match settings.servers.first() {
        Some(server) => format!("probe server {}", server.address),
        None => "no probe server: the network stays unknown".into(),
    }
}
