//! Devices for people: a table, with what is wrong and what to do.

use std::fmt::Write;

use jiff::Timestamp;
use siaga_readiness::{
    catalogue::{self, Text, Words},
    inventory::{AudioDevice, Camera, DeviceRef, FovAxis, Inventory, Kind, Standing},
    reasons::Code,
    state::CheckState,
};

use super::{Language, Phrases};

/// What is there, and plainly what is not.
#[must_use]
pub fn devices(inventory: &Inventory, language: Language, now: Timestamp) -> String {
    let words = WORDS.of(language);
    let mut table = Table::default();
    table.row(words.heads.map(str::to_owned));
    for kind in Kind::ALL {
        let devices: Vec<_> = inventory.devices().filter(|device| device.kind == kind).collect();
        if devices.is_empty() {
            table.row([words.kind(kind), "–", words.none, ""].map(str::to_owned));
        }
        for device in devices {
            table.row([
                words.kind(kind).to_owned(),
                words.state(device.state).to_owned(),
                device.name.to_owned(),
                place(&device, words),
            ]);
            table.detail(offers(inventory, &device, words));
            for (reason, filling) in told(&device) {
                table.reason(reason, &filling, language);
            }
        }
    }
    for absent in &inventory.missing {
        let place = [absent.usb_id.as_deref(), Some(absent.bus.as_str())];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let cells = [words.kind(absent.kind), words.missing, &absent.name, &place.join(" · ")];
        table.row(cells.map(str::to_owned));
        let days = now.duration_since(absent.good_at).as_hours().max(0) / 24;
        let value = u32::try_from(days).ok().map(f64::from);
        let filling = Words { name: Some(absent.name.clone()), value, ..Words::default() };
        table.reason(Code::DeviceGone, &filling, language);
    }
    format!("{}\n{}\n", table.text(), words.note)
}

