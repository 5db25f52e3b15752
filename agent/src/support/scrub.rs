//! Takes out what must stay secret.

/// `text` without private keys in PEM form, and without words that may be a token: 40 hexadecimal digits or more
/// (`siaga-probe-server token` and `api-token` print such). Fingerprints go with them.
#[must_use]
pub fn scrub(text: &str) -> String {
    without_tokens(&without_keys(text))
}

fn without_keys(text: &str) -> String {
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(begin) = rest.find(BEGIN) {
        let (before, block) = rest.split_at(begin);
        clean.push_str(before);
        let label = block[BEGIN.len()..].split("-----").next().unwrap_or_default();
        if !label.contains("PRIVATE KEY") {
            clean.push_str(BEGIN);
            rest = &block[BEGIN.len()..];
            continue;
        }
        clean.push_str("[a private key]");
        // One that is cut off is one, too.
        let end = block.find(END).map_or("", |end| &block[end + END.len()..]);
        rest = end.split_once("-----").map_or(end, |(_, after)| after);
    }
    clean + rest
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

fn without_tokens(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|it: char| it.is_ascii_hexdigit()) {
        clean.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let end = rest.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(rest.len());
        clean.push_str(if end < TOKEN { &rest[..end] } else { "[digits]" });
        rest = &rest[end..];
    }
    clean + rest
}

/// Hexadecimal digits of the shortest token.
const TOKEN: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tokens_are_taken_out_and_nothing_else() {
        for kind in ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            let text = format!("a\n-----BEGIN {kind}-----\nsecret\n-----END {kind}-----\nb");
            assert_eq!(scrub(&text), "a\n[a private key]\nb");
        }
        assert_eq!(scrub("x -----BEGIN PRIVATE KEY-----\nsecret"), "x [a private key]");
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(scrub(certificate), certificate);
        let token = "0a".repeat(20);
        assert_eq!(scrub(&format!("siaga_{token}{token}, {token}.")), "siaga_[digits], [digits].");
        for kept in
            ["", "0a".repeat(19).as_str(), "boot 8c2d9a4e-0f2c-4c5e-9a52-0d7d1c0f5f11, id 046d:0843", "é ✓"]
        {
            assert_eq!(scrub(kept), kept);
        }
    }
}
