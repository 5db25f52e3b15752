//! The codes of bookings and decisions on them: after all others, as the macro puts them.

macro_rules! with_booking_codes {
    ($($others:tt)*) => {
        codes! {
            $($others)*

            // Bookings: LETTER
            /// The letter has come.
            LetterReceived = "LETTER_RECEIVED",
            /// It has not.
            LetterMissing = "LETTER_MISSING",

            // LEAD_TIME
            /// Applied for early enough.
            LeadTimeKept = "LEAD_TIME_KEPT",
            /// Applied for too late.
            LeadTimeShort = "LEAD_TIME_SHORT",

            // PREPARATION
            /// Time is left to prepare it.
            PreparationPossible = "PREPARATION_POSSIBLE",
            /// Not enough time is left to prepare it.
            PreparationShort = "PREPARATION_SHORT",
            /// It has begun.
            SlotPast = "SLOT_PAST",

            // WORKING_HOURS
            /// Within working hours.
            WorkingHoursKept = "WORKING_HOURS_KEPT",
            /// Outside of working hours.
            WorkingHoursLeft = "WORKING_HOURS_LEFT",
            /// No working day.
            NotAWorkingDay = "NOT_A_WORKING_DAY",
            /// A holiday.
            Holiday = "HOLIDAY",
            /// The holidays of that year are not known.
            CalendarYearMissing = "CALENDAR_YEAR_MISSING",
            /// Leaders' events may be held at any time.
            LeadersAnyTime = "LEADERS_ANY_TIME",

            // LENGTH, DEVICES
            /// Not too long.
            LengthAllowed = "LENGTH_ALLOWED",
            /// Too long.
            LengthTooLong = "LENGTH_TOO_LONG",
            /// Not too many devices.
            DevicesAllowed = "DEVICES_ALLOWED",
            /// Too many devices.
            DevicesTooMany = "DEVICES_TOO_MANY",
            /// How many devices was not said.
            DevicesNotSaid = "DEVICES_NOT_SAID",

            // SLOT_FREE
            /// Nothing else is held then.
            SlotFree = "SLOT_FREE",
            /// Another booking has that time.
            SlotTaken = "SLOT_TAKEN",
            /// A leaders' event has that time.
            SlotTakenByLeaders = "SLOT_TAKEN_BY_LEADERS",
            /// It comes before a booking that is approved.
            SlotClaimed = "SLOT_CLAIMED",
            /// Another one that comes first is still to be looked at.
            SlotUnderReview = "SLOT_UNDER_REVIEW",
            /// Something else is held then, as people state.
            OtherVidcon = "OTHER_VIDCON",
            /// Whether something else is held was not said.
            OtherVidconNotSaid = "OTHER_VIDCON_NOT_SAID",

            // EQUIPMENT, where no check of the room is the reason
            /// The room's checks let it be used.
            EquipmentFit = "EQUIPMENT_FIT",
            /// The room is off; its checks let it be used when it was heard last.
            EquipmentFitWhenHeard = "EQUIPMENT_FIT_WHEN_HEARD",
            /// Its owner states that there is none.
            EquipmentMissing = "EQUIPMENT_MISSING",
            /// The division lends it.
            EquipmentLent = "EQUIPMENT_LENT",
            /// The room has never reported.
            RoomNeverHeard = "ROOM_NEVER_HEARD",
            /// The room has been off for too long.
            RoomNotSeenLately = "ROOM_NOT_SEEN_LATELY",
            /// The room is off, and the event is near.
            RoomOffTooLate = "ROOM_OFF_TOO_LATE",
            /// A condition: the room is off.
            RoomOffNow = "ROOM_OFF_NOW",

            // ACCOUNTS, APPLICANT_STAFF, DIVISION_STAFF, CAPACITY
            /// There are.
            AccountsThere = "ACCOUNTS_THERE",
            /// There are none.
            AccountsMissing = "ACCOUNTS_MISSING",
            /// The division lends its own.
            AccountsLent = "ACCOUNTS_LENT",
            /// That was not said.
            AccountsNotSaid = "ACCOUNTS_NOT_SAID",
            /// There is.
            ApplicantStaffThere = "APPLICANT_STAFF_THERE",
            /// There is none.
            ApplicantStaffMissing = "APPLICANT_STAFF_MISSING",
            /// That was not said.
            ApplicantStaffNotSaid = "APPLICANT_STAFF_NOT_SAID",
            /// There is.
            DivisionStaffThere = "DIVISION_STAFF_THERE",
            /// There is none.
            DivisionStaffMissing = "DIVISION_STAFF_MISSING",
            /// That was not said.
            DivisionStaffNotSaid = "DIVISION_STAFF_NOT_SAID",
            /// One more can be served.
            CapacityLeft = "CAPACITY_LEFT",
            /// No more can be served.
            CapacitySpent = "CAPACITY_SPENT",
            /// That was not said.
            CapacityNotSaid = "CAPACITY_NOT_SAID",
            /// The program is there, as people state.
            SoftwareStated = "SOFTWARE_STATED",

            // NETWORK_NOW, NETWORK_AT_HOUR, where no check of the room is the reason
            /// The checks of the link let it be used.
            NetworkFit = "NETWORK_FIT",
            /// The room is off; its checks had let it be used when it was heard last.
            NetworkFitWhenHeard = "NETWORK_FIT_WHEN_HEARD",
            /// The room is off: its history speaks for it.
            NetworkByHistory = "NETWORK_BY_HISTORY",
            /// Good.
            HistoryGood = "HISTORY_GOOD",
            /// Good, of a few days.
            HistoryLittle = "HISTORY_LITTLE",
            /// Too little.
            HistoryTooLittle = "HISTORY_TOO_LITTLE",
            /// Not good enough to grant, nor bad enough to deny.
            HistoryMixed = "HISTORY_MIXED",
            /// Bad.
            HistoryBad = "HISTORY_BAD",
            /// There is none.
            HistoryNone = "HISTORY_NONE",

            // Decisions
            /// The policy or the profile does not ask for it.
            NotAsked = "NOT_ASKED",
            /// A condition: nothing known today reaches as far.
            EventFarAhead = "EVENT_FAR_AHEAD",
            /// Approved.
            BookingApproved = "BOOKING_APPROVED",
            /// Approved on conditions.
            BookingApprovedConditionally = "BOOKING_APPROVED_CONDITIONALLY",
            /// A person must look.
            BookingToReview = "BOOKING_TO_REVIEW",
            /// Denied.
            BookingDenied = "BOOKING_DENIED",
            /// Other times that are free.
            BookingAlternatives = "BOOKING_ALTERNATIVES",
            /// There is none near it.
            BookingNoAlternative = "BOOKING_NO_ALTERNATIVE",
            /// By which policy.
            BookingByPolicy = "BOOKING_BY_POLICY",
            /// A person decided.
            BookingOverridden = "BOOKING_OVERRIDDEN",
            /// What a person decided counts no longer.
            BookingOverrideEnded = "BOOKING_OVERRIDE_ENDED",
            /// It was cancelled.
            BookingCancelled = "BOOKING_CANCELLED",

            // What becomes of an approval until its meeting.
            /// The room was off when it had to be checked.
            PrecheckRoomOff = "PRECHECK_ROOM_OFF",
            /// The room failed its check.
            PrecheckRoomFailed = "PRECHECK_ROOM_FAILED",
            /// It could not be checked, through a fault of the server.
            PrecheckServerFault = "PRECHECK_SERVER_FAULT",
            /// It did not answer.
            PrecheckNoAnswer = "PRECHECK_NO_ANSWER",
            /// It could not be brought to a verdict.
            PrecheckUnclear = "PRECHECK_UNCLEAR",
            /// It passed, after it had not been checked.
            PrecheckConfirmed = "PRECHECK_CONFIRMED",
        }
    };
}
