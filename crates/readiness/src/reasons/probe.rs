//! A probe's reasons in the words of readiness.

use siaga_probe::{Direction, Reason};

use super::Code;

impl Code {
    /// The code for what a probe says about one direction.
    #[must_use]
    pub const fn of_probe(reason: Reason, direction: Direction) -> Self {
        match (reason, direction) {
            (Reason::Sustained, Direction::Up) => Self::NetUpSustained,
            (Reason::Sustained, Direction::Down) => Self::NetDownSustained,
            (Reason::QueueGrows, Direction::Up) => Self::NetUpBelowMinimum,
            (Reason::QueueGrows, Direction::Down) => Self::NetDownBelowMinimum,
            (Reason::StandingQueue, Direction::Up) => Self::NetUpQueue,
            (Reason::StandingQueue, Direction::Down) => Self::NetDownQueue,
            (Reason::Loss, Direction::Up) => Self::NetUpLoss,
            (Reason::Loss, Direction::Down) => Self::NetDownLoss,
            (Reason::Shaped, Direction::Up) => Self::NetUpShaped,
            (Reason::Shaped, Direction::Down) => Self::NetDownShaped,
            (Reason::Unsteady, Direction::Up) => Self::NetUpUnsteady,
            (Reason::Unsteady, Direction::Down) => Self::NetDownUnsteady,
            (Reason::Measured, _) => Self::NetMeasured,
            (Reason::Outage, _) => Self::NetOutage,
            (Reason::Undecided, _) => Self::NetUndecided,
            // Who sends is late, and to the room the server sends.
            (Reason::SenderLate, Direction::Up) => Self::NetSenderLate,
            (Reason::SenderLate, Direction::Down) => Self::NetServerBusy,
            (Reason::Interrupted, _) => Self::NetInterrupted,
            (Reason::NetworkChanged, _) => Self::NetChanged,
            (Reason::PeerFailed, _) => Self::NetServerFailed,
            (Reason::NameNotResolved, _) => Self::NetNameNotResolved,
            (Reason::NoRoute, _) => Self::NetNoRoute,
            (Reason::ServerAbsent, _) => Self::NetServerAbsent,
            (Reason::ServerUnreachable, _) => Self::NetServerUnreachable,
            (Reason::UdpBlocked, _) => Self::NetUdpBlocked,
            (Reason::NoServerAnswers, _) => Self::NetNoServerAnswers,
            (Reason::ServerNotTrusted, _) => Self::NetServerNotTrusted,
            (Reason::ClockBehind, _) => Self::NetClockBehind,
            (Reason::IdentityRefused, _) => Self::NetIdentityRefused,
            (Reason::IdentityRequired, _) => Self::NetIdentityRequired,
            (Reason::VersionMismatch, _) => Self::NetVersionMismatch,
            (Reason::ServerBusy, _) => Self::NetServerBusy,
            (Reason::ServerRefused, _) => Self::NetServerRefused,
            (Reason::LocalFault, _) => Self::NetLocalFault,
            (Reason::BudgetSpent, _) => Self::NetBudgetSpent,
            (Reason::MeetingOn, _) => Self::NetMeetingOn,
            (Reason::MeetingUnknown, _) => Self::NetMeetingUnknown,
            (Reason::OtherTraffic, _) => Self::NetOtherTraffic,
            (Reason::Metered, _) => Self::NetMetered,
            (Reason::OutsideHours, _) => Self::NetOutsideHours,
            (Reason::Unknown, _) => Self::Unknown,
        }
    }
}

/// Whether a probe that came to no verdict for this reason got far enough to see the link. If not, the
/// fault lies with the server, the way to it or this machine, and is told as such.
pub(crate) const fn blames_link(reason: Reason) -> bool {
    match reason {
        Reason::Sustained
        | Reason::QueueGrows
        | Reason::StandingQueue
        | Reason::Loss
        | Reason::Shaped
        | Reason::Unsteady
        | Reason::Measured
        | Reason::Outage
        | Reason::Undecided
        | Reason::SenderLate
        | Reason::Interrupted
        | Reason::Unknown => true,
        Reason::PeerFailed
        | Reason::NetworkChanged
        | Reason::NameNotResolved
        | Reason::NoRoute
        | Reason::ServerAbsent
        | Reason::ServerUnreachable
        | Reason::UdpBlocked
        | Reason::NoServerAnswers
        | Reason::ServerNotTrusted
        | Reason::ClockBehind
        | Reason::IdentityRefused
        | Reason::IdentityRequired
        | Reason::VersionMismatch
        | Reason::ServerBusy
        | Reason::ServerRefused
        | Reason::LocalFault
        | Reason::BudgetSpent
        | Reason::MeetingOn
        | Reason::MeetingUnknown
        | Reason::OtherTraffic
        | Reason::Metered
        | Reason::OutsideHours => false,
    }
}
