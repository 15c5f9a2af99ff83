//! The data of one mail: all that its templates can name.

use std::fmt;

use minijinja::Value;
use serde::{Deserialize, Serialize};

use super::record::record;
use crate::id::SegmentId;
use crate::language::Language;

/// Most bought products of a mail; further ones are not shown.
pub const MAX_BOUGHT: usize = 6;
/// Most products that a flow may suggest in a mail: more overload it (R79).
pub const MAX_PRODUCTS: usize = 12;

/// The data of one mail. Every text is formatted for the reader; links are absolute `http` or `https`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailData {
    /// The mail's language.
    pub language: Language,
    /// Which segment the basket belongs to.
    pub segment: SegmentId,
    /// The market.
    pub shop: ShopData,
    /// The buyer.
    pub contact: ContactData,
    /// The order that led to the mail.
    pub order: OrderData,
    /// What was bought and kept; at least one, at most [`MAX_BOUGHT`].
    pub bought: Vec<BoughtData>,
    /// What is suggested; may be empty, at most [`MAX_PRODUCTS`].
    pub products: Vec<ProductData>,
    /// The coupon, if the mail has one.
    pub coupon: Option<CouponData>,
    /// The mail's own links.
    pub urls: UrlData,
}

/// The market, as a mail shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopData {
    /// The name the buyer knows.
    pub name: String,
    /// The home page.
    pub website: String,
    /// The privacy statement.
    pub privacy_url: String,
    /// The provider identification, line by line (§ 5 DDG).
    pub imprint: Vec<String>,
    /// The postal address in one line.
    pub postal: String,
    /// Why she gets this mail, and her right to object (§ 7 (3) no. 4 UWG).
    pub legal_notice: String,
}

/// The buyer, as far as a mail may know her.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactData {
    /// The first name, or an empty text.
    pub first_name: String,
}

/// The order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderData {
    /// The shop's number.
    pub number: String,
    /// The day of the purchase, written out.
    pub date: String,
}

/// A bought product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtData {
    /// The name.
    pub title: String,
    /// Pieces that were kept.
    pub quantity: u32,
    /// The picture, or an empty text.
    pub image: String,
    /// The page, or an empty text.
    pub link: String,
}

/// A suggested product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductData {
    /// The name.
    pub title: String,
    /// The picture.
    pub image: String,
    /// The page.
    pub link: String,
    /// What it costs.
    pub price: String,
    /// The price to strike through, or an empty text.
    pub old_price: String,
    /// The saving in whole percent, or 0.
    pub saving_percent: u32,
}

/// The coupon.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponData {
    /// The code, hers alone.
    pub code: String,
    /// The last day of its validity, written out.
    pub valid_until: String,
    /// What it gives, in words.
    pub benefit: String,
    /// Where it can be used.
    pub link: String,
}

/// The mail's own links.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlData {
    /// The page on which she can object.
    pub unsubscribe: String,
    /// The shop, for the logo and the main button.
    pub view_shop: String,
}

/// How many products stand side by side in `product_rows`.
const ROW: usize = 2;

impl MailData {
    /// The data as the templates name it, with the values of its shop. Rows share their products with the plain list.
    pub(super) fn to_context(&self, shop: Value) -> Value {
        let products: Vec<Value> = self.products.iter().map(ProductData::to_value).collect();
        let rows: Vec<Value> = products.chunks(ROW).map(row).collect();
        record([
            ("shop", shop),
            ("contact", record([("first_name", (&self.contact.first_name).into())])),
            ("order", self.order.to_value()),
            ("bought", self.bought.iter().map(BoughtData::to_value).collect()),
            ("products", products.into()),
            ("product_rows", rows.into()),
            ("coupon", self.coupon.as_ref().map(CouponData::to_value).into()),
            ("urls", self.urls.to_value()),
            ("language", self.language.as_str().into()),
            ("dir", direction(self.language).into()),
            ("segment", self.segment.as_str().into()),
        ])
    }
}

/// A full row takes one allocation, a list of any length two.
fn row(products: &[Value]) -> Value {
    match <&[Value; ROW]>::try_from(products) {
        Ok(full) => full.clone().into(),
        Err(_) => products.into(),
    }
}

impl ShopData {
    /// The shop as the templates name it.
    pub(super) fn to_value(&self) -> Value {
        record([
            ("name", (&self.name).into()),
            ("website", (&self.website).into()),
            ("privacy_url", (&self.privacy_url).into()),
            ("imprint", self.imprint.iter().collect()),
            ("postal", (&self.postal).into()),
            ("legal_notice", (&self.legal_notice).into()),
        ])
    }
}

impl OrderData {
    fn to_value(&self) -> Value {
        record([("number", (&self.number).into()), ("date", (&self.date).into())])
    }
}

impl BoughtData {
    fn to_value(&self) -> Value {
        record([
            ("title", (&self.title).into()),
            ("quantity", self.quantity.into()),
            ("image", (&self.image).into()),
            ("link", (&self.link).into()),
        ])
    }
}

impl ProductData {
    fn to_value(&self) -> Value {
        record([
            ("title", (&self.title).into()),
            ("image", (&self.image).into()),
            ("link", (&self.link).into()),
            ("price", (&self.price).into()),
            ("old_price", (&self.old_price).into()),
            ("saving_percent", self.saving_percent.into()),
        ])
    }
}

impl CouponData {
    fn to_value(&self) -> Value {
        record([
            ("code", (&self.code).into()),
            ("valid_until", (&self.valid_until).into()),
            ("benefit", (&self.benefit).into()),
            ("link", (&self.link).into()),
        ])
    }
}

impl UrlData {
    fn to_value(&self) -> Value {
        record([("unsubscribe", (&self.unsubscribe).into()), ("view_shop", (&self.view_shop).into())])
    }
}

/// The direction a language is written in, for the `dir` attribute. Source: CLDR 48, characterOrder.
fn direction(language: Language) -> &'static str {
    const RIGHT_TO_LEFT: [&str; 8] = ["ar", "fa", "he", "ur", "ps", "yi", "ckb", "dv"];
    if RIGHT_TO_LEFT.contains(&language.as_str()) { "rtl" } else { "ltr" }
}

/// Names, codes and personal links stay out of logs.
impl fmt::Debug for MailData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailData")
            .field("language", &self.language)
            .field("segment", &self.segment)
            .field("bought", &self.bought.len())
            .field("products", &self.products.len())
            .field("coupon", &self.coupon.is_some())
            .finish_non_exhaustive()
    }
}
