use serde::Serialize;
use serde_json::Value;

/// JSON that has one form only: keys sorted by their bytes, nothing between the tokens. So equal facts have equal hashes.
///
/// # Errors
/// The value can't be written as JSON: a key that is no text.
pub fn canonical(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = String::new();
    write(&serde_json::to_value(value)?, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> serde_json::Result<()> {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                separate(number, text);
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (number, (key, member)) in members.into_iter().enumerate() {
                separate(number, text);
                text.push_str(&serde_json::to_string(key)?);
                text.push(':');
                write(member, text)?;
            }
            text.push('}');
        }
        single => text.push_str(&serde_json::to_string(single)?),
    }
    Ok(())
}

fn separate(number: usize, text: &mut String) {
    if number > 0 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_facts_have_one_form() {
        let one: Value =
            serde_json::from_str("{ \"b\": [1, 2.5, {\"z\": null, \"a\": \"ü\\n\"}], \"a\": true }").unwrap();
        let other: Value =
            serde_json::from_str("{\"a\":true,\"b\":[1,2.50,{\"a\":\"\\u00fc\\n\",\"z\":null}]}").unwrap();
        let text = canonical(&one).unwrap();
        assert_eq!(text, "{\"a\":true,\"b\":[1,2.5,{\"a\":\"ü\\n\",\"z\":null}]}");
        assert_eq!(canonical(&other).unwrap(), text);
    }

    #[test]
    fn numbers_come_back_as_they_were() {
        for number in [0.1_f64 + 0.2, 1e300, -0.0, 5e-324, 1_764_124_800.123_456] {
            let text = canonical(&number).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
