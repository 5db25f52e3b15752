use maud::{Markup, html};

use super::scale::{Area, round_up};
use super::{Axis, Frame, NONE, at, table};
use crate::page::Tone;

/// A value per hour, day or whatever else stands side by side.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// From left to right.
    pub bars: &'a [Bar],
    /// The top of the scale; none is found from the values.
    pub top: Option<f64>,
    /// A value that they are held against, and what it is.
    pub threshold: Option<(f64, &'a str)>,
    /// The values' unit.
    pub unit: &'a str,
    /// What the bars stand for, and what their values are.
    pub heads: [&'a str; 2],
    /// Every so many bars one has its label written below it.
    pub label_every: usize,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// None where there is none: told as that, not as nought.
    pub value: Option<f64>,
    /// How that is.
    pub tone: Tone,
    /// What else there is to say of it; empty if nothing.
    pub note: String,
}

const AREA: Area = Area { left: 34.0, top: 26.0, bottom: 122.0 };
const HEIGHT: f64 = 146.0;

impl Bars<'_> {
    /// The chart.
    #[must_use]
    pub fn render(&self, frame: &Frame<'_>) -> Markup {
        let values =
            self.bars.iter().filter_map(|bar| bar.value).chain(self.threshold.map(|(value, _)| value));
        let top = self.top.unwrap_or_else(|| round_up(values.fold(0.0, f64::max)));
        let place = |index: usize| f64::from(u16::try_from(index).unwrap_or(u16::MAX));
        let axis = Axis { from: 0.0, to: place(self.bars.len().max(1)), ticks: self.ticks(place) };
        let drawing = html! {
            (AREA.grid(top, |value| frame.language.number(value, 1)))
            text.label x="2" y="11" { (self.unit) }
            @for (index, bar) in self.bars.iter().enumerate() {
                @let left = AREA.x(&axis, place(index) + 0.12);
                @let width = AREA.x(&axis, place(index) + 0.88) - left;
                @match bar.value {
                    Some(value) => {
                        // What is nought is still seen.
                        @let y = AREA.y(top, value).min(AREA.bottom - 1.5);
                        rect class={ "bar " (bar.tone.class()) } x=(at(left)) y=(at(y)) width=(at(width)) height=(at(AREA.bottom - y)) {}
                    }
                    None => text.label.none x=(at(left + width / 2.0)) y=(at(AREA.bottom - 4.0)) text-anchor="middle" { "–" },
                }
            }
            @if let Some((value, name)) = self.threshold {
                @let y = AREA.y(top, value);
                path.threshold d={ "M" (at(AREA.left)) " " (at(y)) "H" (at(AREA.right())) } {}
                text.label.above x=(at(AREA.right())) y=(at(y - 5.0)) text-anchor="end" { (name) }
            }
            (AREA.ticks(&axis))
        };
        let rows = self.bars.iter().map(|bar| {
            let value = bar.value.map(|value| format!("{} {}", frame.language.number(value, 1), self.unit));
            let value = value.unwrap_or_else(|| frame.language.of(NONE).to_owned());
            let told = if bar.note.is_empty() { value } else { format!("{value} ({})", bar.note) };
            vec![bar.label.clone(), told.trim().to_owned()]
        });
        frame.figure(HEIGHT, &drawing, &table(frame.caption, &self.heads, rows))
    }

    fn ticks(&self, place: impl Fn(usize) -> f64) -> Vec<(f64, String)> {
        let every = self.label_every.max(1);
        let shown = self.bars.iter().enumerate().step_by(every);
        shown.map(|(index, bar)| (place(index) + 0.5, bar.label.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Language;

    #[test]
    fn what_is_not_known_is_no_bar_and_nought_is_one() {
        let bar = |label: &str, value, tone, note: &str| Bar {
            label: label.into(),
            value,
            tone,
            note: note.into(),
        };
        let bars = [
            bar("08", Some(0.0), Tone::Bad, "2 hari"),
            bar("09", None, Tone::Unknown, ""),
            bar("10", Some(100.0), Tone::Good, ""),
        ];
        let bars = Bars {
            bars: &bars,
            top: Some(100.0),
            threshold: None,
            unit: "%",
            heads: ["Jam", "Baik"],
            label_every: 2,
        };
        let frame = Frame { caption: "Per jam", summary: "Tiga jam.", language: Language::Indonesian };
        let text = bars.render(&frame).into_string();
        assert_eq!(text.matches("<rect").count(), 2, "{text}");
        for shown in ["0 % (2 hari)", "tidak ada", r#"class="bar bad""#] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert_eq!(text.matches(r#"class="tick""#).count(), 2, "08 and 10");
    }
}
