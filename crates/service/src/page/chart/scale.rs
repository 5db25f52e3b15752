//! From values to places in a drawing.

use maud::{Markup, html};

use super::{Axis, WIDTH, at};

/// Where the chart's body lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Area {
    const RIGHT: f64 = WIDTH - 8.0;

    pub(super) const fn right(self) -> f64 {
        Self::RIGHT
    }

    /// The place of `x` on an axis; what lies beyond its ends is moved to them.
    pub(super) fn x(self, axis: &Axis, x: f64) -> f64 {
        let length = axis.to - axis.from;
        let share = if length > 0.0 { ((x - axis.from) / length).clamp(0.0, 1.0) } else { 0.5 };
        self.left + share * (Self::RIGHT - self.left)
    }

    /// The place of `y` between 0 and `top`.
    pub(super) fn y(self, top: f64, y: f64) -> f64 {
        self.bottom - (y / top).clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    /// What is written below.
    pub(super) fn ticks(self, axis: &Axis) -> Markup {
        html! {
            @for (x, label) in &axis.ticks {
                @let x = self.x(axis, *x);
                // A label at an end would be cut off.
                @let anchor = if x < self.left + 20.0 { "start" } else if x > Self::RIGHT - 20.0 { "end" } else { "middle" };
                path.tick d={ "M" (at(x)) " " (at(self.bottom)) "v4" } {}
                text.label x=(at(x)) y=(at(self.bottom + 17.0)) text-anchor=(anchor) { (label) }
            }
        }
    }

    /// The lines at 0, half and the whole of `top`, with what they stand for.
    pub(super) fn grid(self, top: f64, written: impl Fn(f64) -> String) -> Markup {
        html! {
            @for share in [0.0, 0.5, 1.0] {
                @let y = self.y(1.0, share);
                path.rule d={ "M" (at(self.left)) " " (at(y)) "H" (at(Self::RIGHT)) } {}
                text.label x=(at(self.left - 5.0)) y=(at(y + 4.0)) text-anchor="end" { (written(share * top)) }
            }
        }
    }
}

/// The smallest round number (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6 or 8 times a power of ten) that is no less than `value`. Its half has a digit more at most, so that both
/// are written as they are.
pub(super) fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .into_iter()
        .map(|step| step * power)
        .find(|round| *round >= value * 0.999_999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_scale_is_round_and_holds_the_value() {
        let exact = |value, round: f64| {
            assert!((round_up(value) - round).abs() < 1e-9, "{value}: {}", round_up(value));
        };
        for (value, round) in
            [(21.0, 24.0), (2.1, 2.4), (20.0, 20.0), (10.5, 12.0), (0.35, 0.4), (99.0, 100.0), (0.0, 1.0)]
        {
            exact(value, round);
        }
        exact(f64::NAN, 1.0);
    }

    #[test]
    fn what_lies_beyond_an_axis_is_drawn_at_its_end() {
        let area = Area { left: 40.0, top: 10.0, bottom: 110.0 };
        let axis = Axis { from: 0.0, to: 10.0, ticks: Vec::new() };
        assert!((area.x(&axis, -5.0) - 40.0).abs() < 1e-9);
        assert!((area.x(&axis, 99.0) - area.right()).abs() < 1e-9);
        assert!((area.y(20.0, 10.0) - 60.0).abs() < 1e-9);
        assert!(area.x(&Axis::default(), 0.0).is_finite());
    }
}
