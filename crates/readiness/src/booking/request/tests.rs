use super::*;

const GOOD: &str = r#"{"room":"diskominfo-r2","slot":{"start":"2026-11-26T09:00:00+07:00","end":"2026-11-26T11:00:00+07:00"},
 "submitted_at":"2026-11-22T08:30:00+07:00","class":"regular","profile":"minimum","letter_ref":"090/12/OPD/2026","devices_expected":32,
 "facts":{"applicant_equipment":true,"applicant_accounts":true,"applicant_staff":true,"division_accounts":true,
          "division_staff":true,"division_capacity":true}}"#;

const NOW: &str = "2026-11-22T09:00:00+07:00";

/// What becomes of a request.
fn booked(json: &str, now: &str) -> Result<Booking, String> {
    let request: Request = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let (profiles, own) = (Profiles::default(), Profile::recommended());
    let booking = Booking::new("SBW-2026-004512".parse().unwrap(), &request, &profiles, own);
    let booking = booking.map_err(|error| error.to_string())?;
    booking.is_timely(now.parse().unwrap()).map_err(|error| error.to_string())?;
    Ok(booking)
}

/// Why the same is refused with one thing written otherwise.
fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    booked(&GOOD.replace(from, to), NOW).unwrap_err()
}

#[test]
fn a_booking_is_read_as_the_interface_has_it() {
    let booking = booked(GOOD, NOW).unwrap();
    assert_eq!(booking.room.as_str(), "diskominfo-r2");
    assert_eq!(booking.slot.start().to_string(), "2026-11-26T02:00:00Z");
    assert_eq!(booking.slot.length(), SignedDuration::from_hours(2));
    assert_eq!(booking.letter_ref.as_deref(), Some("090/12/OPD/2026"));
    assert_eq!(booking.facts.division_capacity, Some(true));
    assert_eq!((booking.facts.no_other_vidcon, booking.room_owner), (None, None));
}

#[test]
fn what_is_left_out_is_not_known_and_the_rest_is_usual() {
    let least = r#"{"room":"r1","slot":{"start":"2026-11-26T09:00:00+07:00","end":"2026-11-26T11:00:00+07:00"},
        "submitted_at":"2026-11-22T01:30:00Z"}"#;
    let booking = booked(least, NOW).unwrap();
    assert_eq!(
        (booking.class, booking.profile.name.as_str()),
        (Class::Regular, "recommended"),
        "as its room"
    );
    assert_eq!((booking.letter_ref, booking.devices_expected), (None, None));
    assert_eq!(booking.facts, Facts::default());
    let empty = least.replace("\"submitted_at\"", "\"letter_ref\":\"  \",\"submitted_at\"");
    assert_eq!(booked(&empty, NOW).unwrap().letter_ref, None, "an empty letter is none");
}

#[test]
fn a_time_has_an_offset_or_is_none() {
    for wrong in
        ["2026-11-26T09:00:00", "2026-11-26", "09:00", "besok", "", "2026-11-26T09:00:00+07:00[Asia/Jakarta]"]
    {
        let error = refused("2026-11-26T09:00:00+07:00", wrong);
        assert!(error.contains(&format!("“{wrong}” is no time; write it with its offset")), "{error}");
    }
    assert!(refused("\"2026-11-26T09:00:00+07:00\"", "1795831200").contains("expected a string"));
    assert!(refused("2026-11-26T09:00:00+07:00", &"9".repeat(5000)).len() < 200);
}

#[test]
fn a_time_is_taken_as_it_is_kept_in_whole_milliseconds() {
    let parts = GOOD.replace("09:00:00+07", "09:00:00.0004999+07");
    assert_eq!(booked(&parts, NOW), booked(GOOD, NOW));
    let instant = GOOD.replace("T11:00:00+07", "T09:00:00.000999+07");
    assert!(
        booked(&instant, NOW).unwrap_err().contains("before it has begun"),
        "nothing would be left of it"
    );
}

#[test]
fn a_slot_ends_after_it_starts_and_within_a_week() {
    for end in ["2026-11-26T09:00:00+07:00", "2026-11-26T08:00:00+07:00"] {
        assert!(refused("2026-11-26T11:00:00+07:00", end).contains("`slot`: it ends ("), "{end}");
    }
    assert!(refused("2026-11-26T11:00:00+07:00", "2026-12-03T09:00:01+07:00").contains("more than 7 days"));
    assert!(booked(&GOOD.replace("2026-11-26T11:00:00+07:00", "2026-12-03T09:00:00+07:00"), NOW).is_ok());
}

