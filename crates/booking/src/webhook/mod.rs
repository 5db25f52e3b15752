//! Webhooks: what happens to a booking without the booking system's doing is told to it.
//!
//! In the order a letter travels:
//! * [`letter`]: what it says;
//! * [`outbox`]: where it waits, committed with what it tells of;
//! * [`courier`]: carries one after the other;
//! * [`secret`]: its signature, by which a receiver knows whom it is from and when it was sent;
//! * [`target`]: where it goes, from the configuration and from nowhere else;
//! * [`post`]: one attempt, bounded in time and in what is read;
//! * [`patience`]: when it is repeated, and when it is given up.
//!
//! On the wire it is the convention “Standard Webhooks”: `webhook-id`, `webhook-timestamp` (seconds since 1970, of this attempt) and
//! `webhook-signature: v1,` with the base64 of the HMAC-SHA256 of `ID.TIMESTAMP.BODY`. A receiver refuses what is older than five
//! minutes, and takes an id that it has had for done: a letter comes at least once, those of one booking in order.

pub mod courier;
pub mod letter;
pub mod outbox;
pub mod patience;
pub mod post;
pub mod secret;
pub mod target;

pub use courier::{Carried, Courier};
pub use letter::{Event, Letter};
pub use outbox::{Due, Mailbag};
pub use post::{Failure, Sender};
pub use secret::{Secret, SecretError};
pub use target::{Target, TargetError};
