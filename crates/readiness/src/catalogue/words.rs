//! Fills the placeholders of a text.

use super::Text;

/// What placeholders stand for. One that is not known here is said to be so in the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words {
    /// `{value}`: what was measured. `{days_ago}`: how long ago that is, if it is a number of days.
    pub value: Option<f64>,
    /// `{required}`: what is required.
    pub required: Option<f64>,
    /// `{name}`: what it is about: a device, a server.
    pub name: Option<String>,
    /// `{sizes}`: picture sizes that are required.
    pub sizes: Option<String>,
    /// `{when}`: a time, as each language writes it.
    pub when: Option<Text>,
    /// `{room}`: which room.
    pub room: Option<String>,
    /// Whether it is about what a sustain probe found.
    pub in_sustain: bool,
}

impl Words {
    /// `text` with its placeholders filled. What is filled in is never read as a placeholder itself.
    #[must_use]
    pub fn fill(&self, text: &Text) -> Text {
        Text { id: self.fill_in(&text.id, &INDONESIAN), en: self.fill_in(&text.en, &ENGLISH) }
    }

    /// Whether less was measured than is required. Not so where nothing was measured, nor where it is enough in
    /// numbers: behind a shaper that delays, all of it may arrive.
    pub(super) fn fall_short(&self) -> bool {
        matches!((self.value, self.required), (Some(value), Some(required)) if value < required)
    }

    fn fill_in(&self, template: &str, language: &Language) -> String {
        let mut filled = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, (word, after))) =
            rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(&self.word(word, language).unwrap_or_else(|| language.not_known.to_owned()));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn word(&self, placeholder: &str, language: &Language) -> Option<String> {
        let number = |value: Option<f64>| value.map(|value| language.number(value));
        match placeholder {
            "value" => number(self.value),
            "days_ago" => self.value.map(|days| language.days_ago(days)),
            "required" => number(self.required),
            "name" => self.name.clone(),
            "sizes" => self.sizes.clone(),
            "when" => self.when.as_ref().map(|when| (language.of)(when).to_owned()),
            "room" => self.room.clone(),
            _ => None,
        }
    }
}

/// The placeholders that a text may hold.
#[cfg(test)]
pub(super) const PLACEHOLDERS: [&str; 7] = ["value", "days_ago", "required", "name", "sizes", "when", "room"];

struct Language {
    /// Which of two it is.
    of: fn(&Text) -> &str,
    decimal: &'static str,
    not_known: &'static str,
    /// Less than a day ago, a day ago, and what follows a number of days.
    days_ago: [&'static str; 3],
}

const INDONESIAN: Language = Language {
    of: |text| &text.id,
    decimal: ",",
    not_known: "(tidak diketahui)",
    days_ago: ["kurang dari sehari yang lalu", "sehari yang lalu", "hari yang lalu"],
};
const ENGLISH: Language = Language {
    of: |text| &text.en,
    decimal: ".",
    not_known: "(not known)",
    days_ago: ["less than a day ago", "a day ago", "days ago"],
};

impl Language {
    /// At most two decimals, none that say nothing.
    fn number(&self, value: f64) -> String {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').replace('.', self.decimal)
    }

    /// Not “today” and “yesterday”: these are whole days of 24 hours, whatever the date was.
    fn days_ago(&self, days: f64) -> String {
        let [less, one, more] = self.days_ago;
        match days {
            ..1.0 => less.to_owned(),
            ..2.0 => one.to_owned(),
            _ => format!("{} {more}", self.number(days.floor())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(words: &Words, text: &str) -> (String, String) {
        let text = words.fill(&Text { id: text.to_owned(), en: text.to_owned() });
        (text.id, text.en)
    }

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        let words = Words { value: Some(9.1), required: Some(10.0), ..Words::default() };
        assert_eq!(filled(&words, "{value} / {required}"), ("9,1 / 10".to_owned(), "9.1 / 10".to_owned()));
    }

    #[test]
    fn days_are_told_as_people_do() {
        for (days, indonesian, english) in [
            (0.0, "kurang dari sehari yang lalu", "less than a day ago"),
            (1.0, "sehari yang lalu", "a day ago"),
            (2.0, "2 hari yang lalu", "2 days ago"),
            (30.0, "30 hari yang lalu", "30 days ago"),
        ] {
            let words = Words { value: Some(days), ..Words::default() };
            assert_eq!(filled(&words, "{days_ago}"), (indonesian.to_owned(), english.to_owned()));
        }
    }

    #[test]
    fn what_is_not_known_is_said_to_be_so() {
        assert_eq!(
            filled(&Words::default(), "x {value} y"),
            ("x (tidak diketahui) y".to_owned(), "x (not known) y".to_owned())
        );
    }

    #[test]
    fn a_devices_name_is_never_read_as_a_placeholder() {
        let words = Words { name: Some("{value} {".to_owned()), value: Some(1.0), ..Words::default() };
        assert_eq!(filled(&words, "{name}!").1, "{value} {!");
    }
}
