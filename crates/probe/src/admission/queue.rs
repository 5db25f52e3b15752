//! Those who were told to come back: whose turn it is when, and for whom room must be left.
//!
//! Nobody waits here. A room that is told “busy” leaves with a turn and comes back; the queue remembers what it will need,
//! so that turns are as far apart as probes take, and that who came later does not take what who was told earlier comes
//! back for.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use super::{Purpose, load::Load};
use crate::Mode;

/// A turn, and since when its holder waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    /// In the order in which they were given out: a smaller one waits longer.
    number: u64,
    pub(super) mode: Mode,
    pub(super) purpose: Purpose,
    pub(super) need: Load,
    /// The time for which the whole share is busy with it.
    cost: Duration,
    pub(super) turn: Duration,
    /// Until then its holder is expected.
    until: Duration,
    /// It came at its turn, and there was no room for it.
    owed: bool,
}

impl Ticket {
    /// Whether its holder may be let in now, if there is room.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.turn <= now.saturating_add(EARLY)
    }

    /// Who does not come for this long starts anew.
    pub(super) fn is_void(&self, now: Duration) -> bool {
        self.until.saturating_add(KEPT) < now
    }
}

/// A clock that ticks coarsely must not cost a turn.
const EARLY: Duration = Duration::from_millis(100);

/// How late for its turn a room is expected: it listens to its line first, and waits by a little chance of its own. And a
/// quarter of what it was told to wait, because older ones stretch that.
const LATE: Duration = Duration::from_secs(6);

/// How much longer its place in the order is kept, without room being held for it.
const KEPT: Duration = Duration::from_secs(600);

/// What is kept free for one that is owed, and for how long it keeps the whole share busy.
#[derive(Debug, Clone, Copy)]
struct Owed {
    need: Load,
    cost: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    numbers: u64,
    /// Holders that are expected, by turn.
    expected: BTreeMap<(Duration, u64), Ticket>,
    /// Those of them that are owed, in the order in which they are to be let in.
    owed: BTreeMap<(Reverse<Purpose>, u64), Owed>,
    /// The same as `expected`, by when they are expected no more.
    lapses: BTreeMap<(Duration, u64), Duration>,
    /// Their costs, by purpose, and those of sustain probes, which are in none of these.
    work: [Duration; 3],
    sustain_work: Duration,
}

impl Queue {
    /// Forgets those that are expected no more.
    pub(super) fn pass(&mut self, now: Duration) {
        while let Some(entry) = self.lapses.first_entry().filter(|entry| entry.key().0 < now) {
            let ((_, number), turn) = (*entry.key(), *entry.get());
            if let Some(ticket) = self.expected.get(&(turn, number)).copied() {
                self.remove(&ticket);
            }
        }
    }

    /// A new ticket, at the end of the queue.
    pub(super) fn join(
        &mut self,
        now: Duration,
        mode: Mode,
        purpose: Purpose,
        need: Load,
        cost: Duration,
        wait: Duration,
    ) -> Ticket {
        self.numbers += 1;
        let ticket = Ticket {
            number: self.numbers,
            mode,
            purpose,
            need,
            cost,
            turn: now.saturating_add(wait),
            until: now.saturating_add(wait).saturating_add(LATE + wait / 4),
            owed: false,
        };
        self.insert(ticket);
        ticket
    }

    /// Another turn for one who came and found no room, with the place in the order that it had.
    pub(super) fn again(&mut self, now: Duration, ticket: Ticket, owed: bool, wait: Duration) -> Ticket {
        self.remove(&ticket);
        let turn = now.saturating_add(wait);
        let until = turn.saturating_add(LATE + wait / 4);
        let ticket = Ticket { turn, until, owed, ..ticket };
        self.insert(ticket);
        ticket
    }

