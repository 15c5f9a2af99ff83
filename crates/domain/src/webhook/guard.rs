//! What a signed body must be before anybody reads it: small, UTF-8, one JSON value, not too deep, no key twice.
//!
//! A key that stands twice is read differently by different programs; who signs one meaning must not cause another
//! (RFC 8259, section 4). Numbers stay as they are written: the body is handed on as text, never through a float.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::document::Document;
use super::json::Text;
use super::reader;

/// Largest body in bytes: a line of an order of Shopify has more than a kilobyte, and an order may have hundreds.
pub const MAX_BODY: usize = 1024 * 1024;
/// Deepest nesting of lists and objects; an order of Shopify has 7.
pub const MAX_DEPTH: u32 = 32;

/// Why a body cannot be trusted to mean one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// Larger than [`MAX_BODY`].
    #[error("it has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// [`MAX_BODY`].
        limit: usize,
    },
    /// Not UTF-8 (RFC 8259, section 8.1).
    #[error("byte {at} is not UTF-8: send UTF-8")]
    NotUtf8 {
        /// The first wrong byte, from 0.
        at: usize,
    },
    /// Not exactly one JSON value.
    #[error("line {line}, column {column}: this is not one JSON value: send one object and nothing after it")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Nested beyond [`MAX_DEPTH`].
    #[error(
        "line {line}, column {column}: more than {MAX_DEPTH} lists or objects in one another: send it flatter"
    )]
    TooDeep {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The same key twice in one object.
    #[error("line {line}, column {column}: the object that ends here has a key twice: send it once")]
    DuplicateKey {
        /// The line on which the object ends, from 1.
        line: usize,
        /// The column at which it ends, from 1.
        column: usize,
    },
}

/// Refuses what is too large, before anything else is done with it.
///
/// # Errors
/// [`BadBody::TooLarge`].
pub const fn check_size(body: &[u8]) -> Result<(), BadBody> {
    if body.len() > MAX_BODY {
        return Err(BadBody::TooLarge { bytes: body.len(), limit: MAX_BODY });
    }
    Ok(())
}

/// Checks and reads a whole body in one pass; the time grows with its length alone.
///
/// # Errors
/// [`BadBody`] with the place of the first fault.
pub fn check(body: &[u8]) -> Result<Document<'_>, BadBody> {
    check_size(body)?;
    let text = std::str::from_utf8(body).map_err(|e| BadBody::NotUtf8 { at: e.valid_up_to() })?;
    reader::read(text).ok_or_else(|| first_fault(text).unwrap_or(BadBody::NotJson { line: 1, column: 1 }))
}

/// Looks again through a body that was not taken, for where and why. The reader takes all that has no fault here, and
/// nothing else.
fn first_fault(text: &str) -> Option<BadBody> {
    let fault = Cell::new(Fault::Syntax);
    let scan = Scan { depth: 0, fault: &fault };
    let mut json = serde_json::Deserializer::from_str(text);
    let scanned = scan.deserialize(&mut json).and_then(|()| json.end());
    scanned.err().map(|e| fault.get().at(e.line(), e.column()))
}

/// What a scan stumbled over.
#[derive(Clone, Copy)]
enum Fault {
    Syntax,
    Depth,
    Duplicate,
}

impl Fault {
    const fn at(self, line: usize, column: usize) -> BadBody {
        match self {
            Self::Syntax => BadBody::NotJson { line, column },
            Self::Depth => BadBody::TooDeep { line, column },
            Self::Duplicate => BadBody::DuplicateKey { line, column },
        }
    }
}

/// Reads any JSON value and keeps nothing but the keys of the objects that are open.
#[derive(Clone, Copy)]
struct Scan<'f> {
    depth: u32,
    fault: &'f Cell<Fault>,
}

