//! How a value of the domain is written into one attribute of an item.
//!
//! JSON, so that an operator can read an item in the console. Longer JSON is deflated: DynamoDB bills a write by the
//! kilobyte, and a person with some purchases would cost two units at each step of each mail.

use std::collections::HashMap;
use std::io::{Read, Write};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use nachklang_domain::ports::{PortError, PortResult};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An item: attributes by name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Longest JSON that is written as text, in bytes: with keys and version it stays within the first kilobyte, and so
/// within one write unit.
const MAX_PLAIN: usize = 900;
/// Longest JSON that a deflated body may hold, in bytes: forty times what an item holds, far from what a function has.
const MAX_INFLATED: u64 = 16 << 20;
/// Largest item, in bytes, names included.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_ITEM: usize = 400 << 10;

/// The attribute that holds a value; `noun` is what it is called in an error.
///
/// # Errors
/// A permanent error when the value has no JSON.
pub(super) fn body<T: Serialize>(noun: &str, value: &T) -> PortResult<AttributeValue> {
    let unwritable = || PortError::permanent(format!("{noun} cannot be written as JSON; this is a defect"));
    let json = serde_json::to_string(value).map_err(|_| unwritable())?;
    if json.len() <= MAX_PLAIN {
        return Ok(AttributeValue::S(json));
    }
    match deflate(json.as_bytes()) {
        Ok(small) if small.len() < json.len() => Ok(AttributeValue::B(Blob::new(small))),
        Ok(_) | Err(_) => Ok(AttributeValue::S(json)),
    }
}

/// The value of an attribute. The cause of an error is dropped: it may quote what is stored.
///
/// # Errors
/// A permanent error when nothing that this program wrote stands there.
pub(super) fn value<T: DeserializeOwned>(noun: &str, attribute: Option<&AttributeValue>) -> PortResult<T> {
    let parsed = match attribute {
        Some(AttributeValue::S(json)) => serde_json::from_str(json).ok(),
        Some(AttributeValue::B(blob)) => {
            inflate(blob.as_ref()).and_then(|json| serde_json::from_slice(&json).ok())
        }
        _ => None,
    };
    parsed.ok_or_else(|| unreadable(noun))
}

/// That an item holds something which this program cannot have written.
pub(super) fn unreadable(noun: &str) -> PortError {
    PortError::permanent(format!("the table holds {noun} that cannot be read; restore it from a backup"))
}

fn deflate(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json)?;
    encoder.finish()
}

fn inflate(small: &[u8]) -> Option<Vec<u8>> {
    let mut json = Vec::new();
    DeflateDecoder::new(small).take(MAX_INFLATED + 1).read_to_end(&mut json).ok()?;
    u64::try_from(json.len()).is_ok_and(|length| length <= MAX_INFLATED).then_some(json)
}

/// Refuses an item that DynamoDB would refuse, in words that say more than its answer does.
///
/// # Errors
/// A permanent error when the item is larger than 400 KB.
pub(super) fn ensure_fits(noun: &str, item: &Item) -> PortResult<()> {
    let size = item_size(item);
    if size <= MAX_ITEM {
        return Ok(());
    }
    Err(PortError::too_large(format!(
        "{noun} of {size} bytes is larger than the {MAX_ITEM} bytes that an item may have; see docs/adr/0001"
    )))
}

/// The size that DynamoDB counts, in bytes; of a number the upper bound.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + attribute_size(value)).sum()
}

