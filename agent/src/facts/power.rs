//! Mains or battery, from `/sys/class/power_supply`.

use std::{fs, path::Path};

use siaga_readiness::host::Power;

use super::attribute;

/// What the machine under `root` runs on, and how full its batteries are in percent, on average where it has several.
///
/// A machine without a battery of its own runs on mains, whatever else it says: desktops show no supply at all, or an
/// adapter that is never online. A directory that can't be read says nothing.
pub(super) fn read(root: &Path) -> (Power, Option<u8>) {
    let Ok(entries) = fs::read_dir(root.join("sys/class/power_supply")) else {
        return (Power::Unknown, None);
    };
    let supplies: Vec<Supply> =
        entries.filter_map(Result::ok).filter_map(|entry| Supply::read(&entry.path())).collect();
    let adapters: Vec<Option<bool>> = supplies
        .iter()
        .filter_map(|supply| match supply {
            Supply::Adapter { online } => Some(*online),
            Supply::Battery { .. } | Supply::Unclear => None,
        })
        .collect();
    let batteries: Vec<(Flow, Option<u8>)> = supplies
        .iter()
        .filter_map(|supply| match supply {
            Supply::Battery { flow, percent } => Some((*flow, *percent)),
            Supply::Adapter { .. } | Supply::Unclear => None,
        })
        .collect();
    let flows = |flow| batteries.iter().any(|(it, _)| *it == flow);

    let power = if batteries.is_empty() {
        if supplies.iter().any(|supply| matches!(supply, Supply::Unclear)) {
            Power::Unknown
        } else {
            Power::Mains
        }
    } else if adapters.contains(&Some(true)) {
        Power::Mains
    } else if flows(Flow::Out) || (!adapters.is_empty() && adapters.iter().all(|it| *it == Some(false))) {
        Power::Battery
    } else if flows(Flow::InOrNone) {
        // Batteries charge, or rest full: something feeds the machine.
        Power::Mains
    } else {
        Power::Unknown
    };
    (power, average(&batteries))
}

fn average(batteries: &[(Flow, Option<u8>)]) -> Option<u8> {
    let known: Vec<u32> = batteries.iter().filter_map(|(_, percent)| percent.map(u32::from)).collect();
    let count = u32::try_from(known.len()).ok().filter(|count| *count > 0)?;
    u8::try_from(known.iter().sum::<u32>() / count).ok()
}

enum Supply {
    /// Mains, USB or wireless: there are several on machines that are fed by USB-C.
    Adapter { online: Option<bool> },
    /// Of the machine itself, or a UPS that the kernel knows.
    Battery { flow: Flow, percent: Option<u8> },
    /// It does not say what it is.
    Unclear,
}

/// Where a battery's energy goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Out,
    InOrNone,
    Unknown,
}

impl Supply {
    /// `None` for what does not feed the machine: batteries of mice, headsets and pens, and bays that are empty.
    fn read(directory: &Path) -> Option<Self> {
        let text = |name: &str| attribute(&directory.join(name));
        if text("scope").as_deref() == Some("Device") || text("present").as_deref() == Some("0") {
            return None;
        }
        let Some(kind) = text("type") else { return Some(Self::Unclear) };
        Some(match kind.as_str() {
            "Battery" | "UPS" => Self::Battery {
                flow: match text("status").as_deref() {
                    Some("Discharging") => Flow::Out,
                    Some("Charging" | "Full" | "Not charging") => Flow::InOrNone,
                    _ => Flow::Unknown,
                },
                percent: text("capacity").and_then(|it| it.parse().ok()).filter(|percent| *percent <= 100),
            },
            "Mains" | "Wireless" => Self::Adapter { online: is_online(text("online")) },
            kind if kind.starts_with("USB") => Self::Adapter { online: is_online(text("online")) },
            _ => Self::Unclear,
        })
    }
}

