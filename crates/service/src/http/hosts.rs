use std::net::{IpAddr, SocketAddr};

/// The names under which a server answers, and nothing else: a page on a foreign name that resolves to this
/// machine (DNS rebinding) sends that foreign name.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    names: Vec<String>,
    port: u16,
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
        Self { names, port: address.port() }
    }

    /// Whether `host`, from a `Host` header, is one of ours: with our port or with none.
    pub(super) fn contains(&self, host: &str) -> bool {
        self.names.iter().any(|name| match strip_prefix_ignore_case(host, name) {
            Some("") => true,
            Some(rest) => rest.strip_prefix(':') == Some(self.port.to_string().as_str()),
            None => false,
        })
    }

    /// Whether `origin` is a page of ours. Browsers leave out the port only where it is 80.
    pub(super) fn owns_origin(&self, origin: &str) -> bool {
        let Some(host) = origin.strip_prefix("http://") else { return false };
        self.contains(host) && (self.port == 80 || host.ends_with(&format!(":{}", self.port)))
    }

    /// All names with our port, for people.
    pub(super) fn list(&self) -> String {
        let names: Vec<_> = self.names.iter().map(|name| format!("{name}:{}", self.port)).collect();
        names.join(", ")
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
        assert!(hosts().owns_origin("http://localhost:9870"));
        assert!(hosts().owns_origin("http://[::1]:9870"));
        for origin in
            ["null", "http://localhost", "https://localhost:9870", "http://evil.example", "localhost:9870"]
        {
            assert!(!hosts().owns_origin(origin), "{origin}");
        }
        assert!(Hosts::loopback("127.0.0.1:80".parse().unwrap()).owns_origin("http://localhost"));
    }
}
