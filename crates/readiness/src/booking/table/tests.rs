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
