//! `siaga-probe-server policy`: by which rules the office decides, and what they would decide.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use siaga_booking::audit::Hash;
use siaga_readiness::booking::{BookingPolicy, calendar::HolidayYear, table::Table};
use siaga_service::{config::LARGEST_FILE, program::print};

use crate::{
    config::{self, Overrides},
    office::Office,
};

/// The rules that bookings are decided by.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print a policy: a shipped one, to begin your own with, or the one that a server's directory names.
    Show {
        #[allow(missing_docs)]
        #[command(flatten)]
        which: Which,
        /// Print the shipped policy's table instead, to begin your own with: bookings, and what is decided on them.
        #[arg(long, conflicts_with = "dir")]
        cases: bool,
    },
    /// Decide a table of bookings, and say where the decisions differ from those that are expected.
    Test {
        /// The table (TOML), as docs/policy.md describes it.
        file: PathBuf,
        /// Decide by this policy instead of the table's: a shipped one by its name, or a file that ends in .toml.
        #[arg(long)]
        policy: Option<String>,
    },
}

/// Which policy.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// A shipped one: kalbar-98-2021, bengkayang-2023 or kipp-2020.
    name: Option<String>,
    /// The directory made by “init”: the office's own, with its calendar.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file can't be read or is not what it should be; a decision differs from what is expected.
pub fn run(command: PolicyCommand) -> anyhow::Result<()> {
    match command {
        PolicyCommand::Show { which: Which { name: Some(name), .. }, cases } => {
            let shipped = if cases { BookingPolicy::shipped_cases } else { BookingPolicy::shipped_text };
            Ok(print(shipped(&name)?)?)
        }
        PolicyCommand::Show { which: Which { dir, .. }, .. } => {
            Ok(print(&of_office(&dir.unwrap_or_default())?)?)
        }
        PolicyCommand::Test { file, policy } => test(&file, policy.as_deref()),
    }
}

fn of_office(dir: &Path) -> anyhow::Result<String> {
    let settings = config::load(dir, &Overrides::default())?;
    let Office { policy, digest, calendar, .. } = Office::load(dir, &settings)?;
    let hours = String::from(calendar.hours().clone());
    let mut text = format!("# SHA-256 {digest}\n# zone {}, hours {hours}\n", calendar.zone().name(),);
    for HolidayYear { year, complete, days } in calendar.years() {
        let complete = if *complete { "complete" } else { "NOT COMPLETE: bookings on its days are reviewed" };
        writeln!(text, "# holidays of {year}: {}, {complete}", days.len())?;
    }
    Ok(text + "\n" + &policy.canonical())
}

fn test(file: &Path, policy: Option<&str>) -> anyhow::Result<()> {
    let shown = file.display();
    let table = Table::from_toml(&read(file)?, jiff::tz::db()).with_context(|| format!("table {shown}"))?;
    // A file that the table names lies beside it; one that the command line names, where that is run.
    let policy = match policy {
        Some(name) => named(name, Path::new("")),
        None => named(&table.policy, file.parent().unwrap_or(Path::new("")))
            .with_context(|| format!("table {shown}")),
    }?;
    let tried = table.run(&policy);
    let mut text = String::new();
    for case in tried.iter().filter(|case| !case.differences.is_empty()) {
        writeln!(text, "{}:", case.name)?;
        for difference in &case.differences {
            writeln!(text, "  {difference}")?;
        }
    }
    let (all, wrong) = (tried.len(), tried.iter().filter(|case| !case.differences.is_empty()).count());
    let digest = Hash::of(&[&policy.canonical()]);
    let name = &policy.name;
    if wrong == 0 {
        return Ok(print(&format!("{all} cases, all decided as expected by {name} (SHA-256 {digest})\n"))?);
    }
    print(&text)?;
    bail!(
        "table {shown}: {wrong} of {all} cases are decided otherwise than expected by {name} (SHA-256 {digest})"
    )
}

