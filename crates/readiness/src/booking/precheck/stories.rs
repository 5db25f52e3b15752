//! What becomes of an approval, told in virtual time: a meeting at nine in an office that opens at eight.

use super::*;

/// An approval, its room and its server; time goes on in steps of ten seconds.
pub(super) struct Story {
    pub(super) progress: Progress,
    pub(super) times: Times,
    pub(super) now: Timestamp,
    pub(super) room: Room,
    pub(super) server: Server,
    /// What a check finds, once it has lasted half a minute; `None`: the room does not answer.
    pub(super) finds: Option<Finding>,
    asked: Option<(Stage, u8, Timestamp)>,
    /// What was done, with the time of day.
    pub(super) done: Vec<(Timestamp, Action)>,
}

pub(super) fn at(text: &str) -> Timestamp {
    format!("2026-11-26T{text}:00+07:00").parse().unwrap()
}

impl Story {
    /// From half past five on the day of the meeting.
    pub(super) fn new() -> Self {
        let zone = jiff::tz::offset(7).to_time_zone();
        let opening = |_| Some(jiff::civil::time(8, 0, 0, 0));
        let mut progress = Progress::default();
        progress.day_before.state = State::Done(Ended::Passed);
        Self {
            progress,
            times: Times::of("SBW-1", at("09:00"), at("11:00"), &zone, opening),
            now: at("05:30"),
            room: Room { away: None, in_use: false },
            server: Server { fault: None, started: at("00:00") },
            finds: Some(Finding::Passed),
            asked: None,
            done: Vec::new(),
        }
    }

    pub(super) fn until(&mut self, time: &str) -> &mut Self {
        while self.now < at(time) {
            self.tick();
        }
        self
    }

    pub(super) fn tick(&mut self) {
        self.now += Duration::from_secs(10);
        if let Some(away) = &mut self.room.away {
            *away += Duration::from_secs(10);
            self.asked = None;
        }
        let ready = self.asked.filter(|(_, _, since)| self.now >= *since + Duration::from_secs(30));
        let answer = ready.zip(self.finds.clone());
        if answer.is_some() {
            self.asked = None;
        }
        let answer = answer.map(|((stage, ask, _), finding)| Answer { stage, ask, finding });
        let before = self.progress.clone();
        let actions = self.progress.step(&self.times, answer, self.room, self.server, self.now);
        if self.progress != before {
            // As it is kept.
            let kept = serde_json::to_string(&self.progress).unwrap();
            self.progress = serde_json::from_str(&kept).unwrap();
        }
        for action in actions {
            if let Action::Ask { stage, ask } = action {
                self.asked = Some((stage, ask, self.now));
            }
            self.done.push((self.now, action));
        }
    }

    fn off(&mut self) -> &mut Self {
        self.room.away = Some(Duration::ZERO);
        self
    }

    fn on(&mut self) -> &mut Self {
        self.room.away = None;
        self
    }

    fn asks(&self) -> Vec<Stage> {
        let stage = |(_, action): &(_, Action)| match action {
            Action::Ask { stage, .. } => Some(*stage),
            _ => None,
        };
        self.done.iter().filter_map(stage).collect()
    }

    /// All but the askings.
    fn told(&self) -> Vec<Action> {
        let actions = self.done.iter().map(|(_, action)| action.clone());
        actions.filter(|action| !matches!(action, Action::Ask { .. })).collect()
    }
}

fn broken_camera() -> Option<Finding> {
    Some(Finding::Failed { reasons: vec![Code::CameraMissing], link_only: false })
}

fn slow_link() -> Option<Finding> {
    Some(Finding::Failed { reasons: vec![Code::NetUpBelowMinimum], link_only: true })
}

#[test]
fn a_room_that_works_is_checked_twice_and_nothing_is_told() {
    let mut story = Story::new();
    story.until("10:00");
    assert_eq!(story.asks(), [Stage::Early, Stage::Last]);
    assert_eq!((story.told(), &story.progress.standing), (vec![], &Standing::Confirmed));
    assert!(story.progress.is_over());
}

#[test]
fn a_camera_that_was_unplugged_withdraws_the_approval_and_nothing_is_checked_after_that() {
    let mut story = Story::new();
    story.until("08:35").finds = broken_camera();
    story.until("10:00");
    assert_eq!(story.told(), [Action::Withdraw(Withdrawal::Failed(vec![Code::CameraMissing]))]);
    assert_eq!(story.asks(), [Stage::Early, Stage::Last]);
}

#[test]
fn a_room_that_is_switched_off_after_opening_withdraws_the_approval_at_the_last_check() {
    let mut story = Story::new();
    story.until("08:35").off().until("08:44");
    assert_eq!(story.told(), []);
    story.until("08:46");
    assert_eq!(story.told(), [Action::Withdraw(Withdrawal::Off)]);
}

#[test]
fn a_room_that_is_off_at_night_is_waited_for_until_a_quarter_past_opening() {
    let mut story = Story::new();
    story.off().until("08:14");
    assert_eq!((story.asks(), story.told()), (vec![], vec![]));
    story.until("08:16");
    assert_eq!(story.told(), [Action::Withdraw(Withdrawal::Off)]);
}

