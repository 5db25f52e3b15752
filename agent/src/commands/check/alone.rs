//! The check where no daemon runs: this program looks at devices and link itself.

use anyhow::Context;
use siaga_probe::{
    Mode, Reason,
    schedule::{Meeting, PutOff},
};
use siaga_readiness::{AskedTrials, Readiness, profile::Profile};
use siaga_service::signals::Shutdown;

use super::asked;
use crate::{
    client::ClientError, config::Settings, devices::Visit, facts::Looker, host, link::Links,
    network::Network, progress::Progress, room::Room,
};

/// Devices and link at once: they don't disturb each other. Into a meeting neither is tried.
///
/// # Errors
/// What a daemon remembers of the link can't be read, or the signal to end came.
pub(super) async fn look(
    settings: &Settings,
    profile: &Profile,
    active: bool,
    progress: &Progress,
    shutdown: &Shutdown,
) -> anyhow::Result<(Readiness, Option<AskedTrials>)> {
    let room = Room::new(settings.setup(), settings.profiles()?, settings.profile.as_str(), host::now())?;
    let looking = async {
        let mut visit = Visit::new(&room, settings);
        visit.look().await;
        let trying = async { if active { Some(try_all(&room, &mut visit, progress).await) } else { None } };
        tokio::join!(trying, look_at_link(&room, settings, profile, shutdown))
    };
    let (trials, link) = tokio::select! {
        looked = progress.follow(async || room.live().sight(), looking) => looked,
        () = shutdown.requested() => anyhow::bail!("interrupted"),
    };
    link?;
    room.observe(Looker::new(settings).look());
    Ok((room.readiness(Some(profile.name.as_str()), None, None)?, trials.transpose()?))
}

async fn try_all(
    room: &Room,
    visit: &mut Visit<'_>,
    progress: &Progress,
) -> Result<AskedTrials, ClientError> {
    let demand = room.trial_demand();
    let run = demand.ask(host::now().since_boot).expect("it is the first round");
    let newest = async || Ok(demand.progress().expect("it was asked for"));
    let (trials, ()) = tokio::join!(asked::follow(run, progress, newest), visit.try_all());
    trials
}

async fn look_at_link(
    room: &Room,
    settings: &Settings,
    profile: &Profile,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let links = profile
        .requirements
        .network
        .and_then(|rates| Links::new(&settings.servers, &settings.state_dir, rates));
    let Some(mut links) = links else { return Ok(()) };
    remind(room, settings, &links)?;
    let now = host::now();
    if room.snapshot().meeting(now) == Meeting::On {
        room.observe(links.put_off(now, PutOff { mode: Mode::Gate, reason: Reason::MeetingOn }));
        return Ok(());
    }
    let seen = links.look(room.live(), shutdown.requested()).await;
    remind(room, settings, &links)?;
    room.observe(seen);
    Ok(())
}

/// What a daemon remembers of the link denies here too. A pass must not grant before that is known.
fn remind(room: &Room, settings: &Settings, links: &Links) -> anyhow::Result<()> {
    let found = links.remembered(&settings.state_dir, &Network::now(), host::now());
    let found = found.with_context(|| {
        format!(
            "what Siaga remembers of this link in {} can't be read, and may speak against the room; run this as root or \
             as the agent's user, or start the daemon",
            settings.state_dir.display()
        )
    })?;
    if let Some(remembered) = found {
        room.observe(remembered);
    }
    Ok(())
}
