//! The laws of readiness on very many random rooms: 100,000, or as many as make `SIAGA_LAW_STEPS` events in all.
//!
//! `laws.rs` tries every change of every event of a few thousand rooms, and makes the shortest story of what breaks a law. Here each room
//! is changed in one place only; a room that breaks a law is named by its number, so that it can be made again.

mod events;
mod room;

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{RngSeed, TestRunner},
};
use siaga_readiness::{Policy, Profile, TimeToLive, evaluate};

use events::{
    Event, What, after, configuration, events, has_failed_to_sustain, has_fresh_evidence, improved,
    is_about_a_meeting, is_passing, is_passing_beside_trials, is_ready, policy, silence, without,
};

const ROOMS: u64 = 100_000;

/// Rooms that one runner makes, from a seed of its own.
const BATCH: u64 = 250;

#[test]
fn the_laws_hold_for_very_many_random_rooms() {
    let steps: Option<u64> = env::var("SIAGA_LAW_STEPS").ok().map(|steps| steps.parse().expect("a number"));
    let (batches, told) = (AtomicU64::new(0), Told::default());
    let enough = |batch: u64| match steps {
        Some(steps) => told.steps.load(Ordering::Relaxed) >= steps,
        None => batch * BATCH >= ROOMS,
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let batch = batches.fetch_add(1, Ordering::Relaxed);
                    if enough(batch) {
                        return;
                    }
                    try_batch(batch, &told);
                }
            });
        }
    });
    let Told { rooms, steps, ready, changed } = &told;
    let [rooms, steps, ready, changed] = [rooms, steps, ready, changed].map(|it| it.load(Ordering::Relaxed));
    eprintln!("{rooms} rooms, {steps} events, {ready} rooms ready, {changed} changed in one place");
    assert!(
        ready > rooms / 20 && changed > rooms / 4,
        "laws about what is granted say nothing if nothing is"
    );
}

#[derive(Default)]
struct Told {
    rooms: AtomicU64,
    steps: AtomicU64,
    ready: AtomicU64,
    changed: AtomicU64,
}

fn try_batch(batch: u64, told: &Told) {
    let seed = RngSeed::Fixed(0x5349_4147_4100 + batch);
    let mut runner =
        TestRunner::new(proptest::prelude::ProptestConfig { rng_seed: seed, ..configuration(1) });
    let stories = (policy(), events(), 0..1000_usize, 0..250_u64);
    for number in 0..BATCH {
        let (policy, mut events, place, later) = stories.new_tree(&mut runner).unwrap().current();
        let profile = if place % 2 == 0 { Profile::minimum() } else { Profile::recommended() };
        events.push(Event { after: later / 4, what: silence() });
        let room = format!("room {number} of batch {batch}");
        told.rooms.fetch_add(1, Ordering::Relaxed);
        told.steps.fetch_add(events.len() as u64, Ordering::Relaxed);
        let granted = try_room(policy, &events, profile, later, &room);
        told.ready.fetch_add(u64::from(granted), Ordering::Relaxed);
        let changed = try_change(policy, &events, place % events.len(), profile, granted, &room);
        told.changed.fetch_add(u64::from(changed), Ordering::Relaxed);
    }
}

fn try_room(policy: Policy, events: &[Event], profile: &Profile, later: u64, name: &str) -> bool {
    let mut room = after(policy, events);
    let granted = is_ready(&room, profile);
    if granted {
        assert!(has_fresh_evidence(policy, events, profile), "{name}: ready on what is stale or outdone");
        assert!(!has_failed_to_sustain(policy, events, profile), "{name}: ready though the link tires");
    } else {
        let max_age = TimeToLive::new(Duration::from_secs(1 + later)).unwrap();
        let younger = room.tracker.snapshot().clone().no_older_than(Some(max_age));
        let wanted = evaluate(&younger, profile, room.now).is_granted();
        assert!(!wanted, "{name}: granted to who wants younger evidence");
    }
    // A verdict that is lost does not come back by age alone.
    let mut was_ready = granted;
    for step in [later / 8, later / 2] {
        let ready = is_ready(room.pass(step), profile);
        assert!(was_ready || !ready, "{name}: ageing granted");
        was_ready = ready;
    }
    granted
}

/// Whether there was something to try.
fn try_change(
    policy: Policy,
    events: &[Event],
    place: usize,
    profile: &Profile,
    granted: bool,
    name: &str,
) -> bool {
    let What::Observed { evidence, .. } = &events[place].what else { return false };
    let changed = if granted {
        let mut better = events.to_vec();
        if let What::Observed { evidence, .. } = &mut better[place].what {
            *evidence = improved(policy, evidence);
        }
        better
    } else if is_passing(policy, evidence, profile)
        && is_passing_beside_trials(policy, evidence, events, profile)
    {
        without(events, place)
    } else {
        return false;
    };
    let ready = is_ready(&after(policy, &changed), profile);
    let law = ready == granted || is_about_a_meeting(policy, evidence, events, &changed);
    assert!(law, "{name}: a change of event {place} made of ready = {granted} the opposite");
    true
}
