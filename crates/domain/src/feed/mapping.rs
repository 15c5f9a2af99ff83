//! From a row of a feed to a product.

use url::Url;

use crate::id::{ProductId, Sku};
use crate::money::{Currency, Money};
use crate::product::{Availability, Product, Sale};

use super::attribute::{Attribute, LABELS, RawRow, Schema};
use super::config::{FeedConfig, SkuPattern};
use super::gap::{Gap, Gaps};
use super::offer::{parse_availability, parse_window};
use super::plain_text::plain_text;
use super::price::{Bare, PriceFault, parse_price};

/// Longest id (Google Merchant Center, attribute `id`).
const MAX_ID: usize = 50;
/// Longest title (attribute `title`).
const MAX_TITLE: usize = 150;
/// Longest path (attribute `product_type`).
const MAX_PATH: usize = 750;
/// Longest brand, group or label.
const MAX_WORD: usize = 100;
/// Longest link (attribute `link`).
const MAX_LINK: usize = 2_000;

/// Why a row is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowFault {
    pub(super) problem: String,
    pub(super) remedy: &'static str,
}

/// How the rows of one shop become products.
pub(super) struct Mapping {
    pub(super) schema: Schema,
    pattern: SkuPattern,
    currency: Currency,
}

impl Mapping {
    pub(super) fn new(config: &FeedConfig, currency: Currency) -> Self {
        Self {
            schema: Schema::new(config),
            pattern: config.sku_pattern.clone().unwrap_or_default(),
            currency,
        }
    }

    /// The id of a row, checked.
    pub(super) fn id(&self, row: &RawRow) -> Result<ProductId, RowFault> {
        let text = row.get(Attribute::Id);
        let problem = if let Some(attribute) = row.overlong {
            format!("the value of {attribute:?} is too long")
        } else if text.is_empty() {
            "the product has no id".to_owned()
        } else if text.chars().count() > MAX_ID {
            format!("the id is longer than {MAX_ID} characters")
        } else {
            return ProductId::parse(text).map_err(|error| RowFault {
                problem: error.to_string(),
                remedy: "give the product an id of printable characters",
            });
        };
        Err(RowFault {
            problem,
            remedy: "mend the product in the shop system and export the feed again",
        })
    }

    /// The product of a row. What it lacks is noted, not refused.
    pub(super) fn product(&self, id: ProductId, row: &RawRow, gaps: &mut Gaps) -> Result<Product, RowFault> {
        let mut note = |gap| gaps.note(gap, row.line);
        if row.legacy_text {
            note(Gap::LegacyText);
        }
        let price = self.price(row, &mut note)?;
        let product = Product {
            id,
            sku: self.sku(row, &mut note),
            group: word(row.get(Attribute::ItemGroupId)),
            title: title(row, &mut note),
            link: link(row.get(Attribute::Link), Gap::Link, &mut note),
            image: link(row.get(Attribute::ImageLink), Gap::Image, &mut note),
            price,
            sale: self.sale(row, &mut note)?,
            lowest_30_days: self.lowest(row, &mut note),
            availability: availability(row, &mut note),
            product_type: path(row.get(Attribute::ProductType)),
            category: text(row.get(Attribute::Category), MAX_PATH),
            brand: word(row.get(Attribute::Brand)),
            labels: LABELS.map(|label| plain_text(row.get(label), MAX_WORD)),
        };
        Ok(product)
    }

    fn sku(&self, row: &RawRow, note: &mut impl FnMut(Gap)) -> Option<Sku> {
        let held = row.get(self.schema.sku);
        if held.is_empty() {
            return None;
        }
        let sku = self.pattern.cut(held).and_then(|cut| Sku::parse(cut).ok());
        if sku.is_none() {
            note(Gap::Sku);
        }
        sku
    }

    fn price(&self, row: &RawRow, note: &mut impl FnMut(Gap)) -> Result<Option<Money>, RowFault> {
        let text = row.get(Attribute::Price);
        if text.is_empty() {
            note(Gap::Price);
            return Ok(None);
        }
        match parse_price(text, self.currency, Bare::Allowed) {
            Ok(price) => Ok(Some(price)),
            Err(PriceFault::Foreign(found)) => Err(self.foreign(&found)),
            Err(PriceFault::Unreadable) => {
                note(Gap::PriceUnreadable);
                Ok(None)
            }
        }
    }

    fn sale(&self, row: &RawRow, note: &mut impl FnMut(Gap)) -> Result<Option<Sale>, RowFault> {
        let (text, window) = (row.get(Attribute::SalePrice), row.get(Attribute::SaleWindow));
        if text.is_empty() {
            return Ok(None);
        }
        let price = match parse_price(text, self.currency, Bare::Allowed) {
            Err(PriceFault::Foreign(found)) => return Err(self.foreign(&found)),
            price => price.ok(),
        };
        // A window that cannot be read is not "always": the regular price is the safe one to show.
        let window = if window.is_empty() {
            Some((None, None))
        } else {
            parse_window(window).map(|(from, until)| (Some(from), Some(until)))
        };
        let sale = price
            .zip(window)
            .map(|(price, (from, until))| Sale { price, from, until });
        if sale.is_none() {
            note(Gap::Sale);
        }
        Ok(sale)
    }

    /// `custom_label_4` counts only with a currency: the labels hold all sorts of numbers, years among them.
    fn lowest(&self, row: &RawRow, note: &mut impl FnMut(Gap)) -> Option<Money> {
        let Some(attribute) = self.schema.lowest else {
            return parse_price(row.get(Attribute::Label4), self.currency, Bare::Refused).ok();
        };
        let text = row.get(attribute);
        let lowest = parse_price(text, self.currency, Bare::Allowed).ok();
        if lowest.is_none() && !text.is_empty() {
            note(Gap::Lowest);
        }
        lowest
    }

    fn foreign(&self, found: &str) -> RowFault {
        RowFault {
            problem: format!("the price is in {found}, the shop sells in {}", self.currency),
            remedy: "upload the feed of this shop's market, or correct the shop's currency",
        }
    }
}

fn title(row: &RawRow, note: &mut impl FnMut(Gap)) -> String {
    let title = plain_text(row.get(Attribute::Title), MAX_TITLE);
    if title.is_empty() {
        note(Gap::Title);
    }
    title
}

fn availability(row: &RawRow, note: &mut impl FnMut(Gap)) -> Availability {
    parse_availability(row.get(Attribute::Availability)).unwrap_or_else(|| {
        note(Gap::Availability);
        Availability::OutOfStock
    })
}

/// An absolute `http` or `https` address in its normal form; anything else is none.
fn link(text: &str, gap: Gap, note: &mut impl FnMut(Gap)) -> Option<String> {
    let address = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .map(String::from)
        .filter(|address| address.len() <= MAX_LINK);
    if address.is_none() {
        note(gap);
    }
    address
}

fn path(raw: &str) -> Vec<String> {
    let whole = plain_text(raw, MAX_PATH);
    let parts = whole.split('>').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn word(raw: &str) -> Option<String> {
    text(raw, MAX_WORD)
}

fn text(raw: &str, max_chars: usize) -> Option<String> {
    Some(plain_text(raw, max_chars)).filter(|text| !text.is_empty())
}
