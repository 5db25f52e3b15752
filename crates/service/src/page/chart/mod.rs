//! Small charts, drawn on the server as SVG.
//!
//! Each is a figure with a caption, a sentence of what it shows as its description, and the numbers themselves in a table that can be
//! unfolded: nothing is told by colour alone. Drawn in units of which 360 are as wide as a small telephone, so that its letters can be
//! read there.

mod bars;
mod line;
mod scale;
mod strip;

use maud::{Markup, html};

use super::{Language, Words};

pub use bars::{Bar, Bars};
pub use line::{Line, Point, Series, Threshold};
pub use strip::{Lane, Span, Strip};

/// What is written around a chart.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Its heading.
    pub caption: &'a str,
    /// What it shows, in a sentence: what a person would say who looked at it.
    pub summary: &'a str,
    /// The language of the rest.
    pub language: Language,
}

/// A horizontal axis. `from` and `to` and all that is drawn along it are in one unit, of the caller's choice.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// Its left end.
    pub from: f64,
    /// Its right end.
    pub to: f64,
    /// Where something is written below it, and what.
    pub ticks: Vec<(f64, String)>,
}

impl Frame<'_> {
    fn figure(&self, height: f64, drawing: &Markup, table: &Markup) -> Markup {
        html! {
            figure.chart {
                figcaption { (self.caption) }
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label={ (self.caption) ". " (self.summary) } {
                    title { (self.caption) }
                    desc { (self.summary) }
                    (drawing)
                }
                p.summary { (self.summary) }
                details {
                    summary { (self.language.of(NUMBERS)) }
                    div.scroll { (table) }
                }
            }
        }
    }
}

const NUMBERS: Words = Words::new("Lihat angkanya", "Show the numbers");
const NONE: Words = Words::new("tidak ada", "none");

const WIDTH: f64 = 360.0;

/// A table with a row per entry.
fn table(caption: &str, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for row in rows {
                    tr {
                        @for (index, cell) in row.iter().enumerate() {
                            @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// A coordinate with no more digits than can be seen.
fn at(value: f64) -> String {
    Language::English.number(value, 1)
}
