//! The judge of long trains as its driver sees it, over links that are arithmetic.

use super::*;
use crate::{
    Mode,
    credit::{self, CreditLine},
    judge::TrainJudge,
    pacer::{Pacer, Step},
};

const PACKET: u32 = 1_250;
const DELAY: Duration = Duration::from_millis(20);
const TRAIN: u32 = 1;

/// 2 Mbit/s: 200 packets a second.
fn target() -> Bitrate {
    Bitrate::from_bps(2_000_000).unwrap()
}

fn judge() -> Watched<Sustain> {
    let max_bytes = target().bytes_in(Duration::from_secs(40));
    let grant = TrainGrant { train: TRAIN, rate_bps: target(), max_bytes, max_ms: 40_000 };
    Sustain::judge(&grant, target(), PACKET, Duration::ZERO)
}

fn slot(seq: u32) -> Duration {
    target().time_for(PACKET.into()) * seq
}

/// Sends on schedule over a link that says when each packet arrives, if it does.
fn feed(arrives: impl FnMut(u32, Duration) -> Option<Duration>) -> DirectionResult {
    feed_late(slot, arrives)
}

/// Sends when `sends` says.
fn feed_late(
    sends: impl Fn(u32) -> Duration,
    mut arrives: impl FnMut(u32, Duration) -> Option<Duration>,
) -> DirectionResult {
    let mut judge = judge();
    for seq in 0..8_000 {
        let sent_at = sends(seq);
        let arrival = arrives(seq, sent_at);
        let now = arrival.unwrap_or(sent_at);
        while judge.next_look() < now {
            if judge.look(judge.next_look()).is_some() {
                return judge.result();
            }
        }
        if arrival.is_some() {
            judge.on_packet(now, PacketHeader { train: TRAIN, seq, sent_at });
        }
    }
    panic!("no finding after 40 s");
}

/// A line of 2 Mbit/s for the first `held_s` seconds, then of `share` of that: it delays, as a shaper, or drops.
fn limited(held_s: f64, share: f64, drops: bool) -> impl FnMut(u32, Duration) -> Option<Duration> {
    let mut carried = 0.0;
    move |_, sent_at| {
        let over_s = (sent_at.as_secs_f64() - held_s).max(0.0);
        if !drops {
            return Some(sent_at + DELAY + Duration::from_secs_f64(over_s * (1.0 - share) / share));
        }
        carried += if over_s > 0.0 { share } else { 1.0 };
        (carried >= 1.0).then(|| {
            carried -= 1.0;
            sent_at + DELAY
        })
    }
}

fn ends(result: &DirectionResult, verdict: Verdict, reason: Reason) {
    assert_eq!((result.verdict, result.reason), (verdict, reason), "{result:?}");
}

#[test]
fn a_clean_train_passes_after_21_seconds_and_says_how_it_went() {
    let result = feed(|_, sent_at| Some(sent_at + DELAY));
    ends(&result, Verdict::Pass, Reason::Sustained);
    assert!((21.0..21.11).contains(&result.observed_s), "{result:?}");
    let findings = result.sustain.unwrap();
    assert_eq!((findings.windows, findings.bad_windows, findings.shaper), (69, 0, None));
    assert!(findings.longest_bad_s < 1e-9 && findings.slow_share < 1e-9, "{findings:?}");
}

#[test]
fn a_bucket_that_runs_empty_is_named_with_its_size_and_rate_whether_it_delays_or_drops() {
    for (held_s, share, drops) in [
        (1.0, 0.5, false),
        (12.0, 0.9, false),
        (20.0, 0.95, false),
        (1.0, 0.5, true),
        (12.0, 0.9, true),
        (20.0, 0.95, true),
    ] {
        let result = feed(limited(held_s, share, drops));
        ends(&result, Verdict::Fail, Reason::Shaped);
        let shaper = result.sustain.unwrap().shaper.unwrap();
        #[allow(clippy::cast_precision_loss)]
        let (rate, bucket) = (shaper.rate_bps as f64 / 2e6, shaper.bucket_bytes as f64 * 8.0 / 2e6);
        assert!((rate - share).abs() < 0.02, "{held_s} s, {share}: {shaper:?}");
        assert!((bucket / (1.0 - share) - held_s).abs() < 0.06 * held_s, "{held_s} s, {share}: {shaper:?}");
    }
}

