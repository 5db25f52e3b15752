//! `siaga-agent check`: can this room hold a video conference?

use std::{net::SocketAddr, time::Duration};

use clap::{Args, ValueEnum};
use siaga_readiness::{
    answer::Readiness,
    observation::{Evidence, Observation},
    profile::Profile,
};
use siaga_service::{program::print, signals::Shutdown};
use tokio::time::sleep;

use crate::{
    client::{self, ClientError},
    config::Settings,
    demand::{Stage, TrialRun},
    devices::{Eyes, KnownGood},
    facts::Looker,
    host,
    link::Links,
    room::Room,
    text::{self, Language},
    trials::{self, Hands},
};

/// Can this room hold a video conference?
///
/// Asks the running daemon; without one it tries the devices and the link itself.
/// Exit status: 0 granted, 1 granted with warnings, 2 not ready, 3 unknown or error.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The requirement profile: minimum, recommended, kipp-2020 or one of the configuration's own; the room's own if not given.
    #[arg(long)]
    profile: Option<String>,
    /// Try the devices too: take pictures, listen for some seconds. A running daemon does it itself.
    #[arg(long)]
    active: bool,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl CheckArgs {
    pub(crate) fn is_for_nagios(&self) -> bool {
        matches!(self.format, Format::Nagios)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: the object that GET /v1/readiness answers with.
    Json,
    /// One line and performance data, as Nagios and its like read them.
    Nagios,
}

/// Checks and prints; answers with the exit status.
///
/// # Errors
/// There is no such profile, a file can't be used, or the daemon answers with something else.
pub async fn run(args: &CheckArgs, settings: &Settings, shutdown: &Shutdown) -> anyhow::Result<u8> {
    let profiles = settings.profiles()?;
    let profile = profiles.named(args.profile.as_deref().unwrap_or(settings.profile.as_str()))?;
    let answer = tokio::select! {
        answer = ask_daemon(settings, args) => answer,
        () = shutdown.requested() => anyhow::bail!("interrupted"),
    };
    let readiness = match answer {
        Ok(readiness) => readiness,
        Err(ClientError::NobodyThere) => try_it(settings, profile, args.active, shutdown).await?,
        Err(error) => return Err(error.into()),
    };
    print(&match args.format {
        Format::Text => text::readiness(&readiness, Language::of_user()),
        Format::Json => serde_json::to_string(&readiness)? + "\n",
        Format::Nagios => text::nagios(&readiness) + "\n",
    })?;
    Ok(readiness.exit_code())
}

/// Without a profile the daemon answers for its own.
async fn ask_daemon(settings: &Settings, args: &CheckArgs) -> Result<Readiness, ClientError> {
    if args.active {
        wait_for_trials(settings.http.listen).await?;
    }
    let question = args.profile.as_ref().map_or(String::new(), |name| format!("?profile={name}"));
    client::get(settings.http.listen, &format!("/v1/readiness{question}")).await
}

/// Lets the daemon try the devices, so that no two programs open the same one, and tells on standard error how far it is.
/// What it does not try, it says why; the readiness then says so too.
async fn wait_for_trials(daemon: SocketAddr) -> Result<(), ClientError> {
    let mut run: TrialRun = match client::post(daemon, TRIALS).await {
        Ok(run) => run,
        Err(ClientError::Refused { detail, .. }) => {
            eprintln!("nothing was tried: {detail}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let (asked, mut told) = (run.id, None);
    while run.id == asked && run.stage != Stage::Ended {
        if let Some(device) = run.device.filter(|device| told.as_ref() != Some(device)) {
            eprintln!("trying {device} ({} of {}) …", run.tried + 1, run.of);
            told = Some(device);
        }
        sleep(BETWEEN_LOOKS).await;
        run = client::get(daemon, TRIALS).await?;
    }
    if let Some(detail) = run.detail.filter(|_| run.id == asked) {
        eprintln!("{} of {} devices were tried: {detail}", run.tried, run.of);
    }
    Ok(())
}

const TRIALS: &str = "/v1/trials";

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Devices and link at once: they don't disturb each other.
async fn try_it(
    settings: &Settings,
    profile: &Profile,
    active: bool,
    shutdown: &Shutdown,
) -> anyhow::Result<Readiness> {
    let room = Room::new(settings.setup(), settings.profiles()?, settings.profile.as_str(), host::now())?;
    let links = profile
        .requirements
        .network
        .and_then(|rates| Links::new(&settings.servers, &settings.state_dir, rates));
    let look_at_link = async {
        match links {
            Some(mut links) => Some(links.look(shutdown.requested()).await),
            None => None,
        }
    };
    let (devices, link) = tokio::select! {
        seen = async { tokio::join!(look_at_devices(settings, active), look_at_link) } => seen,
        () = shutdown.requested() => anyhow::bail!("interrupted"),
    };
    room.observe(Looker::new(settings).look());
    for observation in devices {
        room.observe(observation);
    }
    if let Some(observation) = link {
        room.observe(observation);
    }
    Ok(room.readiness(Some(profile.name.as_str()), None)?)
}

/// A scan, a trial of each device that it shows to be free, and another scan: what went away meanwhile is not there.
async fn look_at_devices(settings: &Settings, active: bool) -> Vec<Observation> {
    let mut eyes = Eyes::new(&settings.devices, KnownGood::in_directory(&settings.state_dir));
    let scan = eyes.look().await;
    let candidates = match &scan.evidence {
        Evidence::Devices(inventory) if active => {
            trials::candidates(inventory, settings.devices.accept_virtual)
        }
        _ => Vec::new(),
    };
    let mut seen = vec![scan];
    let hands = Hands::new();
    for candidate in &candidates {
        seen.extend(hands.try_for_a_person(candidate).await);
    }
    if !candidates.is_empty() {
        seen.push(eyes.look().await);
    }
    seen
}
