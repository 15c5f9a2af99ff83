//! A product feed as a table: Google Merchant's text format.
//!
//! Source: <https://support.google.com/merchants/answer/160567>.

use super::offer::Offer;
use crate::sample::file::table;

/// The columns, in the order of [`row`].
const COLUMNS: [&str; 17] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "availability",
    "item_group_id",
    "product_type",
    "google_product_category",
    "brand",
    "mpn",
    "condition",
    "custom_label_0",
    "custom_label_4",
];

/// The file's content, with this byte between the columns.
///
/// # Errors
/// When the table cannot be written.
pub fn with_separator(offers: &[Offer], separator: u8) -> anyhow::Result<Vec<u8>> {
    let header = COLUMNS.map(str::to_owned);
    table(std::iter::once(header).chain(offers.iter().map(row)), separator)
}

/// The attributes of an offer with their names; empty ones included.
pub fn attributes(offer: &Offer) -> impl Iterator<Item = (&'static str, String)> {
    COLUMNS.into_iter().zip(row(offer))
}

fn row(offer: &Offer) -> [String; 17] {
    let (product, lang) = (&offer.product, offer.lang);
    let sale = offer.sale.as_ref();
    [
        product.id(),
        product.title(lang),
        product.kind.description().get(lang).to_owned(),
        offer.link.clone(),
        offer.image.clone(),
        offer.price.to_string(),
        sale.map(|sale| sale.price.to_string()).unwrap_or_default(),
        sale.map(|sale| sale.window.to_owned()).unwrap_or_default(),
        offer.availability.word().to_owned(),
        product.group().unwrap_or_default(),
        product.kind.product_type().get(lang).to_owned(),
        product.kind.google_category().to_owned(),
        "Lunaria".to_owned(),
        product.sku.clone(),
        "new".to_owned(),
        product.kind.series().to_owned(),
        sale.and_then(|sale| sale.lowest).map(|lowest| lowest.to_string()).unwrap_or_default(),
    ]
}
