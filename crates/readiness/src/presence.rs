//! A room as its desk sees it: from the last report, which grows old, over a link that may be gone.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    answer::{Check, CheckCode, Level, Readiness, RoomVerdict},
    catalogue::{self, Text},
    moment::whole_milliseconds,
    reasons::Code,
    state::CheckState,
};

/// Whether a room's link stands, and when it was last heard of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Presence {
    /// Its link stands.
    pub online: bool,
    /// It can't come back by itself: every key that it had was revoked. `None`: that can't be read now.
    pub revoked: Option<bool>,
    /// When it last reported, by the desk's clock.
    pub last_seen: Timestamp,
    /// How long ago that is.
    pub age: Duration,
}

impl Readiness {
    /// The same as it is told at a distance. Of a room that can't be heard nothing is known now: neither that it is ready nor that
    /// it is not. What its checks last said stands beside that, with its age.
    #[must_use]
    pub fn seen_from_afar(mut self, presence: &Presence) -> Self {
        let link = presence.check();
        if !presence.online {
            self.verdict = RoomVerdict::Unknown;
            self.level = Level::Unknown;
            self.valid_until = None;
            self.reasons = vec![link.reason];
        }
        self.checks.insert(0, link);
        self
    }

    /// The same for a profile that is not known here: what that asks for can't be told, so neither can
    /// whether the room has it.
    #[must_use]
    pub fn of_unknown_profile(mut self, profile: &str) -> Self {
        profile.clone_into(&mut self.profile);
        self.verdict = RoomVerdict::Unknown;
        self.level = Level::Unknown;
        self.valid_until = None;
        self.reasons = vec![Code::ProfileUnknown];
        self.checks.insert(0, unknown_profile());
        self
    }
}

fn unknown_profile() -> Check {
    let words = catalogue::entry(Code::ProfileUnknown);
    Check {
        code: CheckCode::Profile,
        state: CheckState::Unknown,
        reason: Code::ProfileUnknown,
        value: None,
        unit: None,
        required: None,
        observed_at: None,
        age_s: None,
        text: words.text.clone(),
        remedy: words.remedy.clone(),
    }
}

impl Presence {
    /// Why it can't be heard, as far as that is known.
    #[must_use]
    pub const fn away(&self) -> Code {
        match self.revoked {
            Some(false) => Code::RoomOffline,
            Some(true) => Code::RoomRevoked,
            None => Code::RoomRevocationUnknown,
        }
    }

    /// As a check among the others.
    fn check(&self) -> Check {
        let (state, reason) =
            if self.online { (CheckState::Ok, Code::RoomOnline) } else { (CheckState::Unknown, self.away()) };
        let words = catalogue::entry(reason);
        Check {
            code: CheckCode::RoomLink,
            state,
            reason,
            value: None,
            unit: None,
            required: None,
            observed_at: Some(whole_milliseconds(self.last_seen)),
            age_s: Some((self.age.as_secs_f64() * 1e3).round() / 1e3),
            text: words.text.clone(),
            remedy: if self.online { Text::default() } else { words.remedy.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted() -> Readiness {
        Readiness {
            room: "r1".to_owned(),
            profile: "minimum".to_owned(),
            verdict: RoomVerdict::Ready,
            level: Level::Recommended,
            valid_until: Some(Timestamp::UNIX_EPOCH),
            checks: Vec::new(),
            reasons: Vec::new(),
        }
    }

    fn seen(online: bool) -> Presence {
        Presence {
            online,
            revoked: Some(false),
            last_seen: Timestamp::UNIX_EPOCH,
            age: Duration::from_millis(1500),
        }
    }

    #[test]
    fn a_room_that_can_be_heard_is_as_it_says() {
        let told = granted().seen_from_afar(&seen(true));
        assert_eq!((told.verdict, told.exit_code()), (RoomVerdict::Ready, 0));
        assert_eq!((told.checks[0].code, told.checks[0].age_s), (CheckCode::RoomLink, Some(1.5)));
    }

    #[test]
    fn of_a_room_that_was_revoked_nobody_is_told_to_switch_it_on() {
        let told = granted().seen_from_afar(&Presence { revoked: Some(true), ..seen(false) });
        assert_eq!((told.verdict, &*told.reasons), (RoomVerdict::Unknown, &[Code::RoomRevoked][..]));
        assert!(told.checks[0].remedy.en.contains("enrolled again"), "{}", told.checks[0].remedy.en);
    }

    #[test]
    fn nobody_is_told_to_switch_a_room_on_that_may_be_revoked() {
        let told = granted().seen_from_afar(&Presence { revoked: None, ..seen(false) });
        assert_eq!(
            (told.verdict, &*told.reasons),
            (RoomVerdict::Unknown, &[Code::RoomRevocationUnknown][..])
        );
        let online = granted().seen_from_afar(&Presence { revoked: None, ..seen(true) });
        assert_eq!(online.verdict, RoomVerdict::Ready, "its link stands");
    }

    #[test]
    fn a_room_is_never_ready_for_what_is_not_known() {
        let told = granted().of_unknown_profile("training");
        assert_eq!(
            (told.profile.as_str(), told.verdict, told.exit_code()),
            ("training", RoomVerdict::Unknown, 3)
        );
        assert_eq!(
            (told.level, told.valid_until, &*told.reasons),
            (Level::Unknown, None, &[Code::ProfileUnknown][..])
        );
        assert!(!told.checks[0].remedy.id.is_empty());
    }

    #[test]
    fn a_room_that_can_not_be_heard_is_neither_ready_nor_not_ready() {
        for verdict in [RoomVerdict::Ready, RoomVerdict::NotReady, RoomVerdict::Unknown] {
            let told = Readiness { verdict, reasons: vec![Code::CameraMissing], ..granted() }
                .seen_from_afar(&seen(false));
            assert_eq!(
                (told.verdict, told.level, told.valid_until),
                (RoomVerdict::Unknown, Level::Unknown, None)
            );
            assert_eq!(told.reasons, [Code::RoomOffline]);
            assert_eq!(told.checks[0].observed_at, Some(Timestamp::UNIX_EPOCH));
            assert!(!told.checks[0].remedy.id.is_empty());
        }
    }
}
