//! What the desk has to say to rooms: at once where a link stands, else when the next one does.
//!
//! A link takes a few frames at a time. What it could not take is said at the room's next report, a minute later at most; of what
//! replaces what was said before only the newest is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use siaga_booking::{Store, store::Order};
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    moment::Moment,
    report::{Agenda, CheckAnswer, FromServer, Rules, RulesFrame, Tolerant},
    room::RoomId,
};
use siaga_transport::room::Handle;
use tokio::sync::watch;

use super::{Check, checks::Checks};

/// What rooms are to be told.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    all: Mutex<All>,
    changed: watch::Sender<()>,
    /// Where what was asked for is kept.
    store: Option<Store>,
}

#[derive(Debug, Default)]
struct All {
    links: HashMap<RoomId, Standing>,
    agendas: HashMap<RoomId, Numbered<Agenda>>,
    rules: Numbered<Arc<Rules>>,
    checks: Checks,
    last: u64,
}

/// A link, and what was said on it.
#[derive(Debug)]
struct Standing {
    handle: Handle,
    /// Of the frames that both sides speak.
    version: u16,
    agenda: u64,
    rules: u64,
}

/// Tells one state of something from the next.
#[derive(Debug, Default)]
struct Numbered<T> {
    no: u64,
    it: T,
}

impl Outbox {
    /// With what rooms were asked for before the server was started, in `store`, where it is kept.
    pub(super) fn of(store: Store, now: Moment) -> Self {
        let orders = store.read(|reader| reader.orders(now.wall)).unwrap_or_else(|error| {
            tracing::warn!(%error, "what rooms were asked to check before the start is not known");
            Vec::new()
        });
        let outbox = Self { store: Some(store), ..Self::default() };
        let mut all = outbox.all();
        orders.into_iter().for_each(|order| all.checks.restore(order, now));
        drop(all);
        outbox
    }

    /// Has a room check itself: now, or when it can be heard.
    pub(super) fn order(&self, room: &RoomId, purpose: Purpose, within: Duration, now: Moment) -> Check {
        self.place(room, purpose, within, now, None)
    }

    /// The same, and it is kept.
    pub(super) fn promise(&self, room: &RoomId, purpose: Purpose, within: Duration, now: Moment) -> Check {
        self.place(room, purpose, within, now, self.store.as_ref())
    }

    fn place(
        &self,
        room: &RoomId,
        purpose: Purpose,
        within: Duration,
        now: Moment,
        kept_in: Option<&Store>,
    ) -> Check {
        let mut all = self.all();
        let check = all.checks.order(room, purpose, within, now);
        if let Some(store) = kept_in {
            let until = now.wall.saturating_add(within).unwrap_or(now.wall);
            let (room, purpose) = (room.clone(), purpose.to_string());
            store.keep_order(Order { room, id: check.id, purpose, since: now.wall, until });
        }
        all.say(room, now);
        all.checks.of(room, check.id, now).unwrap_or(check)
    }

    /// A check that was asked for.
    pub(super) fn check(&self, room: &RoomId, id: u64, now: Moment) -> Option<Check> {
        self.all().checks.of(room, id, now)
    }

    /// Resolves, again and again, when a room has answered.
    pub(super) fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What the room may claim to probe for.
    pub(super) fn ordered(&self, room: &RoomId, now: Moment) -> Purpose {
        self.all().checks.ordered(room, now)
    }

    /// The room's next bookings, in place of those that were told before.
    pub(super) fn set_agenda(&self, room: &RoomId, agenda: Agenda, now: Moment) {
        let mut all = self.all();
        if all.agendas.get(room).is_none_or(|known| known.it != agenda) {
            all.last += 1;
            let no = all.last;
            all.agendas.insert(room.clone(), Numbered { no, it: agenda });
            all.say(room, now);
        }
    }

