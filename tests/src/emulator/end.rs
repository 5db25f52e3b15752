//! One end of the emulated link: a TUN device in a network namespace, read and written from outside of it.

use std::{
    io,
    process::{Command, Stdio},
};

use tun_rs::{DeviceBuilder, SyncDevice};

/// The largest IP packet that comes, bytes.
pub(super) const MTU: u16 = 1500;

/// Packets that the kernel keeps while the emulator does not run: a second at 100 Mbit/s.
const KERNEL_QUEUE: u32 = 10_000;

pub(super) struct End(SyncDevice);

impl End {
    /// A device called `eth0` in `namespace`, up, with this address.
    pub(super) fn new(namespace: &str, address: &str) -> io::Result<Self> {
        let explain = |error: io::Error| {
            let text = format!("cannot make a TUN device: {error}; run as root, with /dev/net/tun present");
            io::Error::new(error.kind(), text)
        };
        let device =
            DeviceBuilder::new().mtu(MTU).tx_queue_len(KERNEL_QUEUE).build_sync().map_err(explain)?;
        let name = device.name()?;
        ip(&["link", "set", &name, "netns", namespace, "name", "eth0"])?;
        let inside = |arguments: &[&str]| ip(&[&["-n", namespace], arguments].concat());
        // No link-local address: its router solicitations would use up the link's chance.
        inside(&["link", "set", "eth0", "addrgenmode", "none"])?;
        inside(&["address", "add", address, "dev", "eth0"])?;
        inside(&["link", "set", "eth0", "up"])?;
        Ok(Self(device))
    }

    /// Waits for a packet that was sent into the device; its length.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.recv(buffer)
    }

    /// Lets a packet come out of the device.
    pub(super) fn deliver(&self, packet: &[u8]) -> io::Result<()> {
        self.0.send(packet).map(drop)
    }
}

fn ip(arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("ip {}: {}", arguments.join(" "), said.trim())))
}
