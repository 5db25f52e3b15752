//! `siaga-agent doctor`: what keeps the agent from doing its work on this machine?

use std::path::Path;

use clap::Args;
use serde_json::json;
use siaga_service::program::print;

use super::Format;
use crate::{
    config::Settings,
    doctor::{examine, exit_code},
    text::{self, Language, Phrases},
};

/// Find out what keeps the agent from doing its work on this machine, as far as this user can see.
///
/// Exit status: 0 nothing is wrong, 1 warnings, 2 problems, 3 it could not be found out.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Looks and prints; answers with the exit status.
///
/// # Errors
/// Nobody reads what is printed.
pub async fn run(args: &DoctorArgs, settings: &Settings, config: Option<&Path>) -> anyhow::Result<u8> {
    let findings = examine(settings, config).await;
    match args.format {
        Format::Json => print(&(json!({ "findings": findings }).to_string() + "\n"))?,
        Format::Text => print(&text::findings(&findings, Language::of_user()))?,
    }
    Ok(exit_code(&findings))
}
