//! The judge as its driver sees it, and what a hostile peer can do to it.

use proptest::prelude::*;

use super::{watch::Watched, *};
use crate::Verdict;

const PACKET: u32 = 1228;
pub(super) const START: Duration = Duration::from_secs(100);

fn rate(bps: u64) -> Bitrate {
    Bitrate::from_bps(bps).unwrap()
}

fn grant() -> TrainGrant {
    TrainGrant { train: 7, rate_bps: rate(21_000_000), max_bytes: 40_000_000, max_ms: 15_000 }
}

fn judge() -> Watched<Gate> {
    judge_of(&grant())
}

fn judge_of(grant: &TrainGrant) -> Watched<Gate> {
    Gate::judge(grant, rate(20_000_000), PACKET, START, Effort::Normal)
}

/// The packet `seq` of a sender that is on its schedule.
fn packet(seq: u32) -> PacketHeader {
    let sent_at = Duration::from_secs_f64(f64::from(seq) * f64::from(PACKET) * 8.0 / 21e6);
    PacketHeader { train: 7, seq, sent_at }
}

/// Arrives 30 ms after it was sent.
fn arrival(header: PacketHeader) -> Duration {
    START + Duration::from_millis(30) + header.sent_at
}

/// Feeds packets, changed on their way, and looks whenever it is time; answers with the verdict and when it came.
fn feed(
    judge: &mut Watched<Gate>,
    seqs: impl IntoIterator<Item = u32>,
    change: impl Fn(PacketHeader) -> PacketHeader,
) -> Option<(Verdict, Reason)> {
    for header in seqs.into_iter().map(packet) {
        let now = arrival(header);
        while judge.next_look() < now {
            let look = judge.next_look();
            if let Some(found) = judge.look(look) {
                return Some(found);
            }
        }
        judge.on_packet(now, change(header));
    }
    None
}

/// Looks on, whenever it is time, until there is a verdict; answers with the time of that look.
fn look_on(judge: &mut Watched<Gate>) -> Duration {
    loop {
        let look = judge.next_look();
        if judge.look(look).is_some() {
            return look;
        }
    }
}

fn unchanged(header: PacketHeader) -> PacketHeader {
    header
}

#[test]
fn a_clean_train_passes_after_a_second_and_says_what_it_measured() {
    let mut judge = judge();
    assert_eq!(feed(&mut judge, 0..5_000, unchanged), Some((Verdict::Pass, Reason::Sustained)));
    let result = judge.result();
    assert!((result.observed_s - 1.04).abs() < 1e-6, "{result:?}");
    let delivered = result.delivered_bps.unwrap();
    assert!((20_950_000..=21_050_000).contains(&delivered), "{delivered}");
    assert_eq!((result.loss_ratio, result.burst_loss_ratio, result.reordered), (Some(0.0), Some(0.0), 0));
    assert!(result.delay_ms.unwrap().max < 0.01 && result.standing_queue_ms.unwrap() < 0.01, "{result:?}");
}

#[test]
fn a_verdict_stays_whatever_comes_later() {
    let mut judge = judge();
    feed(&mut judge, 0..5_000, unchanged);
    let before = judge.result();
    judge.on_packet(START * 2, PacketHeader { train: 7, seq: u32::MAX, sent_at: Duration::MAX });
    judge.on_sent(START * 2, 0);
    judge.abandon(Reason::Interrupted);
    assert_eq!(judge.look(START * 3), Some((Verdict::Pass, Reason::Sustained)));
    assert_eq!(judge.result(), before);
}

#[test]
fn silence_from_the_start_is_an_outage_after_three_seconds() {
    let mut judge = judge();
    assert_eq!(judge.look(START + Duration::from_millis(2_999)), None);
    assert_eq!(judge.next_look(), START + Duration::from_secs(3));
    assert_eq!(judge.look(START + Duration::from_secs(3)), Some((Verdict::Inconclusive, Reason::Outage)));
    assert_eq!(judge.result().delivered_bps, None);
}

