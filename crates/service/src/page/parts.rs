use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::Language;

/// How something is. Each has a colour, a shape and, from whoever shows it, a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Good with a reservation.
    Warning,
    /// Not as it should be.
    Bad,
    /// Taken by something else for the time being.
    Busy,
    /// Not known.
    Unknown,
}

impl Tone {
    /// The class that carries its colour.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
        }
    }
}

/// A tone's shape, as high as the text. Hidden from screen readers: the word beside it says the same.
#[must_use]
pub fn icon(tone: Tone) -> Markup {
    html! {
        svg.icon.(tone.class()) viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            @match tone {
                Tone::Good => {
                    circle.fill cx="12" cy="12" r="11" {}
                    path.mark d="M6.5 12.5l4 4 7-8.5" {}
                }
                Tone::Warning => {
                    path.fill d="M12 1.5L23.2 22H.8z" {}
                    path.mark d="M12 9v6M12 18v.6" {}
                }
                Tone::Bad => {
                    path.fill d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" {}
                    path.mark d="M8 8l8 8M16 8l-8 8" {}
                }
                Tone::Busy => {
                    rect.fill x="1.5" y="1.5" width="21" height="21" rx="5" {}
                    path.mark d="M6.5 12h11" {}
                }
                Tone::Unknown => {
                    circle.ring cx="12" cy="12" r="10" {}
                    path.stroke d="M9 9.2c.3-1.9 1.5-2.7 3-2.7 1.7 0 3.1 1 3.1 2.7 0 2.2-3.1 2.4-3.1 4.8M12 17v.6" {}
                }
            }
        }
    }
}

/// A state in a word, with its shape and colour.
#[must_use]
pub fn badge(tone: Tone, word: &str) -> Markup {
    html! { span.badge.(tone.class()) { (icon(tone)) " " (word) } }
}

/// A traffic light: bad on top, unknown in the middle, good below. The lamp that is lit shows its mark, so it is read by place and
/// shape too. `word` is for screen readers.
#[must_use]
pub fn light(tone: Tone, word: &str) -> Markup {
    let lit = |lamp: Tone| match (lamp, tone) {
        (Tone::Bad, Tone::Bad) | (Tone::Good, Tone::Good | Tone::Warning) => "lamp lit",
        (Tone::Unknown, Tone::Unknown | Tone::Busy) => "lamp lit",
        _ => "lamp",
    };
    html! {
        svg.light viewBox="0 0 80 212" role="img" aria-label=(word) {
            rect.housing x="2" y="2" width="76" height="208" rx="20" {}
            g class={ "bad " (lit(Tone::Bad)) } { circle cx="40" cy="42" r="29" {} path d="M29 31l22 22M51 31l-22 22" {} }
            g class={ "unknown " (lit(Tone::Unknown)) } {
                circle cx="40" cy="106" r="29" {}
                path d="M31.5 98c.8-5.5 4.5-8 8.7-8 5 0 9 3 9 7.8 0 6.4-9.2 7-9.2 13.7M40 119.5v1.5" {}
            }
            g class={ "good " (lit(Tone::Good)) } { circle cx="40" cy="170" r="29" {} path d="M27 171l9.5 9.5 17-20.5" {} }
        }
    }
}

/// A name that comes from outside: whatever it holds is text, and its direction ends with it.
#[must_use]
pub fn name(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// A day and a time in the office's zone.
#[must_use]
pub fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> Markup {
    html! { time datetime=(at) { (language.day_and_time(at, zone)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tone_has_a_shape_of_its_own() {
        let tones = [Tone::Good, Tone::Warning, Tone::Bad, Tone::Busy, Tone::Unknown];
        let shape = |tone: Tone| icon(tone).into_string().replace(tone.class(), "");
        for (index, tone) in tones.iter().enumerate() {
            for other in tones.iter().skip(index + 1) {
                assert_ne!(shape(*tone), shape(*other));
            }
        }
    }

    #[test]
    fn one_lamp_is_lit_and_green_only_for_what_is_good() {
        for (tone, lamp) in [
            (Tone::Good, "good"),
            (Tone::Warning, "good"),
            (Tone::Bad, "bad"),
            (Tone::Busy, "unknown"),
            (Tone::Unknown, "unknown"),
        ] {
            let text = light(tone, "").into_string();
            assert_eq!(text.matches("lit").count(), 1, "{text}");
            let lit = text.split("<g").find(|part| part.contains("lit")).unwrap();
            assert!(lit.contains(lamp), "{lit}");
        }
    }

    #[test]
    fn a_name_is_text_with_bounds() {
        let text = name("<b>\u{202e}x").into_string();
        assert_eq!(text, "<bdi>&lt;b&gt;\u{202e}x</bdi>");
    }
}
