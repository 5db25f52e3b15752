use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::language::COOKIE;
use super::{Asset, ICON, Language, STYLE, Words};

/// A page: the frame and what is in it.
pub struct Document<'a> {
    /// In the browser's tab; pages of one daemon differ in it.
    pub title: &'a str,
    /// The page's language.
    pub language: Language,
    /// This page's path and query, for the links to it in other languages.
    pub here: &'a str,
    /// Whose page this is, in the header beside the name of the product.
    pub whose: Markup,
    /// Links to other pages of the same daemon, or nothing.
    pub navigation: Markup,
    /// Styles of its own, after those that all pages share.
    pub styles: &'a [&'static Asset],
    /// Scripts of its own. The page can be read without.
    pub scripts: &'a [&'static Asset],
    /// Where no script runs, the page is asked for again after so many seconds.
    pub refresh: Option<u32>,
    /// What is in `<main>`. Its first heading is the page's `<h1>`.
    pub main: Markup,
    /// What is in the footer.
    pub footer: Markup,
}

impl Document<'_> {
    /// The whole page.
    #[must_use]
    pub fn render(&self) -> Markup {
        let language = self.language;
        html! {
            (DOCTYPE)
            html lang=(language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Siaga" }
                    link rel="icon" type="image/svg+xml" href=(ICON.address());
                    @for style in std::iter::once(&*STYLE).chain(self.styles.iter().copied()) {
                        link rel="stylesheet" href=(style.address());
                    }
                    @for script in self.scripts {
                        script src=(script.address()) defer {}
                    }
                    @if let Some(seconds) = self.refresh {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                }
                body {
                    a.skip href="#main" { (language.of(SKIP)) }
                    header.top {
                        p.brand { a href="/" { "Siaga" } " " span.whose { (self.whose) } }
                        (self.navigation)
                        (self.switch())
                    }
                    main #main tabindex="-1" { (self.main) }
                    footer.bottom { (self.footer) }
                }
            }
        }
    }

    /// The same page in the other languages.
    fn switch(&self) -> Markup {
        let others = Language::ALL.into_iter().filter(|language| *language != self.language);
        html! {
            nav.languages aria-label=(self.language.of(LANGUAGES)) {
                @for other in others {
                    a href=(in_language(self.here, other)) lang=(other.tag()) hreflang=(other.tag()) {
                        (other.own_name())
                    }
                }
            }
        }
    }
}

const SKIP: Words = Words::new("Langsung ke isi", "Skip to content");
const LANGUAGES: Words = Words::new("Bahasa", "Language");

/// `here` with its language replaced.
fn in_language(here: &str, language: Language) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let kept = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("lang="));
    let lang = format!("lang={}", language.tag());
    let query: Vec<_> = kept.chain([lang.as_str()]).collect();
    format!("{path}?{}", query.join("&"))
}

impl IntoResponse for Document<'_> {
    fn into_response(self) -> Response {
        let mut response = self.render().into_string().into_response();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, value);
        }
        let chosen = format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Strict", self.language.tag());
        headers.extend(HeaderValue::try_from(chosen).ok().map(|value| (header::SET_COOKIE, value)));
        response
    }
}

/// Nothing but what this server itself gives, in no frame of another page. That no page is kept or taken for anything else is seen
/// to by the guard.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    // Nobody else is told where a person came from. Not “no-referrer”: with that a form of ours is posted from an origin “null”.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
];

/// The value of a cookie that came with a request; none if it came twice, for then somebody else may have set one of them.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str, language: Language) -> Document<'_> {
        Document {
            title,
            language,
            here: "/?site=a%20b&lang=id",
            whose: html! { bdi { "r2" } },
            navigation: html! {},
            styles: &[],
            scripts: &[],
            refresh: Some(30),
            main: html! { h1 { (title) } },
            footer: html! {},
        }
    }

    #[test]
    fn a_page_says_its_language_and_offers_the_other_with_all_else_unchanged() {
        let text = page("Ruang", Language::Indonesian).render().into_string();
        assert!(text.contains(r#"<html lang="id">"#), "{text}");
        assert!(text.contains(r#"href="/?site=a%20b&amp;lang=en""#), "{text}");
        assert_eq!(in_language("/rooms", Language::English), "/rooms?lang=en");
    }

    #[test]
    fn what_comes_from_outside_is_text() {
        let text = page("<script>alert(1)</script>\"'&", Language::English).render().into_string();
        assert!(!text.contains("<script>alert"), "{text}");
    }

    #[test]
    fn a_page_keeps_to_itself_and_remembers_the_language() {
        let response = page("x", Language::English).into_response();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"));
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("set-cookie"), "siaga_lang=en; Path=/; Max-Age=31536000; SameSite=Strict");
        let text = page("x", Language::English).render().into_string();
        assert!(!text.contains("style=") && !text.contains("<style") && !text.contains("onclick"), "{text}");
    }

    #[test]
    fn a_cookie_that_came_twice_counts_for_nothing() {
        let headers = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap()))
                .collect::<HeaderMap>()
        };
        assert_eq!(cookie(&headers(&["a=1; b=2"]), "b"), Some("2"));
        assert_eq!(cookie(&headers(&["xb=1"]), "b"), None);
        assert_eq!(cookie(&headers(&["b=1; b=2"]), "b"), None);
        assert_eq!(cookie(&headers(&["b=1", "b=1"]), "b"), None);
    }
}