#[test]
fn a_slot_is_still_to_come_and_not_ten_years_ahead() {
    let past = |now: &str| booked(GOOD, now).unwrap_err();
    for now in ["2026-11-26T09:00:00+07:00", "2026-11-26T10:00:00+07:00", "2027-01-01T00:00:00Z"] {
        assert!(past(now).contains("`slot`: it began at 2026-11-26T02:00:00Z, which is past"), "{now}");
    }
    assert!(booked(GOOD, "2026-11-26T08:59:59+07:00").is_ok());
    let far = GOOD.replace("2026-11-26T", "2036-11-26T");
    assert!(booked(&far, NOW).unwrap_err().contains("more than two years ahead"));
}

#[test]
fn nothing_was_submitted_in_the_future_but_clocks_differ() {
    let submitted = |at: &str| booked(&GOOD.replace("2026-11-22T08:30:00+07:00", at), NOW);
    assert!(submitted("2026-11-22T09:05:00+07:00").is_ok());
    let error = submitted("2026-11-22T09:05:01+07:00").unwrap_err();
    assert!(error.starts_with("`submitted_at`: 2026-11-22T02:05:01Z lies in the future"), "{error}");
}

#[test]
fn what_is_not_known_to_the_interface_is_refused_by_its_name() {
    assert!(
        refused("\"regular\"", "\"vip\"").contains("unknown variant `vip`, expected `regular` or `leaders`")
    );
    assert!(refused("\"minimum\"", "\"best\"").contains("`profile`: there is no profile “best”"));
    assert!(refused("diskominfo-r2", "Ruang 2").contains("`room`: a room is named with"));
    assert!(refused("\"class\"", "\"klass\"").contains("unknown field `klass`"));
    assert!(refused("division_staff", "divison_staff").contains("unknown field `divison_staff`"));
    assert!(
        refused("\"devices_expected\":32", "\"devices_expected\":-1").contains("invalid value: integer `-1`")
    );
    assert!(refused("\"class\"", "\"room\":\"r2\",\"class\"").contains("duplicate field `room`"));
    assert!(refused("090/12/OPD/2026", "a\\nb").contains("`letter_ref`: a letter's number is one line"));
    assert!(refused("090/12/OPD/2026", &"x".repeat(201)).contains("at most 200 characters"));
    let titled =
        |title: &str| booked(&GOOD.replace("\"class\"", &format!("\"title\":\"{title}\",\"class\"")), NOW);
    assert!(titled("a\\nb").unwrap_err().contains("`title`: what an event is about is one line"));
    assert!(titled(&"é".repeat(121)).unwrap_err().contains("at most 120 characters"));
    assert_eq!(titled(&"é".repeat(120)), booked(GOOD, NOW), "nothing is decided by it");
}

#[test]
fn a_reference_fits_an_address() {
    for good in ["SBW-2026-004512", "a", "1.b_c", &"x".repeat(64)] {
        assert_eq!(good.parse::<BookingRef>().unwrap().as_str(), good);
    }
    for wrong in ["", ".", "..", "-a", "a/b", "a b", "é", "a\n", &"x".repeat(65)] {
        assert_eq!(wrong.parse::<BookingRef>(), Err(RequestError::Reference), "{wrong:?}");
    }
}

#[test]
fn slots_that_touch_do_not_overlap() {
    let slot = |start: &str, end: &str| {
        let at = |time: &str| format!("2026-11-26T{time}:00Z").parse().unwrap();
        Slot::new(at(start), at(end)).unwrap()
    };
    let wanted = slot("09:00", "11:00");
    for (start, end, overlaps) in [
        ("08:00", "09:00", false),
        ("11:00", "12:00", false),
        ("10:59", "12:00", true),
        ("08:00", "12:00", true),
        ("09:30", "10:00", true),
    ] {
        assert_eq!(wanted.overlaps(&slot(start, end)), overlaps, "{start}");
        assert_eq!(slot(start, end).overlaps(&wanted), overlaps, "{start}");
    }
}