/// 2 means online with a programmable voltage.
fn is_online(text: Option<String>) -> Option<bool> {
    match text?.as_str() {
        "0" => Some(false),
        "1" | "2" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::Tree, *};

    /// Each supply with its attributes, as `name=value` separated by spaces; `_` stands for a space.
    fn power(supplies: &[(&str, &str)]) -> (Power, Option<u8>) {
        let mut files = vec![("sys/class/power_supply/.keep".to_owned(), String::new())];
        for (supply, attributes) in supplies {
            for (name, value) in attributes.split(' ').filter_map(|it| it.split_once('=')) {
                let path = format!("sys/class/power_supply/{supply}/{name}");
                files.push((path, format!("{}\n", value.replace('_', " "))));
            }
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        read(Tree::new(&files[1..]).root_with_supplies())
    }

    impl Tree {
        /// A kernel that knows supplies has the directory, whether or not there are some.
        fn root_with_supplies(&self) -> &Path {
            fs::create_dir_all(self.root().join("sys/class/power_supply")).unwrap();
            self.root()
        }
    }

    #[test]
    fn a_desktop_has_no_supply_or_one_that_means_nothing() {
        assert_eq!(power(&[]), (Power::Mains, None));
        assert_eq!(power(&[("AC", "type=Mains online=0")]), (Power::Mains, None));
    }

    #[test]
    fn batteries_of_peripherals_do_not_feed_the_machine() {
        let mouse = ("hidpp_battery_0", "type=Battery scope=Device status=Discharging capacity=20");
        assert_eq!(power(&[mouse]), (Power::Mains, None));
        let laptop = ("BAT0", "type=Battery scope=System status=Full capacity=100");
        assert_eq!(power(&[mouse, laptop]), (Power::Mains, Some(100)));
    }

    #[test]
    fn a_laptop_runs_on_mains_while_any_of_its_adapters_is_online() {
        let battery = ("BAT0", "type=Battery status=Discharging capacity=80");
        let plugs = |ac: &str, usb: &str| {
            let (ac, usb) = (format!("type=Mains online={ac}"), format!("type=USB online={usb}"));
            power(&[battery, ("AC", &ac), ("ucsi-source-psy-USBC000:001", &usb)]).0
        };
        assert_eq!(plugs("0", "0"), Power::Battery);
        assert_eq!(plugs("1", "0"), Power::Mains);
        assert_eq!(plugs("0", "1"), Power::Mains, "a weak charger may not keep up; it is mains all the same");
        assert_eq!(plugs("0", "2"), Power::Mains);
    }

    #[test]
    fn where_no_adapter_tells_the_batteries_do() {
        let alone = |status: &str| {
            let battery = format!("type=Battery status={status} capacity=50");
            power(&[("BAT0", &battery)]).0
        };
        assert_eq!(alone("Discharging"), Power::Battery);
        for status in ["Charging", "Full", "Not_charging"] {
            assert_eq!(alone(status), Power::Mains, "{status}");
        }
        assert_eq!(alone("Unknown"), Power::Unknown);
        assert_eq!(power(&[("BAT0", "type=Battery"), ("AC", "type=Mains")]).0, Power::Unknown);
        assert_eq!(
            power(&[("BAT0", "type=Battery status=Unknown"), ("AC", "type=Mains online=0")]).0,
            Power::Battery
        );
    }

    #[test]
    fn an_empty_bay_is_no_battery_and_two_batteries_have_one_charge() {
        let bay = ("BAT1", "type=Battery present=0 status=Discharging");
        assert_eq!(power(&[bay]), (Power::Mains, None));
        let first = ("BAT0", "type=Battery present=1 status=Discharging capacity=20");
        let second = ("BAT1", "type=Battery present=1 status=Unknown capacity=91");
        assert_eq!(power(&[first, second]), (Power::Battery, Some(55)));
        assert_eq!(power(&[("BAT0", "type=Battery status=Full capacity=4000")]), (Power::Mains, None));
    }

    #[test]
    fn a_system_that_lies_or_tells_nothing_is_not_known() {
        assert_eq!(read(Tree::new(&[]).root()), (Power::Unknown, None));
        assert_eq!(power(&[("X", "type=Perpetuum_mobile")]), (Power::Unknown, None));
        assert_eq!(power(&[("X", "online=1")]), (Power::Unknown, None));
    }
}
