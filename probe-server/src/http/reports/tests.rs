//! Reports as they are asked for. A whole day of an office is told in the tests of the whole house.

use serde_json::json;

use crate::http::{bookings::tests::asked, tests::Counter};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n";

/// A booking that was held, and one that was refused for it.
async fn office() -> Counter {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    counter.put("b", &asked(26, 9)).await;
    counter.office.later(5 * 86_400);
    let said = json!({ "outcome": "troubled", "note": "=<script>alert(1)</script>", "actor": "Budi" });
    counter.ask("POST", "/v1/bookings/a/outcome", &said).await;
    counter
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_program_json_unless_another_form_is_named() {
    let counter = office().await;
    for (path, headers, kind) in [
        ("", BROWSER, "text/html; charset=utf-8"),
        ("", "", "application/json"),
        ("", "Accept: */*\r\n", "application/json"),
        ("", "Accept: text/html;q=0.5, application/json\r\n", "application/json"),
        ("", "Accept: text/csv\r\n", "text/csv; charset=utf-8; header=present"),
        ("?format=csv", BROWSER, "text/csv; charset=utf-8; header=present"),
        ("?format=html&lang=en", "", "text/html; charset=utf-8"),
        ("?format=json", BROWSER, "application/json"),
    ] {
        for report in ["/v1/bookings/a/report", "/v1/reports/2026-11-26"] {
            let (status, head, _) = counter.send("GET", &format!("{report}{path}"), headers, b"").await;
            assert_eq!(status, 200, "{report}{path}: {head}");
            assert!(head.contains(&format!("content-type: {kind}\r\n")), "{report}{path}: {head}");
        }
    }
}

#[tokio::test]
async fn a_page_stands_alone_and_may_load_nothing_but_its_own_style() {
    let counter = office().await;
    for path in ["/v1/bookings/a/report?format=html", "/v1/reports/2026-11-26?format=html"] {
        let (_, head, page) = counter.send("GET", path, "", b"").await;
        let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
        let own = policy.split_once("; base-uri").unwrap().0;
        assert!(own.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(page.contains(&format!("content=\"{own}\"")), "it says so itself, for when it is a file");
        for foreign in ["<script", "http://", "https://", "src=", "href=", "url(", "@import", " style="] {
            assert!(!page.contains(foreign), "{path}: {foreign}");
        }
        assert!(head.contains("content-disposition: inline; filename=\"siaga-"), "{head}");
    }
}

#[tokio::test]
async fn a_report_speaks_the_words_of_the_procedures_and_english_if_asked() {
    let counter = office().await;
    let (_, held) = counter.get("/v1/bookings/a/report?format=html").await;
    for words in [
        "Laporan pelaksanaan video conference",
        "</svg> bisa difasilitasi<",
        "Terlaksana dengan gangguan",
        "Meeting ID dan passcode dicoba",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Kepala kantor/dinas",
        "audit verify --dir DIR --head",
    ] {
        assert!(held.contains(words), "{words}");
    }
    let (_, refused) = counter.get("/v1/bookings/b/report?format=html").await;
    for words in
        ["Laporan hasil verifikasi", "</svg> tidak bisa difasilitasi<", "Waktu lain yang masih kosong"]
    {
        assert!(refused.contains(words), "{words}");
    }
    let (_, english) = counter.get("/v1/bookings/b/report?format=html&lang=en").await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("</svg> cannot be facilitated<"));
}

#[tokio::test]
async fn a_table_has_no_cell_that_a_spreadsheet_would_compute() {
    let counter = office().await;
    let (_, booking) = counter.get("/v1/bookings/a/report?format=csv").await;
    assert!(booking.starts_with("section,at,item,result,value,unit,text,who,entry,hash\r\n"), "{booking}");
    assert!(booking.contains(",'=<script>alert(1)</script>,Budi,"), "{booking}");
    let (_, day) = counter.get("/v1/reports/2026-11-26?format=csv").await;
    assert!(day.contains("'=<script>alert(1)</script>"), "{day}");
    assert!(!day.contains(",=") && !booking.contains(",="));
}

#[tokio::test]
async fn a_day_tells_what_was_decided_and_what_came_of_it() {
    let counter = office().await;
    let (status, day) = counter.json("/v1/reports/2026-11-26?site=kantor-a").await;
    assert_eq!(status, 200, "{day}");
    assert_eq!(day["counts"]["by_decision"], json!({ "approve": 1, "deny": 1 }));
    assert_eq!(day["counts"]["by_outcome"], json!({ "troubled": 1 }));
    assert_eq!(day["precision"]["day"]["approved"], json!({ "troubled": 1 }));
    assert_eq!((&day["from"], &day["to"]), (&json!("2026-11-25T17:00:00Z"), &json!("2026-11-26T17:00:00Z")));
    assert_eq!(day["rooms"][0]["room"], "r1");
    let (_, quiet) = counter.json("/v1/reports/2026-11-25").await;
    assert_eq!(quiet["counts"]["bookings"], 0);
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_is_misspelt_400() {
    let counter = office().await;
    for (path, status, kind) in [
        ("/v1/bookings/x/report?format=html", 404, "urn:siaga:problem:booking-unknown"),
        ("/v1/reports/2026-11-26?site=kantor-b", 404, "urn:siaga:problem:site-unknown"),
        ("/v1/reports/2026-13-26", 400, "urn:siaga:problem:day-invalid"),
        ("/v1/reports/2026-11-26T09:00", 400, "urn:siaga:problem:day-invalid"),
        ("/v1/reports/yesterday", 400, "urn:siaga:problem:day-invalid"),
        ("/v1/reports/2026-11-26?format=pdf", 400, "about:blank"),
        ("/v1/reports/2026-11-26?sit=x", 400, "about:blank"),
        ("/v1/bookings/a/report?site=x", 400, "about:blank"),
    ] {
        let (answered, problem) = counter.json(path).await;
        assert_eq!((answered, &problem["type"]), (status, &json!(kind)), "{path}: {problem}");
    }
}
