//! Manual pages and completions of a command line, from the command line itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

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

/// What the command line itself does not tell of a program. Each is a name or path, and what it is.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Surroundings {
    pub files: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
    /// Other pages, as in `siaga-agent(1)`.
    pub see_also: &'static str,
}

/// Prints a page, or writes all of them.
///
/// # Errors
/// The directory can't be written, or standard output is gone.
pub fn man(args: &ManArgs, command: Command, around: &Surroundings) -> io::Result<()> {
    // Its page would say what this one says.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    match &args.dir {
        Some(dir) => write_all(&command, &command, around, dir).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot write manual pages to {}: {error}", dir.display()))
        }),
        None => print(&String::from_utf8_lossy(&page(&command, &command, around)?.1)),
    }
}

fn write_all(program: &Command, command: &Command, around: &Surroundings, dir: &Path) -> io::Result<()> {
    let (name, page) = page(program, command, around)?;
    fs::write(dir.join(name), page)?;
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown.into_iter().try_for_each(|below| write_all(program, below, around, dir))
}

/// The page of one command of `program`, and its file's name.
fn page(program: &Command, command: &Command, around: &Surroundings) -> io::Result<(String, Vec<u8>)> {
    let (name, version) = (program.get_name(), program.get_version().unwrap_or_default());
    let man = Man::new(command.clone()).source(format!("{name} {version}"));
    let mut page = Vec::new();
    man.render(&mut page)?;
    let mut more = Roff::new();
    if command.get_name() == name {
        section(&mut more, "FILES", around.files);
        section(&mut more, "ENVIRONMENT", around.environment);
        more.control("SH", ["SEE ALSO"]).text([roman(around.see_also)]);
    } else {
        // Where it has a status of its own, its description tells them all.
        if !command.has_subcommands() && !words_of(command).contains("Exit status:") {
            section(&mut more, "EXIT STATUS", &EXIT_STATUS);
        }
        more.control("SH", ["SEE ALSO"]).text([roman(format!("{name}(1)"))]);
    }
    // The rest of a page, and no page of its own: without what one begins with.
    page.extend(more.to_roff().into_bytes());
    Ok((man.get_filename(), page))
}

/// Of commands that do what they are asked to or don't.
const EXIT_STATUS: [(&str, &str); 2] = [
    ("0", "It is done."),
    ("3", "The command line is wrong, or it could not be done: standard error says why."),
];

fn section(page: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (name, what) in entries {
        page.control("TP", []).text([bold(*name)]).text([roman(*what)]);
    }
}

fn words_of(command: &Command) -> String {
    command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: Surroundings = Surroundings {
        files: &[("/etc/try.toml", "its configuration")],
        environment: &[("TRY__KEY", "counts over it")],
        see_also: "other(1)",
    };

    fn program() -> Command {
        let does = Command::new("does").about("Does it.");
        let tells = Command::new("tells").about("Tells it. Exit status: 0 yes, 1 no.");
        let mut program = Command::new("try-it").version("1.2.3").subcommand(does).subcommand(tells);
        program.build();
        program
    }

    fn page_of(name: &str) -> String {
        let program = program();
        let (file, page) =
            page(&program, program.find_subcommand(name).unwrap_or(&program), &AROUND).unwrap();
        let expected = if name.is_empty() { "try-it.1".to_owned() } else { format!("try-it-{name}.1") };
        assert_eq!(file, expected);
        let page = String::from_utf8(page).unwrap();
        let title = page.lines().find(|line| line.starts_with(".TH ")).unwrap();
        assert!(title.contains("\"try-it 1.2.3\""), "the footer: {title}");
        page
    }

    #[test]
    fn each_page_has_the_version_below_it_and_leads_to_others() {
        let page = page_of("");
        assert!(page.contains(".SH FILES\n.TP\n\\fB/etc/try.toml\\fR\nits configuration\n"), "{page}");
        assert!(page.contains(".SH ENVIRONMENT") && page.contains("other(1)"), "{page}");
        assert!(!page.contains("EXIT STATUS"), "{page}");
        assert!(page_of("does").contains("try\\-it(1)"));
    }

    #[test]
    fn each_command_tells_its_exit_status_once() {
        assert!(page_of("does").contains(".SH \"EXIT STATUS\""));
        let page = page_of("tells");
        assert_eq!(
            page.to_lowercase().matches("exit status").count(),
            page.matches("Exit status: 0 yes").count()
        );
    }
}