#[test]
fn a_line_that_was_too_slow_from_the_start_is_no_shaper() {
    let result = feed(limited(0.0, 0.9, false));
    ends(&result, Verdict::Fail, Reason::QueueGrows);
    assert_eq!(result.sustain.unwrap().shaper, None);
}

#[test]
fn a_queue_that_comes_and_goes_is_unsteady_and_six_windows_of_it_are_too_many() {
    // 0.6 s of 200 ms, every three seconds.
    let result = feed(|_, sent_at| {
        let busy = sent_at.as_millis() % 3_000 >= 2_400;
        Some(sent_at + DELAY + Duration::from_millis(if busy { 200 } else { 0 }))
    });
    ends(&result, Verdict::Fail, Reason::Unsteady);
    let findings = result.sustain.unwrap();
    assert_eq!(findings.bad_windows, 6, "{findings:?}");
    assert!((findings.longest_bad_s - 0.6).abs() < 1e-9, "{findings:?}");
}

#[test]
fn a_few_bad_windows_are_looked_at_for_30_seconds_and_borne_with_a_doubt() {
    let result = feed(|_, sent_at| {
        let busy = (10_000..11_200).contains(&sent_at.as_millis());
        Some(sent_at + DELAY + Duration::from_millis(if busy { 200 } else { 0 }))
    });
    ends(&result, Verdict::Pass, Reason::Sustained);
    assert!((30.0..30.2).contains(&result.observed_s), "{result:?}");
    assert_eq!(&*result.doubts, [Doubt::QueueSwings]);
}

#[test]
fn clocks_that_drift_apart_by_200_ppm_change_no_verdict() {
    for factor in [1.0 - 200e-6, 1.0 + 200e-6] {
        let drifting = |mut link: Box<dyn FnMut(u32, Duration) -> Option<Duration>>| {
            feed(move |seq, sent_at| link(seq, sent_at).map(|arrival| arrival.mul_f64(factor)))
        };
        let clean = drifting(Box::new(|_, sent_at| Some(sent_at + DELAY)));
        ends(&clean, Verdict::Pass, Reason::Sustained);
        assert!(clean.observed_s < 21.11, "{clean:?}");
        // A queue of 95 ms for half the time is not too long, with or without the 6 ms that the clocks drift in 30 s.
        let near = drifting(Box::new(|_, sent_at| {
            let busy = sent_at.as_secs() >= 15;
            Some(sent_at + DELAY + Duration::from_millis(if busy { 95 } else { 0 }))
        }));
        ends(&near, Verdict::Pass, Reason::Sustained);
        ends(&drifting(Box::new(limited(20.0, 0.95, false))), Verdict::Fail, Reason::Shaped);
    }
}

#[test]
fn losses_that_30_seconds_may_not_have_fail_early_and_those_they_may_have_are_borne() {
    let bad = feed(|seq, sent_at| (seq % 20 != 0).then_some(sent_at + DELAY));
    ends(&bad, Verdict::Fail, Reason::Loss);
    assert!((5.0..7.5).contains(&bad.observed_s), "{bad:?}");
    let good = feed(|seq, sent_at| (seq % 200 != 7).then_some(sent_at + DELAY));
    ends(&good, Verdict::Pass, Reason::Sustained);
}

#[test]
fn a_hole_of_half_a_second_is_an_outage_unless_a_queue_stood_before_it() {
    let hole = 2_000..2_100;
    let alone = feed(|seq, sent_at| (!hole.contains(&seq)).then_some(sent_at + DELAY));
    ends(&alone, Verdict::Inconclusive, Reason::Outage);
    let congested = feed(|seq, sent_at| {
        let queue = Duration::from_millis(if (1_900..2_100).contains(&seq) { 200 } else { 0 });
        (!hole.contains(&seq)).then_some(sent_at + DELAY + queue)
    });
    ends(&congested, Verdict::Fail, Reason::Loss);
}

