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
fn kalbar_decides_as_its_procedure_says() {
    let text = include_str!("../../../policies/kalbar-98-2021.cases.toml");
    assert_eq!(differences("kalbar-98-2021", text), [""; 0]);
}

#[test]
fn bengkayang_decides_as_its_procedure_says() {
    let text = include_str!("../../../policies/bengkayang-2023.cases.toml");
    assert_eq!(differences("bengkayang-2023", text), [""; 0]);
}

#[test]
fn kipp_decides_as_its_requirements_say() {
    let text = include_str!("../../../policies/kipp-2020.cases.toml");
    assert_eq!(differences("kipp-2020", text), [""; 0]);
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
