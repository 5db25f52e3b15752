//! Names as people may safely see them.

/// The longest name kept, in characters.
const LONGEST: usize = 100;

/// `raw` on one line: control and direction-changing characters become spaces, runs of white space one
/// space, at most 100 characters. `None` if nothing is left.
pub(crate) fn clean_name(raw: &str) -> Option<String> {
    let visible: String =
        raw.chars().take(16 * LONGEST).map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    let mut name = String::new();
    for word in visible.split_whitespace() {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    let name: String = name.chars().take(LONGEST).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Control characters, and the format characters that reorder or hide text around them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::clean_name;

    #[test]
    fn an_ordinary_name_stays_as_it_is() {
        assert_eq!(clean_name("HD Pro Webcam C920").as_deref(), Some("HD Pro Webcam C920"));
        assert_eq!(clean_name("Kamera “Aula” é").as_deref(), Some("Kamera “Aula” é"));
    }

    #[test]
    fn a_name_cannot_break_the_line_or_colour_a_terminal() {
        assert_eq!(clean_name("Cam\n\"x\"\t\u{1b}[31mred\0").as_deref(), Some("Cam \"x\" [31mred"));
        assert_eq!(clean_name("Cam\u{202e}gpj.exe").as_deref(), Some("Cam gpj.exe"));
    }

    #[test]
    fn a_name_of_ten_thousand_letters_is_cut_by_characters_not_bytes() {
        let name = clean_name(&"é".repeat(10_000)).unwrap();
        assert_eq!(name.chars().count(), 100);
    }

    #[test]
    fn a_name_of_nothing_visible_is_no_name() {
        assert_eq!(clean_name(" \n\u{200b}\0 "), None);
    }
}
