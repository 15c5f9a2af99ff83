//! Where addresses stand in a text, a JSON document or a file, however they are written.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::email::EmailAddress;

/// How deep JSON within texts of JSON is followed: a parked request holds its body as text, and a body may hold another.
const MAX_NESTED: u32 = 3;
/// What may be a part of an address by the rules, and is mostly what stands before one: `?email=anna@example.com`.
const BEFORE: &[char] = &['=', '/', '?', '&', '{', '}', '|', '#', '$', '%', '*', '^', '!', '~', '`'];

/// An address that is looked for: in any letter case, with an international domain in either form, with the `@` as it is
/// or as in a URL. `Debug` gives nobody away.
#[derive(Clone)]
pub struct Trace {
    address: EmailAddress,
}

impl Trace {
    /// Looks for an address.
    #[must_use]
    pub const fn of(address: EmailAddress) -> Self {
        Self { address }
    }

    /// Whether the address stands in a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let wanted = self.address.expose().rsplit_once('@').map_or("", |(local, _)| local);
        let hers = |(local, domain): (&str, &str)| {
            local.eq_ignore_ascii_case(wanted)
                && parsed(local, domain).is_some_and(|found| found.normalised() == self.address.normalised())
        };
        plain(text).is_some_and(|text| candidates(&text).any(hers)) || candidates(text).any(hers)
    }

    /// Whether the address stands in a file: anywhere in its text, or in the texts of a JSON document.
    #[must_use]
    pub fn is_in_file(&self, bytes: &[u8]) -> bool {
        texts(bytes).iter().any(|text| self.is_in(text))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace(***)")
    }
}

/// The addresses in a file, at most so many.
#[must_use]
pub fn addresses_in(bytes: &[u8], at_most: usize) -> BTreeSet<EmailAddress> {
    let texts = texts(bytes);
    let plain: Vec<String> = texts.iter().filter_map(|text| plain(text)).collect();
    let all = texts.iter().chain(&plain).flat_map(|text| candidates(text));
    let mut found = BTreeSet::new();
    for address in all.filter_map(|(local, domain)| parsed(local, domain)) {
        if found.len() == at_most {
            break;
        }
        found.insert(address);
    }
    found
}

fn parsed(local: &str, domain: &str) -> Option<EmailAddress> {
    EmailAddress::parse(&format!("{local}@{domain}")).ok()
}

/// The text of a part of a URL, if it looks like one.
fn plain(text: &str) -> Option<String> {
    text.contains("%40").then(|| text.replace("%40", "@"))
}

/// What may be an address, in parts: around each `@` as far as it goes, and without the marks before it.
fn candidates(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices('@').flat_map(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        let start = before.rfind(|c| !is_local(c)).map_or(0, |end| end + width_at(before, end));
        let whole = before.get(start..).unwrap_or_default();
        let bare = whole.rsplit(BEFORE).next().unwrap_or_default().trim_start_matches('\'');
        let end = after.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches('.');
        let bare = (bare != whole).then_some(bare);
        std::iter::once(whole).chain(bare).map(move |local| (local, domain))
    })
}

fn width_at(text: &str, place: usize) -> usize {
    text.get(place..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

/// Letters of other scripts count too, so that no address is cut out of the end of another one.
fn is_local(c: char) -> bool {
    c.is_alphabetic()
        || c.is_ascii_digit()
        || matches!(c, '.' | '_' | '+' | '-' | '\'')
        || BEFORE.contains(&c)
}

/// The text of a file, and if it is a JSON document the texts in it.
fn texts(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut texts = Vec::new();
    collect_json(&text, MAX_NESTED, &mut texts);
    texts.push(text);
    texts
}

fn collect_json(text: &str, deeper: u32, into: &mut Vec<String>) {
    let looks_so = text.trim_start().starts_with(['{', '[']);
    if let Some(document) = looks_so.then(|| serde_json::from_str::<Value>(text).ok()).flatten() {
        collect(document, deeper, into);
    }
}

fn collect(value: Value, deeper: u32, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            if let Some(deeper) = deeper.checked_sub(1) {
                collect_json(&text, deeper, into);
            }
            into.push(text);
        }
        Value::Array(values) => values.into_iter().for_each(|value| collect(value, deeper, into)),
        Value::Object(fields) => fields.into_iter().for_each(|(name, value)| {
            into.push(name);
            collect(value, deeper, into);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trace(address: &str) -> Trace {
        Trace::of(EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let anna = trace("Anna@bücher.example");
        for text in [
            "anna@bücher.example",
            "to: <ANNA@BÜCHER.example>, and others",
            "mailto:anna@xn--bcher-kva.example.",
            "1001;anna@bücher.example;12,90",
            "'anna@bücher.example'",
            "Größe:anna@bücher.example",
            "https://shop.example/?n=1&email=anna@xn--bcher-kva.example",
            "https://shop.example/?email=anna%40xn--bcher-kva.example&x=1",
            "joanna@bücher.example anna@bücher.example",
        ] {
            assert!(anna.is_in(text), "{text}");
        }
    }

    #[test]
    fn nobody_else_is_taken_for_her() {
        let anna = trace("anna@example.com");
        for text in [
            "joanna@example.com",
            "j.anna@example.com",
            "o'anna@example.com",
            "éanna@example.com",
            "anna@example.com.au",
            "anna@example.co",
            "anna@sub.example.com",
            "anna at example.com",
            "anna@",
            "@example.com",
            "",
        ] {
            assert!(!anna.is_in(text), "{text}");
        }
    }

    #[test]
    fn json_is_read_as_json_even_within_a_text() {
        let anna = trace("anna@example.com");
        let body = r#"{"email":"anna\u0040example.com"}"#;
        let parked = serde_json::json!({ "shop": "de", "body": body }).to_string();
        assert!(anna.is_in_file(body.as_bytes()) && anna.is_in_file(parked.as_bytes()));
        assert!(anna.is_in_file(br#"{"anna@example.com": 1}"#));
        assert!(anna.is_in_file(br#"{"broken": "anna@example.com"#));
        assert!(!anna.is_in_file(br#"{"email": "joanna@example.com", "n": [1, null, true]}"#));
        assert!(!format!("{anna:?}").contains("anna"));
    }

    #[test]
    fn the_addresses_of_a_file_are_found_up_to_a_number() {
        let file =
            br#"{"a": "Anna <anna@example.com>", "b": ["berta@example.com", "x@y", "c%40example.org"]}"#;
        let found =
            |at_most| addresses_in(file, at_most).iter().map(EmailAddress::normalised).collect::<Vec<_>>();
        assert_eq!(found(9), ["anna@example.com", "berta@example.com", "c@example.org"]);
        assert_eq!(found(2).len(), 2);
    }

    proptest! {
        #[test]
        fn an_address_between_marks_is_always_found(
            before in "[ ,;:<>\"()\t\\[]{0,3}",
            local in "[a-z][a-z0-9.+_-]{0,8}[a-z]",
            after in "[ ,;\"<>|\t]{0,3}",
        ) {
            if let Ok(address) = EmailAddress::parse(&format!("{local}@example.com")) {
                let text = format!("{before}{}{after}", address.expose());
                prop_assert!(Trace::of(address).is_in(&text), "{text}");
            }
        }

        #[test]
        fn any_text_is_looked_through_without_harm(text in ".{0,200}") {
            prop_assert!(!trace("anna@nowhere.example").is_in_file(text.as_bytes()));
        }
    }
}
