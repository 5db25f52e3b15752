//! A room's machine as the desk meets it, and a receiver of letters.

use std::{net::SocketAddr, path::Path, time::Duration};

use serde_json::Value;
use siaga_booking::webhook::Sender;
use siaga_readiness::{
    host::{Host, MachineKind, Power},
    inventory::{Camera, Inventory, VideoMode},
    moment::{BootId, Moment},
    observation::{Evidence, Observation},
    policy::Policy,
    reasons::Code,
    report::{
        Agenda, CheckAnswer, CheckingFrame, Echo, Facts, FromRoom, FromServer, Happening, Hello, JournalId,
        SnapshotFrame, Tick, Tolerant, VERSION,
    },
    snapshot::Setup,
    state::CheckState,
    tracker::Tracker,
    trial::{DeviceKind, Judgement, Trial, TrialOutcome},
};
use siaga_transport::room::{Desk as _, Handle, Received};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use crate::desk::{
    Reception,
    tests::{Office, id, record, records},
};

/// A machine that is on or off, with a camera or without.
pub(super) struct Machine {
    name: String,
    pub(super) camera: bool,
    pub(super) is_in_use: bool,
    /// It begins checks and does not end them.
    pub(super) is_slow: bool,
    /// Checks that it has ended.
    pub(super) checked: u32,
    pub(super) agenda: Option<Agenda>,
    link: Option<(u64, mpsc::Receiver<FromServer>)>,
    links: u64,
    last_report: u64,
    ticks: u64,
}

impl Machine {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            camera: true,
            is_in_use: false,
            is_slow: false,
            checked: 0,
            agenda: None,
            link: None,
            links: 0,
            last_report: 0,
            ticks: 0,
        }
    }

    pub(super) async fn on(&mut self, office: &Office) {
        if self.link.is_some() {
            return;
        }
        self.links += 1;
        let hello = Hello {
            version: VERSION,
            agent: "0.2.0".into(),
            room: id(&self.name),
            site: None,
            journal: JournalId(7),
            clock_ms: 0,
        };
        let (handle, said) = Handle::new(self.links);
        Reception(office.desk.clone()).connected(&id(&self.name), &hello, handle).await.unwrap();
        self.link = Some((self.links, said));
        self.report(office).await;
    }

    pub(super) async fn off(&mut self, office: &Office, why: &str) {
        if let Some((link, _)) = self.link.take() {
            Reception(office.desk.clone()).closed(&id(&self.name), link, why);
        }
    }

    /// The server knows nothing of it either.
    pub(super) fn lose_its_link(&mut self) {
        self.link = None;
    }

    /// Does what it was asked for, and reports every so often.
    pub(super) async fn live(&mut self, office: &Office) {
        let Some((_, said)) = &mut self.link else { return };
        let mut frames = Vec::new();
        while let Ok(frame) = said.try_recv() {
            frames.push(frame);
        }
        self.last_report += 1;
        if self.last_report >= 2 || !frames.is_empty() {
            self.report(office).await;
        }
        for frame in frames {
            match frame {
                FromServer::CheckNow(wish) => self.check(office, wish.id).await,
                FromServer::Agenda(agenda) => self.agenda = Some(agenda),
                other => panic!("a room is not told {other:?}"),
            }
        }
    }

    async fn check(&mut self, office: &Office, check: u64) {
        let answers: &[_] = match (self.is_in_use, self.is_slow) {
            (true, _) => &[CheckAnswer::MeetingOn],
            (false, true) => &[CheckAnswer::Begun],
            (false, false) => &[CheckAnswer::Begun, CheckAnswer::Done],
        };
        for answer in answers {
            self.checked += u32::from(*answer == CheckAnswer::Done);
            self.say(office, FromRoom::Checking(CheckingFrame { no: 1, id: check, answer: *answer })).await;
        }
    }

    pub(super) async fn ticks(&mut self, office: &Office, tick: Tick) {
        self.ticks += 1;
        self.say(office, records(vec![record(self.ticks, 0, Happening::Tick(tick))])).await;
    }

    async fn report(&mut self, office: &Office) {
        self.last_report = 0;
        let facts = Tolerant::Understood(self.facts());
        self.say(office, FromRoom::Snapshot(Box::new(SnapshotFrame { no: 1, echo: ECHO, facts }))).await;
    }

    async fn say(&self, office: &Office, frame: FromRoom) {
        if let Some((link, _)) = &self.link {
            let received = Received { link: *link, frame, under_way: Duration::ZERO };
            Reception(office.desk.clone()).report(&id(&self.name), received).await.unwrap();
        }
    }

    /// A laptop that was looked at just now, and its camera tried.
    fn facts(&self) -> Facts {
        let at = Moment {
            wall: "1999-01-01T00:00:00Z".parse().unwrap(),
            since_boot: Duration::from_secs(1000),
            boot: BootId(99),
        };
        let setup = Setup { room: self.name.clone(), probe_server: None, policy: Policy::default() };
        let mut tracker = Tracker::new(setup, at);
        let mut observe = |evidence| {
            tracker.observe(Observation { at, took: Duration::from_millis(1), evidence });
        };
        observe(Evidence::Host(Host {
            power: Power::Mains,
            charge_percent: None,
            ups: false,
            machine: MachineKind::Laptop,
            programs: Vec::new(),
        }));
        let cameras: Vec<_> = self.camera.then(|| camera(self.is_in_use)).into_iter().collect();
        observe(Evidence::Devices(Inventory { cameras, ..Inventory::default() }));
        if self.camera {
            let works = Judgement::new(CheckState::Ok, Code::CameraWorks);
            let (kind, id) = (DeviceKind::Camera, CAMERA.to_owned());
            observe(Evidence::Trial(Trial { kind, id, outcome: TrialOutcome::Found(works) }));
        }
        Facts::of(tracker.snapshot(), at)
    }
}

const ECHO: Echo = Echo { no: 0, held_ms: 0 };
const CAMERA: &str = "046d:0843@usb-0000:00:14.0-2";

fn camera(is_in_use: bool) -> Camera {
    let (state, reason) =
        if is_in_use { (CheckState::InUse, Code::DeviceBusy) } else { (CheckState::Ok, Code::DevicePresent) };
    Camera {
        id: CAMERA.to_owned(),
        name: "Webcam".to_owned(),
        node: "/dev/video0".to_owned(),
        usb_id: Some("046d:0843".to_owned()),
        serial: None,
        usb_mbits: Some(480.0),
        bus: "usb-0000:00:14.0-2".to_owned(),
        external: Some(true),
        is_virtual: false,
        modes: vec![VideoMode { width: 1280, height: 720, fps: 30.0 }],
        fov: None,
        known: None,
        state,
        reason,
    }
}

/// Takes letters and tells what they say.
pub(super) async fn receiver() -> (SocketAddr, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, letters) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let letter = loop {
                stream.read_buf(&mut request).await.unwrap();
                let body = request.windows(4).position(|it| it == b"\r\n\r\n").map(|end| &request[end + 4..]);
                if let Some(letter) = body.and_then(|body| serde_json::from_slice(body).ok()) {
                    break letter;
                }
            };
            let _ = told.send(letter);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    });
    (address, letters)
}

pub(super) fn sender(address: SocketAddr) -> Sender {
    let target = format!("http://{address}/hook").parse().unwrap();
    Sender::new(target, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".parse().unwrap(), Path::new("/nowhere"))
        .unwrap()
}
