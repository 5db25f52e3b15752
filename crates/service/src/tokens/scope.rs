use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To read what is known of rooms.
    Read,
    /// To scrape metrics, and to find out what there is to scrape.
    Scrape,
    /// To book.
    Book,
    /// To decide otherwise than the gate did.
    Override,
}

impl Scope {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Read, Self::Scrape, Self::Book, Self::Override];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Scrape => "scrape",
            Self::Book => "book",
            Self::Override => "override",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One or more scopes, written like `read,scrape`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(u8);

impl Scopes {
    /// Whether `scope` is one of them. None contains another.
    #[must_use]
    pub const fn contain(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

impl FromStr for Scopes {
    type Err = NotScopes;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut scopes = 0;
        for name in text.split(',').map(str::trim) {
            let scope = Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
            scopes |= scope.ok_or_else(|| NotScopes(name.chars().take(40).collect()))?.bit();
        }
        Ok(Self(scopes))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> =
            Scope::ALL.into_iter().filter(|scope| self.contain(*scope)).map(Scope::as_str).collect();
        f.write_str(&names.join(","))
    }
}

impl TryFrom<String> for Scopes {
    type Error = NotScopes;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

/// The text names no scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a scope; give one or more of read, scrape, book and override, with commas between them"
)]
pub struct NotScopes(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_with_commas_and_contain_what_they_name_only() {
        let scopes: Scopes = "scrape, read".parse().unwrap();
        assert_eq!(scopes.to_string(), "read,scrape");
        assert!(scopes.contain(Scope::Read) && scopes.contain(Scope::Scrape));
        assert!(!scopes.contain(Scope::Book) && !scopes.contain(Scope::Override));
        for wrong in ["", "read,", "Read", "all", "read;scrape"] {
            assert!(wrong.parse::<Scopes>().is_err(), "{wrong}");
        }
    }
}
