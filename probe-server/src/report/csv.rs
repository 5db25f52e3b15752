//! Reports as tables (RFC 4180), for those who go on counting. A cell that a spreadsheet would take for a formula is made text.

mod booking;
mod day;

use ::csv::{Terminator, WriterBuilder};

use crate::gate::Refusal;

pub(super) use booking::booking;
pub(super) use day::day;

/// A table with these columns.
fn table<const N: usize>(
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<String, Refusal> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns).map_err(|error| Refusal::broken(&error))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell))).map_err(|error| Refusal::broken(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| Refusal::broken(&error))?;
    String::from_utf8(bytes).map_err(|error| Refusal::broken(&error))
}

/// What begins like a formula begins with an apostrophe instead, which spreadsheets take for “this is text”.
fn defused(cell: &str) -> String {
    let begins =
        |first: char| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if cell.starts_with(begins) { format!("'{cell}") } else { cell.to_owned() }
}

/// A number without thousands, with a point, whatever the language: a program reads it.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(defused(formula), format!("'{formula}"));
        }
        for text in ["a=1", "2026-11-26", "", "'=1", "é"] {
            assert_eq!(defused(text), text);
        }
    }

    #[test]
    fn commas_quotes_and_lines_stay_in_their_cells() {
        let told = table(["a", "b"], [["x,\"y\"".to_owned(), "one\ntwo".to_owned()]]).unwrap();
        assert_eq!(told, "a,b\r\n\"x,\"\"y\"\"\",\"one\ntwo\"\r\n");
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!([10.5, 0.0, 20_960_000.0].map(number), ["10.5", "0", "20960000"]);
    }
}