impl Scan<'_> {
    fn fail<E: serde::de::Error>(self, fault: Fault) -> E {
        self.fault.set(fault);
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.fail(Fault::Depth));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    /// Taken to know that it is a number; its value is never used.
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys: Vec<Text<'de>> = Vec::new();
        while let Some(key) = object.next_key()? {
            keys.push(key);
            object.next_value_seed(inner)?;
        }
        // Sorting takes n log n whatever the keys are; nobody can choose keys that collide.
        keys.sort_unstable();
        if keys.array_windows().any(|[one, next]| one == next) {
            Err(self.fail(Fault::Duplicate))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::super::document::Node;
    use super::*;

    #[test]
    fn a_body_over_the_cap_is_too_large_and_one_at_the_cap_is_read() {
        let body = |len: usize| format!("\"{}\"", "x".repeat(len - 2)).into_bytes();
        assert!(check(&body(MAX_BODY)).is_ok());
        let large = check(&body(MAX_BODY + 1)).map(|_| ());
        assert_eq!(large, Err(BadBody::TooLarge { bytes: MAX_BODY + 1, limit: MAX_BODY }));
    }

    #[test]
    fn depth_is_counted_over_lists_and_objects() {
        let nested = |pairs: usize| format!("{}1{}", "[{\"a\":".repeat(pairs), "}]".repeat(pairs));
        assert!(check(nested(16).as_bytes()).is_ok());
        let one_more = format!("[{}]", nested(16));
        let deep = check(one_more.as_bytes()).map(|_| ());
        assert!(matches!(deep, Err(BadBody::TooDeep { .. })), "{deep:?}");
    }

    #[test]
    fn a_key_twice_is_refused_even_when_written_differently() {
        for body in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"b":{"x":1,"y":2,"x":3}}]"#] {
            let twice = check(body.as_bytes()).map(|_| ());
            assert!(matches!(twice, Err(BadBody::DuplicateKey { .. })), "{body}");
        }
        assert!(check(br#"[{"a":1},{"a":{"a":2}}]"#).is_ok());
    }

    #[test]
    fn exactly_one_json_value_is_read() {
        let bodies: [&[u8]; 9] =
            [b"", b" ", b"{} {}", b"{}x", b"{\"a\":1,}", b"{'a':1}", b"nul", b"[1", b"\xef\xbb\xbf{}"];
        for body in bodies {
            let broken = check(body).map(|_| ());
            assert!(matches!(broken, Err(BadBody::NotJson { .. })), "{body:?}: {broken:?}");
        }
        assert_eq!(check(b"{\"a\":\"\xff\"}").map(|_| ()), Err(BadBody::NotUtf8 { at: 6 }));
    }

    #[test]
    fn a_number_beyond_53_bits_keeps_every_digit() {
        let body = br#"{"id":820982911946154509,"price":0.10000000000000000001}"#;
        assert_eq!(check(body).unwrap().body().unwrap().text().as_bytes(), body);
    }

    /// What the guard said before there was a reader: it looked through the body with `serde_json` alone.
    fn told_by_looking(body: &[u8]) -> Result<(), BadBody> {
        check_size(body)?;
        let text = std::str::from_utf8(body).map_err(|e| BadBody::NotUtf8 { at: e.valid_up_to() })?;
        let fault = Cell::new(Fault::Syntax);
        let mut json = serde_json::Deserializer::from_str(text);
        Scan { depth: 0, fault: &fault }
            .deserialize(&mut json)
            .and_then(|()| serde_json::from_str::<&RawValue>(text).map(|_| ()))
            .map_err(|e| fault.get().at(e.line(), e.column()))
    }

    /// The reader takes what has no fault and nothing else, and keeps what stands there.
    fn check_alike(body: &[u8]) {
        let told = told_by_looking(body);
        match check(body) {
            Ok(document) => {
                assert_eq!(told, Ok(()), "{}", String::from_utf8_lossy(body));
                assert_same(document.body().unwrap());
            }
            Err(fault) => assert_eq!(Err(fault), told, "{}", String::from_utf8_lossy(body)),
        }
    }

    fn assert_same(node: Node<'_>) {
        if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(node.text()) {
            assert!(list.iter().map(|item| item.get()).eq(node.nodes().map(|item| item.text())));
        } else if let Ok(object) = serde_json::from_str::<BTreeMap<Text<'_>, &RawValue>>(node.text()) {
            assert_eq!(object.len(), node.nodes().count());
            for (Text(name), value) in object {
                assert_eq!(node.field(&name).unwrap().text(), value.get());
            }
        } else {
            assert_eq!(node.nodes().count(), 0);
        }
        node.nodes().for_each(assert_same);
    }

    #[test]
    fn what_is_odd_is_taken_or_refused_as_ever() {
        let values = [
            "0",
            "-0",
            "00",
            "01",
            "-",
            "-1",
            "--1",
            "+1",
            "1.",
            ".1",
            "1.0",
            "1e5",
            "1E+5",
            "1e",
            "1e-",
            "1.e1",
            "123456789012345678",
            "999999999999999999",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775809",
            "1e308",
            "1e309",
            "-1e309",
            "1e-400",
            "0x1",
            "1_0",
            "1-2",
            "Infinity",
            "NaN",
            "true",
            "True",
            "tru",
            "truex",
            "false",
            "null",
            "nulls",
            "",
            "\"\"",
            "\"",
            "\"\\\"",
            "\"\\\\\"",
            r#""\n""#,
            r#""\x""#,
            r#""\u00e4""#,
            r#""\u00e""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud83d\ude00""#,
            r#""\ud83d\u0041""#,
            r#""\ud83dx""#,
            "\"\t\"",
            "\"\n\"",
            "\"\u{0}\"",
            "\"\u{1f}\"",
            "\"\u{20}\u{7f}\"",
            "\"ä€😀\"",
            "\"\\ä\"",
            "\"1234567\"",
            "\"12345678\"",
            "\"1234567\\\"",
            "\"12345678\u{1}\"",
            "[]",
            "[ ]",
            "[,]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "]",
            "{}",
            "{ }",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a" : 1}"#,
            r#"{a:1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1;"b":2}"#,
            r#"{1:1}"#,
            "[}",
            "{]",
            r#"{"":1,"":2}"#,
            r#"{"aaaaaaaaa":1,"baaaaaaaa":2}"#,
            r#"{"aaaaaaaa":1,"aaaaaaaa":2}"#,
            r#"{"\u0061":1,"a":2}"#,
            "/**/1",
        ];
        for value in values {
            for (before, after) in
                [("", ""), (" \t\r\n", " \n"), ("[", "]"), ("{\"k\":", "}"), ("", "x"), ("\u{b}", "")]
            {
                check_alike(format!("{before}{value}{after}").as_bytes());
            }
        }
        for pairs in 14..19 {
            check_alike(format!("{}1{}", "[{\"a\":".repeat(pairs), "}]".repeat(pairs)).as_bytes());
            check_alike(format!("[{}]", "[{\"a\":".repeat(pairs)).as_bytes());
        }
    }

    #[test]
    fn every_body_of_the_fuzzer_is_taken_or_refused_as_ever() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/webhook_bodies");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files {
            let body = std::fs::read(file).unwrap();
            for end in 0..=body.len().min(3_000) {
                check_alike(&body[..end]);
            }
            check_alike(&body);
        }
    }

    /// JSON of every kind, with keys of few letters so that some stand twice.
    fn json() -> impl Strategy<Value = String> {
        let text = "\"([ -!#-\\[\\]-~äß😀]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-f]{2}){0,20}\"";
        let number = "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?";
        let plain = prop_oneof![text, number, "(true|false|null)"];
        plain.prop_recursive(6, 64, 8, |inner| {
            let key = "\"(a|b|c|\\\\u0061|long_name_[a-c]{1,2}|[a-z]{1,12})\"";
            let field = (key, "[ \n]?", inner.clone())
                .prop_map(|(key, blank, value)| format!("{key}{blank}:{value}"));
            let list =
                proptest::collection::vec(inner, 0..8).prop_map(|items| format!("[{}]", items.join(" ,")));
            let object =
                proptest::collection::vec(field, 0..8).prop_map(|items| format!("{{{}}}", items.join(",")));
            prop_oneof![list, object]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_taken_or_refused_as_ever(body in json()) {
            check_alike(body.as_bytes());
        }

        #[test]
        fn any_damaged_json_is_taken_or_refused_as_ever(
            body in json(),
            at in any::<prop::sample::Index>(),
            other in "[\\[\\]{}\",:0-9a-z.é\u{1}\\\\ -]{0,3}",
            cut in 0_usize..4,
        ) {
            let (at, mut bytes) = (at.index(body.len() + 1), body.into_bytes());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, other.bytes());
            check_alike(&bytes);
        }

        #[test]
        fn no_bytes_make_the_guard_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            check_alike(&body);
        }
    }
}
