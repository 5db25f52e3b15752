//! A part of a frame that a newer peer may have written in a way that this version does not understand.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};

/// Something, or that it was not understood. What is not understood is never taken for good.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Tolerant<T> {
    Understood(T),
    NotUnderstood,
}

impl<T> Tolerant<T> {
    /// What was understood.
    #[must_use]
    pub fn understood(self) -> Option<T> {
        match self {
            Self::Understood(it) => Some(it),
            Self::NotUnderstood => None,
        }
    }

    /// Changes what was understood.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Tolerant<U> {
        match self {
            Self::Understood(it) => Tolerant::Understood(change(it)),
            Self::NotUnderstood => Tolerant::NotUnderstood,
        }
    }
}

/// What was not understood is written as `null`.
impl<T: Serialize> Serialize for Tolerant<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Understood(it) => it.serialize(serializer),
            Self::NotUnderstood => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Understood(T),
            NotUnderstood(#[allow(dead_code)] IgnoredAny),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Understood(it) => Self::Understood(it),
            Either::NotUnderstood(_) => Self::NotUnderstood,
        })
    }
}
