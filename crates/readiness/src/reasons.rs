//! Stable reason codes. What they say to people is in the [catalogue](crate::catalogue).

#[macro_use]
mod booking;
mod probe;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use probe::blames_link;

/// Lists the codes once: the type, its text form and [`Code::ALL`] can't drift apart.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// A reason, as scripts, metrics and the catalogue know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Code {
            $($(#[$doc])+ #[serde(rename = $text)] $name,)+
            /// A reason of a newer peer.
            #[serde(rename = "UNKNOWN", other)]
            Unknown,
        }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$name,)+ Self::Unknown];

            /// As it is written in JSON and in metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Unknown => "UNKNOWN",
                }
            }
        }
    };
}

with_booking_codes! {
    // Devices, one by one (the `reason` of an inventory's entry).
    /// Found, capabilities read.
    DevicePresent = "DEVICE_PRESENT",
    /// Found, held by another program.
    DeviceBusy = "DEVICE_BUSY",
    /// Found, but this user may not open it.
    DeviceNoPermission = "DEVICE_NO_PERMISSION",
    /// Found, but offers nothing to capture.
    DeviceNoFormats = "DEVICE_NO_FORMATS",
    /// Found, and offers pictures, but does not say how many a second.
    DeviceNoRates = "DEVICE_NO_RATES",
    /// Found, but the driver answered with an error.
    DeviceError = "DEVICE_ERROR",
    /// Found, but was not asked yet what it offers.
    DeviceNotRead = "DEVICE_NOT_READ",
    /// Found, but its USB connection is too slow for the pictures that it offers.
    DeviceUsbSlow = "DEVICE_USB_SLOW",
    /// Found, and held by another program since before its capabilities could be read.
    DeviceNeverRead = "DEVICE_NEVER_READ",

    // Devices, tried.
    /// The last try failed; it is tried again before that counts.
    DeviceRetrying = "DEVICE_RETRYING",
    /// The last try failed; it was plugged in anew since, and has not been tried.
    DeviceReplugged = "DEVICE_REPLUGGED",
    /// Found and free, but its driver refuses to start.
    DeviceDoesNotStart = "DEVICE_DOES_NOT_START",
    /// It could not be tried: the try itself broke.
    DeviceTryBroke = "DEVICE_TRY_BROKE",
    /// It was not tried: this machine can't lock up the process that would see the picture.
    DeviceTryNotConfined = "DEVICE_TRY_NOT_CONFINED",
    /// It was not tried: whether another program uses it can't be told.
    DeviceUseUnknown = "DEVICE_USE_UNKNOWN",

    // TRIALS: all of them, because somebody asked.
    /// Every device that is free was tried.
    TrialsDone = "TRIALS_DONE",
    /// There was none that can be tried.
    TrialsNothing = "TRIALS_NOTHING",
    /// Not all were tried: one is in use, a meeting may be on.
    TrialsMeetingOn = "TRIALS_MEETING_ON",
    /// None was tried: the configuration forbids it.
    TrialsTurnedOff = "TRIALS_TURNED_OFF",
    /// None was tried: they were a moment ago.
    TrialsTooSoon = "TRIALS_TOO_SOON",
    /// Not all were tried: a trial broke off, or could not be done.
    TrialsIncomplete = "TRIALS_INCOMPLETE",
    /// How the trials ended is not known.
    TrialsNotEnded = "TRIALS_NOT_ENDED",

    // A device scan as a whole.
    /// The devices could not be listed.
    DeviceScanFailed = "DEVICE_SCAN_FAILED",
    /// Listing the devices did not end in time.
    DeviceScanTimedOut = "DEVICE_SCAN_TIMED_OUT",

    // Evidence that is missing, whatever it is about.
    /// Nothing has been checked since the program started.
    NotCheckedYet = "NOT_CHECKED_YET",
    /// The last check is older than its time to live.
    EvidenceStale = "EVIDENCE_STALE",
    /// The machine slept since the last check.
    MachineResumed = "MACHINE_RESUMED",
    /// The clock was set since the last check.
    ClockStepped = "CLOCK_STEPPED",
    /// The configuration changed since the last check.
    ConfigurationChanged = "CONFIGURATION_CHANGED",
    /// The machine is on another network than at the last check.
    NetChanged = "NET_CHANGED",
    /// A room reported it in a way that this release does not understand.
    ReportNotUnderstood = "REPORT_NOT_UNDERSTOOD",

    // CAMERA
    /// Tried: pictures come as they should.
    CameraWorks = "CAMERA_WORKS",
    /// Tried: the pictures are black.
    CameraDark = "CAMERA_DARK",
    /// Tried: the pictures show a plain surface.
    CameraCovered = "CAMERA_COVERED",
    /// Tried: the picture stands still, or stopped coming.
    CameraFrozen = "CAMERA_FROZEN",
    /// Tried: no picture came.
    CameraNoFrames = "CAMERA_NO_FRAMES",
    /// Tried: the first picture took long.
    CameraLate = "CAMERA_LATE",
    /// Tried: too few pictures a second.
    CameraSlow = "CAMERA_SLOW",
    /// Tried: pictures are damaged or missing.
    CameraBrokenFrames = "CAMERA_BROKEN_FRAMES",
    /// Tried: another size came than the one asked for.
    CameraWrongResolution = "CAMERA_WRONG_RESOLUTION",
    /// There, its capabilities read, but no picture was taken, or not lately.
    CameraNotTried = "CAMERA_NOT_TRIED",
    /// There and held by another program.
    CameraInUse = "CAMERA_IN_USE",
    /// None found.
    CameraMissing = "CAMERA_MISSING",
    /// Only cameras made by software found.
    CameraOnlyVirtual = "CAMERA_ONLY_VIRTUAL",

    // CAMERA_EXTERNAL
    /// Plugged in from outside.
    CameraExternal = "CAMERA_EXTERNAL",
    /// Built in.
    CameraBuiltIn = "CAMERA_BUILT_IN",
    /// Whether it is built in can't be told.
    CameraPlaceUnknown = "CAMERA_PLACE_UNKNOWN",

    // CAMERA_MICROPHONE
    /// The camera has a microphone of its own.
    CameraMicrophonePresent = "CAMERA_MICROPHONE_PRESENT",
    /// The camera has none.
    CameraMicrophoneMissing = "CAMERA_MICROPHONE_MISSING",

    // CAMERA_RESOLUTION
    /// A required size is offered at the required rate.
    CameraResolutionOffered = "CAMERA_RESOLUTION_OFFERED",
    /// No required size is offered.
    CameraResolutionMissing = "CAMERA_RESOLUTION_MISSING",
    /// A required size is offered, but too slowly.
    CameraFrameRateLow = "CAMERA_FRAME_RATE_LOW",
    /// The sizes on offer could not be read.
    CameraResolutionUnknown = "CAMERA_RESOLUTION_UNKNOWN",

    // CAMERA_FIELD_OF_VIEW
    /// Wide enough.
    CameraFieldOfViewWide = "CAMERA_FIELD_OF_VIEW_WIDE",
    /// Too narrow.
    CameraFieldOfViewNarrow = "CAMERA_FIELD_OF_VIEW_NARROW",
    /// Known along another axis only, where it does not settle the diagonal.
    CameraFieldOfViewNotDiagonal = "CAMERA_FIELD_OF_VIEW_NOT_DIAGONAL",
    /// Neither declared nor in the catalogue of cameras.
    CameraFieldOfViewUnknown = "CAMERA_FIELD_OF_VIEW_UNKNOWN",

    // MICROPHONE
    /// Tried: it hears.
    MicrophoneWorks = "MICROPHONE_WORKS",
    /// Tried: nothing but digital silence.
    MicrophoneSilent = "MICROPHONE_SILENT",
    /// Tried: very quiet.
    MicrophoneLow = "MICROPHONE_LOW",
    /// Tried: too loud for its own range.
    MicrophoneClipping = "MICROPHONE_CLIPPING",
    /// Tried: part of the sound does not come.
    MicrophoneGaps = "MICROPHONE_GAPS",
    /// Tried: a constant instead of sound.
    MicrophoneStuck = "MICROPHONE_STUCK",
    /// Tried: it delivers nothing.
    MicrophoneNoSamples = "MICROPHONE_NO_SAMPLES",
    /// There, but switched off in its card's mixer.
    MicrophoneMuted = "MICROPHONE_MUTED",
    /// There, but its volume is at zero.
    MicrophoneVolumeZero = "MICROPHONE_VOLUME_ZERO",
    /// There, but whether it is muted could not be read.
    MicrophoneMuteUnknown = "MICROPHONE_MUTE_UNKNOWN",
    /// There, its capabilities read, but nothing was recorded, or not lately.
    MicrophoneNotTried = "MICROPHONE_NOT_TRIED",
    /// There and held by another program.
    MicrophoneInUse = "MICROPHONE_IN_USE",
    /// None found.
    MicrophoneMissing = "MICROPHONE_MISSING",
    /// Only microphones made by software found.
    MicrophoneOnlyVirtual = "MICROPHONE_ONLY_VIRTUAL",

    // Speakers
    /// There, but switched off in its card's mixer.
    SpeakerMuted = "SPEAKER_MUTED",
    /// There, but its volume is at zero.
    SpeakerVolumeZero = "SPEAKER_VOLUME_ZERO",
    /// There, but whether it is muted could not be read.
    SpeakerMuteUnknown = "SPEAKER_MUTE_UNKNOWN",

    // CAMERAS, MICROPHONES, SPEAKERS, DISPLAYS
    /// As many as the room must have.
    EquipmentComplete = "EQUIPMENT_COMPLETE",
    /// Fewer cameras than the room must have.
    CamerasTooFew = "CAMERAS_TOO_FEW",
    /// Fewer microphones than the room must have.
    MicrophonesTooFew = "MICROPHONES_TOO_FEW",
    /// Fewer speakers than the room must have.
    SpeakersTooFew = "SPEAKERS_TOO_FEW",
    /// Fewer displays than the room must have.
    DisplaysTooFew = "DISPLAYS_TOO_FEW",
    /// Enough, but one that was found good is no longer there.
    DeviceGone = "DEVICE_GONE",
    /// Enough, but another one is where a good one was.
    DeviceSwapped = "DEVICE_SWAPPED",
    /// Enough, but one is plugged in elsewhere than when it was found good.
    DeviceMoved = "DEVICE_MOVED",

    // NET_UP and NET_DOWN, conclusive
    /// The link carries the required rate from the room.
    NetUpSustained = "NET_UP_SUSTAINED",
    /// The link carries the required rate to the room.
    NetDownSustained = "NET_DOWN_SUSTAINED",
    /// The link is slower than required, from the room.
    NetUpBelowMinimum = "NET_UP_BELOW_MINIMUM",
    /// The link is slower than required, to the room.
    NetDownBelowMinimum = "NET_DOWN_BELOW_MINIMUM",
    /// At the required rate a queue stands on the path, from the room.
    NetUpQueue = "NET_UP_QUEUE",
    /// At the required rate a queue stands on the path, to the room.
    NetDownQueue = "NET_DOWN_QUEUE",
    /// At the required rate packets are lost, from the room.
    NetUpLoss = "NET_UP_LOSS",
    /// At the required rate packets are lost, to the room.
    NetDownLoss = "NET_DOWN_LOSS",
    /// The link carries the required rate for a while and then a lower one, from the room.
    NetUpShaped = "NET_UP_SHAPED",
    /// The link carries the required rate for a while and then a lower one, to the room.
    NetDownShaped = "NET_DOWN_SHAPED",
    /// The link carries the required rate at times only, from the room.
    NetUpUnsteady = "NET_UP_UNSTEADY",
    /// The link carries the required rate at times only, to the room.
    NetDownUnsteady = "NET_DOWN_UNSTEADY",

    /// The link carries the required rate from the room now, and did not within the last hour.
    NetUpBorderline = "NET_UP_BORDERLINE",
    /// The link carries the required rate to the room now, and did not within the last hour.
    NetDownBorderline = "NET_DOWN_BORDERLINE",
    /// The link carried the required rate before the meeting that is on.
    NetInUse = "NET_IN_USE",

    // NET_UP and NET_DOWN, inconclusive
    /// The unloaded link was measured, which says nothing about a rate.
    NetMeasured = "NET_MEASURED",
    /// Probed, but never at the required rate, or found lacking at a lower one since.
    NetRateNotProbed = "NET_RATE_NOT_PROBED",
    /// Nothing arrived for a while.
    NetOutage = "NET_OUTAGE",
    /// The evidence did not settle within the time allowed.
    NetUndecided = "NET_UNDECIDED",
    /// The sender fell behind its own schedule.
    NetSenderLate = "NET_SENDER_LATE",
    /// Stopped before a verdict.
    NetInterrupted = "NET_INTERRUPTED",
    /// The probe could not be done on this machine.
    NetLocalFault = "NET_LOCAL_FAULT",
    /// Not probed: it might have cost more than what is left of the day's data.
    NetBudgetSpent = "NET_BUDGET_SPENT",
    /// Not probed, or not to the end: a meeting is on.
    NetMeetingOn = "NET_MEETING_ON",
    /// Not probed: nobody has looked lately whether a meeting is on.
    NetMeetingUnknown = "NET_MEETING_UNKNOWN",
    /// Not probed, or not to the end: something else uses the line.
    NetOtherTraffic = "NET_OTHER_TRAFFIC",
    /// Not probed: data on this link is paid for by volume.
    NetMetered = "NET_METERED",
    /// Not probed: the office is closed.
    NetOutsideHours = "NET_OUTSIDE_HOURS",

    // NET_SUSTAIN, where it did not fail for a reason of NET_UP or NET_DOWN
    /// The link held the required rates, both ways, for as long as a sustain probe lasts.
    NetSustainPassed = "NET_SUSTAIN_PASSED",
    /// No sustain probe that counts: never made, too long ago, without a verdict, or of another network.
    NetSustainMissing = "NET_SUSTAIN_MISSING",

    // NET_SERVER
    /// The probe server answers.
    NetServerAnswers = "NET_SERVER_ANSWERS",
    /// It answers from an internal address, which the operator declared to be what they mean.
    NetServerInternalAccepted = "NET_SERVER_INTERNAL_ACCEPTED",
    /// It has an internal address: the office's own network was measured, not the internet.
    NetServerInternal = "NET_SERVER_INTERNAL",
    /// No probe server is configured.
    NetNoServer = "NET_NO_SERVER",
    /// Its name could not be resolved.
    NetNameNotResolved = "NET_NAME_NOT_RESOLVED",
    /// There is no route to it.
    NetNoRoute = "NET_NO_ROUTE",
    /// Its machine says that nothing listens on that port.
    NetServerAbsent = "NET_SERVER_ABSENT",
    /// Nothing answers at its address.
    NetServerUnreachable = "NET_SERVER_UNREACHABLE",
    /// Its machine answers, but not over UDP.
    NetUdpBlocked = "NET_UDP_BLOCKED",
    /// None of several probe servers answers.
    NetNoServerAnswers = "NET_NO_SERVER_ANSWERS",
    /// None answers, and the gateway of the room's own network does not either.
    NetGatewaySilent = "NET_GATEWAY_SILENT",
    /// None answers, but the gateway of the room's own network does.
    NetBeyondGateway = "NET_BEYOND_GATEWAY",
    /// Its certificate cannot be trusted.
    NetServerNotTrusted = "NET_SERVER_NOT_TRUSTED",
    /// Its certificate does not count yet by this machine's clock.
    NetClockBehind = "NET_CLOCK_BEHIND",
    /// It did not accept the room's certificate.
    NetIdentityRefused = "NET_IDENTITY_REFUSED",
    /// It serves only rooms with an identity.
    NetIdentityRequired = "NET_IDENTITY_REQUIRED",
    /// No common version of the protocol.
    NetVersionMismatch = "NET_VERSION_MISMATCH",
    /// It has no capacity now.
    NetServerBusy = "NET_SERVER_BUSY",
    /// It refused.
    NetServerRefused = "NET_SERVER_REFUSED",
    /// It stopped answering or broke the protocol.
    NetServerFailed = "NET_SERVER_FAILED",

    // CLOCK
    /// This machine's clock and the server's differ by more than a minute.
    ClockWrong = "CLOCK_WRONG",

    // POWER
    /// The machine runs on mains.
    PowerMains = "POWER_MAINS",
    /// It runs on its battery.
    PowerBattery = "POWER_BATTERY",
    /// What it runs on can't be told.
    PowerUnknown = "POWER_UNKNOWN",
    /// It hangs on an uninterruptible supply, as declared: a sentence more, never the reason itself.
    PowerUps = "POWER_UPS",

    // MACHINE
    /// A laptop.
    MachineLaptop = "MACHINE_LAPTOP",
    /// A desktop computer.
    MachineDesktop = "MACHINE_DESKTOP",
    /// A tablet.
    MachineTablet = "MACHINE_TABLET",
    /// A virtual machine: on what it runs can't be told.
    MachineVirtual = "MACHINE_VIRTUAL",
    /// Neither laptop nor desktop computer nor tablet.
    MachineOther = "MACHINE_OTHER",
    /// It does not say what it is.
    MachineUnknown = "MACHINE_UNKNOWN",

    // SOFTWARE
    /// A program of the profile's list is installed.
    SoftwareFound = "SOFTWARE_FOUND",
    /// None of them is.
    SoftwareMissing = "SOFTWARE_MISSING",
    /// Whether one is can't be told.
    SoftwareUnknown = "SOFTWARE_UNKNOWN",

    // ROOM_LINK
    /// The room's link to its desk stands.
    RoomOnline = "ROOM_ONLINE",
    /// It does not.
    RoomOffline = "ROOM_OFFLINE",
    /// It does not, and can't: the room's keys were revoked.
    RoomRevoked = "ROOM_REVOKED",
    /// It does not, and whether it may come back can't be read where the question is answered.
    RoomRevocationUnknown = "ROOM_REVOCATION_UNKNOWN",

    // PROFILE
    /// The room's own profile is not known where the question is answered.
    ProfileUnknown = "PROFILE_UNKNOWN",

    // What `siaga-agent doctor` looks at, beside codes from above.
    /// The daemon answers.
    DoctorDaemonFine = "DOCTOR_DAEMON_FINE",
    /// No daemon answers.
    DoctorDaemonAbsent = "DOCTOR_DAEMON_ABSENT",
    /// The daemon has no link to the room's desk.
    DoctorDeskNotConnected = "DOCTOR_DESK_NOT_CONNECTED",
    /// Root can read a file, and the service can't.
    DoctorFileUnreadable = "DOCTOR_FILE_UNREADABLE",
    /// No group is missing that the user needs; as root, that the service needs.
    DoctorGroupsFine = "DOCTOR_GROUPS_FINE",
    /// The user is not in one that owns devices.
    DoctorGroupMissing = "DOCTOR_GROUP_MISSING",
    /// The machine has no such group.
    DoctorGroupAbsent = "DOCTOR_GROUP_ABSENT",
    /// No device is locked, busy or broken.
    DoctorDevicesFine = "DOCTOR_DEVICES_FINE",
    /// Every device has a driver.
    DoctorDriversFine = "DOCTOR_DRIVERS_FINE",
    /// A USB camera of which the kernel made no video device.
    DoctorCameraWithoutDriver = "DOCTOR_CAMERA_WITHOUT_DRIVER",
    /// A USB sound device of which the kernel made no card.
    DoctorSoundWithoutDriver = "DOCTOR_SOUND_WITHOUT_DRIVER",
    /// A sound card without input or output.
    DoctorCardWithoutPcm = "DOCTOR_CARD_WITHOUT_PCM",
    /// A trial can lock itself up.
    DoctorConfinementFine = "DOCTOR_CONFINEMENT_FINE",
    /// It can't.
    DoctorNotConfined = "DOCTOR_NOT_CONFINED",
    /// The in-use helper answers.
    DoctorHelperFine = "DOCTOR_HELPER_FINE",
    /// It does not, and is not needed.
    DoctorHelperNotNeeded = "DOCTOR_HELPER_NOT_NEEDED",
    /// It does not, and is needed.
    DoctorHelperAbsent = "DOCTOR_HELPER_ABSENT",
    /// Nothing speaks against the clock.
    DoctorClockFine = "DOCTOR_CLOCK_FINE",
    /// It is wrong.
    DoctorClockWrong = "DOCTOR_CLOCK_WRONG",
    /// It was not synchronized since the boot.
    DoctorClockNotSynchronized = "DOCTOR_CLOCK_NOT_SYNCHRONIZED",
    /// The state directory is not there yet, and the agent can make it.
    DoctorStateNotYet = "DOCTOR_STATE_NOT_YET",
    /// The state directory can be written to.
    DoctorStateFine = "DOCTOR_STATE_FINE",
    /// It can't.
    DoctorStateNotWritable = "DOCTOR_STATE_NOT_WRITABLE",
    /// It can, and soon can't: its file system is nearly full.
    DoctorDiskNearlyFull = "DOCTOR_DISK_NEARLY_FULL",
    /// This room's certificate for a server runs out soon, or has.
    DoctorIdentityRunsOut = "DOCTOR_IDENTITY_RUNS_OUT",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