    /// What all rooms are to go by.
    pub(super) fn set_rules(&self, rules: Rules, now: Moment) {
        let mut all = self.all();
        if all.rules.no > 0 && *all.rules.it == rules {
            return;
        }
        all.last += 1;
        all.rules = Numbered { no: all.last, it: Arc::new(rules) };
        let rooms: Vec<RoomId> = all.links.keys().cloned().collect();
        drop(all);
        // One after the other: no room's report waits until a whole province is told.
        rooms.iter().for_each(|room| self.all().say(room, now));
    }

    /// A room's link stands.
    pub(super) fn on_link(&self, room: &RoomId, handle: Handle, version: u16, now: Moment) {
        let mut all = self.all();
        all.checks.on_end(room, now);
        all.links.insert(room.clone(), Standing { handle, version, agenda: 0, rules: 0 });
        all.say(room, now);
    }

    /// It is gone, unless a newer one stands.
    pub(super) fn on_end(&self, room: &RoomId, link: u64, now: Moment) {
        let mut all = self.all();
        if all.links.get(room).is_some_and(|standing| standing.handle.link() == link) {
            all.links.remove(room);
            all.checks.on_end(room, now);
            drop(all);
            self.changed.send_replace(());
        }
    }

    /// The room has answered.
    pub(super) fn on_answer(&self, room: &RoomId, id: u64, answer: CheckAnswer, now: Moment) {
        let mut all = self.all();
        all.checks.on_answer(room, id, answer, now);
        let ended = all.checks.take_ended();
        drop(all);
        if let Some(store) = &self.store {
            ended.into_iter().for_each(|(room, id)| store.drop_order(room, id));
        }
        self.changed.send_replace(());
    }

    /// The room was heard: what it could not take before it may take now.
    pub(super) fn on_report(&self, room: &RoomId, now: Moment) {
        self.all().say(room, now);
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    /// Says what the room was not told, as far as its link takes it.
    fn say(&mut self, room: &RoomId, now: Moment) {
        let Some(standing) = self.links.get_mut(room) else { return };
        for wish in self.checks.due(room, now) {
            if standing.handle.say(FromServer::CheckNow(wish)).is_err() {
                return;
            }
            self.checks.on_asked(room, wish.id, now);
        }
        if standing.version < HAS_MORE {
            return;
        }
        let Numbered { no, it } = &self.rules;
        if standing.rules != *no && standing.handle.say(rules_frame(it)).is_ok() {
            standing.rules = *no;
        }
        if let Some(Numbered { no, it }) = self.agendas.get(room)
            && standing.agenda != *no
            && standing.handle.say(FromServer::Agenda(it.clone())).is_ok()
        {
            standing.agenda = *no;
        }
    }
}

fn rules_frame(rules: &Rules) -> FromServer {
    FromServer::Rules(Box::new(RulesFrame { rules: Tolerant::Understood(rules.clone()) }))
}

/// The first version of the frames that has more than wishes.
const HAS_MORE: u16 = 2;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use siaga_readiness::{
        moment::BootId,
        report::{CheckNow, NextBooking},
    };
    use tokio::sync::mpsc::Receiver;

    use super::*;
    use crate::desk::Stage;

    fn now() -> Moment {
        let since_boot = Duration::from_secs(1000);
        Moment { wall: "2026-11-26T01:00:00Z".parse().unwrap(), since_boot, boot: BootId(1) }
    }

    fn id() -> RoomId {
        "r1".parse().unwrap()
    }

    fn agenda(reference: &str) -> Agenda {
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let (class, decision) = ("regular".to_owned(), "approve".to_owned());
        let (reference, title, checklist) = (reference.to_owned(), None, Vec::new());
        Agenda { bookings: vec![NextBooking { reference, title, start, end, class, decision, checklist }] }
    }

    fn said(link: &mut Receiver<FromServer>) -> Vec<String> {
        let mut said = Vec::new();
        while let Ok(frame) = link.try_recv() {
            said.push(match frame {
                FromServer::Agenda(agenda) => agenda.bookings[0].reference.clone(),
                FromServer::Rules(_) => "rules".to_owned(),
                FromServer::CheckNow(CheckNow { purpose, .. }) => purpose.to_string(),
                other => panic!("{other:?}"),
            });
        }
        said
    }

