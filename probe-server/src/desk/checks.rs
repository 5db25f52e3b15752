//! What rooms were asked to check, and how far each of them is.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde::{
    Deserialize, Serialize,
    de::{
        IntoDeserializer,
        value::{Error as Unread, StrDeserializer},
    },
};
use siaga_booking::store::Order;
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    moment::Moment,
    report::{CheckAnswer, CheckNow},
    room::RoomId,
};
use utoipa::ToSchema;

/// A check that a room was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RoomCheck)]
pub struct Check {
    /// Tells checks apart, those of an earlier run of the server too.
    pub id: u64,
    /// Which room.
    pub room: RoomId,
    /// What for.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// When it is given up, by the clock that can't be set.
    #[serde(skip)]
    until: Duration,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The room can't be heard; it is asked as soon as its link stands, also if that was lost while the room checked.
    Waiting,
    /// The room was asked and has not answered.
    Asked,
    /// The room is being checked.
    Begun,
    /// Over: a camera or microphone of the room is in use, so it was not checked, or not to the end.
    MeetingOn,
    /// Over: what was found is in the room's readiness. A room of the release before never says so.
    Done,
    /// Over, but the link was not probed; why is in the room's readiness.
    PutOff,
    /// Over: it did not come to an end in the time that was given.
    Overdue,
}

impl Stage {
    /// Nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::MeetingOn | Self::Done | Self::PutOff | Self::Overdue)
    }
}

/// The checks of all rooms; of each room some of the latest.
#[derive(Debug, Default)]
pub(super) struct Checks {
    rooms: HashMap<RoomId, Vec<Check>>,
    last: u64,
    /// Those that rooms have brought to an end since somebody last asked.
    ended: Vec<(RoomId, u64)>,
}

/// Checks of one room that are remembered.
const MOST: usize = 8;

impl Checks {
    /// To be asked for now, and to be given up if it is not over `within` that time.
    pub(super) fn order(&mut self, room: &RoomId, purpose: Purpose, within: Duration, now: Moment) -> Check {
        // As good as certainly more than before a restart, and exact in JavaScript's numbers.
        let begin = u64::try_from(now.wall.as_millisecond()).unwrap_or_default();
        self.last = begin.max(self.last + 1);
        let until = now.since_boot.saturating_add(within);
        let (id, stage) = (self.last, Stage::Waiting);
        let check = Check { id, room: room.clone(), purpose, stage, since: now.wall, until };
        let checks = self.rooms.entry(room.clone()).or_default();
        if checks.len() >= MOST {
            let oldest = checks.iter().position(|check| check.stage.is_over()).unwrap_or(0);
            checks.remove(oldest);
        }
        checks.push(check.clone());
        check
    }

    /// One that was asked for before the server was started: the room is asked again.
    pub(super) fn restore(&mut self, order: Order, now: Moment) {
        let Order { room, id, purpose, since, until } = order;
        let left = Duration::try_from(until.duration_since(now.wall)).unwrap_or_default();
        let until = now.since_boot.saturating_add(left);
        self.last = self.last.max(id);
        let purpose: StrDeserializer<'_, Unread> = purpose.as_str().into_deserializer();
        let purpose = Purpose::deserialize(purpose).unwrap_or_default();
        let stage = Stage::Waiting;
        let check = Check { id, room: room.clone(), purpose, stage, since, until };
        self.rooms.entry(room).or_default().push(check);
    }

    /// Which have come to an end since this was last asked.
    pub(super) fn take_ended(&mut self) -> Vec<(RoomId, u64)> {
        std::mem::take(&mut self.ended)
    }

    /// One of a room's.
    pub(super) fn of(&mut self, room: &RoomId, id: u64, now: Moment) -> Option<Check> {
        self.give_up(room, now);
        self.rooms.get(room)?.iter().find(|check| check.id == id).cloned()
    }

    /// What the room is to be asked.
    pub(super) fn due(&mut self, room: &RoomId, now: Moment) -> Vec<CheckNow> {
        self.give_up(room, now);
        let checks = self.rooms.get(room).map_or(&[][..], |checks| checks);
        let waiting = checks.iter().filter(|check| check.stage == Stage::Waiting);
        waiting.map(|&Check { id, purpose, .. }| CheckNow { id, purpose }).collect()
    }

    /// The room was asked.
    pub(super) fn on_asked(&mut self, room: &RoomId, id: u64, now: Moment) {
        self.become_(room, now, |check| (check.id == id).then_some(Stage::Asked));
    }

