//! What a room's machine leads to.

mod room;

use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, Policy, Profile, Readiness, RoomVerdict, TimeToLive, evaluate,
    host::{Host, MachineKind, Power, Presence},
};

use room::*;

/// A room whose devices and link are good for every shipped profile, so that only its machine decides.
fn equipped(host: Host) -> Room {
    let mut room = Room::new(Policy::default());
    room.probe(pass(20), pass(20)).sustain(pass(20), pass(20)).scan(webcam()).host(host);
    room
}

fn without_zoom() -> Host {
    let mut host = laptop();
    host.programs[0].presence = Presence::Absent;
    host
}

fn power(readiness: &Readiness) -> (CheckState, Code) {
    says(readiness, CheckCode::Power)
}

fn software(readiness: &Readiness) -> (CheckState, Code) {
    says(readiness, CheckCode::Software)
}

#[test]
fn a_laptop_on_mains_with_zoom_leaves_nothing_to_be_said() {
    let readiness = equipped(laptop()).recommended();
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(power(&readiness), (CheckState::Ok, Code::PowerMains));
    assert_eq!(says(&readiness, CheckCode::Machine), (CheckState::Ok, Code::MachineLaptop));
    assert_eq!(software(&readiness), (CheckState::Ok, Code::SoftwareFound));
    assert!(check(&readiness, CheckCode::Software).text.id.contains("Zoom"));
}

#[test]
fn a_laptop_on_battery_is_granted_with_a_warning_that_says_what_to_do() {
    let readiness = equipped(Host { power: Power::Battery, charge_percent: Some(41), ..laptop() }).minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    let check = check(&readiness, CheckCode::Power);
    assert_eq!((check.state, check.reason), (CheckState::Warning, Code::PowerBattery));
    assert_eq!((check.value, check.unit.as_deref()), (Some(41.0), Some("%")));
    assert!(check.remedy.en.contains("Plug in the charger"));
    assert!(readiness.reasons.contains(&Code::PowerBattery));
}

#[test]
fn what_the_machine_runs_on_is_said_not_to_be_known_where_it_is_not() {
    let readiness = equipped(Host { power: Power::Unknown, ..laptop() }).minimum();
    assert_eq!(power(&readiness), (CheckState::Warning, Code::PowerUnknown));
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
}

#[test]
fn an_office_may_require_mains() {
    let profile = Profile::from_toml("mains".parse().unwrap(), "power = { required = true }").unwrap();
    let told = |power| equipped(Host { power, ..laptop() }).readiness(&profile).verdict;
    assert_eq!(told(Power::Mains), RoomVerdict::Ready);
    assert_eq!(told(Power::Battery), RoomVerdict::NotReady);
    assert_eq!(told(Power::Unknown), RoomVerdict::Unknown);
}

#[test]
fn a_ups_that_is_declared_is_told_whatever_the_machine_runs_on() {
    for power in [Power::Mains, Power::Battery] {
        let readiness = equipped(Host { power, ups: true, ..laptop() }).minimum();
        assert!(check(&readiness, CheckCode::Power).text.id.ends_with("dilindungi UPS."));
    }
    let readiness = equipped(laptop()).minimum();
    assert!(!check(&readiness, CheckCode::Power).text.id.contains("UPS"));
}

#[test]
fn recommended_asks_for_a_laptop_or_a_pc_and_minimum_for_neither() {
    for (machine, state, verdict) in [
        (MachineKind::Laptop, CheckState::Ok, RoomVerdict::Ready),
        (MachineKind::Desktop, CheckState::Ok, RoomVerdict::Ready),
        (MachineKind::Tablet, CheckState::Failed, RoomVerdict::NotReady),
        (MachineKind::Other, CheckState::Failed, RoomVerdict::NotReady),
        (MachineKind::Virtual, CheckState::Unknown, RoomVerdict::Unknown),
        (MachineKind::Unknown, CheckState::Unknown, RoomVerdict::Unknown),
    ] {
        let room = equipped(Host { machine, ..laptop() });
        let readiness = room.recommended();
        let told = check(&readiness, CheckCode::Machine);
        assert_eq!((told.state, readiness.verdict), (state, verdict), "{machine}");
        assert_eq!(told.remedy.id.contains("host.machine"), {
            matches!(machine, MachineKind::Other | MachineKind::Virtual | MachineKind::Unknown)
        });
        assert_eq!(room.minimum().verdict, RoomVerdict::Ready, "{machine}");
    }
}

#[test]
fn a_missing_zoom_is_a_warning_that_denies_where_the_procedure_asks_for_it() {
    let room = equipped(without_zoom());
    for profile in [Profile::minimum(), Profile::recommended()] {
        let readiness = room.readiness(profile);
        assert_eq!(software(&readiness), (CheckState::Warning, Code::SoftwareMissing));
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
        assert!(check(&readiness, CheckCode::Software).remedy.en.contains("install Zoom"));
    }
    let readiness = room.readiness(Profile::kipp_2020());
    assert_eq!(software(&readiness), (CheckState::Failed, Code::SoftwareMissing));
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(equipped(laptop()).readiness(Profile::kipp_2020()).verdict, RoomVerdict::Ready);
}

#[test]
fn one_program_of_the_list_is_enough_and_one_that_was_not_looked_for_is_not_known() {
    let text = "software = { any_of = [\"jitsi\", \"zoom\"], required = true }";
    let profile = Profile::from_toml("either".parse().unwrap(), text).unwrap();
    assert_eq!(equipped(laptop()).readiness(&profile).verdict, RoomVerdict::Ready);
    let readiness = equipped(without_zoom()).readiness(&profile);
    assert_eq!(software(&readiness), (CheckState::Unknown, Code::SoftwareUnknown));
    assert!(check(&readiness, CheckCode::Software).text.en.ends_with(": jitsi."));
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
}

#[test]
fn a_look_at_the_machine_grows_old_and_ends_with_a_sleep() {
    let mut room = equipped(laptop());
    room.pass(5 * MINUTE).observe(siaga_readiness::Evidence::Devices(webcam()));
    let stale = (CheckState::Warning, Code::EvidenceStale);
    assert_eq!((power(&room.minimum()), software(&room.minimum())), (stale, stale));
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready, "what only warns takes nothing away");
    let readiness = room.recommended();
    assert_eq!(says(&readiness, CheckCode::Machine), (CheckState::Unknown, Code::EvidenceStale));
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(check(&readiness, CheckCode::Machine).age_s, Some(300.0));

    room.host(laptop());
    assert_eq!(room.recommended().verdict, RoomVerdict::Ready);
    room.pass(1).invalidate(Cause::NetworkChanged);
    assert_eq!(power(&room.minimum()), (CheckState::Ok, Code::PowerMains));
    room.pass(1).invalidate(Cause::Resumed);
    assert_eq!(power(&room.minimum()), (CheckState::Warning, Code::MachineResumed));
}

#[test]
fn who_wants_younger_evidence_of_the_machine_gets_none_that_is_older() {
    let mut room = equipped(laptop());
    room.pass(MINUTE).observe(siaga_readiness::Evidence::Devices(webcam())).probe(pass(20), pass(20));
    let limit: TimeToLive = "30s".parse().unwrap();
    let younger = room.tracker.snapshot().clone().no_older_than(Some(limit));
    let readiness = evaluate(&younger, Profile::recommended(), room.now);
    assert_eq!(says(&readiness, CheckCode::Machine), (CheckState::Unknown, Code::EvidenceStale));
}
