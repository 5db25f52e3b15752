//! What people are shown, as text: that it says what programs are told, in both languages, and that names are names.

use serde_json::{Value, json};
use siaga_readiness::report::{Hello, JournalId};

use crate::{
    desk::tests::{LAPTOP, id, probe, record, records, snapshot_by},
    http::tests::Counter,
};

/// A room of a site that goes by the profile that asks for a laptop.
async fn arrive(counter: &Counter, room: &str, site: &str) {
    let hello = Hello {
        version: 1,
        agent: "0.2.0".into(),
        room: id(room),
        site: Some(site.into()),
        journal: JournalId(7),
        clock_ms: 0,
    };
    counter.office.desk.connected(&id(room), &hello, 1).await.unwrap();
    counter.office.say(room, 1, snapshot_by(room, LAPTOP)).await.unwrap();
}

async fn counter() -> Counter {
    Counter::open().await
}

impl Counter {
    /// A page, and what its rows say first.
    async fn page(&self, path: &str) -> String {
        let (status, head, body) = self.send("GET", path, "Accept: text/html\r\n", b"").await;
        assert_eq!(status, 200, "{path}: {body}");
        for header in [
            "content-type: text/html; charset=utf-8",
            "content-security-policy: default-src 'none';",
            "referrer-policy: ",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
        ] {
            assert!(head.contains(header), "{path} lacks {header}: {head}");
        }
        assert!(
            !body.contains(" style=") && !body.contains("<style") && !body.contains(" onclick"),
            "{body}"
        );
        body
    }

    async fn book(&self, name: &str, body: &Value) {
        let path = format!("/v1/bookings/{name}");
        let head = "Content-Type: application/json\r\n";
        let (status, _, told) = self.send("PUT", &path, head, body.to_string().as_bytes()).await;
        assert_eq!(status, 200, "{told}");
    }
}

/// The names in the first column of a table.
fn rows(page: &str) -> Vec<&str> {
    let cells = page.split(r#"<th scope="row">"#).skip(1);
    cells.filter_map(|cell| cell.split("</a>").next()?.rsplit('>').next()).collect()
}

/// A tag's inside without the tags in it.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text
}

fn asked(room: &str, letter: &str) -> Value {
    json!({
        "room": room, "profile": LAPTOP, "letter_ref": letter, "submitted_at": "2026-11-22T07:30:00+07:00",
        "slot": { "start": "2026-11-26T09:00:00+07:00", "end": "2026-11-26T11:00:00+07:00" },
    })
}

