use std::collections::BTreeSet;

use axum::{
    body::to_bytes,
    extract::RawForm,
    http::{HeaderMap, StatusCode},
};
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    Trial,
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    policy::Policy,
    profile::Profiles,
    reasons::Code,
    report::{Agenda, Began, Happening, NextBooking},
    snapshot::{Cause, Setup},
    state::CheckState,
    trial::{DeviceKind, Judgement, TrialOutcome},
};

use super::*;
use crate::{host, sample};

const HOSTILE: &str = "<script>alert('x')</script> \"'& \u{202e}abc 🎥";

fn page(with: impl FnOnce(&Room)) -> Page {
    let setup = Setup { room: "r2".into(), probe_server: None, policy: Policy::default() };
    let room = Arc::new(Room::new(setup, Profiles::default(), "minimum", host::now()).unwrap());
    with(&room);
    Page::new(room, Arc::new(ChangeWatch::new().0), || TimeZone::get("Asia/Pontianak").unwrap())
}

fn with_devices(room: &Room, name: &str) {
    let mut inventory = sample::inventory();
    inventory.cameras[0].name = name.to_owned();
    inventory.microphones[0].name = name.to_owned();
    let evidence = Evidence::Devices(inventory);
    room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
}

fn booked(room: &Room, title: &str) {
    let now = host::now().wall;
    let booking = NextBooking {
        reference: "SBW-1".into(),
        title: Some(title.into()),
        start: now + Duration::from_secs(3600),
        end: now + Duration::from_secs(7200),
        class: "leaders".into(),
        decision: "approve".into(),
        checklist: Vec::new(),
    };
    room.bookings().are(Agenda { bookings: vec![booking] }, now);
}

fn html(page: &Page, language: Language) -> String {
    let view = page.view(language);
    document(&view, &[&STYLE], &[&SCRIPT]).render().into_string()
}

#[test]
fn names_from_outside_are_text() {
    let page = page(|room| {
        with_devices(room, HOSTILE);
        booked(room, HOSTILE);
    });
    for language in Language::ALL {
        let text = html(&page, language);
        assert!(!text.contains("<script>alert"), "{text}");
        assert!(text.contains("<bdi>&lt;script&gt;alert"), "{text}");
        let scripts = text.matches("<script").count();
        assert_eq!(scripts, 1, "our own");
    }
}

#[test]
fn every_part_has_its_id_once_and_every_label_its_field() {
    let page = page(|room| booked(room, "x"));
    let text = html(&page, Language::Indonesian);
    let ids: Vec<_> = attribute(&text, " id=\"").collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
    for (part, _) in parts(&page.view(Language::English)) {
        assert!(ids.contains(&part), "{part}: {ids:?}");
    }
    for field in attribute(&text, " for=\"").chain(attribute(&text, "aria-labelledby=\"")) {
        assert!(ids.contains(&field), "{field}");
    }
}

fn attribute<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    text.split(name).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn what_is_wrong_comes_first_with_its_remedy() {
    let page = page(|room| {
        let inventory = siaga_readiness::inventory::Inventory::default();
        let evidence = Evidence::Devices(inventory);
        room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
    });
    let text = html(&page, Language::Indonesian);
    assert!(text.contains("Tidak siap untuk konferensi video"), "{text}");
    let first = text.split("class=\"check ").nth(1).unwrap();
    assert!(first.starts_with("bad") && first.contains("Yang perlu dilakukan:"), "{first}");
    assert!(html(&page, Language::English).contains("Not ready for a video conference"));
}

#[test]
fn a_page_is_small_whatever_happened() {
    let page = page(|room| {
        with_devices(room, "C920");
        booked(room, "x");
    });
    let size = html(&page, Language::Indonesian).len()
        + [&*STYLE, &*SCRIPT, &*page::STYLE, &*page::ICON].iter().map(|it| it.text().len()).sum::<usize>();
    assert!(size < 100_000, "{size}");
}