    #[test]
    fn a_room_is_told_its_bookings_once_on_each_link_and_when_they_change() {
        let outbox = Outbox::default();
        outbox.set_agenda(&id(), agenda("b1"), now());
        let (handle, mut link) = Handle::new(1);
        outbox.on_link(&id(), handle, 2, now());
        outbox.on_report(&id(), now());
        outbox.set_agenda(&id(), agenda("b1"), now());
        assert_eq!(said(&mut link), ["b1"]);
        outbox.set_agenda(&id(), agenda("b2"), now());
        assert_eq!(said(&mut link), ["b2"]);
        let (handle, mut newer) = Handle::new(2);
        outbox.on_link(&id(), handle, 2, now());
        outbox.on_end(&id(), 1, now());
        outbox.order(&id(), Purpose::Booking, Duration::from_secs(60), now());
        assert_eq!(said(&mut newer), ["b2", "booking"], "the newer link stands");
    }

    #[test]
    fn what_a_link_can_t_take_is_said_later_and_only_the_newest_of_it() {
        let outbox = Outbox::default();
        let (handle, mut link) = Handle::new(1);
        outbox.on_link(&id(), handle, 2, now());
        for n in 0..10 {
            outbox.set_agenda(&id(), agenda(&n.to_string()), now());
        }
        assert_eq!(said(&mut link), ["0", "1", "2", "3"]);
        let check = outbox.order(&id(), Purpose::PreCheck, Duration::from_secs(60), now());
        assert_eq!(check.stage, Stage::Asked);
        outbox.on_report(&id(), now());
        assert_eq!(said(&mut link), ["pre_check", "9"]);
    }

    #[test]
    fn rooms_are_told_what_to_go_by_on_each_link_and_when_it_changes() {
        let outbox = Outbox::default();
        let mut links: Vec<_> = ["r1", "r2"]
            .map(|room| {
                let (handle, link) = Handle::new(1);
                outbox.on_link(&room.parse().unwrap(), handle, 2, now());
                link
            })
            .into();
        outbox.set_rules(Rules::default(), now());
        for link in &mut links {
            assert_eq!(said(link), ["rules"]);
        }
        outbox.set_rules(Rules::default(), now());
        assert_eq!(said(&mut links[0]), [""; 0], "they go by these");
        let other = Rules { profile: Some("recommended".parse().unwrap()), ..Rules::default() };
        outbox.set_rules(other, now());
        for link in &mut links {
            assert_eq!(said(link), ["rules"]);
        }
        let (handle, mut link) = Handle::new(2);
        outbox.on_link(&id(), handle, 2, now());
        outbox.on_report(&id(), now());
        assert_eq!(said(&mut link), ["rules"], "though they are empty: the room may have kept others");
    }

    #[test]
    fn a_room_of_the_release_before_is_asked_to_check_and_told_nothing_else() {
        let outbox = Outbox::default();
        outbox.set_agenda(&id(), agenda("b1"), now());
        outbox.order(&id(), Purpose::PreCheck, Duration::from_secs(60), now());
        let (handle, mut link) = Handle::new(1);
        outbox.on_link(&id(), handle, 1, now());
        assert_eq!(said(&mut link), ["pre_check"]);
    }

    #[test]
    fn a_check_of_a_room_whose_link_is_gone_waits_for_the_next_one() {
        let outbox = Outbox::default();
        let (handle, link) = Handle::new(1);
        outbox.on_link(&id(), handle, 2, now());
        let check = outbox.order(&id(), Purpose::Booking, Duration::from_secs(60), now());
        assert_eq!(outbox.ordered(&id(), now()), Purpose::Booking);
        let changed = outbox.changed();
        drop(link);
        outbox.on_end(&id(), 1, now());
        assert!(changed.has_changed().unwrap());
        assert_eq!(outbox.check(&id(), check.id, now()).unwrap().stage, Stage::Waiting);
        let (handle, mut link) = Handle::new(2);
        outbox.on_link(&id(), handle, 2, now());
        assert_eq!(said(&mut link), ["booking"]);
    }
}
