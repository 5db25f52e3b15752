use jiff::civil::{date, time};

use super::*;

fn calendar(zone: &str) -> Calendar {
    let zone = Zone::named(zone, &TimeZoneDatabase::bundled()).unwrap();
    let empty = Calendar::new(zone, "Mon-Thu 07:30-16:00, Fri 07:30-11:30, Fri 13:00-16:30".parse().unwrap());
    Calendar::shipped_years().iter().cloned().fold(empty, Calendar::with)
}

#[test]
fn a_date_is_a_working_day_only_of_a_year_that_is_complete() {
    let calendar = calendar("Asia/Pontianak");
    let day = |year, month, day| calendar.day(date(year, month, day), calendar.hours());
    assert!(matches!(day(2026, 11, 26), Day::Open(_)));
    assert!(matches!(day(2026, 11, 27), Day::Open(windows) if windows.len() == 2));
    assert_eq!(day(2026, 11, 28), Day::Off);
    assert_eq!(day(2026, 12, 25), Day::Holiday("Kelahiran Yesus Kristus"));
    assert!(matches!(day(2027, 3, 10), Day::Unknown(_)), "a year that is not complete");
    assert_eq!(day(2027, 6, 1), Day::Holiday("Hari Lahir Pancasila"), "what is known is known");
    assert!(matches!(day(2031, 3, 12), Day::Unknown(_)), "a year that is missing");
    assert_eq!(day(2031, 3, 15), Day::Off, "a Saturday of any year");
}

#[test]
fn days_that_are_alike_are_told_by_the_day_of_the_week_where_nothing_else_is_known() {
    let calendar = calendar("Asia/Pontianak");
    assert!(calendar.works(date(2026, 11, 26)) && !calendar.works(date(2026, 12, 24)));
    assert!(calendar.works(date(2031, 3, 12)) && !calendar.works(date(2031, 3, 15)));
    assert_eq!(calendar.opening(date(2026, 11, 27)), Some(time(7, 30, 0, 0)));
    assert_eq!(calendar.opening(date(2026, 12, 24)), None);
}

#[test]
fn the_shipped_year_is_the_decree_s() {
    let [year, next] = Calendar::shipped_years() else { panic!("two years") };
    let leave = year.days.values().filter(|name| name.starts_with("Cuti bersama")).count();
    assert_eq!((year.year, year.complete, year.days.len() - leave, leave), (2026, true, 17, 8));
    assert_eq!((next.year, next.complete), (2027, false));
}

#[test]
fn the_office_s_own_list_takes_the_place_of_a_shipped_one() {
    let own = HolidayYear::from_toml("year = 2026\ncomplete = true\n[days]\n\"2026-11-26\" = \"Hari jadi\"")
        .unwrap();
    let calendar = calendar("Asia/Pontianak").with(own);
    assert_eq!(calendar.day(date(2026, 11, 26), calendar.hours()), Day::Holiday("Hari jadi"));
    assert!(calendar.works(date(2026, 12, 25)));
}

#[test]
fn each_mistake_in_a_year_is_named() {
    let refused = |text: &str| HolidayYear::from_toml(text).unwrap_err().to_string();
    let days = |days: &str| refused(&format!("year = 2026\ncomplete = true\n[days]\n{days}"));
    assert!(refused("year = 2026\n[days]").contains("missing field `complete`"));
    assert!(refused("year = 2026\ncompleted = true\n[days]").contains("unknown field `completed`"));
    assert!(
        days("\"17 August\" = \"x\"").contains("days: “17 August” is no day; write it like \"2026-08-17\"")
    );
    assert!(days("\"2026-02-30\" = \"x\"").contains("days: “2026-02-30” is no day"));
    assert!(days("\"2025-08-17\" = \"x\"").contains("days: 2025-08-17 does not lie in 2026"));
    assert!(days("\"2026-08-17\" = \"\"").contains("days: 2026-08-17 needs a name"));
    assert!(days("\"2026-08-17\" = \"a\"\n\"2026-08-17\" = \"b\"").contains("duplicate key"));
}

#[test]
fn each_zone_of_the_country_has_its_name() {
    let label = |zone: &str, at: &str| {
        Zone::named(zone, &TimeZoneDatabase::bundled()).unwrap().label(at.parse().unwrap())
    };
    let day = "2026-11-26T02:00:00Z";
    for (zone, name) in [
        ("Asia/Jakarta", "WIB"),
        ("Asia/Pontianak", "WIB"),
        ("Asia/Makassar", "WITA"),
        ("Asia/Jayapura", "WIT"),
        ("Europe/Berlin", "CET"),
        ("Asia/Dubai", "UTC+04:00"),
        ("Asia/Kathmandu", "UTC+05:45"),
        ("America/Sao_Paulo", "UTC−03:00"),
    ] {
        assert_eq!(label(zone, day), name, "{zone}");
    }
    assert_eq!(label("Europe/Berlin", "2026-07-01T00:00:00Z"), "CEST");
    let wrong = Zone::named("WIB", &TimeZoneDatabase::bundled()).unwrap_err().to_string();
    assert!(
        wrong
            .starts_with("there is no time zone “WIB”; use a name of the IANA database, like Asia/Pontianak")
    );
}