fn named(name: &str, beside: &Path) -> anyhow::Result<BookingPolicy> {
    if Path::new(name).extension().is_none_or(|extension| extension != "toml") {
        return Ok(BookingPolicy::shipped(name).cloned()?);
    }
    let path = beside.join(name);
    BookingPolicy::from_toml(&read(&path)?, jiff::tz::db())
        .with_context(|| format!("policy {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let reading = || format!("cannot read {}", path.display());
    let length = fs::metadata(path).with_context(reading)?.len();
    ensure!(length <= LARGEST_FILE, "{} is larger than {LARGEST_FILE} bytes", path.display());
    fs::read_to_string(path).with_context(reading)
}

#[cfg(test)]
mod tests {
    use siaga_readiness::booking::Calendar;

    use super::*;

    fn shipped_table() -> &'static str {
        BookingPolicy::shipped_cases("bengkayang-2023").unwrap()
    }

    fn told(dir: &Path, table: &str, policy: Option<&str>) -> String {
        let file = dir.join("table.toml");
        fs::write(&file, table).unwrap();
        match test(&file, policy) {
            Ok(()) => "as expected".to_owned(),
            Err(error) => format!("{error:#}").replace(&dir.display().to_string(), "DIR"),
        }
    }

    #[test]
    fn a_shipped_table_is_decided_as_expected_and_not_by_another_policy() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(told(dir.path(), shipped_table(), None), "as expected");
        let other = told(dir.path(), shipped_table(), Some("kalbar-98-2021"));
        assert!(other.starts_with("table DIR/table.toml: "), "{other}");
        assert!(
            other.contains(" cases are decided otherwise than expected by kalbar-98-2021 (SHA-256 "),
            "{other}"
        );
    }

    #[test]
    fn an_office_changes_a_number_beside_its_table() {
        let dir = tempfile::tempdir().unwrap();
        let own = BookingPolicy::shipped_text("bengkayang-2023").unwrap().replace("days = 2\n", "days = 3\n");
        fs::write(dir.path().join("own.toml"), own).unwrap();
        let table = shipped_table().replace("policy = \"bengkayang-2023\"", "policy = \"own.toml\"");
        assert!(told(dir.path(), &table, None).contains("decided otherwise"));
    }

    #[test]
    fn what_is_wrong_is_told_with_file_case_and_key() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            told(dir.path(), "policy = 1", None)
                .starts_with("table DIR/table.toml: TOML parse error at line 1")
        );
        let misspelt = shipped_table().replacen("division_staff = true", "divison_staff = true", 1);
        let error = told(dir.path(), &misspelt, None);
        assert!(
            error.starts_with("table DIR/table.toml: case “all is met”: unknown field `divison_staff`"),
            "{error}"
        );
        let nowhere = shipped_table().replace("policy = \"bengkayang-2023\"", "policy = \"own.toml\"");
        assert!(
            told(dir.path(), &nowhere, None).starts_with("table DIR/table.toml: cannot read DIR/own.toml: ")
        );
        fs::write(dir.path().join("own.toml"), "name = \"x\"\ndays = 3").unwrap();
        assert!(
            told(dir.path(), &nowhere, None)
                .starts_with("table DIR/table.toml: policy DIR/own.toml: TOML parse error")
        );
        assert!(
            told(dir.path(), shipped_table(), Some("kalbar"))
                .contains("there is no policy “kalbar”; shipped are: kalbar-98-2021, ")
        );
        assert!(
            format!("{:#}", test(&dir.path().join("none.toml"), None).unwrap_err()).contains("cannot read ")
        );
    }

    #[test]
    fn an_office_sees_its_own_rules_and_which_years_it_knows() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(config::FILE), "[office]\nzone = \"Asia/Makassar\"\n").unwrap();
        fs::create_dir(dir.path().join("holidays")).unwrap();
        for (file, year) in Calendar::SHIPPED_FILES {
            fs::write(dir.path().join("holidays").join(file), year).unwrap();
        }
        let text = of_office(dir.path()).unwrap();
        assert!(text.contains("# zone Asia/Makassar, hours Mon-Fri 07:30-16:00\n"), "{text}");
        assert!(text.contains("# holidays of 2026: 25, complete\n"), "{text}");
        assert!(text.contains("# holidays of 2027: 5, NOT COMPLETE"), "{text}");
        let policy = BookingPolicy::from_toml(&text, jiff::tz::db()).unwrap();
        assert_eq!(Some(&policy), BookingPolicy::shipped("kalbar-98-2021").ok());
    }
}
