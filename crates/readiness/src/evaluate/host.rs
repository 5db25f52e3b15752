//! The checks on the room's machine.

use crate::{
    answer::CheckCode,
    host::{Host, MachineKind, Power, Presence, ProgramFact},
    moment::Moment,
    profile::{MachineRequirement, PowerRequirement, Requirements, SoftwareRequirement},
    reasons::Code,
    snapshot::Snapshot,
    state::CheckState,
};

use super::statement::{Seen, Statement};

/// `POWER`, `MACHINE` and `SOFTWARE`, as far as the profile asks for them.
pub(super) fn checks(snapshot: &Snapshot, required: &Requirements, now: Moment) -> Vec<Statement> {
    let host = fresh_host(snapshot, now);
    let statement = |code, is_required, of: &dyn Fn(&Host) -> Statement| {
        let statement = match host {
            Ok((host, seen)) => of(host).seen(Some(seen)),
            Err((reason, seen)) => Statement::new(code, CheckState::Unknown, reason).seen(seen),
        };
        if is_required { statement } else { optional(statement) }
    };
    let power = required
        .power
        .as_ref()
        .map(|PowerRequirement { required }| statement(CheckCode::Power, *required, &power));
    let machine = required
        .machine
        .as_ref()
        .map(|required| statement(CheckCode::Machine, true, &|host| machine(host, required)));
    let software = required
        .software
        .as_ref()
        .map(|required| statement(CheckCode::Software, required.required, &|host| software(host, required)));
    [power, machine, software].into_iter().flatten().collect()
}

/// What is not required takes nothing away and shortens no answer: what is wrong or not known is a warning.
fn optional(statement: Statement) -> Statement {
    let state = if statement.state.grants() { statement.state } else { CheckState::Warning };
    Statement { state, grants_for: None, ..statement }
}

fn power(host: &Host) -> Statement {
    let (state, reason) = match host.power {
        Power::Mains => (CheckState::Ok, Code::PowerMains),
        Power::Battery => (CheckState::Failed, Code::PowerBattery),
        Power::Unknown => (CheckState::Unknown, Code::PowerUnknown),
    };
    let mut statement = Statement::new(CheckCode::Power, state, reason);
    if let (Power::Battery, Some(charge)) = (host.power, host.charge_percent) {
        statement.words.value = Some(f64::from(charge));
        statement.unit = Some("%");
    }
    statement.also = host.ups.then(|| (Code::PowerUps, statement.words.clone()));
    statement
}

/// A machine that does not say what it is, or that is made by software, may be of the kind that is required and may not.
fn machine(host: &Host, required: &MachineRequirement) -> Statement {
    let reason = match host.machine {
        MachineKind::Laptop => Code::MachineLaptop,
        MachineKind::Desktop => Code::MachineDesktop,
        MachineKind::Tablet => Code::MachineTablet,
        MachineKind::Virtual => Code::MachineVirtual,
        MachineKind::Other => Code::MachineOther,
        MachineKind::Unknown => Code::MachineUnknown,
    };
    let state = match host.machine {
        kind if required.kinds.as_slice().contains(&kind) => CheckState::Ok,
        MachineKind::Unknown | MachineKind::Virtual => CheckState::Unknown,
        _ => CheckState::Failed,
    };
    Statement::new(CheckCode::Machine, state, reason)
}

fn software(host: &Host, required: &SoftwareRequirement) -> Statement {
    let asked: Vec<(&str, Presence)> = required
        .programs()
        .map(|id| {
            let fact = host.programs.iter().find(|fact| fact.id == *id);
            fact.map_or((id.as_str(), Presence::Unknown), |ProgramFact { name, presence, .. }| {
                (name, *presence)
            })
        })
        .collect();
    let names = |which: &dyn Fn(Presence) -> bool| -> Vec<&str> {
        asked.iter().filter(|(_, presence)| which(*presence)).map(|(name, _)| *name).collect()
    };
    let present = names(&|presence| presence == Presence::Present);
    let (state, reason, named) = if !present.is_empty() {
        (CheckState::Ok, Code::SoftwareFound, present)
    } else if asked.iter().any(|(_, presence)| *presence == Presence::Unknown) {
        (CheckState::Unknown, Code::SoftwareUnknown, names(&|presence| presence == Presence::Unknown))
    } else {
        (CheckState::Failed, Code::SoftwareMissing, names(&|_| true))
    };
    Statement::new(CheckCode::Software, state, reason).named(&named.join(" / "))
}

/// The look to judge by, or why there is none. The same that makes device scans worthless makes it so.
fn fresh_host(snapshot: &Snapshot, now: Moment) -> Result<(&Host, Seen), (Code, Option<Seen>)> {
    let Some(look) = &snapshot.host else { return Err((snapshot.devices.since.cause.code(), None)) };
    let policy = snapshot.setup.policy;
    match Seen::of(look.at, now, policy.accepted_for(policy.host)) {
        Some(seen) if seen.is_fresh() => Ok((&look.host, seen)),
        seen => Err((Code::EvidenceStale, seen)),
    }
}