#[test]
fn a_room_that_is_switched_on_in_time_is_checked_as_soon_as_it_is() {
    let mut story = Story::new();
    story.off().until("08:05").on().until("08:06");
    assert_eq!(story.asks(), [Stage::Early]);
    story.until("10:00");
    assert_eq!((story.told(), &story.progress.standing), (vec![], &Standing::Confirmed));
}

#[test]
fn a_link_that_breaks_for_a_minute_at_the_last_check_costs_nothing() {
    let mut story = Story::new();
    story.until("08:44").off().until("08:45").tick();
    story.on().until("10:00");
    assert_eq!((story.told(), &story.progress.standing), (vec![], &Standing::Confirmed));
}

#[test]
fn a_trial_call_at_the_last_check_puts_it_off_and_withdraws_nothing() {
    let mut story = Story::new();
    story.until("08:40").room.in_use = true;
    story.until("08:52").room.in_use = false;
    assert_eq!(story.asks(), [Stage::Early]);
    story.until("10:00");
    assert_eq!((story.asks(), story.told()), (vec![Stage::Early, Stage::Last], vec![]));
}

#[test]
fn a_call_that_goes_over_into_the_meeting_withdraws_nothing_either() {
    let mut story = Story::new();
    story.until("08:40").room.in_use = true;
    story.until("10:00");
    assert_eq!((story.told(), story.progress.ended(Stage::Last)), (vec![], Some(Ended::InUse)));
    assert_eq!(story.progress.standing, Standing::Confirmed);
}

#[test]
fn a_fault_of_the_server_withdraws_nothing_and_is_told_once_and_so_is_its_end() {
    let mut story = Story::new();
    story.until("06:20").off().server.fault = Some(Fault::RoomsAway);
    story.until("08:55");
    assert_eq!(story.told(), [Action::TellUnconfirmed(Doubt::Server(Fault::RoomsAway))]);
    story.on().server.fault = None;
    story.until("10:00");
    assert_eq!(
        story.told(),
        [Action::TellUnconfirmed(Doubt::Server(Fault::RoomsAway)), Action::TellConfirmed]
    );
}

#[test]
fn a_short_fault_of_the_server_is_not_worth_a_word() {
    let mut story = Story::new();
    story.until("06:25").server.fault = Some(Fault::Late);
    story.until("06:44").server.fault = None;
    story.until("10:00");
    assert_eq!((story.told(), &story.progress.standing), (vec![], &Standing::Confirmed));
}

#[test]
fn a_slow_link_is_not_the_room_s_fault_while_the_server_has_one_but_a_broken_camera_is() {
    for (finds, withdrawn) in [(slow_link(), false), (broken_camera(), true)] {
        let mut story = Story::new();
        story.until("08:45").finds = None;
        story.tick();
        story.server.fault = Some(Fault::Late);
        story.finds = finds;
        story.until("10:00");
        let told = story.told().iter().any(|action| matches!(action, Action::Withdraw(_)));
        assert_eq!(told, withdrawn);
    }
}

#[test]
fn a_busy_server_has_the_room_ask_again() {
    let mut story = Story::new();
    story.finds = Some(Finding::Unclear(vec![Code::NetServerBusy]));
    story.until("08:50").finds = Some(Finding::Passed);
    story.until("10:00");
    assert!(story.asks().len() > 10);
    assert_eq!(story.told(), []);
}

#[test]
fn a_room_that_does_not_answer_is_asked_three_times_and_is_then_unconfirmed() {
    let mut story = Story::new();
    story.finds = None;
    story.until("08:30");
    assert_eq!(story.asks(), [Stage::Early; 3]);
    assert_eq!(story.told(), [Action::TellUnconfirmed(Doubt::NoAnswer)]);
}

#[test]
fn a_server_that_was_down_over_the_whole_preparation_checks_the_room_when_it_is_back() {
    let mut story = Story::new();
    // Nobody counts the time.
    (story.now, story.server.started) = (at("08:30"), at("08:30"));
    story.room.away = Some(minutes(180));
    story.server.fault = Some(Fault::JustStarted);
    story.until("08:32").on().until("08:33").server.fault = None;
    story.until("10:00");
    assert_eq!(story.asks(), [Stage::Early, Stage::Last]);
    assert_eq!(story.told(), []);
}

#[test]
fn a_server_that_was_down_until_the_meeting_began_tells_that_it_could_not_check() {
    let mut story = Story::new();
    (story.now, story.server.started) = (at("09:10"), at("09:10"));
    story.server.fault = Some(Fault::JustStarted);
    story.until("09:20");
    assert_eq!(story.told(), [Action::TellUnconfirmed(Doubt::Server(Fault::JustStarted))]);
}

#[test]
fn a_room_that_fails_late_fails_all_the_same() {
    let mut story = Story::new();
    story.finds = None;
    story.until("07:00");
    let answer = Answer { stage: Stage::Early, ask: 1, finding: broken_camera().unwrap() };
    let (room, server, now) = (story.room, story.server, story.now);
    let actions = story.progress.step(&story.times, Some(answer), room, server, now);
    assert_eq!(actions, [Action::Withdraw(Withdrawal::Failed(vec![Code::CameraMissing]))]);
}
