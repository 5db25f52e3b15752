use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::certificates::Certificates;

/// The names under which a server answers, and nothing else: a page on a foreign name that resolves to this
/// machine (DNS rebinding) sends that foreign name.
#[derive(Debug, Clone)]
pub(super) enum Hosts {
    Loopback {
        names: Vec<String>,
        port: u16,
    },
    /// A unix socket has no name of its own; programs have to give one, and no page of any site can open it.
    Socket,
    /// Whatever the certificate was made for, at any port: what forwards to this one may have another.
    Certificate(Arc<Certificates>),
}

impl Hosts {
    pub(super) fn loopback(address: SocketAddr) -> Self {
        let mut names = vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "[::1]".to_owned()];
        let own = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        if !names.contains(&own) {
            names.push(own);
        }
        Self::Loopback { names, port: address.port() }
    }

    pub(super) const fn socket() -> Self {
        Self::Socket
    }

    pub(super) const fn of(certificates: Arc<Certificates>) -> Self {
        Self::Certificate(certificates)
    }

    /// Whether `host`, from a `Host` header, is one of ours: with our port or with none.
    pub(super) fn contains(&self, host: &str) -> bool {
        match self {
            Self::Loopback { names, port } => {
                names.iter().any(|name| match strip_prefix_ignore_case(host, name) {
                    Some("") => true,
                    Some(rest) => rest.strip_prefix(':') == Some(port.to_string().as_str()),
                    None => false,
                })
            }
            Self::Socket => host.eq_ignore_ascii_case("localhost"),
            Self::Certificate(certificates) => certificates.names(without_port(host)),
        }
    }

    /// Whether `origin` is a page of ours, where `host` is how it was asked. Browsers leave out the port only where it is the
    /// scheme's own.
    pub(super) fn owns_origin(&self, origin: &str, host: &str) -> bool {
        match self {
            Self::Loopback { port, .. } => {
                let Some(host) = origin.strip_prefix("http://") else { return false };
                self.contains(host) && (*port == 80 || host.ends_with(&format!(":{port}")))
            }
            Self::Socket => false,
            Self::Certificate(_) => {
                origin.strip_prefix("https://").is_some_and(|own| own.eq_ignore_ascii_case(host))
            }
        }
    }

    /// The names by which we answer, for people.
    pub(super) fn list(&self) -> String {
        match self {
            Self::Loopback { names, port } => {
                let names: Vec<_> = names.iter().map(|name| format!("{name}:{port}")).collect();
                one_of(&names)
            }
            Self::Socket => "localhost".to_owned(),
            Self::Certificate(certificates) => match certificates.hosts().as_slice() {
                [] => "a name or an address in its certificate".to_owned(),
                hosts => one_of(hosts),
            },
        }
    }
}

fn one_of(names: &[String]) -> String {
    let shown = names.get(..MOST_SHOWN).unwrap_or(names).join(", ");
    match names.len() {
        1 => shown,
        more if more > MOST_SHOWN => format!("one of {shown}, or another name in its certificate"),
        _ => format!("one of {shown}"),
    }
}

const MOST_SHOWN: usize = 10;

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::loopback("127.0.0.1:9870".parse().unwrap())
    }

    #[test]
    fn the_names_of_loopback_are_ours_with_our_port_or_none() {
        for host in ["127.0.0.1", "localhost:9870", "LOCALHOST", "[::1]", "[::1]:9870", "127.0.0.1:9870"] {
            assert!(hosts().contains(host), "{host}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for host in [
            "",
            "room.example",
            "localhost.",
            "localhost.example",
            "127.0.0.1.nip.io",
            "127.0.0.1:80",
            "localhost:",
            "localhost:9870:9870",
            "localhost:09870",
            "[::1",
            "::1",
            "user@localhost",
            "127.0.0.2",
            "öööööööööö",
        ] {
            assert!(!hosts().contains(host), "{host}");
        }
    }

    #[test]
    fn the_bound_address_is_one_of_the_names() {
        assert!(Hosts::loopback("127.0.0.2:9870".parse().unwrap()).contains("127.0.0.2:9870"));
    }

    #[test]
    fn only_pages_of_this_server_are_its_origin() {
        let owns = |hosts: Hosts, origin| hosts.owns_origin(origin, "localhost:9870");
        assert!(owns(hosts(), "http://localhost:9870"));
        assert!(owns(hosts(), "http://[::1]:9870"));
        for origin in
            ["null", "http://localhost", "https://localhost:9870", "http://evil.example", "localhost:9870"]
        {
            assert!(!owns(hosts(), origin), "{origin}");
        }
        assert!(owns(Hosts::loopback("127.0.0.1:80".parse().unwrap()), "http://localhost"));
    }

    #[test]
    fn a_port_is_told_from_the_groups_of_an_address() {
        let name = |host| without_port(host);
        assert_eq!(
            ["a:1", "a", "[::1]:9871", "[::1]", "1.2.3.4:9"].map(name),
            ["a", "a", "[::1]", "[::1]", "1.2.3.4"]
        );
        assert_eq!(["a:b", "::1", "a::9871"].map(name), ["a:b", "::1", "a::9871"]);
    }
}
