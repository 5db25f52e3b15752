//! The plan of pre-checks: after an approval the room is checked again, and an approval that no longer stands on a room that
//! works is taken back while something can still be done about it.
//!
//! A state machine: what happened goes in ([`Progress::step`]), what is to be done comes out ([`Action`]). Time is an argument.
//! [`Progress`] is what has to outlive a restart: kept before an action is carried out, it neither repeats nor loses one.
//!
//! * A room that fails withdraws its approval, and so does one that is off when it must be on ([`Times::off_after`]).
//! * A fault of the server withdraws nothing: the check is held, the approval becomes unconfirmed, which is told once.
//! * A meeting in the room puts the check off; it withdraws nothing.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod stories;
mod terms;
mod times;
mod told;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reasons::Code;

pub use terms::{Action, Answer, Doubt, Fault, Finding, Room, Server, Stage, Standing, Withdrawal};
pub use times::{SPREAD, Times};
pub use told::RoomSeen;

/// How far the pre-checks of one approval are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    day_before: Check,
    early: Check,
    last: Check,
    /// What the approval is worth.
    pub standing: Standing,
}

/// One pre-check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Check {
    state: State,
    /// How often it was asked for.
    asks: u8,
    /// How often it ended without a verdict for which the server is not to blame.
    unclear: u8,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Not asked for, or to be asked for again.
    #[default]
    Waiting,
    /// Not before then.
    PutOff(Timestamp),
    /// The room is at it, since then.
    Asked(Timestamp),
    Done(Ended),
}

/// How a pre-check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The room passed.
    Passed,
    /// A later one took its place.
    Superseded,
    /// The room could not be brought to a verdict.
    Unclear,
    /// The room was in use until the meeting began.
    InUse,
    /// The meeting began before it could be made.
    Missed,
    /// The approval was taken back.
    Withdrawn,
}

