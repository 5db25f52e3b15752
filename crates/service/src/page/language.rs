use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::document::cookie;

/// A language in which Siaga speaks to people.
///
/// As an extractor: what `?lang=` says, else the cookie of an earlier choice, else Indonesian. What the browser would like best is
/// not asked: offices have browsers in English and staff who read Indonesian.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Bahasa Indonesia.
    #[default]
    Indonesian,
    /// English.
    English,
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Indonesian, Self::English];

    /// Its tag (BCP 47), as in `lang="id"`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.either("id", "en")
    }

    /// What it calls itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        self.either("Bahasa Indonesia", "English")
    }

    /// The language with this tag.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// One of two.
    #[must_use]
    pub const fn either<T: Copy>(self, indonesian: T, english: T) -> T {
        match self {
            Self::Indonesian => indonesian,
            Self::English => english,
        }
    }

    /// These words.
    #[must_use]
    pub const fn of(self, words: Words) -> &'static str {
        self.either(words.id, words.en)
    }

    fn asked(query: Option<&str>, headers: &HeaderMap) -> Self {
        let by_query = query.into_iter().flat_map(|query| query.split('&'));
        let by_query = by_query.filter_map(|part| part.strip_prefix("lang=")).find_map(Self::tagged);
        by_query.or_else(|| cookie(headers, COOKIE).and_then(Self::tagged)).unwrap_or_default()
    }
}

/// Remembers a choice.
pub(super) const COOKIE: &str = "siaga_lang";

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::asked(parts.uri.query(), &parts.headers))
    }
}

/// A label of a page in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Indonesian.
    pub id: &'static str,
    /// English.
    pub en: &'static str,
}

impl Words {
    /// In Indonesian and in English.
    #[must_use]
    pub const fn new(id: &'static str, en: &'static str) -> Self {
        Self { id, en }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn asked(query: Option<&str>, cookies: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        Language::asked(query, &headers)
    }

    #[test]
    fn a_page_is_indonesian_until_somebody_chooses_and_the_choice_is_kept() {
        assert_eq!(asked(None, ""), Language::Indonesian);
        assert_eq!(asked(Some("site=a&lang=en"), ""), Language::English);
        assert_eq!(asked(None, "a=b; siaga_lang=en"), Language::English);
        assert_eq!(asked(Some("lang=id"), "siaga_lang=en"), Language::Indonesian);
    }

    #[test]
    fn a_language_that_there_is_not_changes_nothing() {
        assert_eq!(asked(Some("lang=<script>"), "siaga_lang=en"), Language::English);
        assert_eq!(asked(Some("lang="), "siaga_lang=xx"), Language::Indonesian);
    }
}