#[test]
fn a_hole_that_only_with_other_losses_is_too_much_is_waited_out() {
    let result = feed(|seq, sent_at| {
        let lost = seq % 125 == 0 || (2_000..2_030).contains(&seq);
        (!lost).then_some(sent_at + DELAY)
    });
    ends(&result, Verdict::Inconclusive, Reason::Outage);
    assert!(result.observed_s > 29.0, "{result:?}");
}

#[test]
fn a_second_of_silence_is_an_outage() {
    let result = feed(|seq, sent_at| (!(2_000..3_000).contains(&seq)).then_some(sent_at + DELAY));
    ends(&result, Verdict::Inconclusive, Reason::Outage);
    assert!((11.0..11.2).contains(&result.observed_s), "{result:?}");
}

#[test]
fn a_sender_that_is_too_slow_is_late_after_some_two_seconds_and_one_that_catches_up_is_not() {
    let slow = feed_late(|seq| slot(seq).mul_f64(1.0 / 0.9), |_, sent_at| Some(sent_at + DELAY));
    ends(&slow, Verdict::Inconclusive, Reason::SenderLate);
    assert!(slow.observed_s < 3.5, "{slow:?}");
    // Half a second's pause at 5 s, made good within one second.
    let paused = |seq: u32| {
        let (from, to) = (Duration::from_millis(5_000), Duration::from_millis(5_500));
        slot(seq).max((to + slot(seq).saturating_sub(from).mul_f64(2.0 / 3.0)).min(if slot(seq) < from {
            Duration::ZERO
        } else {
            Duration::MAX
        }))
    };
    ends(&feed_late(paused, |_, sent_at| Some(sent_at + DELAY)), Verdict::Pass, Reason::Sustained);
}

#[test]
fn a_queue_that_the_senders_own_pause_explains_is_no_verdict() {
    // The line has nothing to spare: what was held up for 200 ms at 5 s stays queued.
    let paused = |seq: u32| {
        let pause = slot(seq) >= Duration::from_secs(5);
        if pause && slot(seq) < Duration::from_millis(5_200) {
            Duration::from_millis(5_200)
        } else {
            slot(seq)
        }
    };
    let result = feed_late(paused, |seq, sent_at| {
        let queue = Duration::from_millis(if slot(seq) >= Duration::from_secs(5) { 190 } else { 0 });
        Some(sent_at + DELAY + queue)
    });
    ends(&result, Verdict::Inconclusive, Reason::SenderLate);
    assert!(result.observed_s > 29.0, "{result:?}");
}

#[test]
fn a_queue_that_the_receivers_own_sleep_explains_does_not_fail_the_link() {
    let mut judge = judge();
    let sleep = Duration::from_secs(10)..Duration::from_secs(13);
    for seq in 0..8_000 {
        let sent_at = slot(seq);
        // What comes meanwhile is read when it wakes up.
        let arrival = sent_at + DELAY;
        let now = if sleep.contains(&arrival) { sleep.end } else { arrival };
        while !sleep.contains(&judge.next_look()) && judge.next_look() < now {
            if judge.look(judge.next_look()).is_some() {
                return ends(&judge.result(), Verdict::Inconclusive, Reason::Undecided);
            }
        }
        judge.on_packet(now, PacketHeader { train: TRAIN, seq, sent_at });
        if sleep.contains(&judge.next_look()) && arrival >= sleep.end {
            assert_eq!(judge.look(now), None);
        }
    }
    panic!("no finding");
}

#[test]
fn stamps_that_hide_a_queue_do_not_hide_the_rate() {
    // 1.5 Mbit/s arrive; the stamps pretend that 2 Mbit/s were sent just before.
    let result = feed(|_, sent_at| Some(DELAY + sent_at.mul_f64(4.0 / 3.0)));
    assert_eq!(result.verdict, Verdict::Fail);
    let mut judge = judge();
    for seq in 0..8_000 {
        // The receiver's clock is what is stretched: no delay shows at all.
        let now = DELAY + slot(seq).mul_f64(4.0 / 3.0);
        while judge.next_look() < now {
            if judge.look(judge.next_look()).is_some() {
                return assert_ne!(judge.result().verdict, Verdict::Pass);
            }
        }
        judge.on_packet(now, PacketHeader { train: TRAIN, seq, sent_at: slot(seq).mul_f64(4.0 / 3.0) });
    }
    panic!("no finding");
}

