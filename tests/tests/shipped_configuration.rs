//! The configuration files that are shipped: in order as they are, and with every commented line switched on.

use std::{fs, process::Command};

use siaga_agent::config::Settings;
use siaga_probe_server::config::{LimitSettings, Overrides, load};

fn shipped(file: &str) -> String {
    fs::read_to_string(format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Settings are commented out as `#key`, words as `# words`.
fn switched_on(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_agent_s_configuration_is_in_order_either_way() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agent.toml");
    let text = shipped("systemd/agent.toml");
    fs::write(&path, &text).unwrap();
    let as_shipped = Settings::load(Some(&path)).unwrap();
    assert!(as_shipped.servers.is_empty());
    fs::write(&path, switched_on(&text)).unwrap();
    let settings = Settings::load(Some(&path)).unwrap();
    // What is commented out shows the defaults.
    let defaults = Settings::default();
    assert_eq!(settings.profile, defaults.profile);
    assert_eq!(settings.http.listen, defaults.http.listen);
    assert_eq!(settings.network.probe_interval, defaults.network.probe_interval);
    assert_eq!(settings.network.quality_interval, defaults.network.quality_interval);
    assert_eq!(settings.network.sustain_window, defaults.network.sustain_window);
    assert_eq!(settings.network.daily_bytes, defaults.network.daily_bytes);
    assert_eq!(settings.network.metered, defaults.network.metered);
    assert_eq!(settings.network.metered_daily_bytes, defaults.network.metered_daily_bytes);
    assert_eq!(settings.network.quiet_above, defaults.network.quiet_above);
    assert_eq!(settings.state_dir, defaults.state_dir);
    assert!(settings.site.is_some() && defaults.site.is_none());
    assert_eq!(settings.devices.scan_interval, defaults.devices.scan_interval);
    assert_eq!(settings.devices.active_checks, defaults.devices.active_checks);
    assert_eq!(settings.devices.required, defaults.devices.required);
    assert_eq!(settings.freshness, defaults.freshness);
    assert_eq!(settings.host.interval, defaults.host.interval);
    assert_eq!(settings.host.ups, defaults.host.ups);
    // And examples where there is no default.
    assert_eq!(settings.servers.len(), 1);
    assert_eq!(settings.devices.field_of_view.len(), 1);
    assert!(settings.host.machine.is_some() && defaults.host.machine.is_none());
    assert_eq!((settings.programs.len(), defaults.programs.len()), (1, 0));
    assert!(settings.network.office_hours.is_some() && defaults.network.office_hours.is_none());
    assert_eq!(settings.warnings(), Vec::<String>::new());
    assert!(settings.profiles().unwrap().named("training").is_ok());
}

#[test]
fn the_probe_server_s_configuration_is_in_order_either_way() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("probe-server.toml");
    let text = shipped("probe-server/probe-server.toml");
    for text in [text.clone(), switched_on(&text)] {
        fs::write(&path, text).unwrap();
        let settings = load(dir.path(), &Overrides::default()).unwrap();
        assert_eq!(settings.listen, "0.0.0.0:4433".parse().unwrap());
        assert!(!settings.open);
        assert_eq!(settings.limits.max_probes.0, 100);
        assert_eq!(settings.limits.shares(), LimitSettings::default().shares());
    }
}

#[test]
fn the_units_are_exposed_no_more_than_is_told() {
    // As docs/devices.md has it, times ten.
    for (unit, most) in
        [("siaga-agent.service", 16), ("siaga-in-use@.service", 12), ("siaga-probe-server.service", 11)]
    {
        let path = format!("{}/../systemd/{unit}", env!("CARGO_MANIFEST_DIR"));
        let told = Command::new("systemd-analyze")
            .args(["security", "--offline=yes", "--no-pager", &format!("--threshold={most}"), &path])
            .output()
            .expect("systemd-analyze comes with Debian's package systemd");
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
    }
}

#[test]
fn the_launcher_opens_the_page_where_the_agent_has_it() {
    let entry = shipped("systemd/siaga-room.desktop");
    let value = |key: &str| entry.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap();
    assert!(entry.starts_with("[Desktop Entry]\n"), "{entry}");
    assert_eq!(value("Exec"), format!("xdg-open http://{}/", Settings::default().http.listen));
    assert_eq!((value("Name"), value("Type")), ("Periksa ruang ini", "Application"));
    // What a desktop would say to it, where there is one.
    let file = format!("{}/../systemd/siaga-room.desktop", env!("CARGO_MANIFEST_DIR"));
    match Command::new("desktop-file-validate").arg(file).output() {
        Ok(told) => assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout)),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

#[test]
fn systemd_has_nothing_to_say_about_the_units() {
    let dir = tempfile::tempdir().unwrap();
    let units =
        ["siaga-agent.service", "siaga-in-use.socket", "siaga-in-use@.service", "siaga-probe-server.service"];
    for unit in units {
        let text = shipped(&format!("systemd/{unit}"));
        // The programs are not installed here.
        let there = text
            .replace("/usr/bin/siaga-agent", "/bin/true")
            .replace("/usr/bin/siaga-probe-server", "/bin/true");
        fs::write(dir.path().join(unit), there).unwrap();
    }
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).args(units.map(|unit| dir.path().join(unit)));
    let told = verify.output().expect("systemd-analyze comes with Debian's package systemd");
    let words = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && words.is_empty(), "{words}");
}
