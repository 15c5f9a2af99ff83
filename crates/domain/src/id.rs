//! Names and numbers of things, each a type of its own, parsed where they come in.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::email::EmailAddress;
use crate::secret::SecretBytes;

/// Why a text is no valid name or number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} is not valid: {rule}")]
pub struct InvalidId {
    what: &'static str,
    value: String,
    rule: &'static str,
}

/// Longest slug, so that it fits every AWS tag, key and folder name.
const MAX_SLUG: usize = 48;
/// Longest number, code or SKU that comes from outside.
const MAX_FOREIGN: usize = 128;

fn slug(what: &'static str, value: &str) -> Result<String, InvalidId> {
    let fits = !value.is_empty()
        && value.len() <= MAX_SLUG
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let rule = "use 1 to 48 of a-z, 0-9 and -";
    if fits { Ok(value.to_owned()) } else { Err(InvalidId { what, value: shown(value), rule }) }
}

fn foreign(what: &'static str, value: &str) -> Result<String, InvalidId> {
    let value = value.trim();
    let fits = !value.is_empty() && value.len() <= MAX_FOREIGN && !crate::text::has_unsafe(value);
    let rule = "use 1 to 128 bytes without control characters";
    if fits { Ok(value.to_owned()) } else { Err(InvalidId { what, value: shown(value), rule }) }
}

fn shown(value: &str) -> String {
    value.chars().filter(|c| !crate::text::is_unsafe(*c)).take(40).collect()
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $parse:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// [`InvalidId`] names the rule that the text breaks.
            pub fn parse(value: &str) -> Result<Self, InvalidId> {
                $parse($what, value).map(Self)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(value: String) -> Result<Self, InvalidId> {
                Self::parse(&value)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(value: &str) -> Result<Self, InvalidId> {
                Self::parse(value)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

text_id!(
    /// One market of the brand: a currency, languages, a time zone, a sender, a legal footer.
    ShopId, "shop", slug
);
text_id!(
    /// Where orders come from: `shopify`, `api`, `till`.
    Source, "source", slug
);
text_id!(
    /// The name of a flow, that of its file.
    FlowId, "flow", slug
);
text_id!(
    /// The name of a segment within a flow.
    SegmentId, "segment", slug
);
text_id!(
    /// The name of a mail, that of its folder.
    MailName, "mail", slug
);
text_id!(
    /// One way of an experiment, such as `day-2`.
    VariantId, "variant", slug
);
text_id!(
    /// A product series as the brand file names it.
    SeriesId, "series", slug
);
text_id!(
    /// A coupon pool, that of its folder.
    PoolId, "coupon pool", slug
);
text_id!(
    /// A coupon campaign's edition: one code per contact and edition.
    EditionId, "edition", slug
);
text_id!(
    /// The order number of the source system; unique per shop and source.
    OrderNumber, "order number", foreign
);
text_id!(
    /// A line of an order, unique within it.
    LineId, "line id", foreign
);
text_id!(
    /// A refund of an order, unique within it.
    RefundId, "refund id", foreign
);
text_id!(
    /// The stock keeping unit, as the shop writes it.
    Sku, "SKU", foreign
);
text_id!(
    /// The id of a product in the feed of a shop and language.
    ProductId, "product id", foreign
);

/// What identifies an order: the shop, the system it comes from, and that system's number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// The market.
    pub shop: ShopId,
    /// The system that sent it.
    pub source: Source,
    /// That system's number.
    pub number: OrderNumber,
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.shop, self.source, self.number)
    }
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// Parses 32 hexadecimal digits.
            ///
            /// # Errors
            /// [`InvalidId`] for anything else.
            pub fn parse(value: &str) -> Result<Self, InvalidId> {
                parse_hex(value).map(Self).ok_or_else(|| InvalidId {
                    what: stringify!($name),
                    value: shown(value),
                    rule: "use 32 hexadecimal digits",
                })
            }

            /// The sixteen bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(value: String) -> Result<Self, InvalidId> {
                Self::parse(&value)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

hash_id!(
    /// A person: the keyed hash of her normalised address, the same in every shop of the brand.
    ContactId
);
hash_id!(
    /// One contact in one flow for one anchor.
    EnrolmentId
);
hash_id!(
    /// One message to one contact: hash of (flow edition, step, contact, anchor).
    MailId
);

impl ContactId {
    /// The id of the person behind an address; without the key nobody can guess it back.
    #[must_use]
    pub fn of(address: &EmailAddress, key: &SecretBytes) -> Self {
        Self(keyed(key, address.normalised().as_bytes()))
    }

    /// The id of a person known by a customer number alone; she can be counted, never mailed.
    #[must_use]
    pub fn of_customer_number(shop: &ShopId, number: &str, key: &SecretBytes) -> Self {
        Self(keyed(key, format!("{shop}\u{0}{number}").as_bytes()))
    }
}

impl EnrolmentId {
    /// The id that every delivery of the same order computes again.
    #[must_use]
    pub fn of(flow: &FlowId, contact: ContactId, anchor: &OrderKey) -> Self {
        Self(hashed(&[flow.as_str(), &contact.to_string(), &anchor.to_string()]))
    }

    /// The id of a further enrolment that the same order starts: it had left the ones before.
    #[must_use]
    pub fn again(flow: &FlowId, contact: ContactId, anchor: &OrderKey, before: usize) -> Self {
        let parts = [flow.as_str(), &contact.to_string(), &anchor.to_string(), &before.to_string()];
        Self(hashed(&parts))
    }
}

impl MailId {
    /// The id of the one mail of a step; a second plan of the same mail computes the same id.
    #[must_use]
    pub fn of(flow: &FlowId, edition: &str, step: u32, enrolment: EnrolmentId) -> Self {
        Self(hashed(&[flow.as_str(), edition, &step.to_string(), &enrolment.to_string()]))
    }
}

fn keyed(key: &SecretBytes, message: &[u8]) -> [u8; 16] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose()).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(message);
    first_half(mac.finalize().into_bytes().into())
}