#[test]
fn later_silence_is_an_outage_after_a_quarter_of_a_second() {
    let mut judge = judge();
    assert_eq!(feed(&mut judge, 0..1_000, unchanged), None);
    let last = arrival(packet(999));
    let found = look_on(&mut judge) - last;
    assert_eq!(judge.look(last), Some((Verdict::Inconclusive, Reason::Outage)));
    assert!((250..=270).contains(&found.as_millis()), "{found:?}");
}

#[test]
fn a_receiver_that_slept_does_not_take_its_own_sleep_for_silence() {
    let mut judge = judge();
    assert_eq!(feed(&mut judge, 0..500, unchanged), None);
    let woken = arrival(packet(499)) + Duration::from_millis(400);
    assert_eq!(judge.look(woken), None);
    let found = look_on(&mut judge) - woken;
    assert!((250..=270).contains(&found.as_millis()), "{found:?}");
}

#[test]
fn a_look_before_its_time_changes_nothing() {
    let mut judge = judge();
    feed(&mut judge, 0..100, unchanged);
    let due = judge.next_look();
    assert_eq!(judge.look(due - Duration::from_millis(1)), None);
    assert_eq!(judge.next_look(), due);
}

#[test]
fn a_whole_train_of_more_than_a_second_is_judged_when_its_end_is_known() {
    // A bad policy for a link that is good: it never gets to line 5.
    let mut thresholds = Thresholds::default();
    let target = rate(20_000_000);
    thresholds.pass.clear_odds = 1e9;
    let mut judge = Watched::new(Gate::by(thresholds, target), &grant(), target, PACKET, START);
    assert_eq!(feed(&mut judge, 0..3_000, unchanged), None);
    judge.on_sent(arrival(packet(2_999)), 3_000);
    let look = judge.next_look();
    assert_eq!(judge.look(look), Some((Verdict::Pass, Reason::Sustained)));
}

#[test]
fn a_train_that_ended_before_its_doubt_was_looked_into_does_not_pass() {
    // A queue of 30 ms, for 150 ms of every 400.
    let swings = |header: PacketHeader| {
        let busy = header.sent_at.as_millis() % 400 >= 250;
        arrival(header) + Duration::from_millis(if busy { 30 } else { 0 })
    };
    let mut judge = judge();
    let packets = 2_300;
    for seq in 0..packets {
        let now = swings(packet(seq));
        while judge.next_look() < now {
            let look = judge.next_look();
            assert_eq!(judge.look(look), None, "it goes on");
        }
        judge.on_packet(now, packet(seq));
    }
    judge.on_sent(swings(packet(packets - 1)), packets);
    look_on(&mut judge);
    let result = judge.result();
    assert_eq!((result.verdict, result.reason), (Verdict::Inconclusive, Reason::Undecided), "{result:?}");
    assert_eq!(&*result.doubts, [Doubt::TimeIsUp]);
}

#[test]
fn loss_at_the_tail_counts_once_the_sender_says_how_many_there_were() {
    let mut judge = judge();
    assert_eq!(feed(&mut judge, 0..1_500, unchanged), None);
    let last = arrival(packet(1_499));
    judge.on_sent(last, 1_600);
    assert_eq!(judge.result().loss_ratio, Some(0.0));
    look_on(&mut judge);
    let result = judge.result();
    assert!((result.loss_ratio.unwrap() - 0.0625).abs() < 1e-9, "{result:?}");
    assert_ne!(result.verdict, Verdict::Pass);
}

#[test]
fn a_sender_that_sent_nothing_is_late_and_one_whose_packets_are_all_missing_is_cut_off() {
    let mut nothing = judge();
    nothing.on_sent(START, 0);
    assert_eq!(nothing.look(START), Some((Verdict::Inconclusive, Reason::SenderLate)));
    let mut lost = judge();
    lost.on_sent(START, 500);
    assert_eq!(lost.look(START + Duration::from_millis(249)), None);
    assert_eq!(lost.look(START + Duration::from_millis(250)), Some((Verdict::Inconclusive, Reason::Outage)));
}