    pub(super) fn remove(&mut self, ticket: &Ticket) {
        if let Some(ticket) = self.expected.remove(&(ticket.turn, ticket.number)) {
            self.lapses.remove(&(ticket.until, ticket.number));
            self.owed.remove(&(Reverse(ticket.purpose), ticket.number));
            self.weigh(&ticket, Duration::saturating_sub);
        }
    }

    fn insert(&mut self, ticket: Ticket) {
        self.expected.insert((ticket.turn, ticket.number), ticket);
        self.lapses.insert((ticket.until, ticket.number), ticket.turn);
        if ticket.owed {
            let owed = Owed { need: ticket.need, cost: ticket.cost };
            self.owed.insert((Reverse(ticket.purpose), ticket.number), owed);
        }
        self.weigh(&ticket, Duration::saturating_add);
    }

    fn weigh(&mut self, ticket: &Ticket, change: fn(Duration, Duration) -> Duration) {
        let work = match ticket.mode {
            Mode::Sustain => &mut self.sustain_work,
            _ => &mut self.work[ticket.purpose.index()],
        };
        *work = change(*work, ticket.cost);
    }

    /// The time for which the whole share is busy with those that come before a newcomer of this purpose, sustain probes
    /// left out.
    pub(super) fn work_before(&self, purpose: Purpose) -> Duration {
        Purpose::ALL.iter().filter(|other| **other >= purpose).map(|other| self.work[other.index()]).sum()
    }

    /// The same for all sustain probes.
    pub(super) fn sustain_work(&self) -> Duration {
        self.sustain_work
    }

    /// What must be left for the first of those who came at their turn and found no room, if it comes before `ticket`.
    /// For the first alone: what is kept free for somebody who is away is used by nobody.
    pub(super) fn owed_before(&self, ticket: &Ticket) -> Load {
        self.before(ticket).next().map_or_else(Load::default, |owed| owed.need)
    }

    /// The time for which the whole share is busy with all who are owed and come before `ticket`.
    pub(super) fn owed_work_before(&self, ticket: &Ticket) -> Duration {
        self.before(ticket).map(|owed| owed.cost).sum()
    }

    fn before(&self, ticket: &Ticket) -> impl Iterator<Item = &Owed> {
        self.owed.range(..(Reverse(ticket.purpose), ticket.number)).map(|(_, owed)| owed)
    }

    /// What must be left for those who come before somebody of this purpose without a turn that holds its room until
    /// `until`: all that are owed, and all whose turn comes meanwhile; sustain probes only if one of them could begin.
    /// Counted until it is more than `free`.
    pub(super) fn expected_before(
        &self,
        purpose: Purpose,
        until: Duration,
        own: Option<Ticket>,
        sustain_may_begin: bool,
        free: Load,
    ) -> Load {
        let owed = self.owed.iter().take_while(|((Reverse(other), _), _)| *other >= purpose);
        let meanwhile =
            self.expected.range(..=(until, u64::MAX)).map(|(_, ticket)| ticket).filter(|ticket| {
                let is_own = own.is_some_and(|own| own.number == ticket.number);
                let may_begin = ticket.mode != Mode::Sustain || sustain_may_begin;
                ticket.purpose >= purpose && !ticket.owed && !is_own && may_begin
            });
        sum(owed.map(|(_, owed)| owed.need).chain(meanwhile.map(|ticket| ticket.need)), free)
    }

    /// Those that are expected, by purpose.
    pub(super) fn lengths(&self) -> [usize; 3] {
        let mut lengths = [0; 3];
        for ticket in self.expected.values() {
            lengths[ticket.purpose.index()] += 1;
        }
        lengths
    }

    pub(super) fn is_empty(&self) -> bool {
        self.expected.is_empty()
    }
}

/// More than `free` is as good as all: nobody is let in.
fn sum(needs: impl Iterator<Item = Load>, free: Load) -> Load {
    let mut sum = Load::default();
    for need in needs {
        sum = sum.plus(need);
        if !sum.fits(free) {
            break;
        }
    }
    sum
}
