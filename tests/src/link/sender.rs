//! The sending program: the pre-train, if there is one, and the train as far as its credit goes.

use std::{collections::VecDeque, time::Duration};

use siaga_probe::{
    control::TrainGrant,
    pacer::{Pacer, Step},
    reception::Terms,
    wire::PacketHeader,
};

use super::{stalls::Schedule, train::Machine};

/// Timers have this grain.
const TICK: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct Sender {
    terms: Terms,
    packet: u32,
    machine: Machine,
    awake: Schedule,
    stage: Stage,
    credit: u32,
    /// Credit on its way, and when each comes.
    coming: VecDeque<(Duration, u32)>,
    /// Packets sent, those of the pre-train too.
    packets: u64,
}

#[derive(Debug)]
enum Stage {
    Sends { pacer: Pacer, train: u32, start: Duration, wakes: Duration },
    WaitsForCredit,
    Ended,
}

impl Sender {
    /// Begins at time zero; packets have `packet` IP bytes.
    pub(super) fn new(terms: Terms, packet: u32, machine: Machine, awake: Schedule) -> Self {
        let mut sender = Self {
            credit: terms.first_credit(packet),
            terms,
            packet,
            machine,
            awake,
            stage: Stage::WaitsForCredit,
            coming: VecDeque::new(),
            packets: 0,
        };
        sender.begin(terms.pre_train.unwrap_or(terms.train), sender.awake.wake(Duration::ZERO));
        sender
    }

    /// Credit reaches the machine at `at`, never before that of the last call.
    pub(super) fn will_hear(&mut self, at: Duration, credit: u32) {
        self.coming.push_back((at, credit));
    }

    /// When it wants to run; `None` if nothing but credit makes it, or nothing at all.
    pub(super) fn wakes(&self) -> Option<Duration> {
        match self.stage {
            Stage::Sends { wakes, .. } => Some(wakes),
            Stage::WaitsForCredit => self.coming.front().map(|(at, _)| self.awake.wake(*at)),
            Stage::Ended => None,
        }
    }

    /// Runs at `now`; answers with the number of its packets if the train ends.
    pub(super) fn run(&mut self, now: Duration, mut hand_over: impl FnMut(PacketHeader)) -> Option<u32> {
        while let Some((_, credit)) = self.coming.front().filter(|(at, _)| *at <= now) {
            self.credit = self.credit.max(*credit);
            self.coming.pop_front();
        }
        if matches!(self.stage, Stage::WaitsForCredit) && self.credit > 0 {
            self.begin(self.terms.train, now);
        }
        let Stage::Sends { pacer, train, start, wakes } = &mut self.stage else { return None };
        let is_train = *train == self.terms.train.train;
        if is_train {
            pacer.set_credit(self.credit);
        }
        let sent_at = self.machine.reads(now).saturating_sub(*start);
        let before = pacer.packets();
        match pacer.step(sent_at, 0) {
            Step::Send(count) => {
                self.packets += u64::from(count);
                (before..before + count)
                    .for_each(|seq| hand_over(PacketHeader { train: *train, seq, sent_at }));
                *wakes = now;
            }
            Step::WaitUntil(at) => {
                *wakes = self.awake.wake(self.machine.at(*start + at).max(now + TICK));
            }
            Step::Finished => {
                self.stage = if is_train { Stage::Ended } else { Stage::WaitsForCredit };
                return is_train.then_some(before);
            }
        }
        None
    }

    /// IP bytes sent, the pre-train's too, if it is told to stop at `at`.
    pub(super) fn bytes_until(&mut self, at: Duration) -> u64 {
        let at = self.awake.wake(at);
        while let Some(now) = self.wakes().filter(|wakes| *wakes <= at) {
            self.run(now, |_| {});
        }
        self.packets * u64::from(self.packet)
    }

    fn begin(&mut self, grant: TrainGrant, now: Duration) {
        let share = if self.machine.share > 0.0 { self.machine.share } else { 1.0 };
        let pace = TrainGrant { rate_bps: grant.rate_bps.scaled(share), ..grant };
        self.stage = Stage::Sends {
            pacer: Pacer::new(pace, self.packet),
            train: grant.train,
            start: self.machine.reads(now),
            wakes: now,
        };
    }
}
