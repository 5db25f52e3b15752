//! The texts of toml and serde in words for people, without the values that they quote.

/// What is wrong with the form of a document; `marked` is the part that the message is about.
pub(super) fn syntax(message: &str, marked: &str) -> String {
    match message.split_once(", expected ").map_or(message, |(cause, _)| cause) {
        "duplicate key" => format!("`{marked}` is set a second time; keep one of the two"),
        "string values must be quoted" => "text must be in quotes, like \"text\"".to_owned(),
        "invalid basic string" | "invalid literal string" => {
            "a text does not end; close it with a quote".to_owned()
        }
        "missing escaped value" => {
            "a backslash begins an escape here; write it twice, or the text in single quotes".to_owned()
        }
        "recursion limit" | "cannot recurse further; max recursion depth met" => {
            "nested too deeply; use fewer levels".to_owned()
        }
        _ => message.to_owned(),
    }
}

/// What is wrong with a value.
pub(super) fn value(message: &str) -> String {
    if let Some((name, known)) = unknown("unknown variant", message) {
        return match closest(name, &known) {
            Some(meant) => format!("unknown value; did you mean `{meant}`?"),
            None => format!("unknown value; use one of {}", list(&known)),
        };
    }
    if let Some((found, expected)) = unexpected("invalid type: ", message) {
        // Beyond 64 bits it is a type of its own for serde.
        let expected_words = expected_in_words(expected);
        if found == "integer" && expected_words.starts_with("a whole number") {
            return format!("out of range; use {expected_words}");
        }
        let remedy = match (expected, found) {
            ("a sequence", "map") => A_LIST,
            ("a string", "integer" | "floating point" | "boolean") => "; put it in quotes",
            _ => "",
        };
        return format!("must be {expected_words}, not {}{remedy}", found_in_words(found));
    }
    if let Some((found, expected)) = unexpected("invalid value: ", message) {
        let cause = if found == "string" { "not accepted" } else { "out of range" };
        return format!("{cause}; use {}", expected_in_words(expected));
    }
    match message {
        // An enumeration that was given a number or the like.
        "wanted string or table" => "must be text in quotes".to_owned(),
        "invalid socket address syntax" => {
            "not an address with a port; write it like 127.0.0.1:PORT or [::1]:PORT, without http:// and without a name".to_owned()
        }
        "invalid IP address syntax" => "not an IP address; write it like 192.0.2.1 or 2001:db8::1".to_owned(),
        other => other.to_owned(),
    }
}

/// The remedy for a table where a list of them belongs.
pub(super) const A_LIST: &str = "; write its name in double brackets, like [[name]]";

/// The name and the known names of "unknown field `name`, expected one of `a`, `b`".
pub(super) fn unknown<'a>(what: &str, message: &'a str) -> Option<(&'a str, Vec<&'a str>)> {
    let rest = message.strip_prefix(what)?.strip_prefix(" `")?;
    if let Some((name, known)) = rest.rsplit_once("`, expected ") {
        return Some((name, known.split('`').skip(1).step_by(2).collect()));
    }
    Some((rest.rsplit_once("`, there are no ")?.0, Vec::new()))
}

/// The known name that a misspelt one most likely stands for.
pub(super) fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), *known));
    let (distance, closest) = distances.min_by_key(|(distance, _)| *distance)?;
    // A third of the letters wrong is another word.
    (distance * 3 <= closest.chars().count()).then_some(closest)
}

/// `a`, `b`, `c`.
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The kind of value and the expectation of "invalid type: string \"x\", expected u8"; the value itself is left out.
fn unexpected<'a>(what: &str, message: &'a str) -> Option<(&'a str, &'a str)> {
    let (found, expected) = message.strip_prefix(what)?.rsplit_once(", expected ")?;
    Some((found.split(['`', '"']).next()?.trim_end(), expected))
}

fn found_in_words(found: &str) -> &str {
    match found {
        "string" => "text",
        "integer" => "a whole number",
        "floating point" => "a number with a fraction",
        "boolean" => "true or false",
        "sequence" => "an array",
        "map" => "a table",
        other => other,
    }
}

fn expected_in_words(expected: &str) -> String {
    macro_rules! whole_numbers {
        ($($integer:ident)*) => {
            match expected {
                $(
                    stringify!($integer) => return range($integer::MIN.into(), $integer::MAX.into()),
                    concat!("a nonzero ", stringify!($integer)) if $integer::MIN == 0 => return range(1, $integer::MAX.into()),
                )*
                _ => {}
            }
        };
    }
    whole_numbers!(u8 u16 u32 u64 i8 i16 i32 i64);
    match expected {
        "a string" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a table".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

/// A whole number's range, as far as TOML can write it.
fn range(min: i128, max: i128) -> String {
    match (min, max) {
        (_, ..LARGEST) => format!("a whole number from {min} to {max}"),
        (0.., _) => format!("a whole number from {min} up"),
        _ => "a whole number".to_owned(),
    }
}

const LARGEST: i128 = i64::MAX as i128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_repeated() {
        for message in [
            "invalid type: string \"hunter2\", expected u8",
            "invalid type: string \"a, expected hunter2\", expected a boolean",
            "invalid value: string \"hunter2\", expected a room",
            "invalid type: integer `2727`, expected a string",
            "unknown variant `hunter2`, expected `gate` or `sustain`",
        ] {
            let words = value(message);
            assert!(!words.contains("hunter2") && !words.contains("2727"), "{words}");
        }
    }

    #[test]
    fn a_misspelt_name_is_recognised_and_another_word_is_not() {
        let known = ["interval", "servers", "rate"];
        assert_eq!(closest("intervall", &known), Some("interval"));
        assert_eq!(closest("server", &known), Some("servers"));
        assert_eq!(closest("Rate", &known), Some("rate"));
        assert_eq!(closest("timeout", &known), None);
        assert_eq!(closest("x", &[]), None);
    }

    #[test]
    fn ranges_are_told_as_far_as_toml_can_write_them() {
        assert_eq!(expected_in_words("u8"), "a whole number from 0 to 255");
        assert_eq!(expected_in_words("a nonzero u16"), "a whole number from 1 to 65535");
        assert_eq!(expected_in_words("i8"), "a whole number from -128 to 127");
        assert_eq!(expected_in_words("u64"), "a whole number from 0 up");
        assert_eq!(expected_in_words("i64"), "a whole number");
    }

    #[test]
    fn a_text_that_a_type_refuses_is_not_called_out_of_range() {
        let message = "invalid value: string \"Hall 1\", expected a name of small letters and digits";
        assert_eq!(value(message), "not accepted; use a name of small letters and digits");
    }

    #[test]
    fn names_with_odd_characters_do_not_confuse_the_list_of_known_ones() {
        let message = "unknown field `a`, expected `b`, expected one of `c`, `d`";
        assert_eq!(unknown("unknown field", message), Some(("a`, expected `b", vec!["c", "d"])));
    }
}
