//! Manual pages and completions of a command line, from the command line itself.

use std::{io, path::PathBuf};

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use crate::program::print;

/// Print this program's manual page, or write one for it and for each of its commands.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// A directory that is there, for all pages; without it this program's own page is printed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Print completions for a shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: For,
}

/// The shells that an administrator of Debian meets.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum For {
    Bash,
    Zsh,
    Fish,
}

/// Prints a page, or writes all of them.
///
/// # Errors
/// The directory can't be written, or standard output is gone.
pub fn man(args: &ManArgs, command: Command) -> io::Result<()> {
    // Its page would say what this one says.
    let command = command.disable_help_subcommand(true);
    match &args.dir {
        Some(dir) => clap_mangen::generate_to(command, dir).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot write manual pages to {}: {error}", dir.display()))
        }),
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            print(&String::from_utf8_lossy(&page))
        }
    }
}

/// Prints what the shell reads.
///
/// # Errors
/// Standard output is gone.
pub fn completions(args: &CompletionsArgs, mut command: Command) -> io::Result<()> {
    let shell = match args.shell {
        For::Bash => Shell::Bash,
        For::Zsh => Shell::Zsh,
        For::Fish => Shell::Fish,
    };
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    generate(shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}