/// Node, model, port, and what is to be known about it.
fn place(device: &DeviceRef<'_>, words: &Wording) -> String {
    let is_new = device.known.is_some_and(|known| known.standing == Standing::New);
    let speed = device.usb_mbits.map(|mbits| format!("{mbits} Mbit/s"));
    let built = match device.external {
        _ if device.is_virtual => Some(words.by_software),
        Some(true) => Some(words.external),
        Some(false) => Some(words.built_in),
        None => None,
    };
    // A display has its connector for all three.
    let bus = (device.bus != device.node).then_some(device.bus);
    let parts =
        [Some(device.node), device.usb_id, bus, speed.as_deref(), built, is_new.then_some(words.is_new)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn offers(inventory: &Inventory, device: &DeviceRef<'_>, words: &Wording) -> String {
    let sound = |devices: &[AudioDevice]| {
        devices.iter().find(|it| it.id == device.id && it.node == device.node).map(rates).unwrap_or_default()
    };
    match device.kind {
        Kind::Camera => {
            let camera = inventory.cameras.iter().find(|it| it.id == device.id && it.node == device.node);
            camera.map(|camera| pictures(camera, words)).unwrap_or_default()
        }
        Kind::Microphone => sound(&inventory.microphones),
        Kind::Speaker => sound(&inventory.speakers),
        Kind::Display => String::new(),
    }
}

fn pictures(camera: &Camera, words: &Wording) -> String {
    let mode = |mode: &siaga_readiness::inventory::VideoMode| {
        format!("{}×{} {:.0} fps", mode.width, mode.height, mode.fps)
    };
    let mut modes: Vec<_> = camera.modes.iter().take(SHOWN_MODES).map(mode).collect();
    let more = camera.modes.len().saturating_sub(SHOWN_MODES);
    if more > 0 {
        modes.push(format!("{more} {}", words.smaller));
    }
    let fov = match &camera.fov {
        Some(fov) => format!(
            "{} {}° {} ({})",
            words.field_of_view,
            fov.degrees,
            words.axis(fov.axis),
            words.source(&fov.source)
        ),
        None => format!("{} {}", words.field_of_view, words.unknown),
    };
    modes.push(fov);
    modes.join(", ")
}

/// Enough to see what a camera can do; the JSON form has all.
const SHOWN_MODES: usize = 3;

fn rates(sound: &AudioDevice) -> String {
    let rates: Vec<_> = sound.rates.iter().map(|rate| format!("{} kHz", f64::from(*rate) / 1e3)).collect();
    rates.join(", ")
}

/// The reasons that say more than that it is there, with what fills their words.
fn told(device: &DeviceRef<'_>) -> impl Iterator<Item = (Code, Words)> + use<> {
    let words = device.words();
    let named = Words { name: words.name.clone(), ..Words::default() };
    let changed = match device.known.map(|known| known.standing) {
        Some(Standing::Swapped) => Some(Code::DeviceSwapped),
        Some(Standing::MovedPort) => Some(Code::DeviceMoved),
        _ => None,
    };
    let state = (device.state != CheckState::Ok).then_some((device.reason, words));
    state.into_iter().chain(changed.map(|code| (code, named)))
}

/// Rows whose columns stand below each other, and lines of detail between them.
#[derive(Default)]
struct Table {
    lines: Vec<Line>,
}

enum Line {
    Row([String; 4]),
    Detail(String),
}

impl Table {
    fn row(&mut self, cells: [String; 4]) {
        self.lines.push(Line::Row(cells));
    }

    fn detail(&mut self, text: String) {
        if !text.is_empty() {
            self.lines.push(Line::Detail(text));
        }
    }

    /// What was found, and what to do about it.
    fn reason(&mut self, reason: Code, filling: &Words, language: Language) {
        let entry = catalogue::entry(reason);
        let in_language = |text: &Text| language.text(text).to_owned();
        self.detail(in_language(&entry.found(filling)));
        let remedy = in_language(&filling.fill(&entry.remedy));
        if !remedy.is_empty() {
            self.detail(format!("→ {remedy}"));
        }
    }

    fn text(&self) -> String {
        let mut widths = [0; 4];
        for line in &self.lines {
            if let Line::Row(cells) = line {
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = cell.chars().count().max(*width);
                }
            }
        }
        let [kind, state, name, _] = widths;
        let mut text = String::new();
        for line in &self.lines {
            let line = match line {
                Line::Row([a, b, c, d]) => format!("{a:<kind$}  {b:<state$}  {c:<name$}  {d}"),
                Line::Detail(detail) => format!("{:<kind$}  {:<state$}  {detail}", "", ""),
            };
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

/// What is said in one language.
struct Wording {
    heads: [&'static str; 4],
    kinds: [&'static str; 4],
    states: [&'static str; 5],
    none: &'static str,
    missing: &'static str,
    external: &'static str,
    built_in: &'static str,
    by_software: &'static str,
    is_new: &'static str,
    smaller: &'static str,
    field_of_view: &'static str,
    axes: [&'static str; 3],
    declared: &'static str,
    catalogue: &'static str,
    unknown: &'static str,
    note: &'static str,
}

struct Wordings {
    indonesian: Wording,
    english: Wording,
}

impl Wordings {
    fn of(&self, language: Language) -> &Wording {
        match language {
            Language::Indonesian => &self.indonesian,
            Language::English => &self.english,
        }
    }
}

impl Wording {
    fn kind(&self, kind: Kind) -> &'static str {
        let [camera, microphone, speaker, display] = self.kinds;
        match kind {
            Kind::Camera => camera,
            Kind::Microphone => microphone,
            Kind::Speaker => speaker,
            Kind::Display => display,
        }
    }

    fn axis(&self, axis: FovAxis) -> &'static str {
        let [diagonal, horizontal, vertical] = self.axes;
        match axis {
            FovAxis::Diagonal => diagonal,
            FovAxis::Horizontal => horizontal,
            FovAxis::Vertical => vertical,
        }
    }

    /// Where a number comes from; a source that is not known here is told as it is.
    fn source<'a>(&self, source: &'a str) -> &'a str {
        match source {
            "configuration" => self.declared,
            "catalogue" => self.catalogue,
            other => other,
        }
    }

    fn state(&self, state: CheckState) -> &'static str {
        let [ok, warning, failed, in_use, unknown] = self.states;
        match state {
            CheckState::Ok => ok,
            CheckState::Warning => warning,
            CheckState::Failed => failed,
            CheckState::InUse => in_use,
            CheckState::Unknown => unknown,
        }
    }
}

static WORDS: Wordings = Wordings {
    indonesian: Wording {
        heads: ["JENIS", "KEADAAN", "NAMA", "TEMPAT"],
        kinds: ["kamera", "mikrofon", "pengeras suara", "layar"],
        states: ["ada", "peringatan", "gagal", "dipakai", "belum diketahui"],
        none: "tidak terdeteksi",
        missing: "hilang",
        external: "eksternal",
        built_in: "bawaan",
        by_software: "buatan perangkat lunak",
        is_new: "baru",
        smaller: "lebih kecil",
        field_of_view: "sudut pandang",
        axes: ["diagonal", "horizontal", "vertikal"],
        declared: "dari pengaturan",
        catalogue: "dari daftar kamera",
        unknown: "belum diketahui",
        note: "Inilah yang terpasang sekarang. Untuk mencoba apakah perangkat benar-benar berfungsi: siaga-agent check --active",
    },
    english: Wording {
        heads: ["KIND", "STATE", "NAME", "PLACE"],
        kinds: ["camera", "microphone", "speaker", "display"],
        states: ["there", "warning", "failed", "in use", "unknown"],
        none: "none found",
        missing: "missing",
        external: "external",
        built_in: "built in",
        by_software: "made by software",
        is_new: "new",
        smaller: "smaller",
        field_of_view: "field of view",
        axes: ["diagonal", "horizontal", "vertical"],
        declared: "as configured",
        catalogue: "from the list of cameras",
        unknown: "unknown",
        note: "This is what is plugged in now. To try whether it really works: siaga-agent check --active",
    },
};
