//! What is in order by itself and yet can't work well together.

use std::time::Duration;

use siaga_probe::schedule::{Costs, longest_pause};

use super::{Settings, hours};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let mut warnings: Vec<String> = rare_looks(settings).collect();
    warnings.extend(small_budget(settings));
    warnings
}

fn rare_looks(settings: &Settings) -> impl Iterator<Item = String> {
    let Settings { devices, network, host, freshness, .. } = settings;
    let (scan, probe) = (devices.scan_interval, network.probe_interval);
    let looks = [
        ("devices.scan_interval", scan, scan.duration(), "freshness.device_scan", freshness.device_scan),
        ("host.interval", host.interval, host.interval.duration(), "freshness.host", freshness.host),
        (
            "network.probe_interval",
            probe,
            longest_pause(probe.duration()),
            "freshness.gate_probe",
            freshness.gate_probe,
        ),
    ];
    looks.into_iter().filter(|(_, _, longest, _, lives)| *longest >= lives.duration()).map(
        |(interval, every, longest, life, lives)| {
            let at_most = if longest > every.duration() { " (up to a fifth longer by chance)" } else { "" };
            format!(
                "{interval} = {every}{at_most} is not shorter than {life} = {lives}: \
                 between two looks the evidence runs out and the room is unknown"
            )
        },
    )
}

/// A budget that can't pay for what the intervals ask for.
#[allow(clippy::cast_precision_loss)] // At most 1 TB.
fn small_budget(settings: &Settings) -> Option<String> {
    settings.servers.first()?;
    let profiles = settings.profiles().ok()?;
    let rates = profiles.named(settings.profile.as_str()).ok()?.requirements.network?;
    let (budget, every) = (settings.network.daily_bytes, settings.network.probe_interval);
    let costs = Costs::at(rates.up, rates.down);
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    let Some(spendable) = budget.bytes().checked_sub(costs.gate) else {
        return Some(format!(
            "network.daily_bytes = {budget} is less than one probe at the profile's rates may cost ({} MB): \
             the link is never probed and stays unknown; raise it",
            megabytes(costs.gate)
        ));
    };
    let (day, told) = match &settings.network.office_hours {
        Some(office) => (hours::longest_day(office), "the office's hours"),
        None => (DAY, "24 hours"),
    };
    let gates = day.as_secs_f64() / every.duration().as_secs_f64() * costs.usual_gate as f64;
    if gates > spendable as f64 {
        return Some(format!(
            "network.daily_bytes = {budget} does not last for {told} of probes every {every} at the profile's rates \
             (about {:.0} MB, of which {} MB must be left before each): the link will be unknown at times on a \
             machine that is always on; raise it or network.probe_interval",
            gates / 1e6,
            megabytes(costs.gate)
        ));
    }
    // Without hours, those of a machine that is off at night.
    let gates = gates * day.min(WORKING_DAY).as_secs_f64() / day.as_secs_f64();
    let sustain = costs.sustain.max(costs.usual_sustain + costs.gate);
    (gates + sustain as f64 > budget.bytes() as f64).then(|| {
        format!(
            "network.daily_bytes = {budget} does not pay for the daily sustain probe beside a day's gate probes \
             (about {:.0} MB, and {} MB must be left before it): it is not made every day, and the room has a \
             warning then; raise it",
            gates / 1e6,
            megabytes(sustain)
        )
    })
}

const WORKING_DAY: Duration = Duration::from_secs(10 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    const SERVER: &str = "[[servers]]\naddress = \"probe.example:4433\"\nca = \"/etc/siaga/ca.pem\"\n";

    #[test]
    fn looks_that_are_rarer_than_their_evidence_lives_are_warned_about() {
        let warnings = settings("[freshness]\ngate_probe = \"5m\"\n").warnings();
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with(
            "network.probe_interval = 30m (up to a fifth longer by chance) is not shorter than \
             freshness.gate_probe = 5m"
        ));
        assert_eq!(settings("[network]\nprobe_interval = \"50m\"\n").warnings().len(), 1);
        assert!(settings("[network]\nprobe_interval = \"49m\"\n").warnings().is_empty());
    }

    #[test]
    fn a_budget_that_can_t_pay_for_a_probe_or_for_a_day_is_warned_about() {
        let warnings = |network: &str| settings(&format!("{network}\n{SERVER}")).warnings();
        assert!(warnings("").is_empty(), "the defaults fit together");
        let never = warnings("[network]\ndaily_bytes = \"20MB\"");
        assert_eq!(never.len(), 1);
        assert!(never[0].contains("daily_bytes = 20MB is less than one probe"), "{never:?}");
        let short = warnings("[network]\ndaily_bytes = \"200MB\"");
        assert_eq!(short.len(), 1);
        assert!(short[0].contains("for 24 hours of probes every 30m"), "{short:?}");
        assert!(short[0].contains("about 189 MB, of which 38 MB must be left"), "{short:?}");
        assert!(warnings("profile = \"recommended\"")[0].contains("about 252 MB"));
    }

    #[test]
    fn a_budget_that_leaves_nothing_for_the_sustain_probe_is_warned_about() {
        let warnings = |network: &str| {
            let office = "[network]\noffice_hours = \"Mon-Fri 07:30-16:00\"\n";
            settings(&format!("{office}{network}\n{SERVER}")).warnings()
        };
        assert!(warnings("").is_empty());
        let short = warnings("daily_bytes = \"190MB\"");
        assert_eq!(short.len(), 1);
        assert!(short[0].contains("about 67 MB, and 129 MB must be left before it"), "{short:?}");
        assert!(warnings("daily_bytes = \"100MB\"")[0].contains("does not last for the office's hours"));
    }
}
