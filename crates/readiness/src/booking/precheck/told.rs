//! What is told about an approval that is withdrawn or unconfirmed, and the decision that takes its place.

use jiff::Timestamp;

use super::{Doubt, Withdrawal};
use crate::{
    answer::Check,
    booking::{
        decision::{Criterion, CriterionCode, CriterionResult, Decision, Evidence, PolicyStamp, Ruling},
        standing::Told,
    },
    catalogue::{self, Text},
    reasons::Code,
    state::CheckState,
};

impl Decision {
    /// In the place of one that can't be read, as of another release: nothing of it is known.
    #[must_use]
    pub fn unreadable() -> Self {
        let words = catalogue::entry(Code::Unknown);
        let criterion = |code| Criterion {
            code,
            result: CriterionResult::Unknown,
            reason: Code::Unknown,
            evidence: Vec::new(),
            age_s: None,
            text: words.text.clone(),
            remedy: words.remedy.clone(),
        };
        Self {
            decision: Ruling::Review,
            message: Text::default(),
            decided_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            criteria: CriterionCode::ALL.map(criterion).into(),
            conditions: Vec::new(),
            alternatives: Vec::new(),
            policy: PolicyStamp { name: String::new(), digest: String::new() },
        }
    }

    /// The decision that takes the place of an approval: a person must look until the meeting begins. `room` is what the server
    /// knew of the room.
    #[must_use]
    pub fn withdrawn(
        mut self,
        booking: &Told<'_>,
        why: &Withdrawal,
        room: &RoomSeen,
        now: Timestamp,
    ) -> Self {
        let reason = why.reasons().first().copied().unwrap_or(Code::Unknown);
        let text = why.message(room);
        self.message = booking.because(Ruling::Review, text.clone());
        let start = booking.slot.start();
        let failed = |links: bool| {
            let mut failed = room.checks.iter().filter(|check| check.state == CheckState::Failed);
            failed.any(|check| check.code.is_about_link() == links)
        };
        for criterion in &mut self.criteria {
            let (result, applies) = match (criterion.code, why) {
                (CriterionCode::Equipment, Withdrawal::Off) => (CriterionResult::Unknown, true),
                (CriterionCode::NetworkNow, Withdrawal::Off) => (CriterionResult::Unknown, true),
                (CriterionCode::Equipment, Withdrawal::Failed(_)) => (CriterionResult::NotMet, failed(false)),
                (CriterionCode::NetworkNow, Withdrawal::Failed(_)) => (CriterionResult::NotMet, failed(true)),
                _ => continue,
            };
            if applies {
                (criterion.result, criterion.reason) = (result, reason);
                criterion.text = text.clone();
                criterion.remedy = catalogue::entry(reason).remedy.clone();
                criterion.evidence = vec![room.evidence()];
                criterion.age_s = room.checks.iter().filter_map(|check| check.age_s).reduce(f64::max);
            }
        }
        Self {
            decision: Ruling::Review,
            decided_at: now,
            expires_at: Some(start.max(now)),
            conditions: Vec::new(),
            alternatives: Vec::new(),
            ..self
        }
    }
}

/// The room as the server sees it at that time.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomSeen {
    /// It can be heard.
    pub online: bool,
    /// When it last was.
    pub last_seen: Timestamp,
    /// What its checks say, or said last.
    pub checks: Vec<Check>,
}

impl RoomSeen {
    fn evidence(&self) -> Evidence {
        Evidence::Room { online: self.online, last_seen: self.last_seen, checks: self.checks.clone() }
    }
}

impl Withdrawal {
    /// For people.
    #[must_use]
    pub fn message(&self, room: &RoomSeen) -> Text {
        words(&self.reasons(), &room.checks)
    }
}

impl Doubt {
    /// For people.
    #[must_use]
    pub fn message(&self, room: &RoomSeen) -> Text {
        words(&self.reasons(), &room.checks)
    }
}

