//! `siaga-agent config`: look at the configuration.

use std::{net::SocketAddr, path::Path};

use clap::Subcommand;
use siaga_service::{
    http::{BindError, check_address, check_socket, try_address},
    program::{block_on, print, told},
};

use crate::{
    client,
    config::{DEFAULT_PATH, DEFAULT_STATE_DIR, Own, Settings, SettingsError},
    doctor::{self, Level},
    http::Status,
};

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and the files that it names.
    Check,
    /// Print each value that counts and where it is from: a line of a file, a variable, the room's desk, or the default.
    Show,
}

/// Checks and tells.
///
/// # Errors
/// The configuration, or a file that it names, is wrong.
pub fn check(path: Option<&Path>) -> anyhow::Result<u8> {
    let own = Own::load(path)?;
    let settings = own.ruled_as_kept().0;
    let placed = |path: &[&str], error: &(dyn std::error::Error + 'static)| {
        own.placed(path, SettingsError::Value(told(error)))
    };
    state_dir(&settings.state_dir)
        .map_err(|words| own.placed(&["state_dir"], SettingsError::Value(words)))?;
    let free = block_on(is_free(settings.http.listen))?;
    check_address(settings.http.listen).and(free).map_err(|error| placed(&["http", "listen"], &error))?;
    match check_socket(&settings.socket()) {
        Err(error) if settings.http.socket.is_some() => {
            return Err(placed(&["http", "socket"], &error).into());
        }
        Err(error) => eprintln!("warning: {error}; nobody can ask for probes and trials"),
        Ok(()) => {}
    }
    for (number, server) in settings.servers.iter().enumerate() {
        let number = number.to_string();
        server
            .check(&settings.state_dir)
            .map_err(|(key, error)| placed(&["servers", &number, key], &error))?;
    }
    for server in settings.servers.iter().filter(|server| server.is_shown_to_the_service_alone()) {
        eprintln!(
            "warning: the identity for {} is shown to the service alone: it was not looked at",
            server.address
        );
    }
    for warning in settings.warnings() {
        eprintln!("warning: {warning}");
    }
    let state = doctor::state_directory(&settings.state_dir);
    if state.level == Level::Problem {
        let detail = state.detail.unwrap_or_default();
        eprintln!("warning: {} ({detail}) {}", state.text.en, state.remedy.en);
    }
    let from = match own.sources() {
        from if from.is_empty() => format!("no file at {DEFAULT_PATH}; the default configuration"),
        from => from,
    };
    let Settings { room, profile, .. } = &settings;
    print(&format!("{from} is in order: room {room}, profile {profile}, {}\n", servers(&settings)))?;
    Ok(0)
}

/// Whether the daemon could listen there, or does so already: a reload is checked while it runs.
async fn is_free(address: SocketAddr) -> Result<(), BindError> {
    match try_address(address) {
        Err(BindError::InUse { .. }) if client::get::<Status>(address, "/v1/status").await.is_ok() => Ok(()),
        tried => tried,
    }
}

/// What can be none, whoever looks: whether the service may write to it is another question.
fn state_dir(path: &Path) -> Result<(), String> {
    let shown = path.display();
    if path.is_relative() {
        return Err(format!("“{shown}” does not begin at the root: write it like {DEFAULT_STATE_DIR}"));
    }
    match path.ancestors().find(|at| at.exists()) {
        Some(at) if !at.is_dir() => Err(format!(
            "{} is a file, and {shown} is to be a directory: name another one, like {DEFAULT_STATE_DIR}",
            at.display()
        )),
        _ => Ok(()),
    }
}

/// Shows every value that counts.
///
/// # Errors
/// The configuration is wrong, or nobody reads what is printed.
pub fn show(path: Option<&Path>) -> anyhow::Result<u8> {
    print(&Own::load(path)?.show()?)?;
    Ok(0)
}

fn servers(settings: &Settings) -> String {
    match settings.servers.first() {
        Some(server) => format!("probe server {}", server.address),
        None => "no probe server: the network stays unknown".into(),
    }
}