#[test]
fn the_granted_time_ends_the_judgement() {
    let short = TrainGrant { max_ms: 400, ..grant() };
    let mut judge = judge_of(&short);
    assert_eq!(feed(&mut judge, 0..5_000, unchanged), Some((Verdict::Inconclusive, Reason::Undecided)));
    assert!((judge.result().observed_s - 0.4).abs() < 0.021);
}

#[test]
fn an_abandoned_train_says_why() {
    let mut judge = judge();
    feed(&mut judge, 0..100, unchanged);
    judge.abandon(Reason::Interrupted);
    assert_eq!(judge.look(START), Some((Verdict::Inconclusive, Reason::Interrupted)));
    assert!(judge.result().delivered_bps.is_some());
}

#[test]
fn a_peer_that_lies_about_numbers_or_times_ends_the_judgement() {
    type Lie = fn(PacketHeader) -> PacketHeader;
    let lies: [(&str, Lie); 5] = [
        ("numbers out of range", |header| PacketHeader { seq: header.seq | 1 << 31, ..header }),
        ("far ahead of its slots", |header| PacketHeader { seq: header.seq * 2, ..header }),
        ("stamps hours ahead", |header| PacketHeader { sent_at: header.sent_at * 20_000, ..header }),
        ("stamps that run backwards", |header| PacketHeader {
            sent_at: Duration::from_secs(5).saturating_sub(header.sent_at),
            ..header
        }),
        ("stamps that stand still", |header| PacketHeader { sent_at: Duration::ZERO, ..header }),
    ];
    for (lie, change) in lies {
        assert_eq!(
            feed(&mut judge(), 0..5_000, change),
            Some((Verdict::Inconclusive, Reason::PeerFailed)),
            "{lie}"
        );
    }
}

#[test]
fn a_peer_that_takes_back_what_it_sent_ends_the_judgement() {
    let mut fewer = judge();
    feed(&mut fewer, 0..100, unchanged);
    fewer.on_sent(START, 50);
    assert_eq!(fewer.look(START), Some((Verdict::Inconclusive, Reason::PeerFailed)));
    let mut more = judge();
    more.on_sent(START, u32::MAX);
    assert_eq!(more.look(START), Some((Verdict::Inconclusive, Reason::PeerFailed)));
}

#[test]
fn the_same_packet_again_and_again_is_one_packet_and_silence() {
    let mut judge = judge();
    let found = feed(&mut judge, 0..5_000, |header| PacketHeader { train: 7, ..packet(header.seq.min(99)) });
    assert_eq!(found, Some((Verdict::Inconclusive, Reason::Outage)));
}

#[test]
fn another_trains_packets_are_silence() {
    let mut judge = judge();
    feed(&mut judge, 0..10_000, |header| PacketHeader { train: 8, ..header });
    assert_eq!(judge.look(START + Duration::from_secs(3)), Some((Verdict::Inconclusive, Reason::Outage)));
}

#[test]
fn stamps_that_hide_a_queue_do_not_hide_the_rate() {
    // 15 Mbit/s arrive; the stamps pretend that they were sent just before, and that this was the granted rate.
    let mut judge = judge();
    let mut found = None;
    for seq in 0..20_000 {
        let header = packet(seq);
        let now = START + header.sent_at.mul_f64(21.0 / 15.0);
        while found.is_none() && judge.next_look() < now {
            let look = judge.next_look();
            found = judge.look(look);
        }
        judge.on_packet(now, header);
    }
    assert_ne!(found.unwrap().0, Verdict::Pass);
}

/// What a peer can do next.
#[derive(Debug, Clone)]
pub(super) enum Input {
    /// An honest packet this far on.
    Honest(u32),
    /// Anything.
    Wild {
        train: bool,
        seq: u32,
        micros: u64,
    },
    /// The honest packet of this number again, or early.
    Number(u32),
    Sent(u32),
    /// Time passes (or, for a broken clock, jumps).
    Wait(u64),
    Look,
}

pub(super) fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        20 => (1u32..4).prop_map(Input::Honest),
        1 => (any::<bool>(), any::<u32>(), any::<u64>())
            .prop_map(|(train, seq, micros)| Input::Wild { train, seq, micros }),
        3 => (0u32..40_000).prop_map(Input::Number),
        1 => any::<u32>().prop_map(Input::Sent),
        3 => (0u64..40_000_000).prop_map(Input::Wait),
        1 => any::<u64>().prop_map(Input::Wait),
        8 => Just(Input::Look),
    ];
    prop::collection::vec(input, 0..600)
}

