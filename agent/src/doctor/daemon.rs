//! Whether a daemon answers, and what it knows that whoever runs the doctor can't see.

use std::path::Path;

use siaga_readiness::{
    Readiness,
    answer::{Check, CheckCode},
    reasons::Code,
    state::CheckState,
};

use super::{Finding, Level};
use crate::{
    client,
    config::{DEFAULT_STATE_DIR, Settings},
    desk::{DeskState, DeskStatus},
    http::Status,
};

/// A link that this user finds in order is none, if the daemon can't read its CA or is refused for the room's name.
pub(super) async fn daemon(settings: &Settings) -> Vec<Finding> {
    let address = settings.http.listen;
    let status: Status = match client::get(address, "/v1/status").await {
        Ok(status) => status,
        Err(error) => {
            // One with a state directory of its own is run by hand, when it is wanted.
            let is_service = settings.state_dir == Path::new(DEFAULT_STATE_DIR);
            let level = if is_service { Level::Problem } else { Level::Warning };
            let finding = Finding::of(level, Code::DoctorDaemonAbsent, &address.to_string());
            return vec![finding.with_detail(error.to_string())];
        }
    };
    let readiness = client::get::<Readiness>(address, "/v1/readiness").await;
    let checks = match readiness {
        Ok(readiness) if !settings.servers.is_empty() => readiness.checks,
        _ => vec![],
    };
    let found: Vec<_> = of_desk(&status.desk).into_iter().chain(of_link(&checks)).collect();
    if found.is_empty() { vec![Finding::ok(Code::DoctorDaemonFine)] } else { found }
}

fn of_desk(desk: &DeskStatus) -> Option<Finding> {
    match desk.state {
        DeskState::Connected | DeskState::NotConfigured => None,
        DeskState::NotEnrolled | DeskState::Disconnected => {
            let server = desk.server.as_deref().unwrap_or_default();
            let finding = Finding::of(Level::Problem, Code::DoctorDeskNotConnected, server);
            Some(Finding { detail: desk.detail.clone(), ..finding })
        }
    }
}

/// What it says of the link, each reason once. That nothing is known yet is said too: what follows is this user's look alone.
fn of_link(checks: &[Check]) -> Vec<Finding> {
    let mut found: Vec<Finding> = vec![];
    for check in checks {
        let is_link = matches!(check.code, CheckCode::NetServer | CheckCode::NetUp | CheckCode::NetDown);
        let level = match check.state {
            CheckState::Failed => Level::Problem,
            CheckState::Unknown => Level::Warning,
            _ => continue,
        };
        if is_link && !found.iter().any(|it| it.code == check.reason) {
            let (text, remedy) = (check.text.clone(), check.remedy.clone());
            found.push(Finding { code: check.reason, level, about: None, detail: None, text, remedy });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::config::HttpSettings;

    #[tokio::test]
    async fn a_service_that_does_not_answer_is_a_problem_and_one_s_own_agent_a_warning() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let http = HttpSettings { listen: listener.local_addr().unwrap(), socket: None };
        drop(listener);
        let service = Settings { http: http.clone(), ..Settings::default() };
        let found = daemon(&service).await;
        assert_eq!((found[0].level, found[0].code), (Level::Problem, Code::DoctorDaemonAbsent));
        assert!(found[0].remedy.en.contains("systemctl status siaga-agent"), "{found:?}");
        let own = Settings { http, state_dir: "/tmp/own".into(), ..Settings::default() };
        assert_eq!(daemon(&own).await[0].level, Level::Warning);
    }

    #[test]
    fn what_the_daemon_knows_of_its_desk_is_told_in_its_words() {
        let mut desk = DeskStatus::none(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(of_desk(&desk), None, "without a server there is nothing to be connected to");
        desk.state = DeskState::Disconnected;
        desk.server = Some("probe.example:4433".into());
        desk.detail = Some("/etc/siaga/ca.pem: permission denied".into());
        let found = of_desk(&desk).unwrap();
        assert_eq!((found.level, found.code), (Level::Problem, Code::DoctorDeskNotConnected));
        assert_eq!((found.about, found.detail), (desk.server.clone(), desk.detail.clone()));
        desk.state = DeskState::Connected;
        assert_eq!(of_desk(&desk), None);
    }

    #[test]
    fn what_the_daemon_knows_of_its_link_is_told_once_and_of_devices_nothing() {
        let check = |code, state, reason| {
            let Finding { text, remedy, .. } = Finding::of(Level::Problem, reason, "");
            let (value, unit, required, observed_at, age_s) = Default::default();
            Check { code, state, reason, value, unit, required, observed_at, age_s, text, remedy }
        };
        let found = of_link(&[
            check(CheckCode::NetUp, CheckState::Failed, Code::NetUpBelowMinimum),
            check(CheckCode::NetDown, CheckState::Unknown, Code::NetServerUnreachable),
            check(CheckCode::NetServer, CheckState::Unknown, Code::NetServerUnreachable),
            check(CheckCode::Camera, CheckState::Failed, Code::CameraMissing),
        ]);
        let told: Vec<_> = found.iter().map(|it| (it.level, it.code)).collect();
        assert_eq!(
            told,
            [(Level::Problem, Code::NetUpBelowMinimum), (Level::Warning, Code::NetServerUnreachable)]
        );
        assert!(found.iter().all(|it| !it.remedy.en.is_empty()));
        let fine = [check(CheckCode::NetUp, CheckState::Ok, Code::NetUpSustained)];
        assert_eq!(of_link(&fine), []);
    }
}