/// Sends by credit over a line of `rate_share` of the rate behind a bucket and in front of a queue that drops what does not
/// fit, 30 ms each way there and back.
fn by_credit(rate_share: f64, bucket_s: f64, queue_s: f64) -> DirectionResult {
    const MS: Duration = Duration::from_millis(1);
    let way = 15 * MS;
    let max_bytes = target().bytes_in(Duration::from_secs(40));
    let grant = TrainGrant { train: TRAIN, rate_bps: target(), max_bytes, max_ms: 40_000 };
    let window = credit::window(Mode::Sustain, 2 * way);
    let first = credit::packets_in(&grant, PACKET, window);
    let (mut pacer, mut line) = (Pacer::new(grant, PACKET), CreditLine::new(&grant, PACKET, window, first));
    let mut judge = Sustain::judge(&grant, target(), PACKET, Duration::ZERO);
    let (mut credits, mut arriving, mut ended) = (vec![(Duration::ZERO, first)], Vec::new(), None);
    // In seconds of the rate: what the bucket holds, and what waits in the queue.
    let (mut bucket, mut queue, mut seq) = (bucket_s, 0.0_f64, 0);
    let packet_s = target().time_for(PACKET.into()).as_secs_f64();
    for ms in 0.. {
        let now = ms * MS;
        bucket = (bucket + 0.001 * rate_share).min(bucket_s);
        let served = (queue / packet_s).floor() * packet_s;
        let served = served.min((bucket / packet_s).floor() * packet_s);
        (queue, bucket) = (queue - served, bucket - served);
        pacer.set_credit(credits.iter().filter(|(at, _)| *at <= now).map(|(_, to)| *to).max().unwrap());
        match if ended.is_some() { Step::Finished } else { pacer.step(now, 0) } {
            Step::Send(count) => {
                for _ in 0..count {
                    if queue + packet_s <= queue_s {
                        queue += packet_s;
                        let wait = ((queue - bucket).max(0.0) / rate_share).max(0.0);
                        let header = PacketHeader { train: TRAIN, seq, sent_at: now };
                        arriving.push((now + way + Duration::from_secs_f64(wait), header));
                    }
                    seq += 1;
                }
            }
            Step::WaitUntil(_) => {}
            Step::Finished => ended = ended.or(Some(now + way)),
        }
        let (here, later): (Vec<_>, Vec<_>) = arriving.into_iter().partition(|(at, _)| *at <= now);
        arriving = later;
        for (at, header) in here {
            judge.on_packet(at, header);
            line.on_packet(at, header);
        }
        if ended.is_some_and(|at| at <= now) {
            judge.on_sent(now, seq);
        }
        if ms % 20 == 0 {
            credits.extend(line.extend(None).map(|to| (now + way, to)));
        }
        if judge.look(now).is_some() {
            return judge.result();
        }
    }
    unreachable!("a train ends")
}

#[test]
fn a_train_by_credit_gets_far_enough_to_fail_a_line_that_is_slow_in_the_long_run() {
    for (share, bucket_s, queue_s) in [
        (0.5, 1.6, 1.0),
        (0.5, 1.6, 2.0),
        (0.25, 1.6, 1.0),
        (0.1, 1.6, 2.0),
        (0.75, 0.02, 0.25),
        (0.4, 0.02, 0.25),
    ] {
        let result = by_credit(share, bucket_s, queue_s);
        assert_eq!(result.verdict, Verdict::Fail, "{share} {bucket_s} {queue_s}: {result:?}");
    }
}

#[test]
fn a_train_by_credit_over_a_good_line_is_not_ended_by_it() {
    assert_eq!(by_credit(1.2, 0.02, 0.25).verdict, Verdict::Pass);
}
