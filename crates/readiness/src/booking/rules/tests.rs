use super::*;

fn changed(from: &str, to: &str) -> Result<BookingPolicy, String> {
    let text = BookingPolicy::shipped_text("kalbar-98-2021").unwrap();
    assert!(text.contains(from), "{from}");
    let zones = TimeZoneDatabase::bundled();
    BookingPolicy::from_toml(&text.replacen(from, to, 1), &zones).map_err(|error| error.to_string())
}

#[test]
fn the_shipped_policies_have_the_numbers_of_their_procedures() {
    let [kalbar, bengkayang, kipp] = BookingPolicy::all_shipped() else { panic!("three policies") };
    let lead = |policy: &BookingPolicy| (policy.lead_time.on, policy.lead_time.days);
    assert_eq!((kalbar.name.as_str(), lead(kalbar)), ("kalbar-98-2021", (true, 3)));
    assert_eq!((bengkayang.name.as_str(), lead(bengkayang)), ("bengkayang-2023", (true, 2)));
    assert_eq!((kipp.name.as_str(), lead(kipp).0), ("kipp-2020", false));
    assert_eq!((bengkayang.preparation.on, bengkayang.preparation.minutes), (true, 150));
    assert_eq!(
        (kipp.devices.on, kipp.devices.most, kipp.length.on, kipp.length.minutes),
        (true, 40, true, 40)
    );
    let own = kipp.working_hours.own.as_ref().unwrap();
    assert_eq!(
        (own.zone().unwrap().name(), String::from(own.hours.clone()).as_str()),
        ("Asia/Jakarta", "Mon-Fri 08:00-16:00")
    );
    for policy in [kalbar, bengkayang, kipp] {
        assert_eq!((policy.network_at_hour.lower_bound, policy.network_at_hour.days), (0.8, 5));
        assert_eq!(BookingPolicy::shipped(&policy.name), Ok(policy));
    }
}

#[test]
fn the_canonical_text_is_the_policy_and_comments_are_none_of_it() {
    for policy in BookingPolicy::all_shipped() {
        let again = BookingPolicy::from_toml(&policy.canonical(), &TimeZoneDatabase::bundled()).unwrap();
        assert_eq!((&again, again.canonical()), (policy, policy.canonical()));
    }
    let commented = changed("[letter]", "# more\n[letter]").unwrap();
    assert_eq!(commented.canonical(), BookingPolicy::all_shipped()[0].canonical());
    assert_ne!(changed("days = 3", "days = 4").unwrap().canonical(), commented.canonical());
}

#[test]
fn each_mistake_in_a_policy_is_named() {
    let refused = |from: &str, to: &str| changed(from, to).unwrap_err();
    assert!(refused("days = 3", "day = 3").contains("unknown field `day`"));
    assert!(refused("[letter]\non = true", "[letter]").contains("missing field `on`"));
    assert!(refused("[capacity]\non = true", "").contains("missing field `capacity`"));
    assert!(
        refused("on_unknown = \"review\"", "on_unknown = \"approve\"").contains("unknown variant `approve`")
    );
    assert_eq!(refused("days = 3", "days = 366"), "lead_time.days: allowed is 0 to 365");
    assert_eq!(
        refused("review_within_hours = 24", "review_within_hours = 0"),
        "review_within_hours: allowed is 1 to 720"
    );
    assert_eq!(refused("most = 40", "most = 0"), "devices.most: allowed is 1 to 10000");
    assert_eq!(
        refused("lower_bound = 0.8", "lower_bound = 1.0"),
        "network_at_hour.lower_bound: allowed is 0.01 to 0.99"
    );
    assert!(refused("lower_bound = 0.8", "lower_bound = nan").starts_with("network_at_hour.lower_bound: "));
    assert!(refused("name = \"kalbar-98-2021\"", "name = \"K 98\"").starts_with("name: allowed is 1 to 64"));
    let own = "[working_hours]\nown = { zone = \"WIB\", hours = \"Mon-Fri 08:00-16:00\" }";
    assert!(
        refused("[working_hours]", own).starts_with("working_hours.own.zone: there is no time zone “WIB”")
    );
    let software = "[software]\non = true\nany_of = []";
    assert!(
        refused("[software]\non = false\nany_of = [\"zoom\"]", software).starts_with("software.any_of: ")
    );
    let unknown = BookingPolicy::shipped("kalbar").unwrap_err().to_string();
    assert_eq!(
        unknown,
        "there is no policy “kalbar”; shipped are: kalbar-98-2021, bengkayang-2023, kipp-2020"
    );
}

/// Holds docs/policy.md against the policies: what an officer can set is described there.
#[test]
fn every_key_of_a_policy_is_in_its_page() {
    let page = include_str!("../../../../../docs/policy.md");
    let policy: toml::Table = toml::from_str(BookingPolicy::shipped_text("kipp-2020").unwrap()).unwrap();
    for (key, value) in &policy {
        match value {
            toml::Value::Table(rule) if key != "title" => {
                let row = page.lines().find(|line| line.starts_with(&format!("| `[{key}]`")));
                let row = row.unwrap_or_else(|| panic!("[{key}]"));
                let numbers = rule.keys().filter(|it| !["on", "otherwise"].contains(&it.as_str()));
                for number in numbers {
                    assert!(row.contains(&format!("`{number}`")), "[{key}] {number}");
                }
            }
            _ => assert!(page.contains(&format!("`{key}`")), "{key}"),
        }
    }
}
