use std::fmt::Write;
use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use ring::digest::{SHA256, digest};

/// A file that pages bring along. Its address changes with its content, so a browser may keep it for ever.
#[derive(Debug)]
pub struct Asset {
    kind: &'static str,
    text: &'static str,
    address: LazyLock<String, Box<dyn FnOnce() -> String + Send>>,
}

impl Asset {
    /// A style sheet, called `name`.
    #[must_use]
    pub fn style(name: &'static str, text: &'static str) -> Self {
        Self::new(name, "css", "text/css; charset=utf-8", text)
    }

    /// A script, called `name`.
    #[must_use]
    pub fn script(name: &'static str, text: &'static str) -> Self {
        Self::new(name, "js", "text/javascript; charset=utf-8", text)
    }

    fn new(name: &'static str, ending: &'static str, kind: &'static str, text: &'static str) -> Self {
        let address = move || format!("/assets/{name}.{}.{ending}", fingerprint(text));
        Self { kind, text, address: LazyLock::new(Box::new(address)) }
    }

    /// Where it is served.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What is in it: for pages that have to stand alone.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }
}

/// The style that all pages share.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::style("siaga", include_str!("style.css")));

/// The icon in a browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("siaga", "svg", "image/svg+xml", include_str!("icon.svg")));

/// Serves what all pages share, and `more`.
pub fn routes<S: Clone + Send + Sync + 'static>(more: &[&'static Asset]) -> Router<S> {
    [&*STYLE, &*ICON].into_iter().chain(more.iter().copied()).fold(Router::new(), |router, asset| {
        let headers = [
            (header::CONTENT_TYPE, asset.kind),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        router.route(asset.address(), get(async move || (headers, asset.text)))
    })
}

/// Enough to tell two releases of a file apart.
fn fingerprint(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_has_another_address() {
        let [one, other] = ["a{}", "b{}"].map(|text| Asset::style("x", text));
        assert_ne!(one.address(), other.address());
        assert!(one.address().starts_with("/assets/x.") && one.address().ends_with(".css"));
    }

    #[test]
    fn nothing_in_them_comes_from_elsewhere() {
        for text in [STYLE.text(), ICON.text()] {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("//") && !text.contains("@import"), "{text}");
        }
    }
}