    /// The room has answered. Answers to what is over, or was not asked, change nothing.
    pub(super) fn on_answer(&mut self, room: &RoomId, id: u64, answer: CheckAnswer, now: Moment) {
        let stage = match answer {
            CheckAnswer::Begun => Stage::Begun,
            CheckAnswer::MeetingOn => Stage::MeetingOn,
            CheckAnswer::Done => Stage::Done,
            CheckAnswer::PutOff => Stage::PutOff,
            CheckAnswer::Unknown => return,
        };
        self.give_up(room, now);
        let is_asked = |check: &Check| check.id == id && check.stage != Stage::Waiting;
        self.become_(room, now, |check| is_asked(check).then_some(stage));
    }

    /// The room's link is gone: whether it goes on checking can't be known.
    pub(super) fn on_end(&mut self, room: &RoomId, now: Moment) {
        self.become_(room, now, |_| Some(Stage::Waiting));
    }

    /// The most urgent that the room was asked for and that is not over.
    pub(super) fn ordered(&mut self, room: &RoomId, now: Moment) -> Purpose {
        self.give_up(room, now);
        let checks = self.rooms.get(room).map_or(&[][..], |checks| checks);
        let asked = checks.iter().filter(|check| matches!(check.stage, Stage::Asked | Stage::Begun));
        asked.map(|check| check.purpose).max().unwrap_or_default()
    }

    fn give_up(&mut self, room: &RoomId, now: Moment) {
        self.become_(room, now, |check| (now.since_boot >= check.until).then_some(Stage::Overdue));
    }

