//! `api-token`: who may ask this server over the network.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;
use siaga_service::{
    program::print,
    tokens::{self, Scopes, TokenName},
};

use crate::config::{self, Overrides};

/// The tokens' file name in a server's directory.
pub const FILE: &str = "api-tokens.toml";

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub enum ApiTokenCommand {
    /// Make a token and print it, alone on the last line. It is not shown again.
    Add {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// Whose it is, e.g. prometheus.
        #[arg(long)]
        name: TokenName,
        /// What it is good for: one or more of read, scrape, book, override, with commas between them.
        #[arg(long)]
        scope: Scopes,
    },
    /// Show whose tokens there are and what they are good for.
    List {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Make a token worthless at once.
    Revoke {
        /// The directory made by “init”.
        #[arg(long)]
        dir: PathBuf,
        /// Whose it is.
        #[arg(long)]
        name: TokenName,
    },
}

/// Does it. A running server sees it with the next question.
///
/// # Errors
/// The directory is no server's, or its tokens can't be read or changed.
pub fn run(command: ApiTokenCommand) -> anyhow::Result<()> {
    match command {
        ApiTokenCommand::Add { dir, name, scope } => {
            let token = tokens::add(&file(&dir)?, &name, scope, Timestamp::now())?;
            Ok(print(&format!("A token for {name}, good for {scope}. It is not shown again:\n{token}\n"))?)
        }
        ApiTokenCommand::List { dir } => {
            let tokens = tokens::list(&file(&dir)?)?;
            let lines = tokens.iter().map(|token| {
                format!(
                    "{:<20} {:<28} made {:.0}\n",
                    token.name.to_string(),
                    token.scopes.to_string(),
                    token.created
                )
            });
            Ok(print(&lines.collect::<String>())?)
        }
        ApiTokenCommand::Revoke { dir, name } => {
            tokens::revoke(&file(&dir)?, &name)?;
            Ok(print(&format!("The token of {name} counts no longer.\n"))?)
        }
    }
}

/// Not in a directory that was mistyped.
fn file(dir: &Path) -> anyhow::Result<PathBuf> {
    config::load(dir, &Overrides::default())?;
    Ok(dir.join(FILE))
}
