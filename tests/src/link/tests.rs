//! The model itself: what goes in comes out as the specification says.

use siaga_probe::{Mode, Verdict, judge::Effort};

use super::*;

const PACKET: u32 = 1250;

/// Sends at `bps` for `seconds`; answers with the delays, `None` where a packet was dropped.
fn delays_ms(spec: &LinkSpec, bps: f64, seconds: f64) -> Vec<Option<f64>> {
    let mut link = Link::new(spec, 1);
    let gap_s = f64::from(PACKET) * 8.0 / bps;
    let mut delays = Vec::new();
    let mut at_s = 0.0;
    while at_s < seconds {
        let fate = link.send(Duration::from_secs_f64(at_s), PACKET);
        delays.push(fate.arrival.map(|arrival| (arrival.as_secs_f64() - at_s) * 1e3));
        at_s += gap_s;
    }
    delays
}

fn spec(toml: &str) -> LinkSpec {
    toml::from_str(toml).unwrap()
}

fn lost(delays: &[Option<f64>]) -> f64 {
    let lost = delays.iter().filter(|delay| delay.is_none()).count();
    f64::from(u32::try_from(lost).unwrap()) / f64::from(u32::try_from(delays.len()).unwrap())
}

#[test]
fn a_plain_line_delays_by_propagation_and_serialization() {
    let delays = delays_ms(&spec("delay_ms = 20\nbottleneck = { rate = \"10M\" }"), 9e6, 1.0);
    assert!(delays.iter().all(|delay| (delay.unwrap() - 21.0).abs() < 0.01), "{delays:?}");
}

#[test]
fn an_overload_fills_the_queue_and_then_drops_the_surplus() {
    let delays = delays_ms(&spec("bottleneck = { rate = \"10M\", queue_ms = 100 }"), 20e6, 2.0);
    // Half of it is surplus; it fills 100 ms of queue in 200 ms (200 packets of 4000), and then it is lost.
    assert!((lost(&delays) - 0.475).abs() < 0.01, "{}", lost(&delays));
    let longest = delays.iter().flatten().copied().fold(0.0, f64::max);
    assert!((100.0..=102.1).contains(&longest), "{longest}");
}

#[test]
fn a_queue_can_be_limited_in_bytes() {
    let delays = delays_ms(&spec("bottleneck = { rate = \"10M\", queue_bytes = 12500 }"), 20e6, 1.0);
    let longest = delays.iter().flatten().copied().fold(0.0, f64::max);
    assert!((10.0..=12.1).contains(&longest), "{longest}");
}

#[test]
fn a_shaper_spends_its_bucket_first() {
    let delays = delays_ms(&spec("bottleneck = { rate = \"10M\", bucket_bytes = 500000 }"), 20e6, 1.0);
    // 500 kB at a surplus of 10 Mbit/s: 0.4 s, packet 800.
    assert!(delays[..790].iter().all(|delay| delay.unwrap() < 0.01));
    assert!(delays[1000].unwrap() > 50.0);
}

#[test]
fn a_policer_drops_the_surplus_and_delays_nothing() {
    let delays = delays_ms(&spec("policer = { rate = \"10M\", bucket_bytes = 12500 }"), 20e6, 10.0);
    assert!((lost(&delays) - 0.5).abs() < 0.01);
    assert!(delays.iter().flatten().all(|delay| delay.abs() < 0.01));
}

#[test]
fn random_loss_has_the_ratio_asked_for_alone_and_in_bursts() {
    for burst in ["", ", burst_ms = 2.5", ", burst_ms = 10"] {
        let delays = delays_ms(&spec(&format!("loss = {{ ratio = 0.02{burst} }}")), 20e6, 300.0);
        assert!((lost(&delays) - 0.02).abs() < 0.002, "{burst}: {}", lost(&delays));
    }
}

#[test]
fn bursts_have_the_length_asked_for() {
    let delays = delays_ms(&spec("loss = { ratio = 0.02, burst_ms = 10 }"), 20e6, 300.0);
    let bursts = delays.windows(2).filter(|pair| pair[0].is_some() && pair[1].is_none()).count();
    let packets = lost(&delays) * f64::from(u32::try_from(delays.len()).unwrap());
    let mean_ms = packets * 0.5 / f64::from(u32::try_from(bursts).unwrap());
    assert!((9.0..12.0).contains(&mean_ms), "{mean_ms}");
}

#[test]
fn an_outage_takes_everything_and_ends() {
    let delays = delays_ms(&spec("outages = [{ at_s = 0.5, for_ms = 250 }]"), 20e6, 1.0);
    assert!((lost(&delays) - 0.25).abs() < 0.002);
    assert!(delays[999].is_some() && delays[1000 + 20].is_none() && delays[1501].is_some());
}

