//! What people read, as it is.

use siaga_readiness::{evaluate, inventory::Inventory, profile::Profile};

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

#[test]
fn devices_are_listed_with_what_they_offer() {
    insta::assert_snapshot!(devices(&sample::inventory()));
}

#[test]
fn a_machine_with_no_devices_says_so_plainly() {
    let text = devices(&Inventory::default());
    for none in ["no camera found", "no microphone found", "no speaker found", "no display found"] {
        assert!(text.contains(none), "{text}");
    }
}
