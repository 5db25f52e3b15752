//! Names, ways and certificates of the probe servers.

use std::{future::pending, path::Path};

use siaga_probe::{Direction, Mode, Reason, admission::Purpose, judge::Effort};
use siaga_readiness::{moment::Moment, profile::Profile, reasons::Code};
use siaga_transport::{
    client::{Meter, ProbeRequest, Probed, Tokens, probe},
    identity::{Identity, IdentityError},
};

use super::{Finding, Level};
use crate::{
    config::{ServerSettings, Settings},
    host, identities,
};

/// One finding for each server, and the clock of the first that told its time, less this machine's, in seconds.
pub(super) async fn servers(settings: &Settings) -> (Vec<Finding>, Option<f64>) {
    if settings.servers.is_empty() {
        return (vec![Finding::of(Level::Warning, Code::NetNoServer, "")], None);
    }
    let (mut findings, mut offset_s) = (Vec::new(), None);
    for server in &settings.servers {
        let name = server.address.to_string();
        findings.push(match ask(server, &settings.state_dir).await {
            Ok(Probed { result, clock_offset_s, .. }) => {
                offset_s = offset_s.or(clock_offset_s);
                of_reason(result.reason, result.detail, &name)
            }
            Err(error) => {
                Finding::of(Level::Problem, Code::NetLocalFault, &name).with_detail(error.to_string())
            }
        });
        findings.extend(identity(server, &settings.state_dir, host::now()));
    }
    (findings, offset_s)
}

/// A certificate that is in order is not worth a line: that the server answers says it.
fn identity(server: &ServerSettings, state_dir: &Path, now: Moment) -> Option<Finding> {
    let identity = Identity::load_dir(&server.identity_dir(state_dir)).ok()?;
    let validity = identity.validity()?;
    identities::is_running_out(&validity, &now).then(|| {
        let finding = Finding::of(Level::Warning, Code::DoctorIdentityRunsOut, &server.address.to_string());
        finding.with_detail(format!("{:.0}", validity.until))
    })
}

/// By a quality probe: a few seconds, at most 0.1 MB, and nobody's meeting is disturbed by it.
async fn ask(server: &ServerSettings, state_dir: &Path) -> Result<Probed, IdentityError> {
    let (trust, identity) = server.load(state_dir)?;
    // A quality probe asks for no rate; a request has one.
    let rates = Profile::minimum().requirements.network.expect("the shipped profile is tested");
    let request = ProbeRequest {
        server: server.address.clone(),
        trust,
        identity,
        mode: Mode::Quality,
        effort: Effort::Light,
        up: rates.up,
        down: rates.down,
        passed_before: false,
        purpose: Purpose::Routine,
        tokens: Tokens::default(),
        meter: Meter::default(),
    };
    probe(&request, pending()).await
}

fn of_reason(reason: Reason, detail: Option<String>, server: &str) -> Finding {
    let (level, code) = match reason {
        Reason::Measured => (Level::Ok, Code::NetServerAnswers),
        // It answers, and that is all that is asked here.
        Reason::ServerBusy
        | Reason::ServerRefused
        | Reason::Outage
        | Reason::Undecided
        | Reason::SenderLate
        | Reason::Interrupted => (Level::Warning, Code::of_probe(reason, Direction::Up)),
        _ => (Level::Problem, Code::of_probe(reason, Direction::Up)),
    };
    Finding { detail, ..Finding::of(level, code, server) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_answers_is_told_from_one_behind_a_wall() {
        let found = |reason| {
            let finding = of_reason(reason, None, "probe.example:4433");
            (finding.level, finding.code)
        };
        assert_eq!(found(Reason::Measured), (Level::Ok, Code::NetServerAnswers));
        assert_eq!(found(Reason::ServerBusy), (Level::Warning, Code::NetServerBusy));
        assert_eq!(found(Reason::UdpBlocked), (Level::Problem, Code::NetUdpBlocked));
        assert_eq!(found(Reason::NameNotResolved), (Level::Problem, Code::NetNameNotResolved));
    }

    #[test]
    fn a_room_that_was_revoked_is_told_to_be_enrolled_again_by_finding_and_remedy_alike() {
        let words = "it was revoked; if the room is to come back, enrol it with a new token";
        for reason in [Reason::IdentityRefused, Reason::IdentityRequired] {
            let finding = of_reason(reason, Some(words.to_owned()), "probe.example:4433");
            assert!(
                finding.remedy.en.contains("with a") && finding.remedy.en.contains("token"),
                "{finding:?}"
            );
        }
    }

    #[tokio::test]
    async fn without_a_server_that_is_a_warning_and_a_missing_ca_is_a_problem() {
        let (found, _) = servers(&Settings::default()).await;
        assert_eq!((found[0].level, found[0].code), (Level::Warning, Code::NetNoServer));
        let server = ServerSettings {
            address: "probe.example:4433".parse().unwrap(),
            ca: "/no/such/ca.pem".into(),
            identity: None,
        };
        let settings = Settings { servers: vec![server], ..Settings::default() };
        let (found, offset_s) = servers(&settings).await;
        assert_eq!((found[0].level, found[0].code), (Level::Problem, Code::NetLocalFault));
        assert!(found[0].detail.as_ref().is_some_and(|detail| detail.contains("/no/such/ca.pem")));
        assert_eq!(offset_s, None);
    }
}