/// Hashes parts with a separator that no part may hold, so that ("ab","c") and ("a","bc") differ.
fn hashed(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    first_half(hash.finalize().into())
}

fn first_half(full: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(full) {
        *to = from;
    }
    half
}

fn parse_hex(value: &str) -> Option<[u8; 16]> {
    if value.len() != 32 || !value.is_ascii() {
        return None;
    }
    let mut bytes = [0; 16];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(value.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// A stable number in `0..buckets` from an id: for shards and for shares of an experiment.
#[must_use]
pub fn bucket(parts: &[&str], buckets: u32) -> u32 {
    let hash = hashed(parts);
    let word = hash.iter().take(8).fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    u32::try_from(word % u64::from(buckets.max(1))).unwrap_or(0)
}

/// The SHA-256 of some content in lower-case hexadecimal: the version of a template, flow or feed.
#[must_use]
pub fn content_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_id_needs_the_key_and_ignores_letter_case() {
        let key = SecretBytes::new(b"one key".to_vec());
        let other = SecretBytes::new(b"another key".to_vec());
        let anna = EmailAddress::parse("Anna@Example.com").unwrap();
        let same = EmailAddress::parse("anna@example.com").unwrap();
        assert_eq!(ContactId::of(&anna, &key), ContactId::of(&same, &key));
        assert_ne!(ContactId::of(&anna, &key), ContactId::of(&anna, &other));
    }

    #[test]
    fn ids_survive_text_and_refuse_other_text() {
        let id = ContactId([7; 16]);
        assert_eq!(ContactId::parse(&id.to_string()).unwrap(), id);
        for wrong in ["", "07", "zz".repeat(16).as_str(), "é".repeat(16).as_str()] {
            assert!(ContactId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn slugs_refuse_what_would_break_a_key_or_a_folder() {
        for wrong in ["", "De", "a/b", "a#b", "ä", "a b", &"x".repeat(49)] {
            assert!(ShopId::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(ShopId::parse("de-at2").unwrap().as_str(), "de-at2");
    }

    #[test]
    fn foreign_ids_refuse_control_characters_and_bidi_overrides() {
        for wrong in ["", "  ", "a\r\nb", "a\u{0}b", "a\u{202e}b", &"x".repeat(129)] {
            assert!(Sku::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Sku::parse(" CC-1 ").unwrap().as_str(), "CC-1");
    }
}
