//! What checks, states, verdicts, decisions and manual steps are called.

use crate::{
    answer::{CheckCode, RoomVerdict},
    booking::decision::Ruling,
    report::Item,
    state::CheckState,
};

/// A word or two in both languages; no sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Indonesian.
    pub id: &'static str,
    /// English.
    pub en: &'static str,
}

const fn label(id: &'static str, en: &'static str) -> Label {
    Label { id, en }
}

impl CheckCode {
    /// What people call it.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::Camera => label("Kamera", "Camera"),
            Self::CameraExternal => label("Kamera terpisah", "Separate camera"),
            Self::CameraMicrophone => label("Mikrofon pada kamera", "Microphone on the camera"),
            Self::CameraResolution => label("Resolusi kamera", "Camera resolution"),
            Self::CameraFieldOfView => label("Sudut pandang kamera", "Camera field of view"),
            Self::Microphone => label("Mikrofon", "Microphone"),
            Self::Cameras => label("Jumlah kamera", "Number of cameras"),
            Self::Microphones => label("Jumlah mikrofon", "Number of microphones"),
            Self::Speakers => label("Pengeras suara", "Speakers"),
            Self::Displays => label("Layar", "Displays"),
            Self::NetServer => label("Server pengukur", "Probe server"),
            Self::NetUp => label("Internet: unggah", "Internet: upload"),
            Self::NetDown => label("Internet: unduh", "Internet: download"),
            Self::NetSustain => label("Internet: ketahanan", "Internet: endurance"),
            Self::Clock => label("Jam komputer", "Computer clock"),
            Self::Power => label("Listrik", "Power"),
            Self::Machine => label("Jenis komputer", "Kind of computer"),
            Self::Software => label("Aplikasi rapat", "Meeting program"),
            Self::RoomLink => label("Hubungan ke server", "Link to the server"),
            Self::Profile => label("Profil persyaratan", "Requirement profile"),
            Self::Trials => label("Uji coba perangkat", "Device trials"),
            Self::Unknown => label("Pemeriksaan lain", "Another check"),
        }
    }
}

impl CheckState {
    /// What people call it.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::Ok => label("baik", "ok"),
            Self::Warning => label("peringatan", "warning"),
            Self::Failed => label("gagal", "failed"),
            Self::InUse => label("dipakai", "in use"),
            Self::Unknown => label("belum diketahui", "unknown"),
        }
    }
}

impl RoomVerdict {
    /// What people call it.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::Ready => label("siap", "ready"),
            Self::NotReady => label("tidak siap", "not ready"),
            Self::Unknown => label("belum diketahui", "unknown"),
        }
    }
}

impl Ruling {
    /// What the procedures call it.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::Approve => label("bisa difasilitasi", "can be facilitated"),
            Self::ApproveWithConditions => {
                label("bisa difasilitasi dengan syarat", "can be facilitated, with conditions")
            }
            Self::Review => label("perlu ditinjau", "needs review"),
            Self::Deny => label("tidak bisa difasilitasi", "cannot be facilitated"),
        }
    }
}

impl Item {
    /// What people call it.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::AttendanceConfirmed => label("Kehadiran dikonfirmasi", "Attendance confirmed"),
            Self::MeetingTried => label("Meeting ID dan passcode dicoba", "Meeting ID and passcode tried"),
            Self::RadioReady => label("HT siap", "Handheld radio (HT) ready"),
            Self::UpsReady => label("UPS atau stabilizer siap", "UPS or stabilizer ready"),
            Self::RoomReady => label("Ruang siap", "Room ready"),
            Self::Unknown => label("Langkah lain", "Another step"),
        }
    }
}
