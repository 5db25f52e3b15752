//! What holds whatever is asked, in whatever order, by whomever.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};

use super::*;
use crate::admission::{LeaseId, USED_WITHIN, longest_lease};

#[derive(Debug, Clone)]
enum Event {
    Ask { who: usize, mode: Mode, up: u64, down: u64, purpose: Purpose, late: bool },
    Use(usize),
    End(usize, Option<u64>),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let mode = select(vec![Mode::Gate, Mode::Gate, Mode::Sustain, Mode::Quality, Mode::Unknown]);
    let purpose = select(Purpose::ALL.to_vec());
    let ask = (0_usize..12, mode, 1_u64..120, 1_u64..120, purpose, prop::bool::weighted(0.05))
        .prop_map(|(who, mode, up, down, purpose, late)| Event::Ask { who, mode, up, down, purpose, late });
    prop_oneof![
        6 => ask,
        2 => (0_usize..8).prop_map(Event::Use),
        2 => (0_usize..8, prop::option::of(0_u64..500_000_000)).prop_map(|(n, bytes)| Event::End(n, bytes)),
        3 => (0_u64..20_000).prop_map(Event::Pass),
    ]
}

/// A lease as its holder sees it.
struct Held {
    id: LeaseId,
    who: usize,
    purpose: Purpose,
    sends: [u64; 2],
    since: Duration,
    used: bool,
    mode: Mode,
}

impl Held {
    fn ends_at(&self) -> Duration {
        self.since + if self.used { longest_lease(self.mode) } else { USED_WITHIN }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        rng_seed: RngSeed::Fixed(0x4c45_4153),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_asked_the_laws_hold(
        events in vec(event(), 1..250),
        uplink in 30_u64..600,
        chance in 0.0..1.0_f64,
    ) {
        let limits = Limits { daily_bytes: 4_000_000_000, max_probes: 5, ..limits(uplink) };
        let mut admission = Admission::new(limits);
        let share = uplink * 1_000_000 / 100 * 80;
        let (mut now, mut held) = (SECOND, Vec::<Held>::new());
        for event in events {
            match event {
                Event::Pass(ms) => now += Duration::from_millis(ms),
                Event::Use(n) => {
                    if let Some(lease) = held.get_mut(n) {
                        prop_assert_eq!(admission.on_use(now, lease.id), now < lease.ends_at());
                        lease.used = true;
                    }
                }
                Event::End(n, bytes) if n < held.len() => {
                    admission.on_end(now, held.swap_remove(n).id, bytes);
                }
                Event::End(..) => {}
                Event::Ask { who, mode, up, down, purpose, late } => {
                    let request = Request { asker: room(who), mode, up: mbps(up), down: mbps(down), purpose };
                    match admission.ask(now, &request, late, chance) {
                        Answer::Grant(lease) => {
                            prop_assert!(!late);
                            let sends = [lease.up, lease.down].map(Bitrate::bps);
                            prop_assert_eq!(sends, [mbps(up), mbps(down)].map(|rate| mode.sending_rate(rate).bps()));
                            held.retain(|held| now < held.ends_at());
                            prop_assert!(held.iter().all(|held| held.who != who), "one lease for one asker");
                            let (id, purpose) = (lease.id, lease.purpose);
                            held.push(Held { id, who, purpose, sends, since: now, used: false, mode });
                        }
                        Answer::Busy(wait) => {
                            prop_assert!(wait.retry_after <= 3600 * SECOND, "{wait:?}");
                        }
                        Answer::Deny(_) => {}
                    }
                }
            }
            held.retain(|held| now < held.ends_at());
            for direction in 0..2 {
                let sum: u64 = held.iter().map(|held| held.sends[direction]).sum();
                prop_assert!(sum <= share, "{sum} of {share}");
                prop_assert_eq!(admission.standing(now).granted_bps[direction], sum);
                let routine = held.iter().filter(|held| held.purpose == Purpose::Routine);
                let routine: u64 = routine.map(|held| held.sends[direction]).sum();
                prop_assert!(routine <= share * 3 / 4 + 1 || held.len() == 1 || started_alone(&held), "{routine}");
            }
            prop_assert!(held.len() <= 5);
        }
        // And nothing is left once nobody asks any more.
        let standing = admission.standing(now + 3600 * SECOND);
        prop_assert_eq!((standing.leases, standing.queue), ([0; 3], [0; 3]));
        prop_assert_eq!(standing.granted_bps, [0; 2]);
    }
}

/// A probe larger than its purpose's part may begin alone; more urgent ones may join it.
fn started_alone(held: &[Held]) -> bool {
    held.iter().filter(|held| held.purpose == Purpose::Routine).count() == 1
}
