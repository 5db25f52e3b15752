//! The same evidence, its times told in another way. What has no time in the new way can't count, and is left out.

use super::{
    DeviceEvidence, HostLook, NetworkEvidence, ProbeAttempt, RateEvidence, Scan, ScanAttempt, Since,
};

impl<T> DeviceEvidence<T> {
    pub(crate) fn retimed<U: Copy>(self, to: &impl Fn(T) -> Option<U>, now: U) -> DeviceEvidence<U> {
        let Self { since, scan, attempt, trials, occupied_since } = self;
        DeviceEvidence {
            since: since.retimed(to, now),
            scan: scan.and_then(|Scan { at, inventory }| Some(Scan { at: to(at)?, inventory })),
            attempt: attempt
                .and_then(|ScanAttempt { at, took, fault }| Some(ScanAttempt { at: to(at)?, took, fault })),
            trials: trials.retimed(to),
            occupied_since: occupied_since.and_then(to),
        }
    }
}

impl<T> HostLook<T> {
    pub(crate) fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> Option<HostLook<U>> {
        let Self { at, took, host } = self;
        Some(HostLook { at: to(at)?, took, host })
    }
}

impl<T> NetworkEvidence<T> {
    pub(crate) fn retimed<U: Copy>(self, to: &impl Fn(T) -> Option<U>, now: U) -> NetworkEvidence<U> {
        let Self { since, gate, sustain, remembered, quality, turned_away, servers } = self;
        NetworkEvidence {
            since: since.retimed(to, now),
            gate: gate.retimed(to),
            sustain: sustain.retimed(to),
            remembered: remembered.retimed(to),
            quality: quality.and_then(|attempt| attempt.retimed(to)),
            turned_away: turned_away.and_then(|attempt| attempt.retimed(to)),
            servers,
        }
    }
}

impl<T> RateEvidence<T> {
    fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> RateEvidence<U> {
        let Self { up, down, attempt, measured } = self;
        RateEvidence {
            up: up.retimed(to),
            down: down.retimed(to),
            attempt: attempt.and_then(|attempt| attempt.retimed(to)),
            measured: measured.and_then(|attempt| attempt.retimed(to)),
        }
    }
}

impl<T> ProbeAttempt<T> {
    fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> Option<ProbeAttempt<U>> {
        let Self { at, took, evidence } = self;
        Some(ProbeAttempt { at: to(at)?, took, evidence })
    }
}

impl<T> Since<T> {
    fn retimed<U>(self, to: &impl Fn(T) -> Option<U>, now: U) -> Since<U> {
        Since { at: to(self.at).unwrap_or(now), cause: self.cause }
    }
}
