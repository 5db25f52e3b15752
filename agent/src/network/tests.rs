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
    let both = format!("{wifi}{OFFICE}");
    assert_eq!(Network::parse(&both, "", "").interface(), Some("eth0"));
    assert_eq!(Network::parse(wifi, "", "").interface(), Some("wlan0"));
}

#[test]
fn only_default_routes_count_and_not_their_counters() {
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
    assert_eq!(six.routes.len(), 1);
    assert_eq!(Network::parse(OFFICE, &v6, NEIGHBOURS).fingerprint(), office().fingerprint());
}
