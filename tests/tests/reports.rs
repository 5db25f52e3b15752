//! Reports of a day that is known beforehand, as the server and the command line write them, and as a browser prints them.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use siaga_probe_server::report::{Format, Wanted};
use siaga_service::page::Language;
use siaga_tests::{
    office_day::{HOSTILE, OfficeDay, keep},
    programs::program,
};

const BOOKINGS: [&str; 9] = ["SBW-1", "SBW-2", "SBW-3", "SBW-4", "SBW-5", "SBW-6", "SBW-7", "SBW-8", "SBW-9"];

#[tokio::test(flavor = "multi_thread")]
async fn an_office_s_day_is_reported_as_it_was() -> Result<(), Box<dyn Error>> {
    let office = OfficeDay::new().await?;
    a_day_is_told_in_numbers(&office)?;
    bookings_are_told_in_the_words_of_the_procedures(&office)?;
    what_comes_from_outside_is_text_everywhere(&office)?;
    the_command_line_says_the_same_while_the_server_has_the_files(&office)?;
    what_can_t_be_reported_is_told(&office)?;
    pages_fill_sheets_of_a4(&office)
}

fn booking(name: &str) -> Wanted {
    Wanted::Booking(name.parse().expect("it is one"))
}

fn day() -> Wanted {
    Wanted::Day("2026-11-26".parse().expect("it is one"), None)
}