    fn become_(&mut self, room: &RoomId, now: Moment, stage: impl Fn(&Check) -> Option<Stage>) {
        for check in self.rooms.get_mut(room).into_iter().flatten().filter(|check| !check.stage.is_over()) {
            if let Some(stage) = stage(check).filter(|stage| *stage != check.stage) {
                (check.stage, check.since) = (stage, now.wall);
                if stage.is_over() {
                    self.ended.push((check.room.clone(), check.id));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::moment::BootId;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Moment {
        let since = Duration::from_secs(seconds);
        Moment { wall: Timestamp::UNIX_EPOCH + since, since_boot: since, boot: BootId(1) }
    }

    struct Room {
        checks: Checks,
        room: RoomId,
    }

    impl Room {
        fn asked(purpose: Purpose) -> (Self, u64) {
            let mut it = Self { checks: Checks::default(), room: "r1".parse().unwrap() };
            let id = it.checks.order(&it.room, purpose, HOUR, at(0)).id;
            (it, id)
        }

        fn is_asked(&mut self, seconds: u64) -> Vec<u64> {
            let due = self.checks.due(&self.room, at(seconds));
            due.iter().for_each(|wish| self.checks.on_asked(&self.room, wish.id, at(seconds)));
            due.iter().map(|wish| wish.id).collect()
        }

        fn answers(&mut self, id: u64, answer: CheckAnswer, seconds: u64) {
            self.checks.on_answer(&self.room, id, answer, at(seconds));
        }

        fn stage(&mut self, id: u64, seconds: u64) -> Stage {
            self.checks.of(&self.room, id, at(seconds)).unwrap().stage
        }

        fn ordered(&mut self, seconds: u64) -> Purpose {
            self.checks.ordered(&self.room, at(seconds))
        }
    }

    #[test]
    fn a_room_that_is_off_is_asked_when_it_comes_and_tells_how_far_it_is() {
        let (mut room, id) = Room::asked(Purpose::Booking);
        assert_eq!((room.stage(id, 600), room.ordered(600)), (Stage::Waiting, Purpose::Routine));
        assert_eq!(room.is_asked(600), [id]);
        assert_eq!(room.is_asked(601), [0; 0], "once");
        assert_eq!((room.stage(id, 601), room.ordered(601)), (Stage::Asked, Purpose::Booking));
        room.answers(id, CheckAnswer::Begun, 602);
        assert_eq!((room.stage(id, 602), room.ordered(602)), (Stage::Begun, Purpose::Booking));
        room.answers(id, CheckAnswer::Done, 640);
        let check = room.checks.of(&room.room, id, at(9000)).unwrap();
        assert_eq!((check.stage, check.since), (Stage::Done, at(640).wall), "and stays so");
        assert_eq!(room.ordered(640), Purpose::Routine);
    }

    #[test]
    fn a_check_during_which_the_link_was_lost_is_asked_for_again() {
        let (mut room, id) = Room::asked(Purpose::PreCheck);
        room.is_asked(1);
        room.answers(id, CheckAnswer::Begun, 2);
        room.checks.on_end(&room.room, at(3));
        room.answers(id, CheckAnswer::Done, 4);
        assert_eq!(room.stage(id, 4), Stage::Waiting, "it was not asked on this link");
        assert_eq!(room.is_asked(5), [id]);
        room.answers(id, CheckAnswer::MeetingOn, 6);
        room.checks.on_end(&room.room, at(7));
        assert_eq!((room.stage(id, 8), room.is_asked(8)), (Stage::MeetingOn, vec![]));
    }

    #[test]
    fn a_check_without_a_probe_is_over_and_not_done() {
        let (mut room, id) = Room::asked(Purpose::PreCheck);
        room.is_asked(1);
        room.answers(id, CheckAnswer::Begun, 2);
        room.answers(id, CheckAnswer::PutOff, 3);
        assert_eq!((room.stage(id, 9000), room.ordered(4)), (Stage::PutOff, Purpose::Routine));
    }

    #[test]
    fn what_does_not_come_to_an_end_is_given_up() {
        let (mut room, id) = Room::asked(Purpose::PreCheck);
        room.is_asked(1);
        room.answers(id, CheckAnswer::Begun, 2);
        assert_eq!((room.stage(id, 3599), room.stage(id, 3600)), (Stage::Begun, Stage::Overdue));
        assert_eq!(room.ordered(3600), Purpose::Routine);
        room.answers(id, CheckAnswer::Done, 3601);
        assert_eq!(room.stage(id, 3601), Stage::Overdue);
        let (mut off, _) = Room::asked(Purpose::PreCheck);
        assert_eq!(off.is_asked(3600), [0; 0], "too late");
    }

    #[test]
    fn a_room_can_t_claim_what_it_was_not_asked_for() {
        let (mut room, id) = Room::asked(Purpose::Booking);
        for answer in [CheckAnswer::Begun, CheckAnswer::Done] {
            room.answers(id, answer, 1);
            room.answers(id + 1, answer, 1);
        }
        assert_eq!((room.stage(id, 1), room.ordered(1)), (Stage::Waiting, Purpose::Routine));
    }

    #[test]
    fn what_was_asked_for_before_a_restart_is_asked_for_again_until_it_is_over() {
        let (before, id) = Room::asked(Purpose::Booking);
        let order = Order {
            room: before.room.clone(),
            id,
            purpose: Purpose::Booking.to_string(),
            since: at(0).wall,
            until: at(3600).wall,
        };
        let mut room = Room { checks: Checks::default(), room: before.room };
        // Another boot, whose clock begins anew.
        let start = Moment { since_boot: Duration::from_secs(5), boot: BootId(2), ..at(600) };
        room.checks.restore(order, start);
        assert_eq!((room.stage(id, 6), room.ordered(6)), (Stage::Waiting, Purpose::Routine));
        assert!(room.checks.order(&room.room, Purpose::Booking, HOUR, start).id > id, "another one");
        assert_eq!(room.is_asked(7)[0], id);
        assert_eq!(room.ordered(7), Purpose::Booking);
        room.answers(id, CheckAnswer::Begun, 8);
        assert_eq!(room.checks.take_ended(), []);
        room.answers(id, CheckAnswer::Done, 9);
        assert_eq!(room.checks.take_ended(), [(room.room.clone(), id)]);
        assert_eq!(room.checks.take_ended(), []);
    }

    #[test]
    fn of_one_room_some_are_remembered_and_those_that_are_over_go_first() {
        let (mut room, first) = Room::asked(Purpose::PreCheck);
        let second = room.checks.order(&room.room, Purpose::PreCheck, HOUR, at(0)).id;
        room.is_asked(1);
        room.answers(second, CheckAnswer::Done, 1);
        let ids: Vec<_> = (0..MOST as u64 - 1)
            .map(|n| room.checks.order(&room.room, Purpose::PreCheck, HOUR, at(n)).id)
            .collect();
        assert!(ids.is_sorted() && ids[0] > second);
        assert!(room.checks.of(&room.room, second, at(9)).is_none());
        assert_eq!(room.stage(first, 9), Stage::Asked);
        assert_eq!(room.checks.rooms[&room.room].len(), MOST);
    }
}
