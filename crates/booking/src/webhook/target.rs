//! Where letters go.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use hyper::{Uri, http::uri::Scheme};
use rustls::pki_types::ServerName;
use thiserror::Error;

/// An address of the booking system's: `https`, or `http` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As it stands in `Host`.
    pub(super) authority: String,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// With the query.
    pub(super) path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
    /// `localhost`, which a name server must not lead elsewhere.
    ThisMachine,
}

impl Host {
    /// Where to connect to, in this order; a name is for the resolver.
    pub(super) fn addresses(&self) -> Option<Vec<IpAddr>> {
        match self {
            Self::Name(_) => None,
            Self::Address(address) => Some(vec![*address]),
            Self::ThisMachine => Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]),
        }
    }

    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        match self {
            Self::Name(name) => ServerName::try_from(name.clone()).ok(),
            Self::Address(address) => Some(ServerName::IpAddress((*address).into())),
            Self::ThisMachine => ServerName::try_from("localhost").ok(),
        }
    }

    fn is_this_machine(&self) -> bool {
        match self {
            Self::Name(_) => false,
            Self::Address(address) => address.is_loopback(),
            Self::ThisMachine => true,
        }
    }
}

impl Target {
    /// Letters go there over TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }
}

/// Without the path, which may hold a secret.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        // What is left out when it is parsed is not meant for a server.
        if text.len() > LONGEST || text.contains('#') {
            return Err(TargetError::NotAUrl);
        }
        let uri: Uri = text.parse().map_err(|_| TargetError::NotAUrl)?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(TargetError::NotAUrl),
        };
        let authority = uri.authority().ok_or(TargetError::NotAUrl)?;
        if authority.as_str().contains('@') {
            return Err(TargetError::Password);
        }
        let host = host(authority.host()).ok_or(TargetError::NotAUrl)?;
        if !tls && !host.is_this_machine() {
            return Err(TargetError::Plain);
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => {
                if tls {
                    443
                } else {
                    80
                }
            }
            // `http` takes a port that is none for no port.
            Some(rest) => {
                rest.strip_prefix(':').and_then(|port| port.parse().ok()).ok_or(TargetError::NotAUrl)?
            }
            None => return Err(TargetError::NotAUrl),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { authority: authority.as_str().to_owned(), host, port, tls, path })
    }
}

const LONGEST: usize = 2048;

fn host(text: &str) -> Option<Host> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(Host::ThisMachine);
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(text).parse() {
        return Some(Host::Address(address));
    }
    ServerName::try_from(text).is_ok().then(|| Host::Name(text.to_ascii_lowercase()))
}

/// Why letters can't go there. The address itself is not repeated: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Not an address of the web.
    #[error("not a URL; write it like https://booking.example.go.id/siaga-webhook")]
    NotAUrl,
    /// Unencrypted, to another machine.
    #[error("letters go to other machines over https only; plain http is for 127.0.0.1, [::1] and localhost")]
    Plain,
    /// It holds a name and password.
    #[error("leave out the user name and password: letters are signed with the secret of `secret_file`")]
    Password,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, TargetError> {
        text.parse()
    }

    #[test]
    fn letters_go_to_others_encrypted_and_plain_only_on_this_machine() {
        for (text, port, tls, path) in [
            ("https://booking.example/hook?office=1", 443, true, "/hook?office=1"),
            ("https://192.0.2.7:8443", 8443, true, "/"),
            ("https://[2001:db8::1]/x", 443, true, "/x"),
            ("http://127.0.0.1:8000/hook", 8000, false, "/hook"),
            ("http://[::1]/hook", 80, false, "/hook"),
            ("http://localhost:81/hook", 81, false, "/hook"),
        ] {
            let target = parse(text).unwrap();
            assert_eq!((target.port, target.tls, target.path.as_str()), (port, tls, path), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_written_is_refused() {
        for text in ["http://192.0.2.7/", "http://booking.example/", "http://localhost.example/"] {
            assert_eq!(parse(text), Err(TargetError::Plain), "{text}");
        }
        assert_eq!(parse("https://a:b@booking.example/"), Err(TargetError::Password));
        for text in [
            "",
            "booking.example",
            "/hook",
            "ftp://127.0.0.1/",
            "https://",
            "https://a:/",
            "https://a:99999/",
            "https://a/#b",
        ] {
            assert_eq!(parse(text), Err(TargetError::NotAUrl), "{text}");
        }
        assert_eq!(parse(&format!("https://a/{}", "x".repeat(LONGEST))), Err(TargetError::NotAUrl));
    }

    #[test]
    fn localhost_is_this_machine_whatever_a_name_server_says() {
        let addresses = parse("http://LOCALHOST/").unwrap().host.addresses().unwrap();
        assert!(addresses.iter().all(IpAddr::is_loopback));
    }

    #[test]
    fn a_target_is_shown_without_its_path() {
        assert_eq!(
            parse("https://booking.example/hook?token=1").unwrap().to_string(),
            "https://booking.example"
        );
    }
}
