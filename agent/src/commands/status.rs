//! `siaga-agent status`: how is the daemon, and does it reach the room's desk?

use clap::Args;
use siaga_service::program::print;

use super::Format;
use crate::{
    client,
    config::Settings,
    desk::DeskState,
    http::Status,
    text::{self, Language, Phrases},
};

/// Tell how the running daemon is, and whether it reaches the server that is the room's desk.
///
/// Exit status: 0 it does, or has none; 1 it does not; 3 no daemon answers.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Asks the daemon and prints; answers with the exit status.
///
/// # Errors
/// No daemon answers, or nobody reads what is printed.
pub async fn run(args: &StatusArgs, settings: &Settings) -> anyhow::Result<u8> {
    let status: Status = client::get(settings.http.listen, "/v1/status").await?;
    match args.format {
        Format::Json => print(&(serde_json::to_string(&status)? + "\n"))?,
        Format::Text => print(&text::status(&status, Language::of_user()))?,
    }
    Ok(match status.desk.state {
        DeskState::Connected | DeskState::NotConfigured => 0,
        DeskState::Disconnected | DeskState::NotEnrolled => 1,
    })
}
