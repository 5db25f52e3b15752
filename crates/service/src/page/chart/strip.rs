use maud::{Markup, html};

use super::scale::Area;
use super::{Axis, Frame, at, table};
use crate::page::Tone;

/// What state something was in along an axis, in one lane or more.
#[derive(Debug, Clone, Copy)]
pub struct Strip<'a> {
    /// Along the bottom.
    pub axis: &'a Axis,
    /// From top to bottom.
    pub lanes: &'a [Lane<'a>],
    /// What the lanes stand for, when, and what was so.
    pub heads: [&'a str; 3],
}

/// One lane.
#[derive(Debug, Clone)]
pub struct Lane<'a> {
    /// What it is about.
    pub name: &'a str,
    /// In the order of the axis; where there is none, nothing is known.
    pub spans: Vec<Span>,
}

/// A time in which something was in one state.
#[derive(Debug, Clone)]
pub struct Span {
    /// Its beginning on the axis.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// The state: each tone is of another height too.
    pub tone: Tone,
    /// When that was.
    pub when: String,
    /// The state in a word.
    pub word: String,
}

const LEFT: f64 = 8.0;
const LANE: f64 = 40.0;
const HIGH: f64 = 18.0;

impl Strip<'_> {
    /// The chart.
    #[must_use]
    pub fn render(&self, frame: &Frame<'_>) -> Markup {
        let lanes = f64::from(u8::try_from(self.lanes.len()).unwrap_or(u8::MAX));
        let area = Area { left: LEFT, top: 0.0, bottom: lanes * LANE + 2.0 };
        let drawing = html! {
            @for (index, lane) in self.lanes.iter().enumerate() {
                @let top = f64::from(u8::try_from(index).unwrap_or(u8::MAX)) * LANE;
                text.label x=(at(LEFT)) y=(at(top + 13.0)) { (lane.name) }
                rect.track x=(at(LEFT)) y=(at(top + 18.0)) width=(at(area.right() - LEFT)) height=(at(HIGH)) {}
                @for span in &lane.spans {
                    @let left = area.x(self.axis, span.from);
                    @let width = (area.x(self.axis, span.to) - left).max(1.0);
                    @let high = height(span.tone);
                    rect class={ "span " (span.tone.class()) } x=(at(left)) width=(at(width))
                        y=(at(top + 18.0 + HIGH - high)) height=(at(high)) {}
                }
            }
            (area.ticks(self.axis))
        };
        let spans = self.lanes.iter().flat_map(|lane| lane.spans.iter().map(move |span| (lane.name, span)));
        let rows = spans.map(|(lane, span)| vec![lane.to_owned(), span.when.clone(), span.word.clone()]);
        frame.figure(area.bottom + 22.0, &drawing, &table(frame.caption, &self.heads, rows))
    }
}

/// What is good is low and what is bad is high, so that it is seen without its colour.
const fn height(tone: Tone) -> f64 {
    match tone {
        Tone::Good => HIGH * 0.4,
        Tone::Busy => HIGH * 0.55,
        Tone::Unknown => HIGH * 0.25,
        Tone::Warning => HIGH * 0.7,
        Tone::Bad => HIGH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Language;

    #[test]
    fn states_differ_in_more_than_their_colour() {
        let span = |from: f64, tone: Tone| Span {
            from,
            to: from + 1.0,
            tone,
            when: format!("jam {from}"),
            word: tone.class().into(),
        };
        let spans = vec![span(0.0, Tone::Good), span(1.0, Tone::Bad), span(5.0, Tone::Unknown)];
        let axis = Axis { from: 0.0, to: 4.0, ticks: vec![(0.0, "00".into())] };
        let lanes = [Lane { name: "<b>Kamera", spans }];
        let strip = Strip { axis: &axis, lanes: &lanes, heads: ["Apa", "Kapan", "Keadaan"] };
        let frame = Frame { caption: "Perangkat", summary: "x", language: Language::Indonesian };
        let text = strip.render(&frame).into_string();
        assert!(!text.contains("<b>") && text.contains("jam 5"), "{text}");
        let heights: Vec<_> =
            text.split(r#"class="span"#).skip(1).map(|it| it.split("height=").nth(1)).collect();
        assert_eq!(heights.len(), 3);
        assert_ne!(heights[0].unwrap()[..5], heights[1].unwrap()[..5]);
    }
}
