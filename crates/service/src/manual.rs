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
pub fn completions(args: &CompletionsArgs, command: &Command) -> io::Result<()> {
    let shell = match args.shell {
        For::Bash => Shell::Bash,
        For::Zsh => Shell::Zsh,
        For::Fish => Shell::Fish,
    };
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    generate(shell, &mut without_hidden(command), &name, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        script = with_one_name(&script, &name);
    }
    print(&script)
}

/// What is hidden from help is not offered either: `clap_complete` offers it.
fn without_hidden(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set()).map(without_hidden);
    // A name is to live as long as the program, which ends when the script is printed.
    let name: &'static str = command.get_name().to_owned().leak();
    // No script tells which version it is; but where there is none, --version is not offered.
    let version = command.get_version().map(|_| "1");
    let bare = Command::new(name).about(command.get_about().cloned().unwrap_or_default()).version(version);
    bare.args(command.get_arguments().cloned()).subcommands(shown)
}

/// Where a program's name has a hyphen, `clap_complete` 4.6 has its script go to `a__b__subcmd__check`, while the branch that is
/// meant is called `a__subcmd__b__subcmd__check`: nothing would be offered after a command.
fn with_one_name(script: &str, program: &str) -> String {
    let [went_to, called] = ["__", "__subcmd__"].map(|hyphen| program.replace('-', hyphen) + "__subcmd__");
    script.replace(&called, &went_to)
}