#[tokio::test]
async fn all_rooms_are_shown_the_worst_first_with_why_since_when_and_how_old_that_is() {
    let counter = counter().await;
    for room in ["fine", "off"] {
        arrive(&counter, room, "kantor-a").await;
    }
    counter.office.arrive("bad", 1).await;
    counter.office.later(120);
    counter.office.desk.forget(&id("off"), 1);
    counter.office.desk.notice_offline(&id("off"), "closed").await;
    counter.office.later(60);
    let page = counter.page("/").await;
    // It goes by “minimum”, of which nothing is known: not the same as bad.
    assert_eq!(rows(&page), ["bad", "off", "fine"]);
    let row = |room: &str| {
        let from = page.find(&format!(r#"href="/rooms/{room}""#)).unwrap();
        text(page[from..].split("</tr>").next().unwrap().split_once('>').unwrap().1)
    };
    assert!(row("fine").contains("Siap") && row("fine").contains("08.00"), "{}", row("fine"));
    assert!(row("fine").contains("3 menit"), "{}", row("fine"));
    assert!(row("off").contains("Tidak terhubung") && row("off").contains("08.02"), "{}", row("off"));
    assert!(row("bad").contains("Belum diketahui"), "{}", row("bad"));
    let english = counter.page("/?lang=en").await;
    assert!(english.contains(r#"<html lang="en">"#) && english.contains("Offline"), "{english}");
    assert!(!english.contains("Tidak terhubung"));
}

#[tokio::test]
async fn a_page_says_of_a_room_what_programs_are_told() {
    let counter = counter().await;
    arrive(&counter, "r1", "kantor-a").await;
    counter.office.say("r1", 1, records(vec![record(1, 600, probe())])).await.unwrap();
    for later in [0, 400] {
        counter.office.later(later);
        let page = counter.page("/rooms/r1?lang=en").await;
        let (_, told) = counter.json("/v1/rooms/r1").await;
        for check in told["readiness"]["checks"].as_array().unwrap() {
            for part in [&check["reason"], &check["text"]["en"], &check["remedy"]["en"]] {
                let part = part.as_str().unwrap().replace('\'', "&#39;");
                let shown = page.replace("&#x27;", "&#39;").replace('\'', "&#39;");
                assert!(shown.contains(&part), "{part}: {page}");
            }
        }
        let word = if told["verdict"] == "ready" { "Ready" } else { "Unknown" };
        assert!(page.contains(&format!(">{word}</p>")), "{word}: {page}");
    }
    let page = counter.page("/rooms/r1").await;
    assert!(page.contains("unduh 15 Mbit/s"), "what its link delivered: {page}");
}

#[tokio::test]
async fn rooms_are_filtered_by_site_state_and_name_and_the_counts_follow_the_site() {
    let counter = counter().await;
    for (room, site) in [("a1", "kantor-a"), ("a2", "kantor-a"), ("b1", "kantor-b")] {
        arrive(&counter, room, site).await;
    }
    counter.office.desk.forget(&id("a2"), 1);
    let found = async |query: &str| {
        let page = counter.page(&format!("/?{query}")).await;
        rows(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("site=kantor-a&state=&q=").await, ["a2", "a1"]);
    assert_eq!(found("state=offline").await, ["a2"]);
    assert_eq!(found("state=ready&site=kantor-b").await, ["b1"]);
    assert_eq!(found("q=B").await, ["b1"]);
    assert_eq!(found("q=zz").await, [""; 0]);
    let page = counter.page("/?site=kantor-a&state=ready").await;
    let counts: Vec<_> =
        page.split(r#"class="much">"#).skip(1).map(|it| it.split('<').next().unwrap()).collect();
    assert_eq!(counts, ["0", "0", "1", "0", "1"], "of the site, whatever state is shown");
    assert!(page.contains(r#"<option value="kantor-a" selected>"#), "{page}");
}

#[tokio::test]
async fn two_thousand_rooms_are_shown_in_pages_that_stay_small() {
    let counter = counter().await;
    for number in 0..250 {
        arrive(&counter, &format!("ruang-rapat-{number:04}"), "badan-kepegawaian-daerah").await;
    }
    let first = counter.page("/").await;
    assert_eq!(rows(&first).len(), 100);
    assert!(first.contains("1–100 dari 250") && first.contains(r#"href="/?page=2""#), "{first}");
    // The style and the scripts are less than 30 KB.
    assert!(first.len() < 110_000, "{} bytes", first.len());
    let last = counter.page("/?page=3").await;
    assert_eq!((rows(&last).len(), last.contains("201–250 dari 250")), (50, true));
    assert_eq!(rows(&counter.page("/?page=99").await).len(), 50, "the last one there is");
}

#[tokio::test]
async fn what_waits_for_a_person_comes_first_and_what_waited_for_longer_than_a_day_says_so() {
    let counter = counter().await;
    arrive(&counter, "r1", "kantor-a").await;
    let mut unknown = asked("r1", "1");
    unknown["slot"] = json!({ "start": "2027-01-28T09:00:00+07:00", "end": "2027-01-28T11:00:00+07:00" });
    counter.book("late", &unknown).await;
    counter.office.later(23 * 3600);
    unknown["slot"] = json!({ "start": "2027-01-29T09:00:00+07:00", "end": "2027-01-29T11:00:00+07:00" });
    counter.book("new", &unknown).await;
    counter.office.later(3600);
    for path in ["/", "/bookings", "/bookings?decision=review"] {
        let page = counter.page(path).await;
        let (late, new) = (page.find("/bookings/late").unwrap(), page.find("/bookings/new").unwrap());
        assert!(late < new && page[late..new].contains("Terlambat"), "{path}");
        assert!(
            !page[new..].split("</li>").next().unwrap().split("</tr>").next().unwrap().contains("Terlambat")
        );
    }
    let page = counter.page("/bookings/late").await;
    assert!(page.contains("perlu ditinjau") && page.contains("Terlambat ditinjau"), "{page}");
}

#[tokio::test]
async fn an_approval_that_comes_is_shown_with_its_room_and_the_checks_before_it() {
    let counter = counter().await;
    arrive(&counter, "r1", "kantor-a").await;
    counter.book("b1", &asked("r1", "1")).await;
    counter.office.later(3 * 86_400);
    let page = counter.page("/").await;
    let coming = page.split("Acara 48 jam ke depan").nth(1).unwrap().split("</section>").next().unwrap();
    for told in ["/bookings/b1", "09.00–11.00", "Belum diketahui", "belum dilakukan", "08.45"] {
        assert!(coming.contains(told), "{told}: {coming}");
    }
    assert!(page.contains(r#"data-head="Acara berikutnya"><time"#), "in the room's row too: {page}");
}

#[tokio::test]
async fn a_booking_is_shown_with_all_that_was_decided_in_both_languages_and_its_evidence() {
    let counter = counter().await;
    arrive(&counter, "r1", "kantor-a").await;
    counter.book("b1", &asked("r1", "090/12/OPD/2026")).await;
    let (_, told) = counter.json("/v1/bookings/b1").await;
    let page = counter.page("/bookings/b1").await;
    let shown = text(&page);
    for part in [&told["message"]["id"], &told["message"]["en"]] {
        assert!(shown.contains(part.as_str().unwrap()), "{part}: {shown}");
    }
    for criterion in told["criteria"].as_array().unwrap() {
        let found = criterion["text"]["id"].as_str().unwrap();
        assert!(shown.contains(found), "{found}: {shown}");
    }
    for link in ["/rooms/r1", "/v1/bookings/b1/evidence", "/v1/bookings/b1/report?format=html&amp;lang=id"] {
        assert!(page.contains(link), "{link}: {page}");
        let (status, _) = counter.get(&link.replace("&amp;", "&")).await;
        assert_eq!(status, 200, "{link} leads somewhere");
    }
    assert!(shown.contains("090/12/OPD/2026"));
}

#[tokio::test]
async fn names_are_text_whatever_is_in_them() {
    let counter = counter().await;
    let site = "<script>alert('1')</script>\"&x";
    arrive(&counter, "r1", site).await;
    let letter = "\"><img src=x onerror=alert(1)>🎥 \u{202e}أهلا";
    let mut booking = asked("r1", letter);
    booking["title"] = json!(letter);
    counter.book("b1", &booking).await;
    for path in ["/", "/rooms/r1", "/bookings", "/bookings/b1", "/?q=%3Cscript%3E&site=%22%3E%3Cscript%3E"] {
        let page = counter.page(path).await;
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
    }
    assert!(counter.page("/").await.contains("<bdi>&lt;script&gt;alert("));
    let page = counter.page("/bookings/b1").await;
    let shown = "<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;🎥 \u{202e}أهلا</bdi>";
    assert!(page.contains(&format!("<td>{shown}</td>")), "{page}");
    assert!(page.contains(&format!(r#"<p class="about">{shown}</p>"#)), "{page}");
    counter.office.later(3 * 86_400);
    assert!(counter.page("/").await.contains(&format!("<p>{shown}</p>")), "among the meetings that come");
}

#[tokio::test]
async fn what_there_is_not_is_said_on_a_page_of_its_own() {
    let counter = counter().await;
    for (path, status) in
        [("/rooms/nowhere", 404), ("/bookings/none", 404), ("/bookings/a%20b", 400), ("/rooms/%3Cb%3E", 404)]
    {
        let (found, head, page) = counter.send("GET", path, "Accept: text/html\r\n", b"").await;
        assert_eq!(found, status, "{path}: {page}");
        assert!(head.contains("text/html") && head.contains("content-security-policy"), "{head}");
        assert!(page.contains("<h1>") && !page.contains("<b>"), "{page}");
    }
}

#[tokio::test]
async fn bookings_that_can_not_be_read_take_no_room_from_sight() {
    let office = crate::desk::tests::Office::new();
    std::fs::write(office.dir().join(siaga_booking::bookings::FILE), "what is left of a disk".repeat(500))
        .unwrap();
    let counter = Counter::at(office).await;
    counter.office.arrive("r1", 1).await;
    for path in ["/", "/rooms/r1"] {
        let page = counter.page(path).await;
        assert!(page.contains("tidak dapat dibaca"), "{path}: {page}");
    }
    let (status, _, page) = counter.send("GET", "/bookings", "", b"").await;
    assert_eq!((status, page.contains("Tidak dapat ditampilkan")), (503, true), "{page}");
}

#[tokio::test]
async fn a_forecast_is_shown_for_the_day_that_is_asked_for() {
    let counter = counter().await;
    arrive(&counter, "r1", "kantor-a").await;
    let page = counter.page("/rooms/r1?day=2026-11-26").await;
    assert!(page.contains("Kam, 26 Nov 2026") && page.contains(r#"value="2026-11-26""#), "{page}");
    let sunday = counter.page("/rooms/r1").await;
    assert!(sunday.contains("kantor tutup"), "the office's clock shows a Sunday: {sunday}");
    assert!(counter.page("/rooms/r1?day=2020-01-01").await.contains("Pilih hari ini"));
}

#[tokio::test]
async fn nothing_is_changed_by_a_page_and_where_nobody_needs_a_token_there_is_no_way_in() {
    let counter = counter().await;
    for path in ["/", "/bookings", "/login"] {
        let (status, _, _) = counter.send("DELETE", path, "", b"").await;
        assert_eq!(status, 405, "{path}");
    }
    let (status, head, _) = counter.send("GET", "/login?to=/bookings", "Accept: text/html\r\n", b"").await;
    assert!(status == 303 && head.contains("location: /\r\n"), "{head}");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, head, _) = counter.send("POST", "/login", form, b"token=siaga_0").await;
    assert!(status == 303 && !head.contains("set-cookie: __Host"), "{head}");
}
