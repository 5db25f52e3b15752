//! What is in order by itself and yet can't work well together.

use std::time::Duration;

use siaga_probe::schedule::{longest_pause, most_bytes};
use siaga_readiness::profile::NetworkRequirement;

use super::Settings;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let mut warnings: Vec<String> = rare_looks(settings).collect();
    warnings.extend(small_budget(settings));
    warnings
}

fn rare_looks(settings: &Settings) -> impl Iterator<Item = String> {
    let Settings { devices, network, freshness, .. } = settings;
    let (scan, probe) = (devices.scan_interval, network.probe_interval);
    let looks = [
        ("devices.scan_interval", scan, scan.duration(), "freshness.device_scan", freshness.device_scan),
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

/// A budget that can't pay for what the interval asks for.
fn small_budget(settings: &Settings) -> Option<String> {
    settings.servers.first()?;
    let profiles = settings.profiles().ok()?;
    let rates = profiles.named(settings.profile.as_str()).ok()?.requirements.network?;
    let (budget, every) = (settings.network.daily_bytes, settings.network.probe_interval);
    let reserve = most_bytes(rates.up, rates.down);
    let Some(spendable) = budget.bytes().checked_sub(reserve) else {
        return Some(format!(
            "network.daily_bytes = {budget} is less than one probe at the profile's rates may cost ({} MB): \
             the link is never probed and stays unknown; raise it",
            reserve.div_ceil(1_000_000)
        ));
    };
    let day = DAY.as_secs_f64() / every.duration().as_secs_f64() * steady_cost(rates);
    #[allow(clippy::cast_precision_loss)] // At most 1 TB.
    let short = day > spendable as f64;
    short.then(|| {
        format!(
            "network.daily_bytes = {budget} does not last for 24 hours of probes every {every} at the profile's \
             rates (about {:.0} MB, of which {} MB must be left before each): the link will be unknown at times on \
             a machine that is always on; raise it or network.probe_interval",
            day / 1e6,
            reserve.div_ceil(1_000_000)
        )
    })
}

/// Bytes of a probe of a steady link that passes: a second at 1.05 times the rates.
fn steady_cost(rates: NetworkRequirement) -> f64 {
    (rates.up.bps_f64() + rates.down.bps_f64()) * 1.05 / 8.0
}

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
        assert!(short[0].contains("about 189 MB, of which 38 MB must be left"), "{short:?}");
        assert!(warnings("profile = \"recommended\"")[0].contains("about 252 MB"));
    }
}
