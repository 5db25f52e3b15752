//! The links to all probe servers: the nearest that answers is probed.

use std::{future::Future, io, path::Path, pin::pin, time::Duration};

use futures_util::FutureExt;
use siaga_probe::{
    Mode, Reason, Verdict,
    admission::Purpose,
    network::Question,
    schedule::PutOff,
    servers::{Comparison, Servers},
};
use siaga_readiness::{
    moment::Moment,
    observation::{Evidence, Gateway, Observation, ServerPlace, ServerStanding},
    profile::NetworkRequirement,
};
use siaga_transport::client::Meter;
use tracing::{info, warn};

use super::{Link, Seen, memory::Memory};
use crate::{config::ServerSettings, host, live::Live, network::Network};

/// At least one link, and which of them to use.
#[derive(Debug)]
pub struct Links {
    links: Vec<Link>,
    servers: Servers,
    standings: Vec<Option<ServerStanding>>,
}

impl Links {
    /// Links that nobody has looked at yet; none without a server.
    #[must_use]
    pub fn new(servers: &[ServerSettings], state_dir: &Path, rates: NetworkRequirement) -> Option<Self> {
        let links: Vec<_> = servers.iter().map(|server| Link::new(server, state_dir, rates)).collect();
        let count = links.len();
        (count > 0).then(|| Self { links, servers: Servers::new(count), standings: vec![None; count] })
    }

    /// One gate probe for somebody who waits for it and sees it in `live`, ended early by `cancel`.
    pub async fn look(&mut self, live: &Live, cancel: impl Future<Output = ()>) -> Observation {
        let meter = Meter::default();
        let _probing = live.probing(Mode::Gate, &meter);
        let cancel = async {
            cancel.await;
            Reason::Interrupted
        };
        self.probe(Mode::Gate, Purpose::PreCheck, |_| false, meter, cancel).await.1.into()
    }

    /// That no probe is made is a finding too: when the evidence has run out, it is the reason.
    #[must_use]
    pub fn put_off(&self, now: Moment, what: PutOff) -> Observation {
        self.first(now).put_off(now, what)
    }

    /// The failures of these links that a daemon remembers, if `network` may be the one where they were found and
    /// `directory` is where it keeps them. They are read and left as they are.
    ///
    /// # Errors
    /// The system can't read them.
    pub fn remembered(
        &self,
        directory: &Path,
        network: &Network,
        now: Moment,
    ) -> io::Result<Option<Observation>> {
        let memory = Memory::peek(directory)?;
        Ok(memory.failures_to_sustain(network, self.addresses(), now))
    }

    /// The servers as they are configured.
    pub(super) fn addresses(&self) -> impl Iterator<Item = String> {
        self.links.iter().map(|link| link.server.address.to_string())
    }

    /// The link that a probe at `now` would try first.
    pub(super) fn first(&self, now: Moment) -> &Link {
        let place = self.servers.order(now.since_boot).first().copied().unwrap_or_default();
        &self.links[place]
    }

    /// Probes the nearest server, or where it does not serve the next one, and so on; once trains have run, no other: one
    /// probe's data is what the day's budget has room for. `passed_before`: whether the same was asked, and passed, within
    /// the last day. What was seen answers the question that is returned with it; its bytes are those of all attempts.
    pub(super) async fn probe(
        &mut self,
        mode: Mode,
        purpose: Purpose,
        passed_before: impl Fn(&Question) -> bool,
        meter: Meter,
        cancel: impl Future<Output = Reason>,
    ) -> (Question, Seen) {
        let mut cancel = pin!(cancel.fuse());
        let order = self.servers.order(host::now().since_boot);
        let mut turned_away: Vec<(usize, Seen)> = Vec::new();
        for place in order {
            let link = &self.links[place];
            let question = link.question(mode);
            let seen = link.probe(mode, purpose, passed_before(&question), meter.clone(), &mut cancel).await;
            self.note(place, &seen);
            if !seen.was_turned_away() {
                return (question, after(&turned_away, seen));
            }
            turned_away.push((place, seen));
        }
        let (place, mut seen) = none_served(turned_away);
        seen.evidence.gateway = gateway_behind(&seen, cancel).await;
        (self.links[place].question(mode), seen)
    }

    /// A server whose distance is to be measured now.
    pub(super) fn to_measure(&self, now: Moment) -> Option<usize> {
        self.servers.to_measure(now.since_boot)
    }

    /// A quality probe of the server at `place`, for its distance.
    pub(super) async fn measure(
        &mut self,
        place: usize,
        meter: Meter,
        cancel: impl Future<Output = Reason>,
    ) -> Seen {
        let link = &self.links[place];
        let seen = link.probe(Mode::Quality, Purpose::Routine, false, meter, cancel).await;
        self.note(place, &seen);
        seen
    }

    /// The machine is on another network.
    pub(super) fn on_change(&mut self) {
        self.servers.on_change();
        self.standings.fill(None);
    }

