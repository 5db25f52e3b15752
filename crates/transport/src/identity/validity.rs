//! How long a certificate is valid, and when it is renewed.

use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::parse_x509_certificate;

/// The time in which a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Not before this.
    pub from: Timestamp,
    /// Not after this.
    pub until: Timestamp,
}

impl Validity {
    /// `None` if it is no certificate, or for times beyond the year 9999.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        let validity = certificate.validity();
        Some(Self {
            from: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            until: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
        })
    }

    /// What is left at `now`; nothing once it is over.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.until.duration_since(now)).unwrap_or_default()
    }

    /// When to ask for the next certificate: after two thirds of this one's life, and by `chance` (0 to 1, each room's
    /// own) up to a twelfth of it later, so that rooms that were enrolled together are not renewed together.
    #[must_use]
    pub fn renewal(&self, chance: f64) -> Timestamp {
        let life = Duration::try_from(self.until.duration_since(self.from)).unwrap_or_default();
        let after = life.mul_f64(2.0 / 3.0 + chance.clamp(0.0, 1.0) / 12.0);
        self.from.saturating_add(after).unwrap_or(self.until)
    }
}

/// How long to wait after `failures` attempts in a row that came to nothing: a quarter of an hour, doubled each time up
/// to four hours, and by `chance` (0 to 1) up to half as long again. Ten days are some fifty attempts.
#[must_use]
pub fn retry_after(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(LONGEST_RETRY).mul_f64(1.0 + chance.clamp(0.0, 1.0) / 2.0)
}

const FIRST_RETRY: Duration = Duration::from_secs(15 * 60);
const LONGEST_RETRY: Duration = Duration::from_secs(4 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_s_certificate_is_renewed_on_the_twenty_first_day_or_the_two_after() {
        let month = Validity { from: at("2026-11-01T00:00:00Z"), until: at("2026-12-01T00:00:00Z") };
        let seconds = |chance, text: &str| month.renewal(chance).duration_since(at(text)).as_secs().abs();
        assert!(seconds(0.0, "2026-11-21T00:00:00Z") <= 1);
        assert!(seconds(1.0, "2026-11-23T12:00:00Z") <= 1);
        assert_eq!(month.left(at("2026-11-30T00:00:00Z")), Duration::from_secs(24 * 3600));
        assert_eq!(month.left(at("2027-01-01T00:00:00Z")), Duration::ZERO);
    }

    #[test]
    fn a_life_that_is_none_is_over() {
        let none = Validity { from: at("2026-12-01T00:00:00Z"), until: at("2026-11-01T00:00:00Z") };
        assert_eq!(none.renewal(1.0), none.from);
    }

    #[test]
    fn attempts_become_rarer_and_never_stop() {
        let minutes = |failures, chance| retry_after(failures, chance).as_secs() / 60;
        assert_eq!([1, 2, 3, 4, 5, 6, 1000].map(|n| minutes(n, 0.0)), [15, 30, 60, 120, 240, 240, 240]);
        assert_eq!(minutes(1, 1.0), 22);
        assert_eq!(minutes(0, 0.0), 15);
    }
}
