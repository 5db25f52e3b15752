use maud::{Markup, html};

use super::scale::{Area, round_up};
use super::{Axis, Frame, NONE, at, table};

/// Values along an axis, with what they are held against.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Along the bottom.
    pub axis: &'a Axis,
    /// One to three lines. They differ in colour and in their strokes.
    pub series: &'a [Series<'a>],
    /// What is required.
    pub thresholds: &'a [Threshold<'a>],
    /// The values' unit.
    pub unit: &'a str,
    /// What the axis is called.
    pub along: &'a str,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// In the order of the axis.
    pub points: Vec<Point>,
}

/// One value.
#[derive(Debug, Clone)]
pub struct Point {
    /// Where on the axis.
    pub x: f64,
    /// What that is called.
    pub label: String,
    /// None where there was none: the line has a gap there.
    pub value: Option<f64>,
}

/// A value that the others are held against.
#[derive(Debug, Clone, Copy)]
pub struct Threshold<'a> {
    /// What it is.
    pub name: &'a str,
    /// Its value.
    pub value: f64,
}

const AREA: Area = Area { left: 34.0, top: 26.0, bottom: 122.0 };
const HEIGHT: f64 = 166.0;

impl Line<'_> {
    /// The chart.
    #[must_use]
    pub fn render(&self, frame: &Frame<'_>) -> Markup {
        let top =
            round_up(self.values().chain(self.thresholds.iter().map(|it| it.value)).fold(0.0, f64::max));
        let number = |value| frame.language.number(value, 1);
        let drawing = html! {
            (AREA.grid(top, number))
            text.label x="2" y="11" { (self.unit) }
            (AREA.ticks(self.axis))
            @for (index, series) in self.series.iter().enumerate() {
                @for run in series.points.split(|point| point.value.is_none()) {
                    @let places: Vec<_> = run.iter().filter_map(|point| self.place(point, top)).collect();
                    @if places.len() > 1 {
                        polyline class={ "line s" (index) } points=(places.join(" ")) {}
                    } @else if let Some((x, y)) = places.first().and_then(|place| place.split_once(',')) {
                        circle class={ "dot s" (index) } cx=(x) cy=(y) r="2.5" {}
                    }
                }
            }
            @for threshold in self.thresholds {
                @let y = AREA.y(top, threshold.value);
                path.threshold d={ "M" (at(AREA.left)) " " (at(y)) "H" (at(AREA.right())) } {}
                // Below it: what passes lies just above.
                text.label.above x=(at(AREA.right())) y=(at(y + 13.0)) text-anchor="end" { (threshold.name) }
            }
            @for (index, series) in self.series.iter().enumerate() {
                @let x = AREA.left + f64::from(u8::try_from(index).unwrap_or(u8::MAX)) * 105.0;
                path class={ "line s" (index) } d={ "M" (at(x)) " 157h22" } {}
                text.label x=(at(x + 27.0)) y="161" { (series.name) }
            }
        };
        frame.figure(HEIGHT, &drawing, &self.table(frame))
    }

    fn table(&self, frame: &Frame<'_>) -> Markup {
        let heads: Vec<_> = [self.along.to_owned()]
            .into_iter()
            .chain(self.series.iter().map(|series| format!("{} ({})", series.name, self.unit)))
            .collect();
        let mut rows: Vec<(f64, &str)> = self
            .series
            .iter()
            .flat_map(|it| &it.points)
            .map(|point| (point.x, point.label.as_str()))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
        let cells = |(x, label): (f64, &str)| {
            let values = self.series.iter().map(move |series| {
                let point = series.points.iter().find(|point| point.x.total_cmp(&x).is_eq());
                match point.and_then(|point| point.value) {
                    Some(value) => frame.language.number(value, 1),
                    None => frame.language.of(NONE).to_owned(),
                }
            });
            [label.to_owned()].into_iter().chain(values).collect()
        };
        let heads: Vec<_> = heads.iter().map(String::as_str).collect();
        table(frame.caption, &heads, rows.into_iter().map(cells))
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.series.iter().flat_map(|series| &series.points).filter_map(|point| point.value)
    }

    fn place(&self, point: &Point, top: f64) -> Option<String> {
        Some(format!("{},{}", at(AREA.x(self.axis, point.x)), at(AREA.y(top, point.value?))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Frame;
    use super::*;
    use crate::page::Language;

    #[test]
    fn a_gap_is_no_line_and_each_number_can_be_read() {
        let point = |x: f64, value| Point { x, label: format!("t{x}"), value };
        let points =
            vec![point(0.0, Some(20.0)), point(1.0, Some(21.0)), point(2.0, None), point(3.0, Some(8.5))];
        let axis = Axis { from: 0.0, to: 3.0, ticks: vec![(0.0, "Sen".into())] };
        let line = Line {
            axis: &axis,
            series: &[Series { name: "Unduh", points }],
            thresholds: &[Threshold { name: "perlu 20", value: 20.0 }],
            unit: "Mbit/s",
            along: "Waktu",
        };
        let frame = Frame { caption: "Laju", summary: "Tiga nilai.", language: Language::Indonesian };
        let text = line.render(&frame).into_string();
        assert_eq!((text.matches("<polyline").count(), text.matches("<circle").count()), (1, 1), "{text}");
        for shown in ["8,5", "tidak ada", "perlu 20", "Tiga nilai.", r#"role="img""#, r#"scope="row">t3<"#] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}