/// What happened, then what the checks say that are among the reasons, then what to do.
fn words(reasons: &[Code], checks: &[Check]) -> Text {
    let Some((what, details)) = reasons.split_first() else { return Text::default() };
    let entry = catalogue::entry(*what);
    let found = details.iter().filter_map(|reason| {
        let check = checks.iter().find(|check| check.reason == *reason && !check.text.id.is_empty());
        check.map(|check| check.text.clone())
    });
    found.fold(entry.text.clone(), Text::and).and(entry.remedy.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        answer::CheckCode,
        booking::{calendar::Zone, request::Slot},
    };

    fn approval() -> Decision {
        let criterion = |code| Criterion {
            code,
            result: CriterionResult::Met,
            reason: Code::CameraWorks,
            evidence: vec![Evidence::Facts { facts: BTreeMap::new() }],
            age_s: None,
            text: Text::default(),
            remedy: Text::default(),
        };
        Decision {
            decision: Ruling::Approve,
            message: Text::default(),
            decided_at: "2026-11-20T01:00:00Z".parse().unwrap(),
            expires_at: None,
            criteria: CriterionCode::ALL.map(criterion).into(),
            conditions: Vec::new(),
            alternatives: Vec::new(),
            policy: PolicyStamp { name: "p".into(), digest: "d".into() },
        }
    }

    fn room() -> RoomSeen {
        let check = Check {
            code: CheckCode::Camera,
            state: CheckState::Failed,
            reason: Code::CameraMissing,
            value: None,
            unit: None,
            required: None,
            observed_at: None,
            age_s: Some(2.0),
            text: Text { id: "Tidak ada kamera.".into(), en: "There is no camera.".into() },
            remedy: Text::default(),
        };
        RoomSeen { online: true, last_seen: "2026-11-26T01:45:00Z".parse().unwrap(), checks: vec![check] }
    }

    fn withdrawn(from: Decision, why: &Withdrawal) -> Decision {
        let time = |text: &str| text.parse().unwrap();
        let booking = Told {
            reference: &"SBW-1".parse().unwrap(),
            room: &"r1".parse().unwrap(),
            slot: Slot::new(time("2026-11-26T02:00:00Z"), time("2026-11-26T04:00:00Z")).unwrap(),
            zone: &Zone::named("Asia/Pontianak", jiff::tz::db()).unwrap(),
        };
        from.withdrawn(&booking, why, &room(), time("2026-11-26T01:46:00Z"))
    }

    fn result(decision: &Decision, code: CriterionCode) -> CriterionResult {
        decision.criteria.iter().find(|criterion| criterion.code == code).unwrap().result
    }

    #[test]
    fn a_withdrawn_approval_says_in_words_what_failed_and_what_to_do() {
        let decision = withdrawn(approval(), &Withdrawal::Failed(vec![Code::CameraMissing]));
        assert_eq!(decision.decision, Ruling::Review);
        assert!(
            decision.message.id.starts_with("Permohonan SBW-1 ")
                && decision.message.id.contains("perlu ditinjau oleh petugas. Ruang tidak lulus"),
            "{}",
            decision.message.id
        );
        assert!(
            decision.message.en.contains("There is no camera. Mend the fault"),
            "{}",
            decision.message.en
        );
        assert_eq!(decision.reasons(), [Code::PrecheckRoomFailed]);
        assert_eq!(result(&decision, CriterionCode::Equipment), CriterionResult::NotMet);
        assert_eq!(result(&decision, CriterionCode::NetworkNow), CriterionResult::Met);
    }

    #[test]
    fn of_a_room_that_is_off_it_is_not_known_whether_it_would_do() {
        let decision = withdrawn(approval(), &Withdrawal::Off);
        for code in [CriterionCode::Equipment, CriterionCode::NetworkNow] {
            assert_eq!(result(&decision, code), CriterionResult::Unknown);
        }
        assert_eq!(decision.reasons(), [Code::PrecheckRoomOff]);
    }

    #[test]
    fn what_takes_the_place_of_an_approval_that_cannot_be_read_says_why_and_claims_nothing() {
        let decision = withdrawn(Decision::unreadable(), &Withdrawal::Failed(vec![Code::CameraMissing]));
        assert_eq!(decision.decision, Ruling::Review);
        assert!(decision.message.id.contains("perlu ditinjau oleh petugas. Ruang tidak lulus"));
        assert_eq!(result(&decision, CriterionCode::Equipment), CriterionResult::NotMet);
        assert!(decision.criteria.iter().all(|criterion| criterion.result != CriterionResult::Met));
        assert_eq!(decision.criteria.len(), CriterionCode::ALL.len());
    }
}
