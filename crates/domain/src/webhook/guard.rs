//! What a signed body must be before anybody reads it: small, UTF-8, one JSON value, not too deep, no key twice.
//!
//! A key that stands twice is read differently by different programs; who signs one meaning must not cause another
//! (RFC 8259, section 4). Numbers stay as they are written: the body is handed on as text, never through a float.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::Name;

/// Largest body in bytes; a long order of Shopify has about 60 KB.
pub const MAX_BODY: usize = 256 * 1024;
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

/// Checks a whole body in one pass; the time grows with its length alone.
///
/// # Errors
/// [`BadBody`] with the place of the first fault.
pub fn check(body: &[u8]) -> Result<&RawValue, BadBody> {
    check_size(body)?;
    let text = std::str::from_utf8(body).map_err(|e| BadBody::NotUtf8 { at: e.valid_up_to() })?;
    let fault = Cell::new(Fault::Syntax);
    let scan = Scan { depth: 0, fault: &fault };
    let mut json = serde_json::Deserializer::from_str(text);
    scan.deserialize(&mut json)
        .and_then(|()| serde_json::from_str(text))
        .map_err(|e| fault.get().at(e.line(), e.column()))
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
        let mut keys: Vec<Name<'de>> = Vec::new();
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
    use proptest::prelude::*;

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
            let twice = check(body.as_bytes()).map(RawValue::get);
            assert!(matches!(twice, Err(BadBody::DuplicateKey { .. })), "{body}");
        }
        assert!(check(br#"[{"a":1},{"a":{"a":2}}]"#).is_ok());
    }

    #[test]
    fn exactly_one_json_value_is_read() {
        let bodies: [&[u8]; 9] =
            [b"", b" ", b"{} {}", b"{}x", b"{\"a\":1,}", b"{'a':1}", b"nul", b"[1", b"\xef\xbb\xbf{}"];
        for body in bodies {
            let broken = check(body).map(RawValue::get);
            assert!(matches!(broken, Err(BadBody::NotJson { .. })), "{body:?}: {broken:?}");
        }
        assert_eq!(check(b"{\"a\":\"\xff\"}").map(RawValue::get), Err(BadBody::NotUtf8 { at: 6 }));
    }

    #[test]
    fn a_number_beyond_53_bits_keeps_every_digit() {
        let body = br#"{"id":820982911946154509,"price":0.10000000000000000001}"#;
        assert_eq!(check(body).unwrap().get().as_bytes(), body);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_guard_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(raw) = check(&body) {
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(raw.get()).is_ok());
            }
        }
    }
}