    /// How the servers served, for whoever wants to know whose fault it is.
    pub(super) fn standings(&self, at: Moment) -> Observation {
        let standings = self.standings.iter().flatten().cloned().collect();
        Observation { at, took: Duration::ZERO, evidence: Evidence::Servers(standings) }
    }

    fn note(&mut self, place: usize, seen: &Seen) {
        let result = &seen.evidence.result;
        let now = host::now().since_boot;
        let comparison = self.servers.on_result(now, place, result, seen.wishes.retry_after);
        let held = self.standings[place].take();
        let passed = result.verdict == Verdict::Pass;
        self.standings[place] = Some(ServerStanding {
            server: result.server.clone(),
            reason: result.reason,
            rtt_ms: result.rtt_ms.idle.or(held.as_ref().and_then(|held| held.rtt_ms)),
            contradicted: !passed && held.is_some_and(|held| held.contradicted),
        });
        match comparison {
            Comparison::Nothing => {}
            Comparison::Alone => {
                info!(server = result.server, "the link fails; the next probe goes to another server");
            }
            Comparison::Confirmed => {
                info!(server = result.server, "the link fails to another server too: it is the room's");
                for standing in self.standings.iter_mut().flatten() {
                    standing.contradicted = false;
                }
            }
            Comparison::Contradicted(other) => {
                if let Some(standing) = &mut self.standings[other] {
                    standing.contradicted = true;
                    warn!(
                        server = standing.server,
                        passes_to = result.server,
                        "what failed to one server passes to another: the fault is likely the first one's, not the room's"
                    );
                }
            }
        }
    }
}

/// What was seen after other servers had not served.
fn after(turned_away: &[(usize, Seen)], mut seen: Seen) -> Seen {
    if turned_away.is_empty() {
        return seen;
    }
    let others = told(turned_away);
    warn!(server = seen.evidence.result.server, others, "other servers did not serve; this one was probed");
    let detail = seen.evidence.result.detail.take();
    let words = format!("other servers did not serve ({others})");
    seen.evidence.result.detail = Some(match detail {
        Some(detail) => format!("{detail}; {words}"),
        None => words,
    });
    seen.add_bytes(turned_away);
    seen
}

/// None of them served. One that answered and has no time says more than one that does not answer; where none answers,
/// that is what is known.
fn none_served(mut turned_away: Vec<(usize, Seen)>) -> (usize, Seen) {
    let silent = |reason: Reason| reason.is_silence() || reason == Reason::NoRoute;
    let answered = |seen: &Seen| seen.evidence.result.rtt_ms.idle.is_some() || !silent(seen.reason());
    let telling = turned_away.iter().position(|(_, seen)| answered(seen));
    let others = told(&turned_away);
    let several = turned_away.len() > 1;
    let (place, mut seen) = turned_away.remove(telling.unwrap_or(0));
    if several {
        let result = &mut seen.evidence.result;
        if telling.is_none() {
            result.reason = Reason::NoServerAnswers;
            (result.up.reason, result.down.reason) = (result.reason, result.reason);
        }
        result.detail = Some(format!("none of the servers served ({others})"));
    }
    seen.add_bytes(&turned_away);
    (place, seen)
}

/// How this network's gateway is found, where nothing came back from servers behind it.
async fn gateway_behind(seen: &Seen, cancel: impl Future<Output = Reason>) -> Option<Gateway> {
    let is_behind = seen.evidence.server_place != ServerPlace::Internal;
    if !(is_behind && seen.reason().is_silence()) {
        return None;
    }
    let network = Network::now();
    tokio::select! {
        found = network.gateway() => Some(found),
        _ = cancel => None,
    }
}

fn told(turned_away: &[(usize, Seen)]) -> String {
    let told =
        turned_away.iter().map(|(_, seen)| format!("{}: {}", seen.evidence.result.server, seen.reason()));
    told.collect::<Vec<_>>().join(", ")
}

impl Seen {
    fn reason(&self) -> Reason {
        self.evidence.result.reason
    }

    /// Nothing was probed, for a reason that another server may not have: it does not serve, or its own files can't be read.
    fn was_turned_away(&self) -> bool {
        let trains_ran = self.evidence.result.rtt_ms.loaded.is_some();
        !trains_ran && (self.reason().is_about_the_server() || self.reason() == Reason::LocalFault)
    }

    fn add_bytes(&mut self, others: &[(usize, Self)]) {
        let bytes = &mut self.evidence.result.bytes;
        for (_, other) in others {
            let more = other.evidence.result.bytes;
            bytes.sent = bytes.sent.saturating_add(more.sent);
            bytes.received = bytes.received.saturating_add(more.received);
        }
    }
}

#[cfg(test)]
mod tests {
    use siaga_probe::{Bitrate, outcome::RoundTrip};

    use super::*;