/// Does all that to a judge of train 7 at `rate_bps`, expected at [`START`].
pub(super) fn play(judge: &mut dyn TrainJudge, rate_bps: Bitrate, packet_bytes: u32, inputs: Vec<Input>) {
    let mut now = START;
    let mut next = 0_u32;
    for input in inputs {
        match input {
            Input::Honest(skip) => {
                next = next.saturating_add(skip);
                let sent_at = rate_bps.time_for(u64::from(next) * u64::from(packet_bytes));
                judge.on_packet(now, PacketHeader { train: 7, seq: next, sent_at });
            }
            Input::Wild { train, seq, micros } => {
                let train = if train { 7 } else { 8 };
                judge.on_packet(now, PacketHeader { train, seq, sent_at: Duration::from_micros(micros) });
            }
            Input::Number(seq) => judge.on_packet(now, packet(seq)),
            Input::Sent(packets) => judge.on_sent(now, packets),
            Input::Wait(nanos) => now = now.saturating_add(Duration::from_nanos(nanos)),
            Input::Look => {
                judge.look(now);
            }
        }
    }
    judge.on_packet(Duration::ZERO, packet(next));
    judge.look(Duration::MAX);
}

proptest! {
    #[test]
    fn nothing_a_peer_or_a_clock_does_makes_it_panic_or_grow_or_pass_without_packets(
        bps in 1_000u64..10_000_000_000,
        max_bytes: u64,
        max_ms: u32,
        packet_bytes: u32,
        inputs in inputs(),
    ) {
        let rate_bps = rate(bps);
        let grant = TrainGrant { train: 7, rate_bps, max_bytes, max_ms };
        let mut judge = Gate::judge(&grant, rate_bps, packet_bytes, START, Effort::Normal);
        play(&mut judge, rate_bps, packet_bytes, inputs);
        prop_assert!(judge.evidence.heap_bytes() <= 4 << 20);
        let result = judge.result();
        prop_assert!(serde_json::to_string(&result).is_ok());
        // A pass takes a second of packets at the target rate; at most a few hundred came, most of them out of step.
        let needed = rate_bps.bytes_in(Duration::from_millis(900)) / u64::from(packet_bytes.max(1));
        prop_assert!(result.verdict != Verdict::Pass || needed <= 600);
    }

    #[test]
    fn a_train_with_lies_strewn_in_never_passes_with_less_than_the_target_delivered(
        keep in 0.5f64..1.0,
        lies in prop::collection::vec((0u32..3_000, any::<u32>(), 0u64..20_000_000), 0..4),
        stretch in 0.9f64..1.5,
    ) {
        let mut judge = judge();
        let mut came = 0_u32;
        let mut last = START;
        for seq in 0..4_000_u32 {
            let header = packet(seq);
            let now = START + header.sent_at.mul_f64(stretch);
            while judge.next_look() < now && judge.next_look() > START {
                let look = judge.next_look();
                if judge.look(look).is_some() { break; }
            }
            if judge.look(START).is_some() { break; }
            // Evenly thinned out, with a lie here and there.
            if (f64::from(seq + 1) * keep).floor() > (f64::from(seq) * keep).floor() {
                judge.on_packet(now, header);
                came += 1;
                last = now;
            }
            for (_, seq, micros) in lies.iter().filter(|(at, ..)| *at == seq) {
                judge.on_packet(now, PacketHeader { train: 7, seq: *seq, sent_at: Duration::from_micros(*micros) });
            }
        }
        let lied = u32::try_from(lies.len()).unwrap();
        let bits = f64::from((came + lied) * PACKET) * 8.0;
        let passed = judge.result().verdict == Verdict::Pass;
        prop_assert!(!passed || bits >= 0.98 * 20e6 * (last - START).as_secs_f64());
        prop_assert!(!passed || keep >= 0.98);
    }
}
