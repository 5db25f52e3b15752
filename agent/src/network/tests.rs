use super::*;

const OFFICE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
    eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
    eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";

const NEIGHBOURS: &str = "IP address       HW type     Flags       HW address            Mask     Device\n\
    192.168.1.7      0x1         0x2         02:00:00:00:00:07     *        eth0\n\
    192.168.1.1      0x1         0x2         02:00:00:00:00:0A     *        eth0\n";

fn office() -> Network {
    Network::parse(OFFICE, "", NEIGHBOURS)
}

#[test]
fn interface_hardware_and_subnet_tell_one_network_from_another() {
    let fingerprint = office().fingerprint().unwrap();
    assert_eq!(fingerprint.interface, "eth0");
    assert_eq!(fingerprint.gateway_mac.as_deref(), Some("02:00:00:00:00:0a"));
    assert_eq!(fingerprint.subnet.as_deref(), Some("192.168.1.0/24"));
    assert_eq!(Network::parse("rubbish", "more rubbish", "and more").fingerprint(), None);
}

#[test]
fn another_gateway_is_another_network_and_so_is_none() {
    let hotspot = OFFICE.replace("eth0", "wlan0").replace("0101A8C0", "012BA8C0");
    for other in [Network::parse(&hotspot, "", NEIGHBOURS), Network::default()] {
        assert!(other.differs_from(&office()) && office().differs_from(&other));
    }
}

#[test]
fn the_same_addresses_behind_another_gateway_s_hardware_are_another_network() {
    let home = Network::parse(OFFICE, "", &NEIGHBOURS.replace(":0A", ":0B"));
    assert!(home.differs_from(&office()));
}

#[test]
fn another_subnet_with_the_same_gateway_is_another_network() {
    let wider = OFFICE.replace("0001A8C0\t00000000", "0000A8C0\t00000000").replace("00FFFFFF", "0000FFFF");
    let wider = Network::parse(&wider, "", NEIGHBOURS);
    assert_eq!(wider.fingerprint().unwrap().subnet.as_deref(), Some("192.168.0.0/16"));
    assert!(wider.differs_from(&office()));
}

#[test]
fn a_hardware_address_that_is_forgotten_for_a_while_changes_nothing() {
    let incomplete = NEIGHBOURS.replace("0x2         02:00:00:00:00:0A", "0x0         00:00:00:00:00:00");
    for neighbours in ["", &incomplete] {
        let forgetful = Network::parse(OFFICE, "", neighbours);
        assert_eq!(forgetful.fingerprint().unwrap().gateway_mac, None);
        assert!(!forgetful.differs_from(&office()) && !office().differs_from(&forgetful));
        // What was known stays known, so that other hardware is noticed even after that.
        let reminded = forgetful.knowing(&office());
        assert_eq!(reminded, office());
        assert!(Network::parse(OFFICE, "", &NEIGHBOURS.replace(":0A", ":0B")).differs_from(&reminded));
    }
}

#[test]
fn the_preferred_route_is_the_one_with_the_lowest_metric() {
    let wifi = "wlan0\t00000000\t012BA8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
    let both = Network::parse(&format!("{wifi}{OFFICE}"), "", "");
    assert_eq!(both.interface(), Some("eth0"));
    assert_eq!(Network::parse(wifi, "", "").interface(), Some("wlan0"));
    let worse_cable = OFFICE.replace("\t100\t", "\t700\t");
    let by_wifi = Network::parse(&format!("{worse_cable}{wifi}"), "", "");
    assert_eq!(by_wifi.interface(), Some("wlan0"));
    assert!(by_wifi.differs_from(&both), "the same two ways, but the other one is taken");
}

/// As the kernel wrote them: one machine with a cable, and a VPN on it that left the default route alone.
fn recorded(name: &str) -> Network {
    Network::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/network/fixtures").join(name))
}

#[test]
fn a_vpn_that_adds_two_halves_of_all_addresses_is_another_network_and_so_is_its_end() {
    let (before, vpn) = (recorded("office"), recorded("vpn-halves"));
    assert_eq!(before.interface(), Some("eth0"));
    assert_eq!((vpn.interface(), vpn.carrier()), (Some("tun0"), Some("eth0")));
    assert!(vpn.differs_from(&before) && before.differs_from(&vpn));
    let fingerprint = vpn.fingerprint().unwrap();
    assert_eq!((fingerprint.subnet.as_deref(), fingerprint.gateway_mac), (Some("10.8.0.0/24"), None));
    assert_eq!(vpn.v6.first().map(|route| route.interface.as_str()), Some("tun0"));
    assert!(!recorded("vpn-halves").differs_from(&vpn), "for as long as it stays up nothing changes");
}

#[test]
fn a_vpn_that_adds_all_but_the_private_networks_in_pieces_is_another_network() {
    let vpn = recorded("vpn-allowed-ips");
    assert_eq!((vpn.interface(), vpn.carrier()), (Some("tun0"), Some("eth0")));
    assert!(vpn.differs_from(&recorded("office")));
}

#[test]
fn a_vpn_for_ipv6_alone_is_another_network_though_ipv4_goes_on_as_before() {
    let vpn = recorded("vpn-ipv6-only");
    assert_eq!(vpn.interface(), Some("eth0"));
    assert_eq!(vpn.v6.first().map(|route| route.interface.as_str()), Some("tun0"));
    assert!(vpn.differs_from(&recorded("office")));
}

#[test]
fn a_vpn_of_which_only_routing_rules_know_shows_in_the_address_that_is_sent_from() {
    let from = |source: &str| Network { source: Some(source.parse().unwrap()), ..office() };
    assert!(from("10.8.0.2").differs_from(&from("192.168.1.23")));
    assert!(!from("192.168.1.23").differs_from(&from("192.168.1.23")));
    // One that can't be told is no change, and hides none.
    assert!(!office().differs_from(&from("192.168.1.23")));
    assert!(from("10.8.0.2").differs_from(&office().knowing(&from("192.168.1.23"))));
}

#[test]
fn routes_that_refuse_or_swallow_lead_nowhere() {
    // As the kernel wrote “unreachable 64.0.0.0/2” and “blackhole 100.0.0.0/6”.
    let refused = "*\t00000040\t00000000\t0201\t0\t0\t5\t000000C0\t0\t0\t0\n\
        *\t00000064\t00000000\t0001\t0\t0\t0\t000000FC\t0\t0\t0\n";
    assert_eq!(Network::parse(&format!("{refused}{OFFICE}"), "", NEIGHBOURS), office());
}

#[test]
fn only_ways_to_the_internet_count_and_not_their_counters() {
    let busy = OFFICE.replace("0003\t0\t0", "0003\t7\t9");
    assert_eq!(Network::parse(&busy, "", NEIGHBOURS), office());
    let zeros = "0".repeat(32);
    let v6 = format!(
        "{zeros} 00 {zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n\
         {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200 lo\n"
    );
    let six = Network::parse("", &v6, "");
    assert_eq!(six.interface(), Some("eth0"));
    assert_eq!(
        six.fingerprint().unwrap().gateway_mac,
        None,
        "every network's first router may have that address"
    );
    assert_eq!(six.v6.len(), 1);
    assert_eq!(Network::parse(OFFICE, &v6, NEIGHBOURS).fingerprint(), office().fingerprint());
}
