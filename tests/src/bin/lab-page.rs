//! The page of a room that is made of nothing, for trying the page with devices that this machine does not have.
//!
//! `cargo run -p siaga-tests --bin lab-page` prints where the page is and does as it is told on standard input, a line at a time:
//!
//! ```text
//! fault camera|link|zoom|none     what ails the room
//! name WORDS                      what its camera and its microphone are called
//! try camera|microphone           one of them is taken in hand, as in a round that somebody asked for
//! level N                         the microphone hears something that loud, out of 2^31
//! end                             the round is over
//! ```
//!
//! It is part of the tests and of nothing that is shipped.

use std::{error::Error, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use siaga_agent::{changes::ChangeWatch, host, page::Page, room::Room};
use siaga_probe::{Mode, Verdict};
use siaga_readiness::{
    Trial,
    inventory::Kind,
    moment::Moment,
    observation::Evidence,
    policy::Policy,
    profile::Profiles,
    reasons::Code,
    report::{Began, DeviceChange, DeviceEvent, Happening},
    snapshot::{Cause, Setup},
    state::CheckState,
    trial::{DeviceKind, Judgement, TrialOutcome},
};
use siaga_service::{
    http::{HttpServer, Limits},
    signals::Shutdown,
};
use siaga_tests::{
    lab_room::{Fault, LabRoom, Probed, probe},
    programs::lines,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shutdown = Shutdown::on_signals()?;
    let zone = TimeZone::get("Asia/Pontianak")?;
    let now = host::now();
    let setup = Setup {
        room: "diskominfo-r2".to_owned(),
        probe_server: Some("probe.example:4433".to_owned()),
        policy: Policy::default(),
    };
    // The day before: the lab's evidence is some minutes old.
    let began = Moment { since_boot: Duration::ZERO, ..now };
    let room = Arc::new(Room::new(setup, Profiles::default(), "minimum", began)?);
    room.past().before(&week(now.wall));
    let watch = Arc::new(ChangeWatch::new().0);
    let page = Page::new(room.clone(), watch, move || zone.clone());
    let web = HttpServer::bind("127.0.0.1:0".parse()?, Limits::default()).await?.with_access(page.access());
    println!("ready http={}", web.address());
    tokio::join!(web.serve(page.routes(), shutdown.requested()), Lab::new(&room).play(&shutdown));
    Ok(())
}

struct Lab<'a> {
    room: &'a Room,
    is: LabRoom,
    device: String,
    /// How long ago it was probed and its devices were tried.
    tried: Duration,
}

impl<'a> Lab<'a> {
    fn new(room: &'a Room) -> Self {
        let is = LabRoom { name: room.snapshot().setup.room, fault: None };
        Self { room, is, device: "Logitech C920".to_owned(), tried: Duration::from_secs(240) }
    }

    async fn play(mut self, shutdown: &Shutdown) {
        let mut told = lines();
        let mut looks = tokio::time::interval(Duration::from_secs(20));
        // Held while a device is in hand.
        let mut trying = Vec::new();
        loop {
            let line = tokio::select! {
                _ = looks.tick() => String::new(),
                Some(line) = told.recv() => line,
                () = shutdown.requested() => return,
            };
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let demand = self.room.trial_demand();
            match word {
                "fault" => {
                    // What was found before a device came or went says nothing about it.
                    (self.is.fault, self.tried) = (fault(rest), Duration::ZERO);
                }
                "name" => rest.clone_into(&mut self.device),
                "try" => {
                    trying.clear();
                    let (kind, place) = match rest {
                        "camera" => (DeviceKind::Camera, 0),
                        _ => (DeviceKind::Microphone, 1),
                    };
                    demand.on_device(&self.device, place, 2);
                    trying.push(self.room.live().trying(kind, &self.device));
                    continue;
                }
                "level" => {
                    self.room.live().heard(rest.parse().unwrap_or(0));
                    continue;
                }
                "end" => {
                    trying.clear();
                    demand.on_end(host::now().since_boot, 2, 2, Code::TrialsDone);
                    self.room.probe_demand().on_taken();
                    self.room.probe_demand().on_served();
                }
                _ => {}
            }
            self.look();
        }
    }

    fn look(&self) {
        let probed = Probed { gate: self.tried, sustain: Duration::from_secs(9_000) };
        for mut observation in self.is.observations(host::now(), probed) {
            if let Evidence::Devices(inventory) = &mut observation.evidence {
                inventory.cameras.iter_mut().for_each(|it| it.name.clone_from(&self.device));
                inventory.microphones.iter_mut().for_each(|it| it.name.clone_from(&self.device));
            }
            self.room.observe(observation);
        }
    }
}

fn fault(word: &str) -> Option<Fault> {
    match word {
        "camera" => Some(Fault::Camera),
        "link" => Some(Fault::Link),
        "zoom" => Some(Fault::Zoom),
        _ => None,
    }
}

/// A week in which it was switched off at night, its link had a bad afternoon, and its camera was unplugged for a while.
fn week(now: Timestamp) -> Vec<(Timestamp, Happening)> {
    let at = |hours_ago: i64| now - Duration::from_secs(u64::try_from(hours_ago * 3600).unwrap_or(0));
    let mut happened = Vec::new();
    for day in (1..7).rev() {
        let hour = |hour: i64| at(day * 24 - hour);
        happened.push((hour(0), Happening::Began(Began { cause: Cause::Started })));
        happened.push((hour(0), tried(DeviceKind::Camera, CAMERA)));
        happened.push((hour(0), tried(DeviceKind::Microphone, MICROPHONE)));
        for half in 0..18 {
            let verdict = if day == 3 && half > 11 { Verdict::Fail } else { Verdict::Pass };
            let at = hour(0) + Duration::from_secs(1800 * half);
            happened.push((at, Happening::Probe(Box::new(probe(Mode::Gate, verdict)))));
            if day == 2 && half == 4 {
                happened.push((at, camera(DeviceChange::Gone, CheckState::Ok)));
            }
            if day == 2 && half == 10 {
                happened.push((at, camera(DeviceChange::Came, CheckState::Ok)));
            }
        }
    }
    happened
}

const CAMERA: &str = "usb-046d:082d-1";
const MICROPHONE: &str = "usb-046d:082d-1-audio";

fn tried(kind: DeviceKind, id: &str) -> Happening {
    let outcome = TrialOutcome::Found(Judgement::new(CheckState::Ok, Code::CameraWorks));
    Happening::Trial(Trial { kind, id: id.to_owned(), outcome })
}

fn camera(change: DeviceChange, state: CheckState) -> Happening {
    Happening::Device(DeviceEvent {
        device: Kind::Camera,
        id: CAMERA.to_owned(),
        name: "Logitech C920".to_owned(),
        change,
        state,
        reason: Code::DevicePresent,
    })
}
