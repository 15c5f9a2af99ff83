//! The jewellery brand "Lunaria": what stays the same while the bytes change.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jiff::Timestamp;
use nachklang_domain::catalog::{BRAND_FILE, Files, MailFacts};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, MailId, MailName, OrderKey, OrderNumber};
use nachklang_domain::id::{SegmentId, ShopId, Source};
use nachklang_domain::language::Language;
use nachklang_domain::mail::published::{AddressForm, VariantKey};
use nachklang_domain::secret::SecretBytes;

/// An address that no answer to a file or a webhook may hold.
pub(crate) const CANARY: &str = "mira@example.com";
const NOW: i64 = 1_793_610_720;

/// The brand, its shop and its flow, as its marketer would upload them.
pub(crate) const BRAND: &str = include_str!("fixed/brand.toml");
pub(crate) const SHOP: &str = include_str!("fixed/shop.toml");
pub(crate) const FLOW: &str = include_str!("fixed/flow.toml");

/// What was written here and not by the fuzzer: if it is wrong, nothing below it says anything.
pub(crate) fn sure<T, E: Debug>(made: Result<T, E>) -> T {
    made.unwrap_or_else(|error| unreachable!("the fixed part is wrong: {error:?}"))
}

pub(crate) fn now() -> Timestamp {
    sure(Timestamp::from_second(NOW))
}

pub(crate) fn shop_id() -> ShopId {
    sure(ShopId::parse("de"))
}

pub(crate) fn source() -> Source {
    sure(Source::parse("till"))
}

pub(crate) fn contact_key() -> SecretBytes {
    SecretBytes::new(b"a key for the people of the fuzzer".to_vec())
}

pub(crate) fn contact() -> ContactId {
    ContactId::of(&sure(EmailAddress::parse(CANARY)), &contact_key())
}

pub(crate) fn flow_id() -> FlowId {
    sure(FlowId::parse("after-sales"))
}

pub(crate) fn enrolment() -> EnrolmentId {
    let number = sure(OrderNumber::parse("LU-1"));
    EnrolmentId::of(&flow_id(), contact(), &OrderKey { shop: shop_id(), source: source(), number })
}

pub(crate) fn mail_id() -> MailId {
    MailId::of(&flow_id(), "2026", 0, enrolment())
}

pub(crate) fn language() -> Language {
    sure(Language::parse("de"))
}

pub(crate) fn segment() -> SegmentId {
    sure(SegmentId::parse("collection"))
}

pub(crate) fn variant() -> VariantKey {
    VariantKey { language: language(), segment: segment(), form: AddressForm::Informal }
}

/// The files of a catalog in which nothing is wrong.
pub(crate) fn catalog_files() -> Files {
    [(BRAND_FILE, BRAND), ("shops/de.toml", SHOP), ("flows/after-sales.toml", FLOW)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
}

/// The mails that the flow sends.
pub(crate) fn mails() -> BTreeMap<MailName, MailFacts> {
    let languages = ["de", "en"].map(|tag| sure(Language::parse(tag))).to_vec();
    ["charms", "rest"]
        .map(|name| (sure(MailName::parse(name)), MailFacts { languages: languages.clone() }))
        .into()
}