#[tokio::test]
async fn opening_the_page_makes_a_session_once_and_does_nothing_else() {
    let page = page(|_| {});
    let first = show(State(page.clone()), Language::Indonesian, HeaderMap::new()).await;
    let cookies = |response: &Response| {
        let cookies = response.headers().get_all(header::SET_COOKIE).iter();
        cookies.map(|it| it.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let session = cookies(&first).into_iter().find(|it| it.starts_with(SESSION)).unwrap();
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{session}");
    let known = HeaderMap::from_iter([(header::COOKIE, session.split(';').next().unwrap().parse().unwrap())]);
    let again = show(State(page.clone()), Language::Indonesian, known).await;
    assert!(!cookies(&again).iter().any(|it| it.starts_with(SESSION)));
    assert!(!page.room.probe_demand().is_waiting() && !page.room.trial_demand().is_waiting());
}

fn from_script() -> HeaderMap {
    HeaderMap::from_iter([(header::ACCEPT, "application/json".parse().unwrap())])
}

#[tokio::test]
async fn the_button_has_the_devices_tried_and_without_a_script_the_page_comes_back() {
    let page = page(|_| {});
    let check = |headers| actions::check(State(page.clone()), Language::English, headers);
    assert_eq!(check(from_script()).await.status(), StatusCode::NO_CONTENT);
    assert!(page.room.trial_demand().is_waiting());
    assert!(html(&page, Language::English).contains("Checking …"));
    let shown = check(HeaderMap::new()).await;
    assert_eq!(
        (shown.status(), &shown.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
}

#[tokio::test]
async fn nothing_is_tried_into_a_meeting_and_the_page_says_why_in_its_language() {
    let page = page(|room| {
        let mut inventory = sample::inventory();
        inventory.microphones[0].state = CheckState::InUse;
        let evidence = Evidence::Devices(inventory);
        room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
    });
    let refused = actions::check(State(page.clone()), Language::Indonesian, from_script()).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let said = to_bytes(refused.into_body(), 4096).await.unwrap();
    assert!(String::from_utf8_lossy(&said).contains("mungkin untuk rapat"), "{said:?}");
    assert!(!page.room.trial_demand().is_waiting());
    assert_eq!(page.room.probe_demand().purpose(), Purpose::Routine);
}

#[tokio::test]
async fn a_step_is_ticked_with_name_and_time_where_it_is_kept_and_else_the_page_says_so() {
    let page = page(|room| booked(room, "x"));
    let tick = async |form: &'static str| {
        let (page, form) = (State(page.clone()), RawForm(form.into()));
        actions::tick(page, Language::Indonesian, from_script(), form).await.status()
    };
    let good = "ref=SBW-1&item=radio_ready&name=Dewi+%3Cb%3E";
    assert_eq!(tick(good).await, StatusCode::SERVICE_UNAVAILABLE, "nobody keeps it");
    let mut kept = page.room.history().unwrap();
    assert_eq!(tick(good).await, StatusCode::NO_CONTENT);
    assert!(kept.try_recv().is_ok());
    let text = html(&page, Language::Indonesian);
    assert!(text.contains("<bdi>Dewi &lt;b&gt;</bdi>") && text.contains("1 dari 5"), "{text}");
    for (form, status) in [
        ("ref=SBW-1&item=radio_ready&name=", StatusCode::BAD_REQUEST),
        ("ref=SBW-1&item=out_of_paint&name=Dewi", StatusCode::BAD_REQUEST),
        ("ref=SBW-1&item=ups_ready", StatusCode::BAD_REQUEST),
        ("ref=SBW-1&item=ups_ready&name=Dewi&passcode=1", StatusCode::BAD_REQUEST),
        ("ref=SBW-2&item=ups_ready&name=Dewi", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(tick(form).await, status, "{form}");
    }
}

#[tokio::test]
async fn devices_that_rest_are_tried_after_that_and_the_page_says_so() {
    let page = page(|room| {
        let (trials, now) = (room.trial_demand(), host::now().since_boot);
        trials.ask(now).unwrap();
        trials.on_device("C920", 0, 1);
        trials.on_end(now, 1, 1, Code::TrialsDone);
    });
    let asked = actions::check(State(page.clone()), Language::Indonesian, from_script()).await;
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert!(page.room.trial_demand().is_waiting(), "nobody has to ask again");
    let text = html(&page, Language::Indonesian);
    assert!(
        text.contains("baru saja dicoba. Dicoba lagi setelah") && text.contains("Sedang memeriksa"),
        "{text}"
    );
}

#[test]
fn what_devices_were_like_is_not_drawn_through_a_time_when_the_machine_was_off() {
    let now = host::now().wall;
    let ago = |hours: u64| now - Duration::from_secs(hours * 3600);
    let works = Judgement::new(CheckState::Ok, Code::CameraWorks);
    let tried = Trial { kind: DeviceKind::Camera, id: "c".into(), outcome: TrialOutcome::Found(works) };
    let began = |cause| Happening::Began(Began { cause });
    let result = sample::passed_sustain_probe();
    let probed = ProbeEvidence {
        server_place: ServerPlace::Public,
        network: None,
        clock_offset_s: None,
        gateway: None,
        result,
    };
    let page = page(|room| {
        room.past().before(&[
            (ago(30), began(Cause::Started)),
            (ago(30), Happening::Trial(tried.clone())),
            (ago(29), began(Cause::NetworkChanged)),
            (ago(29), Happening::Trial(tried.clone())),
            (ago(22), Happening::Probe(Box::new(probed))),
            (ago(10), began(Cause::Started)),
            (ago(9), Happening::Trial(tried)),
        ]);
    });
    let zone = TimeZone::get("Asia/Pontianak").unwrap();
    let text = html(&page, Language::Indonesian);
    for (from, to) in [(30, 29), (29, 22)] {
        let span = Language::Indonesian.span(ago(from), ago(to), &zone);
        assert!(text.contains(&span), "{span}: {text}");
    }
    assert!(!text.contains(&Language::Indonesian.span(ago(29), ago(10), &zone)));
}