fn attribute_size(value: &AttributeValue) -> usize {
    /// A list or map costs three bytes, and one for each of its elements.
    const NEST: usize = 3;
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Bs(blobs) => blobs.iter().map(|blob| blob.as_ref().len()).sum(),
        AttributeValue::L(values) => {
            NEST + values.iter().map(|value| 1 + attribute_size(value)).sum::<usize>()
        }
        AttributeValue::M(map) => NEST + map.len() + item_size(map),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(text: &String) -> String {
        value("a text", Some(&body("a text", text).unwrap())).unwrap()
    }

    #[test]
    fn short_json_can_be_read_in_the_console() {
        let text = "x".repeat(MAX_PLAIN - 2);
        assert_eq!(body("a text", &text).unwrap(), AttributeValue::S(format!("\"{text}\"")));
    }

    #[test]
    fn long_json_is_deflated_and_small() {
        let text = "a ring ".repeat(1_000);
        let AttributeValue::B(blob) = body("a text", &text).unwrap() else {
            panic!("long JSON is deflated");
        };
        assert!(blob.as_ref().len() < 100, "{}", blob.as_ref().len());
        assert_eq!(again(&text), text);
    }

    #[test]
    fn json_that_deflating_would_not_shrink_stays_text() {
        let mut state = 1_u64;
        let noise: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from_u32(0x4E00 + u32::try_from(state >> 50).unwrap()).unwrap_or('x')
        })
        .take(400)
        .collect();
        let stored = body("a text", &noise).unwrap();
        let length = match &stored {
            AttributeValue::S(json) => json.len(),
            AttributeValue::B(blob) => blob.as_ref().len(),
            _ => panic!("text or bytes"),
        };
        assert!(length <= noise.len() + 2);
        assert_eq!(again(&noise), noise);
    }

    #[test]
    fn what_this_program_cannot_have_written_is_told_without_quoting_it() {
        for stored in [
            None,
            Some(AttributeValue::S("anna@example.com".to_owned())),
            Some(AttributeValue::B(Blob::new(*b"anna@example.com"))),
            Some(AttributeValue::Bool(true)),
        ] {
            let error = value::<String>("a contact", stored.as_ref()).unwrap_err();
            assert!(!error.is_transient());
            assert_eq!(
                error.to_string(),
                "the table holds a contact that cannot be read; restore it from a backup"
            );
        }
    }

    #[test]
    fn a_body_inflates_to_its_bound_and_no_further() {
        let deflated = |length| {
            let json = serde_json::to_vec(&"x".repeat(length)).unwrap();
            AttributeValue::B(Blob::new(deflate(&json).unwrap()))
        };
        let most = usize::try_from(MAX_INFLATED).unwrap() - 2;
        assert_eq!(value::<String>("a text", Some(&deflated(most))).unwrap().len(), most);
        assert!(value::<String>("a text", Some(&deflated(most + 1))).is_err());
    }

    #[test]
    fn an_item_is_measured_with_its_names_and_refused_before_the_call() {
        let list = AttributeValue::L(vec![AttributeValue::S("abc".to_owned()), AttributeValue::Bool(true)]);
        let item =
            Item::from([("pk".to_owned(), AttributeValue::S("de".to_owned())), ("history".to_owned(), list)]);
        assert_eq!(item_size(&item), 4 + 7 + 3 + 4 + 2);
        let of = |length| Item::from([("body".to_owned(), AttributeValue::S("x".repeat(length)))]);
        assert!(ensure_fits("an order", &of(MAX_ITEM - 4)).is_ok());
        let error = ensure_fits("an order", &of(MAX_ITEM - 3)).unwrap_err();
        assert!(!error.is_transient() && error.to_string().starts_with("an order of 409601 bytes is larger"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in ".{0,2000}") {
            prop_assert_eq!(again(&text), text);
        }

        #[test]
        fn a_body_is_never_larger_than_its_json(words in prop::collection::vec("[a-zé]{1,9}", 0..400)) {
            let json = serde_json::to_string(&words).unwrap();
            let size = attribute_size(&body("words", &words).unwrap());
            prop_assert!(size <= json.len());
            prop_assert!(json.len() > MAX_PLAIN || size == json.len());
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let stored = AttributeValue::B(Blob::new(bytes));
            prop_assert!(value::<Vec<String>>("words", Some(&stored)).is_ok_or_permanent());
        }
    }

    trait OkOrPermanent {
        fn is_ok_or_permanent(&self) -> bool;
    }

    impl<T> OkOrPermanent for PortResult<T> {
        fn is_ok_or_permanent(&self) -> bool {
            self.as_ref().map_or_else(|error| !error.is_transient(), |_| true)
        }
    }
}
