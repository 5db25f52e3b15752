//! Question and answer: a line of node names, then a line for each with what is known of it.
//!
//! ```text
//! video0 video2\n      video0 yes\n
//!                      video2 no\n
//! ```

use super::Held;

/// No machine has more video nodes (V4L2's minor numbers, Linux `Documentation/admin-guide/devices.txt`).
pub(super) const MOST_NODES: usize = 256;

/// Bytes of a question; 256 times ` video255` fit.
pub(super) const LONGEST_QUESTION: usize = 4096;

/// Bytes of an answer; 256 times `video255 unknown` and an end of line fit.
pub(super) const LONGEST_ANSWER: usize = 8192;

/// `None` if one of `names` is not a video node's, or there are too many.
pub(super) fn question(names: &[&str]) -> Option<String> {
    let line = names.join(" ") + "\n";
    read_question(&line).is_some().then_some(line)
}

/// `None` if it is anything but a question. The empty one is asked to see whether somebody answers.
pub(super) fn read_question(line: &str) -> Option<Vec<&str>> {
    let line = line.strip_suffix('\n')?;
    if line.is_empty() {
        return Some(Vec::new());
    }
    let names: Vec<&str> = line.split(' ').collect();
    (names.len() <= MOST_NODES && names.iter().all(|name| is_node(name))).then_some(names)
}

pub(super) fn answer(names: &[&str], held: impl Fn(&str) -> Held) -> String {
    names.iter().map(|name| format!("{name} {}\n", word(held(name)))).collect()
}

/// `None` if it is anything but an answer to the question about `names`.
pub(super) fn read_answer(text: &str, names: &[&str]) -> Option<Vec<Held>> {
    let mut lines = text.split_inclusive('\n');
    let held: Option<Vec<Held>> = names
        .iter()
        .map(|name| {
            let (node, said) = lines.next()?.strip_suffix('\n')?.split_once(' ')?;
            [Held::Yes, Held::No, Held::Unknown].into_iter().find(|held| node == *name && said == word(*held))
        })
        .collect();
    held.filter(|_| lines.next().is_none())
}

fn word(held: Held) -> &'static str {
    match held {
        Held::Yes => "yes",
        Held::No => "no",
        Held::Unknown => "unknown",
    }
}

fn is_node(name: &str) -> bool {
    let number = name.strip_prefix("video").and_then(|digits| digits.parse::<u8>().ok());
    number.is_some_and(|number| name == format!("video{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_understood_and_anything_else_is_not() {
        assert_eq!(read_question("video0 video12\n"), Some(vec!["video0", "video12"]));
        assert_eq!(read_question("\n"), Some(vec![]));
        for wrong in [
            "",
            "video0",
            "video\n",
            "video00\n",
            "video256\n",
            "video0  video1\n",
            " video0\n",
            "video0\nvideo1\n",
            "../1/environ\n",
            "video0/../../proc\n",
            "video-1\n",
        ] {
            assert_eq!(read_question(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_most_that_can_be_asked_and_said_is_within_the_bounds() {
        let names: Vec<String> = (0..256).map(|number| format!("video{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let line = question(&names).unwrap();
        assert!(line.len() <= LONGEST_QUESTION);
        let said = answer(&names, |_| Held::Unknown);
        assert!(said.len() <= LONGEST_ANSWER);
        assert_eq!(read_answer(&said, &names), Some(vec![Held::Unknown; 256]));
        assert_eq!(question(&[names, vec!["video0"]].concat()), None, "more nodes than there can be");
    }

    #[test]
    fn an_answer_says_exactly_what_was_asked() {
        let names = ["video0", "video2"];
        assert_eq!(read_answer("video0 yes\nvideo2 no\n", &names), Some(vec![Held::Yes, Held::No]));
        assert_eq!(read_answer("", &[]), Some(vec![]));
        for wrong in [
            "",
            "video0 yes\n",
            "video0 yes\nvideo2 no",
            "video2 no\nvideo0 yes\n",
            "video0 yes\nvideo2 no\nvideo3 no\n",
            "video0 yes\nvideo2 No\n",
            "video0 yes\nvideo2 no pid=17\n",
        ] {
            assert_eq!(read_answer(wrong, &names), None, "{wrong:?}");
        }
    }
}