fn a_day_is_told_in_numbers(office: &OfficeDay) -> Result<(), Box<dyn Error>> {
    let told: Value = serde_json::from_str(&office.report(&day(), Format::Json, Language::Indonesian)?)?;
    assert_eq!(
        told["counts"],
        json!({
            "bookings": 8, "by_decision": { "approve": 3, "cancelled": 1, "deny": 2, "review": 2 },
            "by_outcome": { "failed": 1, "ok": 1, "troubled": 1 }, "not_reported": 0,
        })
    );
    assert_eq!(told["precision"]["day"]["approved"], json!({ "failed": 1, "ok": 1, "troubled": 1 }));
    assert_eq!(told["overdue"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["overdue"][0]["reference"], "SBW-9");
    let room = |name: &str| {
        let rooms = told["rooms"].as_array().expect("a list");
        rooms.iter().find(|room| room["room"] == name).expect("it is there")
    };
    // From midnight until six in the evening, and on from seven.
    assert_eq!((&room("aula")["heard_minutes"], &room("aula")["minutes"]), (&json!(660), &json!(1080)));
    assert_eq!(room("aula")["faults"], json!({}));
    let planners = room("rapat-bappeda");
    assert_eq!(planners["faults"], json!({ "CAMERA": 390, "NET_DOWN": 60, "NET_UP": 60 }));
    assert_eq!((&planners["up"]["passed"], &planners["up"]["failed"]), (&json!(20), &json!(2)));
    let state = |hour: usize| &planners["hours"][hour]["state"];
    assert_eq!([6, 7, 10, 11, 12].map(state), ["not_heard", "good", "fault", "fault", "fault"]);
    let site = Wanted::Day("2026-11-26".parse()?, Some("Bappeda".to_owned()));
    let site: Value = serde_json::from_str(&office.report(&site, Format::Json, Language::Indonesian)?)?;
    assert_eq!((&site["counts"]["bookings"], site["rooms"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    Ok(())
}

fn bookings_are_told_in_the_words_of_the_procedures(office: &OfficeDay) -> Result<(), Box<dyn Error>> {
    for (name, words) in [
        (
            "SBW-1",
            &[
                "Laporan pelaksanaan",
                "</svg> bisa difasilitasi<",
                "lulus",
                "Rina Kartika",
                "tidak ada gangguan yang tercatat",
            ][..],
        ),
        (
            "SBW-2",
            &[
                "Terlaksana dengan gangguan",
                "Suara putus-putus",
                "unggah gagal 2 kali",
                "5,45 Mbit/s",
                "diperlukan 10 Mbit/s",
            ],
        ),
        (
            "SBW-3",
            &[
                "Laporan hasil verifikasi",
                "</svg> tidak bisa difasilitasi<",
                "SBW-1",
                "Waktu lain yang masih kosong",
            ],
        ),
        ("SBW-5", &["</svg> perlu ditinjau<", "Petugas bidang (A4)", "tidak diketahui"]),
        (
            "SBW-6",
            &[
                "</svg> bisa difasilitasi<",
                "Kepala Dinas, Sri Wahyuni",
                "Pimpinan (prioritas)",
                "Tidak terlaksana",
            ],
        ),
        (
            "SBW-7",
            &["</svg> perlu ditinjau<", "persetujuan ditarik", "Persetujuan ditarik", "Tidak ada kamera"],
        ),
        ("SBW-8", &["</svg> dibatalkan<"]),
    ] {
        let page = office.report(&booking(name), Format::Html, Language::Indonesian)?;
        for words in words {
            assert!(page.contains(words), "{name}: {words}");
        }
    }
    Ok(())
}

fn what_comes_from_outside_is_text_everywhere(office: &OfficeDay) -> Result<(), Box<dyn Error>> {
    let wanted = BOOKINGS.map(booking).into_iter().chain([day()]);
    for wanted in wanted {
        for language in Language::ALL {
            let page = office.report(&wanted, Format::Html, language)?;
            assert!(
                !page.contains("<script") && !page.contains("<b>") && !page.contains("<i>"),
                "{wanted:?}"
            );
            assert!(page.len() <= 150_000, "{wanted:?}: {}", page.len());
            if [booking("SBW-6"), day()].contains(&wanted) {
                assert!(page.contains(&as_text(HOSTILE)), "{wanted:?} shows what was said, with bounds");
            }
            keep(
                &wanted.file_name(Format::Html).replace(".html", &format!(".{}.html", language.tag())),
                &page,
            )?;
        }
        let table = office.report(&wanted, Format::Csv, Language::Indonesian)?;
        assert!(table.ends_with("\r\n"));
        let mut told_hostile = false;
        for row in csv::Reader::from_reader(table.as_bytes()).records() {
            for cell in &row? {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{wanted:?}: {cell}");
                told_hostile |= cell == format!("'{HOSTILE}");
            }
        }
        assert_eq!(told_hostile, [booking("SBW-6"), day()].contains(&wanted), "{wanted:?}: {table}");
        keep(&wanted.file_name(Format::Csv), &table)?;
    }
    Ok(())
}

/// As it has to stand in a page.
fn as_text(said: &str) -> String {
    let text = said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!("<bdi>{text}</bdi>")
}

fn report(office: &OfficeDay, more: &[&str]) -> Result<(Option<i32>, String, String), Box<dyn Error>> {
    let told =
        program("siaga-probe-server").arg("report").arg("--dir").arg(office.dir()).args(more).output()?;
    Ok((told.status.code(), String::from_utf8(told.stdout)?, String::from_utf8(told.stderr)?))
}

fn the_command_line_says_the_same_while_the_server_has_the_files(
    office: &OfficeDay,
) -> Result<(), Box<dyn Error>> {
    let (status, told, error) = report(office, &["--booking", "SBW-2", "--format", "json"])?;
    assert_eq!(status, Some(0), "{error}");
    let mut told: Value = serde_json::from_str(&told)?;
    let mut served: Value =
        serde_json::from_str(&office.report(&booking("SBW-2"), Format::Json, Language::Indonesian)?)?;
    (told["written_at"], served["written_at"]) = (Value::Null, Value::Null);
    assert_eq!(told, served);
    for (format, begins) in [
        ("html", "<!DOCTYPE html><html lang=\"en\">"),
        ("csv", "section,"),
        ("json", "{\"date\":\"2026-11-26\""),
    ] {
        let (status, told, error) =
            report(office, &["--day", "2026-11-26", "--format", format, "--lang", "en"])?;
        assert!(status == Some(0) && told.starts_with(begins), "{format}: {told:.100} {error}");
    }
    Ok(())
}

fn what_can_t_be_reported_is_told(office: &OfficeDay) -> Result<(), Box<dyn Error>> {
    for (arguments, words) in [
        (&["--booking", "SBW-99", "--format", "csv"][..], "no booking SBW-99"),
        (&["--booking", "a b", "--format", "csv"], "a booking's reference is"),
        (&["--day", "26-11-2026", "--format", "csv"], "write it like 2026-11-26"),
        (&["--day", "2026-11-26", "--site", "Nowhere", "--format", "csv"], "“Nowhere”"),
        (&["--booking", "SBW-1", "--site", "Bappeda", "--format", "csv"], "--site"),
        (&["--booking", "SBW-1", "--day", "2026-11-26", "--format", "csv"], "--day"),
        (&["--day", "2026-11-26"], "--format"),
        (&["--day", "2026-11-26", "--format", "html", "--lang", "fr"], "“en” for English"),
    ] {
        let (status, told, error) = report(office, arguments)?;
        assert_eq!((status, told.as_str()), (Some(3), ""), "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
    fs::rename(office.dir().join("bookings.sqlite"), office.dir().join("away"))?;
    let (_, _, error) = report(office, &["--booking", "SBW-1", "--format", "csv"])?;
    assert!(error.contains("bookings.sqlite is not there"), "{error}");
    assert!(!office.dir().join("bookings.sqlite").exists(), "nothing is made by looking");
    fs::rename(office.dir().join("away"), office.dir().join("bookings.sqlite"))?;
    Ok(())
}

/// As Debian's Chromium prints them. Without it, that is not looked at; with `CI` set it has to be.
fn pages_fill_sheets_of_a4(office: &OfficeDay) -> Result<(), Box<dyn Error>> {
    let Some(chromium) = chromium() else {
        assert!(env::var_os("CI").is_none(), "CI must be able to print: install chromium");
        eprintln!("not printed: there is no chromium on this machine");
        return Ok(());
    };
    for (wanted, most) in [(booking("SBW-1"), 5), (booking("SBW-3"), 5), (day(), 4)] {
        let page = office.report(&wanted, Format::Html, Language::Indonesian)?;
        let page = keep(&format!("print.{}", wanted.file_name(Format::Html)), &page)?;
        let sheets = sheets(&print(&chromium, &page)?);
        assert!((2..=most).contains(&sheets.len()), "{wanted:?}: {sheets:?}");
        for (width, height) in sheets {
            // 210 and 297 mm are 595.3 and 841.9 points.
            assert!((width - 595.3).abs() < 1.5 && (height - 841.9).abs() < 1.5, "{width} x {height}");
        }
    }
    Ok(())
}

fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| Some("/usr/bin/chromium".into())).filter(|path| path.exists())
}

fn print(chromium: &Path, page: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let (profile, sheets) = (tempfile::tempdir()?, page.with_extension("pdf"));
    let done = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args(["--disable-component-update", "--disable-sync", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--print-to-pdf={}", sheets.display()))
        .arg(format!("file://{}", page.display()))
        .output()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(fs::read(&sheets)?)
}

/// The size of each page of a PDF, points. Chromium writes them in the open.
fn sheets(pdf: &[u8]) -> Vec<(f64, f64)> {
    let text = String::from_utf8_lossy(pdf);
    let boxes = text.split("/MediaBox").skip(1).filter_map(|rest| rest.split(['[', ']']).nth(1));
    let corner = |corners: &str| {
        let mut numbers = corners.split_whitespace().skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    boxes.filter_map(corner).collect()
}
