//! A secret that enrols one room, once.

use std::{fmt, str::FromStr, time::Duration};

use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

use crate::identity::{hex, sha256};

/// The longest that a token may be good for.
pub const LONGEST_LIFE: Duration = Duration::from_secs(3600);

/// A one-time token: 160 random bits in 40 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one, from the system's random source.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn random() -> Result<Self, TokenError> {
        let mut bytes = [0; DIGITS / 2];
        SystemRandom::new().fill(&mut bytes).map_err(|_| TokenError::NoRandomness)?;
        Ok(Self(hex(&bytes)))
    }

    /// The token itself; whoever reads it can enrol.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// By what a server knows it. Nothing can be guessed from it: the token is random.
    pub(super) fn hash(&self) -> String {
        hex(&sha256(self.0.as_bytes()))
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let token = text.trim().to_ascii_lowercase();
        if token.len() == DIGITS && token.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(token))
        } else {
            Err(TokenError::NotAToken)
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

const DIGITS: usize = 40;

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Mistyped or cut off.
    #[error(
        "that is no token: it has 40 digits of 0–9 and a–f; copy the last line that “siaga-probe-server token” printed"
    )]
    NotAToken,
    /// Never on a system that works.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_printed_and_shows_itself_to_nobody() {
        let token = Token::random().unwrap();
        let printed = format!(" {}\n", token.secret().to_uppercase());
        assert_eq!(printed.parse(), Ok(token.clone()));
        assert_ne!(Token::random().unwrap(), token);
        assert!(!format!("{token:?}{}", token.hash()).contains(token.secret()));
        for wrong in ["", "x", &token.secret()[1..], &format!("{}0", token.secret()), &"g".repeat(40)] {
            assert_eq!(wrong.parse::<Token>(), Err(TokenError::NotAToken));
        }
    }
}