    fn links(servers: &[&str]) -> Links {
        let rate = Bitrate::from_bps(10_000_000).unwrap();
        let settings = servers.iter().map(|server| ServerSettings {
            address: server.parse().unwrap(),
            ca: "ca.pem".into(),
            identity: None,
        });
        Links::new(
            &settings.collect::<Vec<_>>(),
            Path::new("/no/state"),
            NetworkRequirement { up: rate, down: rate },
        )
        .unwrap()
    }

    fn turned_away(links: &Links, reasons: &[Reason]) -> Vec<(usize, Seen)> {
        let seen = |place: usize, reason| {
            let mut seen = links.links[place].not_seen(host::now(), Mode::Gate, reason);
            seen.evidence.result.bytes.sent = 1000;
            (place, seen)
        };
        reasons.iter().enumerate().map(|(place, reason)| seen(place, *reason)).collect()
    }

    #[test]
    fn without_a_server_there_is_no_link() {
        let rate = Bitrate::from_bps(10_000_000).unwrap();
        assert!(
            Links::new(&[], Path::new("/no/state"), NetworkRequirement { up: rate, down: rate }).is_none()
        );
    }

    #[test]
    fn where_no_server_answers_it_is_told_as_such_with_all_bytes() {
        let links = links(&["a.example:4433", "b.example:4433"]);
        let silence = [Reason::ServerUnreachable, Reason::NameNotResolved];
        let (_, seen) = none_served(turned_away(&links, &silence));
        let result = seen.evidence.result;
        assert_eq!([result.reason, result.up.reason, result.down.reason], [Reason::NoServerAnswers; 3]);
        assert_eq!(result.bytes.sent, 2000);
        let detail = result.detail.unwrap();
        assert!(
            detail.contains("a.example:4433: SERVER_UNREACHABLE, b.example:4433: NAME_NOT_RESOLVED"),
            "{detail}"
        );
    }

    #[test]
    fn a_server_that_answered_says_more_than_one_that_did_not() {
        let links = links(&["a.example:4433", "b.example:4433"]);
        let (place, seen) =
            none_served(turned_away(&links, &[Reason::ServerUnreachable, Reason::ServerBusy]));
        assert_eq!((place, seen.reason()), (1, Reason::ServerBusy), "the room's line works");
    }

    #[test]
    fn a_single_server_s_silence_keeps_its_own_reason() {
        let links = links(&["a.example:4433"]);
        let (_, seen) = none_served(turned_away(&links, &[Reason::UdpBlocked]));
        assert_eq!((seen.reason(), seen.evidence.result.detail), (Reason::UdpBlocked, None));
    }

    #[test]
    fn what_another_server_found_says_which_did_not_serve() {
        let links = links(&["a.example:4433", "b.example:4433"]);
        let mut passed = links.links[1].not_seen(host::now(), Mode::Gate, Reason::Sustained);
        passed.evidence.result.rtt_ms = RoundTrip { idle: Some(7.0), loaded: None };
        let seen = after(&turned_away(&links, &[Reason::ServerAbsent]), passed);
        assert_eq!((seen.reason(), seen.evidence.result.bytes.sent), (Reason::Sustained, 1000));
        assert_eq!(
            seen.evidence.result.detail.as_deref(),
            Some("other servers did not serve (a.example:4433: SERVER_ABSENT)")
        );
    }

    #[test]
    fn what_broke_off_in_the_middle_is_not_begun_again_at_another_server() {
        let links = links(&["a.example:4433"]);
        let seen = |reason, loaded| {
            let mut seen = links.links[0].not_seen(host::now(), Mode::Sustain, reason);
            seen.evidence.result.rtt_ms = RoundTrip { idle: Some(7.0), loaded };
            seen
        };
        assert!(seen(Reason::ServerBusy, None).was_turned_away());
        assert!(seen(Reason::LocalFault, None).was_turned_away(), "the CA file of this server");
        assert!(!seen(Reason::PeerFailed, Some(9.0)).was_turned_away(), "it has cost a whole probe");
        assert!(!seen(Reason::MeetingOn, None).was_turned_away());
    }

    #[test]
    fn a_contradiction_is_held_against_the_server_until_it_passes() {
        let mut links = links(&["a.example:4433", "b.example:4433"]);
        let seen = |links: &Links, place: usize, verdict, reason| {
            let mut seen = links.links[place].not_seen(host::now(), Mode::Gate, reason);
            seen.evidence.result.verdict = verdict;
            seen
        };
        let failed = seen(&links, 0, Verdict::Fail, Reason::Loss);
        links.note(0, &failed);
        let passed = seen(&links, 1, Verdict::Pass, Reason::Sustained);
        links.note(1, &passed);
        let contradicted =
            |links: &Links| links.standings.iter().flatten().map(|it| it.contradicted).collect::<Vec<_>>();
        assert_eq!(contradicted(&links), [true, false]);
        let passed = seen(&links, 0, Verdict::Pass, Reason::Sustained);
        links.note(0, &passed);
        assert_eq!(contradicted(&links), [false, false]);
    }
}