#[test]
fn jitter_keeps_the_order_and_reordering_does_not() {
    let arrivals = |spec: &LinkSpec| {
        let mut link = Link::new(spec, 3);
        let sent = (0..2000).map(|seq| Duration::from_micros(500 * seq));
        sent.map(|at| link.send(at, PACKET).arrival.unwrap()).collect::<Vec<_>>()
    };
    assert!(arrivals(&spec("jitter_ms = 8")).is_sorted());
    let reordered = arrivals(&spec("reordering = { ratio = 0.05, extra_ms = 3 }"));
    let overtaken = reordered.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!((60..140).contains(&overtaken), "{overtaken}");
}

#[test]
fn the_same_seed_gives_the_same_link_and_another_seed_another() {
    let spec = spec("jitter_ms = 3\nloss = { ratio = 0.05, burst_ms = 5 }\nduplicates = 0.1");
    let fates = |seed| {
        let mut link = Link::new(&spec, seed);
        (0..500).map(|at| link.send(Duration::from_millis(at), PACKET)).collect::<Vec<_>>()
    };
    assert_eq!(fates(1), fates(1));
    assert_ne!(fates(1), fates(2));
}

#[test]
fn a_managed_queue_is_short_in_the_end_and_drops_the_surplus() {
    let delays = delays_ms(&spec("bottleneck = { rate = \"19M\", codel = true }"), 20e6, 30.0);
    let last: Vec<f64> = delays[45_000..].iter().flatten().copied().collect();
    let longest = last.iter().copied().fold(0.0, f64::max);
    assert!(longest < 40.0, "{longest}");
    assert!((lost(&delays) - 0.05).abs() < 0.01, "{}", lost(&delays));
}

#[test]
fn radios_and_bursts_leave_the_mean_rate_that_they_are_named_by() {
    for (hop, mbps) in [
        ("rate = \"20M\", radio = \"wi_fi\"", 20.0),
        ("rate = \"20M\", radio = \"lte\"", 20.0),
        ("rate = \"40M\", bursts = { leaves = \"24M\" }", 24.0),
    ] {
        // Overloaded, so that what comes through is what the hop can carry.
        let spec = spec(&format!("bottleneck = {{ {hop}, queue_ms = 300 }}"));
        let carried: f64 = (0..8)
            .map(|seed| {
                let mut link = Link::new(&spec, seed);
                let fates = (0..100_000_u64).map(|at| link.send(Duration::from_micros(300 * at), PACKET));
                f64::from(u32::try_from(fates.filter(|fate| fate.arrival.is_some()).count()).unwrap())
            })
            .sum::<f64>()
            / 8.0;
        let carried_mbps = carried * f64::from(PACKET) * 8.0 / 30.0 / 1e6;
        // Bursts lose some of their own where they meet a full queue, which leaves a little more to us.
        assert!((carried_mbps - mbps).abs() < 0.12 * mbps, "{hop}: {carried_mbps}");
    }
}

#[test]
fn a_tcp_flow_uses_what_we_leave_and_gives_way() {
    let alone = delays_ms(&spec("bottleneck = { rate = \"30M\", queue_ms = 60 }"), 20e6, 10.0);
    let shared =
        delays_ms(&spec("bottleneck = { rate = \"30M\", queue_ms = 60, tcp = { rtt_ms = 40 } }"), 20e6, 10.0);
    let mean = |delays: &[Option<f64>]| {
        let came: Vec<f64> = delays.iter().flatten().copied().collect();
        came.iter().sum::<f64>() / f64::from(u32::try_from(came.len()).unwrap())
    };
    assert!(mean(&alone) < 1.0 && mean(&shared) > 10.0, "{} {}", mean(&alone), mean(&shared));
    assert!(lost(&shared) < 0.01, "{}", lost(&shared));
}

/// A gate for 20 Mbit/s.
fn gate(toml: &str) -> train::Run {
    let still = train::Machine::default();
    train::run(Mode::Gate, "20M".parse().unwrap(), &spec(toml), &still, &still, Effort::Normal, 1)
}

/// Bytes of a train for 20 Mbit/s in this time.
fn sent_in(ms: u64) -> u64 {
    Mode::Gate.sending_rate("20M".parse().unwrap()).bytes_in(Duration::from_millis(ms))
}

#[test]
fn a_sender_has_a_window_of_credit_and_what_the_link_carries() {
    let slow = gate("delay_ms = 15\nbottleneck = { rate = \"1M\" }");
    // A round trip and 250 ms, and 1 Mbit/s meanwhile.
    assert_eq!(slow.result.verdict, Verdict::Fail);
    assert!(slow.bytes <= sent_in(280) + 40_000, "{}", slow.bytes);
}

#[test]
fn a_pre_train_that_fails_is_all_that_is_ever_sent() {
    let slow = gate("delay_ms = 300\nbottleneck = { rate = \"2M\" }");
    assert_eq!(slow.result.verdict, Verdict::Fail);
    assert!(slow.bytes <= sent_in(100), "{}", slow.bytes);
}

#[test]
fn a_sender_goes_on_until_it_has_heard_of_the_verdict() {
    let near = gate("delay_ms = 15\nbottleneck = { rate = \"25M\" }");
    assert!((sent_in(1_050)..sent_in(1_080)).contains(&near.bytes), "{}", near.bytes);
}
