//! What people read, as it is.

use siaga_readiness::{
    AskedTrials,
    baseline::Baseline,
    evaluate,
    inventory::{Inventory, Kind},
    profile::Profile,
    reasons::Code,
    state::CheckState,
};

use super::{Language, devices, nagios, probe, readiness};
use crate::sample;

#[test]
fn a_check_says_what_is_wrong_and_what_to_do_in_both_languages() {
    let answer = evaluate(&sample::snapshot(), Profile::minimum(), sample::at(30));
    insta::assert_snapshot!("check_english", readiness(&answer, Language::English));
    insta::assert_snapshot!("check_indonesian", readiness(&answer, Language::Indonesian));
}

#[test]
fn nagios_reads_one_line() {
    let answer = evaluate(&sample::snapshot(), Profile::minimum(), sample::at(30));
    insta::assert_snapshot!(nagios(&answer));
}

#[test]
fn whoever_asked_for_trials_that_were_not_made_is_told_so_in_every_form() {
    let trials = AskedTrials { reason: Code::TrialsMeetingOn, tried: 1, of: 2 };
    // A room that is not ready for another reason, which must not hide it.
    let answer = evaluate(&sample::snapshot(), Profile::minimum(), sample::at(30));
    let answer = answer.after_trials(trials, sample::at(30));
    let last = |text: String| text.lines().rev().take(2).collect::<Vec<_>>().join("\n");
    let (english, indonesian) =
        (readiness(&answer, Language::English), readiness(&answer, Language::Indonesian));
    insta::assert_snapshot!(format!("{}\n{}\n{}", last(english), last(indonesian), nagios(&answer)));
    let json = serde_json::to_value(&answer).unwrap();
    let told = json["checks"].as_array().unwrap().last().unwrap();
    assert_eq!((&told["code"], &told["reason"]), (&"TRIALS".into(), &"TRIALS_MEETING_ON".into()));
}

#[test]
fn a_probe_says_what_each_direction_did() {
    insta::assert_snapshot!(probe(&sample::probe()));
}

#[test]
fn a_sustain_probe_says_how_often_the_link_was_bad_and_which_bucket_ran_empty() {
    insta::assert_snapshot!(probe(&sample::shaped_sustain_probe()));
}

#[test]
fn a_quality_probe_says_that_it_says_nothing_about_a_rate() {
    insta::assert_snapshot!(probe(&sample::quality_probe()));
}

/// The sample's webcam, good a fortnight ago, in the situation that the name tells.
fn devices_in(situation: &str) -> Inventory {
    let mut baseline = Baseline::default();
    let mut inventory = sample::inventory();
    baseline.mark(&mut inventory);
    let id = inventory.cameras[0].id.clone();
    baseline.on_good(&inventory, Kind::Camera, &id, sample::at(0).wall);
    match situation {
        "muted" => {
            inventory.microphones[0].state = CheckState::Failed;
            inventory.microphones[0].reason = Code::MicrophoneMuted;
        }
        "slow" => {
            inventory.cameras[0].state = CheckState::Failed;
            inventory.cameras[0].reason = Code::DeviceUsbSlow;
            inventory.cameras[0].usb_mbits = Some(12.0);
        }
        "missing" => inventory.cameras.clear(),
        "swapped" => {
            inventory.cameras[0].usb_id = Some("0c45:6366".to_owned());
            inventory.cameras[0].id = "usb-0c45:6366-1".to_owned();
            inventory.cameras[0].name = "USB 2.0 Camera".to_owned();
        }
        _ => {}
    }
    baseline.mark(&mut inventory);
    inventory
}

#[test]
fn devices_are_a_table_with_what_is_wrong_and_what_to_do_in_both_languages() {
    let now = sample::at(14 * 86_400).wall;
    let mut tables = String::new();
    for situation in ["good", "muted", "slow", "missing", "swapped"] {
        for language in [Language::English, Language::Indonesian] {
            tables += &format!("---- {situation}\n{}\n", devices(&devices_in(situation), language, now));
        }
    }
    insta::assert_snapshot!(tables);
}

#[test]
fn a_name_that_means_something_elsewhere_is_a_name_in_the_table() {
    let mut inventory = sample::inventory();
    inventory.cameras[0].name = format!("{{name}} \"{}\" · → KIND", "é".repeat(80));
    let table = devices(&inventory, Language::English, sample::at(0).wall);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[1].starts_with("camera") && lines[1].contains(&inventory.cameras[0].name), "{table}");
    let column = |line: &str, word: &str| line.split(word).next().unwrap().chars().count();
    assert_eq!(column(lines[0], "PLACE"), column(lines[1], "/dev/video0"), "{table}");
}

#[test]
fn a_machine_with_no_devices_says_so_plainly() {
    let text = devices(&Inventory::default(), Language::English, sample::at(0).wall);
    for kind in ["camera", "microphone", "speaker", "display"] {
        assert!(text.lines().any(|line| line.starts_with(kind) && line.contains("none found")), "{text}");
    }
}
