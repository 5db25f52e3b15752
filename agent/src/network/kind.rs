//! Whether data on an interface is likely to be paid for by volume.

use std::{fs, path::Path};

/// Mobile broadband, a telephone that is tethered over USB or Bluetooth, or a dialled link that is not PPP over
/// Ethernet. Says nothing of a telephone's Wi-Fi, which looks like any other. `sys` is `/sys`, `proc` is `/proc`.
#[must_use]
pub fn is_paid_by_volume(sys: &Path, proc: &Path, interface: &str) -> bool {
    let directory = sys.join("class/net").join(interface);
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let uevent = read(&directory.join("uevent"));
    let of_a_telephone = uevent.lines().any(|line| ["DEVTYPE=wwan", "DEVTYPE=bluetooth"].contains(&line));
    let driver = fs::read_link(directory.join("device/driver")).unwrap_or_default();
    let tethered = driver.file_name().is_some_and(|name| TETHERING.iter().any(|known| name == *known));
    let dialled = read(&directory.join("type")).trim() == PPP;
    // The first line names the columns.
    let over_ethernet = read(&proc.join("net/pppoe")).lines().count() > 1;
    of_a_telephone || tethered || (dialled && !over_ethernet)
}

/// Drivers of telephones on USB: Android's and the iPhone's. Newer Android telephones use the standard ones of USB
/// network cards, from which they can't be told.
const TETHERING: [&str; 2] = ["rndis_host", "ipheth"];

/// `ARPHRD_PPP` of linux/if_arp.h.
const PPP: &str = "512";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A machine with one interface, whose files are these.
    fn machine(files: &[(&str, &str)], driver: Option<&str>) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let interface = root.path().join("sys/class/net/if0");
        fs::create_dir_all(interface.join("device")).unwrap();
        fs::create_dir_all(root.path().join("proc/net")).unwrap();
        for (path, text) in files {
            fs::write(root.path().join(path), text).unwrap();
        }
        if let Some(driver) = driver {
            symlink(format!("../../../bus/usb/drivers/{driver}"), interface.join("device/driver")).unwrap();
        }
        root
    }

    fn paid(files: &[(&str, &str)], driver: Option<&str>) -> bool {
        let root = machine(files, driver);
        is_paid_by_volume(&root.path().join("sys"), &root.path().join("proc"), "if0")
    }

    #[test]
    fn mobile_broadband_and_tethered_telephones_are_paid_by_volume() {
        let uevent = |text| ("sys/class/net/if0/uevent", text);
        assert!(paid(&[uevent("DEVTYPE=wwan\nINTERFACE=if0\nIFINDEX=4\n")], Some("qmi_wwan")));
        assert!(paid(&[uevent("DEVTYPE=bluetooth\nINTERFACE=if0\n")], None));
        assert!(paid(&[("sys/class/net/if0/type", "1\n")], Some("rndis_host")));
        assert!(paid(&[("sys/class/net/if0/type", "1\n")], Some("ipheth")));
        assert!(paid(&[("sys/class/net/if0/type", "512\n")], None));
    }

    #[test]
    fn cables_wi_fi_and_dialled_dsl_are_not() {
        assert!(!paid(&[("sys/class/net/if0/type", "1\n")], Some("e1000e")));
        assert!(!paid(&[("sys/class/net/if0/uevent", "DEVTYPE=wlan\nINTERFACE=if0\n")], Some("iwlwifi")));
        let pppoe = "Id       Address              Device\n00000001 02:00:00:00:00:01     eth0\n";
        assert!(!paid(&[("sys/class/net/if0/type", "512\n"), ("proc/net/pppoe", pppoe)], None));
        assert!(!is_paid_by_volume(Path::new("/nowhere"), Path::new("/nowhere"), "if0"));
    }
}
