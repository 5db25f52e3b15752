//! How much time a judgement may take for how much certainty.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How much time a judgement may take for how much certainty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// From 0.4 s on. Sound on clean and managed links and for single losses; blind to most policers and bursts.
    Light,
    /// From one second on, and as [`Self::Careful`] where that leaves a doubt.
    #[default]
    Normal,
    /// From two and a half seconds on, up to eight.
    Careful,
}

/// As it is written on the command line and in JSON.
impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl FromStr for Effort {
    type Err = EffortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "light" => Ok(Self::Light),
            "normal" => Ok(Self::Normal),
            "careful" => Ok(Self::Careful),
            _ => Err(EffortError(text.chars().take(40).collect())),
        }
    }
}

/// Not an effort.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is not an effort; it is light, normal or careful")]
pub struct EffortError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_is_read_as_it_is_written() {
        for effort in [Effort::Light, Effort::Normal, Effort::Careful] {
            assert_eq!(effort.to_string().parse(), Ok(effort));
        }
        let error = "thorough".parse::<Effort>().unwrap_err();
        assert_eq!(error.to_string(), "“thorough” is not an effort; it is light, normal or careful");
    }
}
