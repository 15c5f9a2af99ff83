//! Till files: one row per line of a receipt.

use super::moment::{german, local};
use super::receipt::{Receipt, receipts};
use crate::sample::file::{SampleFile, table};
use crate::sample::shop::{SHOPS, Shop};

/// The columns, in the order of [`row`].
const COLUMNS: [&str; 17] = [
    "receipt",
    "timestamp",
    "store",
    "sku",
    "title",
    "quantity",
    "unit_price",
    "currency",
    "email",
    "first_name",
    "customer",
    "country",
    "language",
    "consent_at",
    "consent_source",
    "consent_text",
    "original_receipt",
];

/// How a till writes its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// UTF-8, commas, decimal points, ISO 8601.
    Plain,
    /// The same after a byte-order mark, as Excel saves it.
    ByteOrderMark,
    /// Windows-1252, semicolons, decimal commas, German dates.
    German,
}

/// Shop, days of November 2026, and how its till writes.
const TILLS: [(&str, &[u32], Dialect); 7] = [
    ("de", &[2, 3, 4, 5, 6], Dialect::Plain),
    ("at", &[3], Dialect::German),
    ("ch", &[2, 4], Dialect::Plain),
    ("uk", &[5], Dialect::Plain),
    ("fr", &[4], Dialect::ByteOrderMark),
    ("es", &[6], Dialect::Plain),
    ("it", &[5], Dialect::Plain),
];

/// All files below `orders/`.
///
/// # Errors
/// When a table cannot be written.
pub fn files() -> anyhow::Result<Vec<SampleFile>> {
    let mut files = Vec::new();
    for (id, days, dialect) in TILLS {
        for shop in SHOPS.iter().filter(|shop| shop.id == id) {
            for day in days {
                files.push(file(shop, *day, dialect)?);
            }
        }
    }
    Ok(files)
}

fn file(shop: &Shop, day: u32, dialect: Dialect) -> anyhow::Result<SampleFile> {
    let receipts = receipts(shop, day);
    let header = COLUMNS.map(str::to_owned);
    let rows = receipts.iter().flat_map(|receipt| rows(receipt, shop, dialect));
    let separator = if dialect == Dialect::German { b';' } else { b',' };
    let content = table(std::iter::once(header).chain(rows), separator)?;
    Ok(SampleFile::new(format!("orders/{}/2026-11-{day:02}.csv", shop.id), encoded(content, dialect)))
}

fn rows(receipt: &Receipt, shop: &Shop, dialect: Dialect) -> Vec<[String; 17]> {
    let moment = |at| {
        if dialect == Dialect::German { german(at, shop) } else { local(at, shop) }
    };
    let buyer = receipt.buyer.as_ref();
    let consent = |text: &str| receipt.consent_at.map(|_| text.to_owned()).unwrap_or_default();
    receipt
        .items
        .iter()
        .map(|item| {
            [
                receipt.number.clone(),
                moment(receipt.at),
                shop.store.to_owned(),
                item.product.sku.clone(),
                item.title.clone(),
                item.quantity.to_string(),
                amount(&item.unit_price.to_decimal(), dialect),
                shop.currency.to_string(),
                buyer.map(|buyer| buyer.email.clone()).unwrap_or_default(),
                buyer.map(|buyer| buyer.first_name.clone()).unwrap_or_default(),
                receipt.customer.clone(),
                shop.country.to_owned(),
                buyer.map(|buyer| buyer.lang.code().to_owned()).unwrap_or_default(),
                receipt.consent_at.map(moment).unwrap_or_default(),
                consent("till-tablet"),
                consent("till-2026-03"),
                receipt.original.clone(),
            ]
        })
        .collect()
}

fn amount(decimal: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::German => decimal.replace('.', ","),
        Dialect::Plain | Dialect::ByteOrderMark => decimal.to_owned(),
    }
}

fn encoded(content: Vec<u8>, dialect: Dialect) -> Vec<u8> {
    match dialect {
        Dialect::Plain => content,
        Dialect::ByteOrderMark => [&[0xef, 0xbb, 0xbf], content.as_slice()].concat(),
        Dialect::German => String::from_utf8_lossy(&content).chars().map(windows_1252).collect(),
    }
}

/// The byte of a character in Windows-1252, as far as the titles need it; a question mark for anything else.
///
/// Source: <https://encoding.spec.whatwg.org/#windows-1252>.
fn windows_1252(letter: char) -> u8 {
    match letter {
        '€' => 0x80,
        '„' => 0x84,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        _ => u8::try_from(letter).unwrap_or(b'?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(path: &str) -> Vec<u8> {
        let file = files().unwrap().into_iter().find(|file| file.path == path).unwrap();
        file.content
    }

    #[test]
    fn all_tills_together_print_a_hundred_and_twenty_receipts() {
        let count: usize =
            TILLS.iter().map(|(_, days, _)| days.len() * super::super::receipt::PER_DAY as usize).sum();
        assert_eq!(count, 120);
    }

    #[test]
    fn the_austrian_file_is_windows_1252_with_semicolons_and_german_numbers() {
        let bytes = content("orders/at/2026-11-03.csv");
        assert!(std::str::from_utf8(&bytes).is_err());
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert!(text.contains(";Wien Kärntner Straße;"), "{text}");
        assert!(text.contains(";03.11.2026 1") && text.contains("0;EUR;"));
        assert!(!text.contains('?'));
    }

    #[test]
    fn the_french_file_begins_with_a_byte_order_mark() {
        assert!(content("orders/fr/2026-11-04.csv").starts_with(b"\xef\xbb\xbfreceipt,timestamp"));
    }
}
