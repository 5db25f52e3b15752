//! A congestion controller that does not control: a probe's rate is granted, its bytes and time are bounded.
//!
//! The window is the same for every connection and is not opened by a lease. Nothing leaves that the application has not handed
//! over, and that is what the pacer's schedule, the grant's bytes and the receiver's credit let out; a window that was closed until
//! a grant would bound control messages alone, and those have a stream's window of 64 KiB. What a peer sends is not bounded by its
//! own window in any case but by what this side accepts.

use std::{any::Any, sync::Arc, time::Instant};

use quinn::congestion::{Controller, ControllerFactory};

/// Above `u32::MAX`, where quinn's own pacer steps aside: it would send bursts of ten packets, and the train is
/// paced by the application. Slow start would take 4 s to reach 20 Mbit/s at 600 ms round trip.
const WINDOW: u64 = 1 << 33;

/// Builds the fixed window for each connection.
pub(crate) struct FixedWindow;

impl ControllerFactory for FixedWindow {
    fn build(self: Arc<Self>, _now: Instant, _mtu: u16) -> Box<dyn Controller> {
        Box::new(Open)
    }
}

struct Open;

impl Controller for Open {
    fn on_congestion_event(&mut self, _now: Instant, _sent: Instant, _persistent: bool, _lost_bytes: u64) {}

    fn on_mtu_update(&mut self, _new_mtu: u16) {}

    fn window(&self) -> u64 {
        WINDOW
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Open)
    }

    fn initial_window(&self) -> u64 {
        WINDOW
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
