//! `siaga-agent check`: can this room hold a video conference?

mod alone;
mod asked;

use clap::{Args, ValueEnum};
use siaga_readiness::{AskedTrials, Readiness};
use siaga_service::{program::print, signals::Shutdown};

use crate::{
    client::{self, ClientError},
    config::Settings,
    host,
    progress::Progress,
    text::{self, Language, Phrases},
};

/// Can this room hold a video conference?
///
/// Asks the running daemon; without one it looks at the devices and probes the link itself.
/// Exit status: 0 granted, 1 granted with warnings, 2 not ready, 3 unknown or error.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The requirement profile: minimum, recommended, kipp-2020 or one of the configuration's own; the room's own if not given.
    #[arg(long)]
    profile: Option<String>,
    /// Have all devices tried and the link measured now: take pictures, listen for some seconds, probe; not while a device is
    /// in use. A running daemon does it. TRIALS in the answer says whether all devices were tried; a link that could not be
    /// measured now is unknown, with the reason, whatever was found before.
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
    let language = Language::of_user();
    let progress = Progress::new(language);
    let answer = tokio::select! {
        answer = ask_daemon(settings, args, &progress) => answer,
        () = shutdown.requested() => anyhow::bail!("interrupted"),
    };
    let (mut readiness, trials) = match answer {
        Ok(answer) => answer,
        Err(ClientError::NobodyThere) => {
            progress.note(language.looking_alone());
            alone::look(settings, profile, args.active, &progress, shutdown).await?
        }
        Err(error) => return Err(error.into()),
    };
    drop(progress);
    if let Some(trials) = trials {
        readiness = readiness.after_trials(trials, host::now());
    }
    print(&match args.format {
        Format::Text => text::readiness(&readiness, language),
        Format::Json => serde_json::to_string(&readiness)? + "\n",
        Format::Nagios => text::nagios(&readiness) + "\n",
    })?;
    Ok(readiness.exit_code())
}

/// Without a profile the daemon answers for its own. What was asked for comes first: the readiness rests on it.
async fn ask_daemon(
    settings: &Settings,
    args: &CheckArgs,
    progress: &Progress,
) -> Result<(Readiness, Option<AskedTrials>), ClientError> {
    let daemon = settings.http.listen;
    // What was found of the link before is no answer to who has it measured now.
    let asked_at = args.active.then(|| host::now().since_boot);
    let trials = match args.active {
        true => Some(asked::by_the_daemon(daemon, &settings.socket(), progress).await?),
        false => None,
    };
    let profile = args.profile.as_ref().map(|name| format!("profile={name}"));
    let link_since = asked_at.map(|at| format!("link_since_ms={}", at.as_millis()));
    let question: Vec<_> = profile.into_iter().chain(link_since).collect();
    Ok((client::get(daemon, &format!("/v1/readiness?{}", question.join("&"))).await?, trials))
}
