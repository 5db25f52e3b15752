use jiff::tz::TimeZoneDatabase;

use super::*;

fn differences(policy: &str, text: &str) -> Vec<String> {
    let table = Table::from_toml(text, &TimeZoneDatabase::bundled()).unwrap();
    assert_eq!(table.policy, policy);
    let tried = table.run(BookingPolicy::shipped(policy).unwrap());
    let told = |it: Tried| it.differences.into_iter().map(move |found| format!("{}: {found}", it.name));
    tried.into_iter().flat_map(told).collect()
}

#[test]
fn each_shipped_policy_decides_as_its_procedure_says() {
    for policy in BookingPolicy::all_shipped() {
        let cases = BookingPolicy::shipped_cases(&policy.name).unwrap();
        assert_eq!(differences(&policy.name, cases), [""; 0]);
    }
}

/// A rule that could be another one, and no case of the table would tell, is not in it.
#[test]
fn each_rule_and_each_number_of_a_shipped_policy_is_in_its_table() {
    let zones = TimeZoneDatabase::bundled();
    let mut unnoticed = Vec::new();
    for (place, BookingPolicy { name, .. }) in BookingPolicy::all_shipped().iter().enumerate() {
        let table = Table::from_toml(BookingPolicy::shipped_cases(name).unwrap(), &zones).unwrap();
        let rules = BookingPolicy::shipped_text(name).unwrap().parse().unwrap();
        for (key, rules) in with_one_change(&rules) {
            let policy = BookingPolicy::from_toml(&toml::to_string(&rules).unwrap(), &zones).unwrap();
            let same = table.run(&policy).iter().all(|case| case.differences.is_empty());
            if same && !(OWN_NUMBERS.contains(&key.as_str()) && place > 0) {
                unnoticed.push(format!("{name}: {key} in {:?}", rules.get(key.split('.').next().unwrap())));
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// The gate's own and no procedure's: once is enough.
const OWN_NUMBERS: [&str; 4] =
    ["far_ahead_days", "equipment.seen_within_days", "network_at_hour.lower_bound", "network_at_hour.days"];

/// Each switch the other way, each word another one, each number of a rule that is on a little less and more.
fn with_one_change(policy: &toml::Table) -> Vec<(String, toml::Table)> {
    let mut changed = Vec::new();
    for (key, value) in policy {
        for other in others(key, value) {
            let mut policy = policy.clone();
            policy.insert(key.clone(), other);
            changed.push((key.clone(), policy));
        }
        let Some(rule) = value.as_table().filter(|_| key != "title") else { continue };
        let is_on = rule.get("on").and_then(toml::Value::as_bool).unwrap_or(true);
        let mut put = |name: &str, value: Option<toml::Value>| {
            let mut rule = rule.clone();
            match value {
                Some(value) => rule.insert(name.to_owned(), value),
                None => rule.remove(name),
            };
            let mut policy = policy.clone();
            policy.insert(key.clone(), toml::Value::Table(rule));
            changed.push((format!("{key}.{name}"), policy));
        };
        for (name, value) in rule.iter().filter(|(name, _)| is_on || *name == "on") {
            for other in others(name, value) {
                put(name, Some(other));
            }
        }
        if is_on && rule.contains_key("otherwise") {
            put("otherwise", None);
        } else if is_on && rule.contains_key("on") {
            put("otherwise", Some("review".into()));
        }
        if rule.contains_key("own") {
            put("own", None);
        }
    }
    changed
}

fn others(key: &str, value: &toml::Value) -> Vec<toml::Value> {
    let words = |word: &str| match (key, word) {
        ("on_unknown", "review") => vec!["deny".into()],
        ("counted", "dates") => vec!["full_days".into()],
        ("scope", "room") => vec!["service".into()],
        ("scope", "service") => vec!["room".into()],
        ("room_owner", "division") => vec!["applicant".into()],
        ("room_owner", "applicant") => vec!["division".into()],
        ("name" | "otherwise", _) => Vec::new(),
        other => panic!("nobody knows another one: {other:?}"),
    };
    match value {
        toml::Value::Boolean(on) => vec![(!on).into()],
        // It is told as `expires_at`, of which a table says nothing.
        toml::Value::Integer(_) if key == "review_within_hours" => Vec::new(),
        toml::Value::Integer(number) => vec![(number - 1).into(), (number + 1).into()],
        toml::Value::Float(number) => vec![(number - 0.05).into(), (number + 0.05).into()],
        toml::Value::Array(_) => vec![vec!["something-else"].into()],
        toml::Value::String(word) => words(word),
        _ => Vec::new(),
    }
}

/// The smallest table there is.
const SMALL: &str = r#"
policy = "kalbar-98-2021"
[defaults]
now = "2026-11-19T10:00:00+07:00"
[defaults.booking]
room = "r1"
slot = { start = "2026-11-26T09:00:00+07:00", end = "2026-11-26T11:00:00+07:00" }
submitted_at = "2026-11-19T09:30:00+07:00"
[defaults.calendar]
zone = "Asia/Pontianak"
hours = "Mon-Fri 07:15-15:30"
shipped_years = true
[[case]]
name = "the one"
"#;

#[test]
fn a_table_that_expects_something_else_is_told_what_was_found() {
    let text = format!(
        "{SMALL}expect = {{ decision = \"approve\", reasons = [\"LETTER_RECEIVED\"], alternatives = [], message = [\"selamat\"] }}"
    );
    let found = differences("kalbar-98-2021", &text);
    assert!(found[0].ends_with("the one: decision: expected approve, found deny"), "{found:?}");
    assert!(found[1].ends_with("reasons: expected but not given: LETTER_RECEIVED"), "{found:?}");
    assert!(found[2].ends_with("reasons: given but not expected: LETTER_MISSING"), "{found:?}");
    assert!(found[3].contains("alternatives: expected [], found [2026-11-26T"), "{found:?}");
    assert!(found[4].contains("message: “selamat” is not in “Permohonan THIS-1"), "{found:?}");
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_its_case_and_key() {
    let refused = |text: &str| Table::from_toml(text, &TimeZoneDatabase::bundled()).unwrap_err().to_string();
    let case = |more: &str| refused(&format!("{SMALL}{more}"));
    let expect = "expect = { decision = \"deny\" }\n";
    let with = |more: &str| case(&format!("{expect}{more}"));

    assert!(refused("policy = \"x\"").contains("there is no case"));
    assert!(refused("policy = \"x\"\nextra = 1").contains("unknown field `extra`"));
    assert!(refused("policy = \"x\"\n[[case]]\nrule = \"x\"").contains("case 1 has no `name`"));
    assert!(
        with(&format!("[[case]]\nname = \"the one\"\n{expect}")).contains("two cases are called “the one”")
    );
    assert_eq!(case(""), "case “the one”: `expect` is missing");
    assert!(case("expect = { decision = \"yes\" }").starts_with("case “the one”: unknown variant `yes`"));
    assert_eq!(
        case("expect = { decision = \"deny\", reasons = [\"LETER_MISSING\"] }"),
        "case “the one”: there is no reason “LETER_MISSING”"
    );
    assert!(with("booking = { rom = \"r2\" }").contains("unknown field `rom`"));
    assert!(
        with("booking = { room = \"R 2\" }")
            .contains("case “the one”: `booking`: `room`: a room is named with")
    );
    assert!(with("booking = { profile = \"best\" }").contains("there is no profile “best”"));
    assert!(
        with("booking = { submitted_at = \"2026-11-19T09:30:00\" }")
            .contains("is no time; write it with its offset")
    );
    assert!(with("calendar = { zone = \"WIB\" }").contains("`calendar`: there is no time zone “WIB”"));
    assert!(with("calendar = { hours = \"always\" }").contains("not the hours of an office"));
    assert!(
        with("without = [\"booking.letter\"]").contains("`without`: the defaults have no `booking.letter`")
    );
    let check = |code: &str, state: &str| {
        with(&format!(
            "room = {{ checks = [{{ code = \"{code}\", state = \"{state}\", reason = \"CAMERA_MISSING\" }}] }}"
        ))
    };
    assert!(check("CAMRA", "failed").contains("there is no check “CAMRA”"));
    assert!(check("CAMERA", "bad").contains("there is no state “bad”"));
}

/// The table that docs/policy.md shows is one, and is decided as it says by the policy that the page begins with.
#[test]
fn the_page_s_own_table_can_be_run() {
    let page = include_str!("../../../../../docs/policy.md");
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let text = blocks.into_iter().find(|text| text.contains("[[case]]")).unwrap();
    let table = Table::from_toml(text, &TimeZoneDatabase::bundled()).unwrap();
    let tried = table.run(BookingPolicy::shipped("kalbar-98-2021").unwrap());
    assert_eq!(tried.len(), 3);
    for case in tried {
        assert_eq!(case.differences, [""; 0], "{}", case.name);
    }
}
