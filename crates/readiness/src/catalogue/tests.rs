use std::collections::BTreeSet;

use super::{words::PLACEHOLDERS, *};

#[test]
fn every_code_has_words_and_all_words_have_a_code() {
    let table: toml::Table = toml::from_str(SOURCE).unwrap();
    let written: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(written, codes);
    assert_eq!(CATALOGUE.len(), Code::ALL.len());
}

#[test]
fn every_text_is_written_in_both_languages_and_ends_as_a_sentence() {
    for code in Code::ALL {
        let Entry { text, shortfall, in_sustain, remedy } = entry(*code);
        for Text { id, en } in [text, shortfall, in_sustain, remedy] {
            assert_eq!(id.is_empty(), en.is_empty(), "{code}");
            assert!(id.is_empty() || (id.ends_with('.') && en.ends_with('.') && id != en), "{code}");
        }
        assert!(!text.id.is_empty(), "{code}");
    }
}

#[test]
fn both_languages_use_the_same_known_placeholders() {
    let placeholders = |text: &str| -> BTreeSet<String> {
        text.split('{').skip(1).map(|tail| tail.split_once('}').unwrap().0.to_owned()).collect()
    };
    for code in Code::ALL {
        let Entry { text, shortfall, in_sustain, remedy } = entry(*code);
        for text in [text, shortfall, in_sustain, remedy] {
            let used = placeholders(&text.id);
            assert_eq!(used, placeholders(&text.en), "{code}");
            assert!(used.iter().all(|word| PLACEHOLDERS.contains(&word.as_str())), "{code}: {used:?}");
        }
    }
}

#[test]
fn what_arrived_is_told_only_where_it_was_measured_and_is_too_little() {
    let told = |value| {
        let words = Words { value, required: Some(10.0), ..Words::default() };
        entry(Code::NetUpBelowMinimum).found(&words)
    };
    assert!(told(Some(9.1)).id.ends_with(" Yang sampai hanya 9,1 Mbit/s."), "{}", told(Some(9.1)).id);
    assert!(told(Some(9.1)).en.ends_with(" Only 9.1 Mbit/s arrived."), "{}", told(Some(9.1)).en);
    for value in [None, Some(10.0), Some(10.4)] {
        assert!(!told(value).id.contains("sampai") && !told(value).en.contains("arrived"), "{value:?}");
    }
}

#[test]
fn a_code_is_written_alike_in_json_and_in_text() {
    for code in Code::ALL {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
    }
    assert_eq!(serde_json::from_str::<Code>("\"OF_A_NEWER_PEER\"").unwrap(), Code::Unknown);
}
