//! Product feeds, topsellers and recommendations: XML, tables, gzip, under the usual caps and under tight ones.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use nachklang_domain::feed::ranking::{MAX_KEPT, RankingReader, RankingRow};
use nachklang_domain::feed::{FeedConfig, FeedContext, FeedLimits, ProductFeedReader};
use nachklang_domain::money::Currency;
use nachklang_domain::product::Product;
use nachklang_domain::report::FileReport;
use nachklang_domain::text::is_unsafe;

use crate::Outcome;
use crate::fixed::sure;
use crate::input::Trickle;
use crate::report;

const FILE: &str = "feeds/de/products.de.xml";
/// Caps that small inputs can reach.
const TIGHT: FeedLimits = FeedLimits { inflated: 16 << 10, ratio: 4, rows: 20, field: 128, nesting: 4 };
/// Largest text that a packed input is repeated to.
const MAX_REPEATED: usize = 4 << 20;

/// A feed in XML.
pub fn check_xml(data: &[u8]) -> Outcome {
    if data.trim_ascii_start().starts_with(b"<") {
        return check(data, report::lines(data));
    }
    Outcome::Refused
}

/// A feed, topsellers or recommendations as a table.
pub fn check_table(data: &[u8]) -> Outcome {
    if !data.starts_with(&[0x1f, 0x8b]) && !data.trim_ascii_start().starts_with(b"<") {
        return check(data, report::lines(data));
    }
    Outcome::Refused
}

/// The first byte tells what the others are: a packed file as it came, or a text that is packed here, so many times
/// repeated, and then has a bit changed or its end cut off.
pub fn check_gzip(data: &[u8]) -> Outcome {
    let [how, times, cut, file @ ..] = data else {
        return Outcome::Refused;
    };
    if how % 4 == 0 {
        return check(file, u64::MAX);
    }
    let times = usize::from(*times) * if how & 16 == 0 { 1 } else { 256 };
    let text = file.repeat(times.min(MAX_REPEATED.checked_div(file.len()).unwrap_or(0)).max(1));
    let mut packed = pack(&text);
    let place = packed.len() * usize::from(*cut) / 256;
    match how % 4 {
        1 => check_same(&text, &packed),
        2 => packed.truncate(place),
        _ => packed.get_mut(place).into_iter().for_each(|byte| *byte ^= 1 << (how >> 5)),
    }
    check(&packed, u64::MAX)
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    sure(encoder.write_all(text));
    sure(encoder.finish())
}

/// Packed or not, the same text tells the same, unless it is a decompression bomb.
fn check_same(text: &[u8], packed: &[u8]) {
    let limits = FeedLimits { ratio: u64::MAX, ..FeedLimits::default() };
    if !text.starts_with(&[0x1f, 0x8b]) {
        let (plain, unpacked) = (read(text, limits), read(packed, limits));
        assert_eq!(plain.products, unpacked.products);
        assert_eq!(plain.report, unpacked.report);
    }
}

fn check(file: &[u8], lines: u64) -> Outcome {
    let mut taken = false;
    for limits in [FeedLimits::default(), TIGHT] {
        let whole = read(file, limits);
        check_feed(&whole, limits, lines);
        let slow = read(Trickle(file), limits);
        assert_eq!(
            (&whole.products, &whole.report),
            (&slow.products, &slow.report),
            "how it arrives matters"
        );
        taken |= !whole.products.is_empty() | check_rankings(file, limits, lines);
    }
    Outcome::of(taken)
}

#[derive(Default)]
struct Feed {
    products: Vec<Product>,
    broken: Option<String>,
    report: FileReport,
}

fn context(limits: FeedLimits) -> FeedContext {
    FeedContext { limits, ..FeedContext::new(Currency::EUR, FILE) }
}

fn read<R: Read>(read: R, limits: FeedLimits) -> Feed {
    let mut feed = Feed::default();
    match ProductFeedReader::new(read, &FeedConfig::default(), &context(limits)) {
        Ok(mut reader) => {
            for row in reader.by_ref() {
                assert!(feed.broken.is_none(), "something follows the end");
                match row {
                    Ok(product) => feed.products.push(product),
                    Err(error) => feed.broken = Some(error.to_string()),
                }
            }
            feed.report = reader.finish();
        }
        Err(error) => feed.broken = Some(error.to_string()),
    }
    feed
}

fn check_feed(feed: &Feed, limits: FeedLimits, lines: u64) {
    report::check(&feed.report, lines);
    assert!(feed.broken.is_none() || feed.products.is_empty() || feed.report.has_errors());
    assert_eq!(u64::try_from(feed.products.len()).ok(), Some(feed.report.accepted));
    assert!(feed.report.rows <= limits.rows);
    let ids: BTreeSet<_> = feed.products.iter().map(|product| &product.id).collect();
    assert_eq!(ids.len(), feed.products.len(), "two products have one id");
    feed.products.iter().for_each(check_product);
}

/// Texts are one clean line, links lead out by `http` or `https`, prices are in the shop's currency.
fn check_product(product: &Product) {
    let texts = [&product.group, &product.category, &product.brand].into_iter().flatten();
    let mut texts = texts.chain(&product.product_type).chain(&product.labels).chain([&product.title]);
    assert!(texts.all(|text| !text.contains(is_unsafe)), "{product:?}");
    let mut links = product.link.iter().chain(&product.image);
    assert!(links.all(|link| link.starts_with("http://") || link.starts_with("https://")), "{product:?}");
    let mut prices = [product.price, product.lowest_30_days].into_iter().flatten();
    assert!(prices.all(|price| price.currency == Currency::EUR && price.minor >= 0), "{product:?}");
}

/// Lists are short and hold nothing twice; tells whether there was one.
fn check_rankings(file: &[u8], limits: FeedLimits, lines: u64) -> bool {
    let Ok(mut reader) = RankingReader::new(file, &context(limits)) else {
        return false;
    };
    let mut broken = false;
    for row in reader.by_ref() {
        assert!(!broken, "something follows the end");
        match row {
            Ok(RankingRow::Recommendation(row)) => check_list(&row.products),
            Ok(RankingRow::Topseller(row)) => check_list(&row.products),
            Err(_) => broken = true,
        }
    }
    let told = reader.finish();
    report::check(&told, lines);
    assert!(told.rows <= limits.rows);
    told.accepted > 0
}

fn check_list(products: &[nachklang_domain::id::ProductId]) {
    let distinct: BTreeSet<_> = products.iter().collect();
    assert!(distinct.len() == products.len() && products.len() <= MAX_KEPT);
}