impl Ended {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Passed, Self::Superseded, Self::Unclear, Self::InUse, Self::Missed, Self::Withdrawn];

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Superseded => "superseded",
            Self::Unclear => "unclear",
            Self::InUse => "in_use",
            Self::Missed => "missed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Progress {
    /// Nothing is left to do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        Stage::ALL.iter().all(|stage| self.ended(*stage).is_some())
    }

    /// How a pre-check ended, if it has.
    #[must_use]
    pub const fn ended(&self, stage: Stage) -> Option<Ended> {
        match self.check(stage).state {
            State::Done(ended) => Some(ended),
            _ => None,
        }
    }

    /// The asking that the room is at, if there is one.
    #[must_use]
    pub fn asked(&self) -> Option<(Stage, u8)> {
        let asked = |stage: &Stage| matches!(self.check(*stage).state, State::Asked(_));
        Stage::ALL.into_iter().find(asked).map(|stage| (stage, self.check(stage).asks))
    }

    /// What happened until `now`, and what is to be done about it. To be called with every answer, and every few seconds.
    #[must_use]
    pub fn step(
        &mut self,
        times: &Times,
        answer: Option<Answer>,
        room: Room,
        server: Server,
        now: Timestamp,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        if matches!(self.standing, Standing::Withdrawn(_)) {
            return actions;
        }
        if let Some(answer) = answer {
            self.take(answer, server, now, &mut actions);
        }
        if !self.is_over() {
            self.look(times, room, server, now, &mut actions);
        }
        actions
    }

    fn take(&mut self, answer: Answer, server: Server, now: Timestamp, actions: &mut Vec<Action>) {
        let Answer { stage, ask, finding } = answer;
        let check = self.check_mut(stage);
        let current = matches!(check.state, State::Asked(_)) && check.asks == ask;
        match finding {
            // The server's fault may be what failed.
            Finding::Failed { link_only: true, .. } if server.fault.is_some() => {
                if current {
                    check.state = put_off(now);
                }
            }
            // However late: a room that fails does so for what is still to come.
            Finding::Failed { reasons, .. } => {
                let asked = ask > 0 && ask <= check.asks;
                let ended_well = check.state == State::Done(Ended::Passed);
                if asked && !ended_well {
                    self.withdraw(Withdrawal::Failed(reasons), actions);
                }
            }
            _ if !current => {}
            Finding::Passed => {
                check.state = State::Done(Ended::Passed);
                if matches!(self.standing, Standing::Unconfirmed(_)) {
                    actions.push(Action::TellConfirmed);
                }
                self.standing = Standing::Confirmed;
            }
            Finding::InUse => check.state = put_off(now),
            Finding::Unclear(reasons) if server.fault.is_some() || blames_server(&reasons) => {
                check.state = put_off(now);
            }
            Finding::Unclear(reasons) => self.unclear(stage, Doubt::Unclear(reasons), now, actions),
        }
    }

    fn look(&mut self, times: &Times, room: Room, server: Server, now: Timestamp, actions: &mut Vec<Action>) {
        if matches!(self.standing, Standing::Withdrawn(_)) {
            return;
        }
        if now >= times.start {
            return self.begin(times, room, server, now, actions);
        }
        let Some(stage) = self.current(times, now) else { return };
        let off = room.away.is_some_and(|away| away >= OFF_AFTER);
        let check = self.check_mut(stage);
        if let Some(fault) = server.fault {
            let since = times.due(stage).max(Some(server.started));
            let held = since.zip(stage.held_in_silence()).is_some_and(|(since, limit)| now >= since + limit);
            if let State::Asked(asked) = check.state
                && now >= asked + stage.patience()
            {
                // That no answer came is not the room's doing.
                check.state = State::Waiting;
            }
            if held {
                self.doubt(Doubt::Server(fault), actions);
            }
        } else if off {
            if now >= times.off_after {
                self.withdraw(Withdrawal::Off, actions);
            } else {
                // When it is next switched on.
                check.state = State::Waiting;
            }
        } else if room.away.is_none() {
            match check.state {
                State::Asked(since) if now < since + stage.patience() => {}
                State::Asked(_) => self.unclear(stage, Doubt::NoAnswer, now, actions),
                State::PutOff(until) if now < until => {}
                _ if room.in_use => {}
                _ => {
                    check.asks = check.asks.saturating_add(1);
                    check.state = State::Asked(now);
                    actions.push(Action::Ask { stage, ask: check.asks });
                }
            }
        }
    }

    /// The latest one that is due. It takes the place of those before it.
    fn current(&mut self, times: &Times, now: Timestamp) -> Option<Stage> {
        let due = |stage: &Stage| times.due(*stage).is_some_and(|due| due <= now);
        let latest = Stage::ALL.into_iter().rev().find(due)?;
        for stage in Stage::ALL.into_iter().filter(|stage| *stage < latest) {
            let check = self.check_mut(stage);
            if !matches!(check.state, State::Done(_)) {
                check.state = State::Done(Ended::Superseded);
            }
        }
        self.ended(latest).is_none().then_some(latest)
    }

    /// The meeting begins: what was not checked by now is not checked any more.
    fn begin(
        &mut self,
        times: &Times,
        room: Room,
        server: Server,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let put_off = matches!(self.last.state, State::PutOff(_) | State::Waiting);
        let in_use = room.in_use && put_off && server.fault.is_none();
        for stage in Stage::ALL {
            let check = self.check_mut(stage);
            if !matches!(check.state, State::Done(_)) {
                check.state = State::Done(if in_use { Ended::InUse } else { Ended::Missed });
            }
        }
        if self.last.state == State::Done(Ended::Missed) && now < times.end {
            let doubt = server.fault.map_or(Doubt::NoAnswer, Doubt::Server);
            self.doubt(doubt, actions);
        }
    }

    fn unclear(&mut self, stage: Stage, doubt: Doubt, now: Timestamp, actions: &mut Vec<Action>) {
        let check = self.check_mut(stage);
        check.unclear = check.unclear.saturating_add(1);
        if check.unclear < UNCLEAR_AT_MOST {
            check.state = put_off(now);
        } else {
            check.state = State::Done(Ended::Unclear);
            self.doubt(doubt, actions);
        }
    }

    fn doubt(&mut self, doubt: Doubt, actions: &mut Vec<Action>) {
        if !matches!(self.standing, Standing::Unconfirmed(_)) {
            self.standing = Standing::Unconfirmed(doubt.clone());
            actions.push(Action::TellUnconfirmed(doubt));
        }
    }

    fn withdraw(&mut self, why: Withdrawal, actions: &mut Vec<Action>) {
        for stage in Stage::ALL {
            let check = self.check_mut(stage);
            if !matches!(check.state, State::Done(_)) {
                check.state = State::Done(Ended::Withdrawn);
            }
        }
        self.standing = Standing::Withdrawn(why.clone());
        actions.push(Action::Withdraw(why));
    }

    const fn check(&self, stage: Stage) -> &Check {
        match stage {
            Stage::DayBefore => &self.day_before,
            Stage::Early => &self.early,
            Stage::Last => &self.last,
        }
    }

    const fn check_mut(&mut self, stage: Stage) -> &mut Check {
        match stage {
            Stage::DayBefore => &mut self.day_before,
            Stage::Early => &mut self.early,
            Stage::Last => &mut self.last,
        }
    }
}

/// A link that breaks is back within half a minute; a room that was not heard for this long is off.
const OFF_AFTER: Duration = minutes(2);

/// Without a verdict so often, a room is not asked again.
const UNCLEAR_AT_MOST: u8 = 3;

/// Whoever could not be checked is asked again after this.
const AGAIN_AFTER: Duration = minutes(3);

fn put_off(now: Timestamp) -> State {
    State::PutOff(now + AGAIN_AFTER)
}

/// The server said no, or could not do its part.
fn blames_server(reasons: &[Code]) -> bool {
    reasons.iter().any(|reason| matches!(reason, Code::NetServerBusy | Code::NetServerFailed))
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}
