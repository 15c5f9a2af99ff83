//! Files of tills, people and codes, and bodies of webhooks: rows refused alone, memory bounded, names cleaned.

use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use nachklang_domain::contact_file::ContactFileReader;
use nachklang_domain::coupon::file::CouponFileReader;
use nachklang_domain::delimited::date::DateOrder;
use nachklang_domain::feed::{FeedConfig, FeedContext, ProductFeedReader};
use nachklang_domain::id::{ShopId, Source};
use nachklang_domain::money::Currency;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::report::FileReport;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::till::{TillConfig, TillContext, TillReader};
use nachklang_domain::upload::unpacked;
use nachklang_domain::webhook::{Endpoint, Received, Wire, read_verified};

use crate::mails::payloads;
use crate::measured::{measured, steers};

/// A row of 2 MiB may have as many columns before it is refused for them; a file of any size takes no more.
const BOUND: usize = 40 << 20;

/// A kind of file: its header, and how it is read.
struct Kind {
    header: &'static str,
    read: fn(&mut (dyn Read + Send)) -> Result<FileReport, String>,
}

const KINDS: [Kind; 3] = [
    Kind { header: "receipt,timestamp,sku,quantity,unit_price,email\n", read: till },
    Kind { header: "email,first name\n", read: contacts },
    Kind { header: "code,expires\n", read: coupons },
];

fn till(file: &mut (dyn Read + Send)) -> Result<FileReport, String> {
    let (config, context) = (TillConfig::default(), till_context());
    let mut reader =
        TillReader::new(file, &config, &context, "orders/de/a.csv").map_err(|error| error.to_string())?;
    reader.by_ref().try_for_each(|item| item.map(|_| ())).map_err(|error| error.to_string())?;
    Ok(reader.finish())
}

fn till_context() -> TillContext {
    TillContext {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("till").unwrap(),
        currency: Currency::EUR,
        time_zone: jiff::tz::TimeZone::UTC,
    }
}

fn contacts(file: &mut (dyn Read + Send)) -> Result<FileReport, String> {
    let reader = ContactFileReader::new(file, &jiff::tz::TimeZone::UTC, DateOrder::Dmy, "contacts/de/a.csv");
    let mut reader = reader.map_err(|error| error.to_string())?;
    reader.by_ref().try_for_each(|item| item.map(|_| ())).map_err(|error| error.to_string())?;
    Ok(reader.finish())
}

fn coupons(file: &mut (dyn Read + Send)) -> Result<FileReport, String> {
    let mut reader = CouponFileReader::new(file, "coupons/a/a.csv").map_err(|error| error.to_string())?;
    reader.by_ref().try_for_each(|row| row.map(|_| ())).map_err(|error| error.to_string())?;
    Ok(reader.finish())
}

/// So much of one thing.
fn much(what: &'static str, bytes: u64) -> impl Read + Send {
    let piece = what.repeat(64 * 1024 / what.len());
    Repeated { piece, at: 0 }.take(bytes)
}

struct Repeated {
    piece: String,
    at: usize,
}

impl Read for Repeated {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = (&self.piece.as_bytes()[self.at..]).read(into)?;
        self.at = (self.at + read) % self.piece.len();
        Ok(read)
    }
}

#[test]
fn no_row_of_any_shape_takes_more_than_a_row_may() {
    for (what, bytes) in [
        (",", 3 << 20),
        ("a,", 3 << 20),
        (";", 3 << 20),
        ("x", 16 << 20),
        ("\0", 3 << 20),
        ("\"", 3 << 20),
        ("'", 60_000),
        ("\"\n", 1 << 16),
        ("\n", 3 << 20),
        ("a\n", 1 << 16),
        ("=1+1,", 60_000),
        ("\u{feff}", 3 << 20),
    ] {
        for kind in &KINDS {
            let good = "\nx\n";
            let mut below = kind.header.as_bytes().chain(much(what, bytes)).chain(good.as_bytes());
            let (outcome, peak) = measured(|| (kind.read)(&mut below));
            let report = outcome.unwrap_or_else(|told| panic!("{what:?} below {:?}: {told}", kind.header));
            assert_eq!(report.accepted, 0, "{what:?} below {:?}", kind.header);
            assert!(report.rejected > 0, "{what:?} below {:?}", kind.header);
            assert!(peak < BOUND, "{what:?} below {:?} took {peak} bytes", kind.header);
            let (_, peak) = measured(|| (kind.read)(&mut much(what, bytes)));
            assert!(peak < BOUND, "{what:?} as {:?} took {peak} bytes", kind.header);
        }
    }
}

#[test]
fn a_million_columns_are_refused_as_a_row_and_as_a_header() {
    let wide = "c,".repeat(1_000_000);
    for kind in &KINDS {
        let file = format!("{}{wide}\n", kind.header);
        let (report, peak) = measured(|| (kind.read)(&mut file.as_bytes()).unwrap());
        assert!(report.findings[0].problem.contains("1000001 columns"), "{}", report.findings[0].problem);
        assert!(peak < BOUND, "{peak} bytes");
        let (outcome, peak) = measured(|| (kind.read)(&mut wide.as_bytes()));
        assert!(outcome.unwrap_err().contains("1000001 columns"));
        assert!(peak < BOUND, "{peak} bytes");
    }
}

#[test]
fn a_bomb_of_gzip_is_read_in_the_memory_of_a_row() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..32 {
        packed.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    let bomb = packed.finish().unwrap();
    assert!(bomb.len() < 64 << 10);
    for kind in &KINDS {
        let (outcome, peak) = measured(|| (kind.read)(&mut unpacked("a.csv.gz", &bomb[..])));
        assert!(outcome.unwrap_err().contains("longer than"));
        assert!(peak < BOUND, "{peak} bytes");
    }
}

/// Thousands of quotes around a code, within one field: taking them off must not recurse.
#[test]
fn quotes_around_quotes_do_not_exhaust_the_stack() {
    for quotes in ["'", "\"\"", "„“"] {
        let file = format!("code\n\"{}\"\n", quotes.repeat(60_000 / quotes.len()));
        let (report, _) = measured(|| coupons(&mut file.as_bytes()).unwrap());
        assert_eq!((report.accepted, report.rejected), (0, 1), "{quotes}");
    }
}

#[test]
fn no_name_or_title_is_taken_with_characters_that_reorder_or_steer() {
    let mut seen = 0;
    for text in payloads(include_str!("payloads/texts.jsonl")) {
        let (words, _) = measured(|| taken(&text));
        seen += words.len();
        for (where_from, word) in words {
            assert!(!word.contains(steers), "{where_from}: {word:?}");
            assert!(word.chars().count() <= 150, "{where_from}: {} characters", word.chars().count());
        }
    }
    assert!(seen > 400, "only {seen} names and titles were taken at all");
}

/// A text sent as name and title on every way in; what was taken of it.
fn taken(text: &str) -> Vec<(&'static str, String)> {
    let quoted = format!("\"{}\"", text.replace('"', "\"\""));
    let people = format!("email,first name\nanna@example.com,{quoted}\n");
    let people =
        ContactFileReader::new(people.as_bytes(), &jiff::tz::TimeZone::UTC, DateOrder::Dmy, "a").unwrap();
    let people = people.filter_map(|row| row.unwrap().first_name).map(|name| ("contact file", name));
    let rows = format!(
        "receipt,timestamp,sku,title,quantity,unit_price,email,first_name\nR1,2026-11-22,CC-1,{quoted},1,9.90,anna@example.com,{quoted}\n"
    );
    let (config, context) = (TillConfig::default(), till_context());
    let till = TillReader::new(rows.as_bytes(), &config, &context, "a").unwrap();
    let till = till.flat_map(|event| of_event("till file", event.unwrap()));
    let feed = format!(
        "id,title,link,image_link,price,availability,mpn\n1,{quoted},https://lunaria.example/1,https://lunaria.example/1.jpg,9.90 EUR,in_stock,CC-1\n"
    );
    let context = FeedContext::new(Currency::EUR, "a");
    let feed = ProductFeedReader::new(feed.as_bytes(), &FeedConfig::default(), &context).unwrap();
    let feed = feed.filter_map(Result::ok).map(|product| ("feed", product.title));
    let hooks = [shopify(text), order_api(text)].into_iter().flat_map(|received| received.events);
    let hooks = hooks.flat_map(|event| of_event("webhook", event));
    people.chain(till).chain(feed).chain(hooks).collect()
}

fn of_event(from: &'static str, event: OrderEvent) -> Vec<(&'static str, String)> {
    let snapshot = event.snapshot.unwrap();
    let titles = snapshot.lines.into_iter().map(|line| line.title);
    titles.chain(snapshot.first_name).map(|word| (from, word)).collect()
}

fn endpoint(wire: Wire) -> Endpoint {
    let secrets = [SecretBytes::new(b"whsec_bHVuYXJpYSBpcyBhIGpld2VsbGVyeSBicmFuZCE=".to_vec())];
    let endpoint = Endpoint::new(ShopId::parse("de").unwrap(), wire, &secrets, Currency::EUR).unwrap();
    endpoint.with_shopify_domains(&["de.lunaria.example".to_owned()]).unwrap()
}

fn shopify(text: &str) -> Received {
    let mut order: serde_json::Value =
        serde_json::from_str(include_str!("../../../../benches/src/shopify_order.json")).unwrap();
    replace(&mut order, &["title", "name", "first_name"], text);
    order["name"] = "#1001".into();
    read_verified("orders-create", order.to_string().as_bytes(), &endpoint(Wire::Shopify)).unwrap()
}

fn order_api(text: &str) -> Received {
    let order = serde_json::json!({"order": {
        "number": "1001", "revision": "2026-11-02T09:12:00Z", "placed_at": "2026-11-02T09:10:00Z", "payment": "paid",
        "customer": {"email": "anna@example.com", "first_name": text},
        "lines": [{"id": "1", "title": text, "quantity": 1, "unit_price": "39.00"}]
    }});
    read_verified("orders", order.to_string().as_bytes(), &endpoint(Wire::OrderApi)).unwrap()
}

/// Replaces the texts of these names, wherever they stand.
fn replace(value: &mut serde_json::Value, names: &[&str], text: &str) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                if names.contains(&name.as_str()) && field.is_string() {
                    *field = text.into();
                } else {
                    replace(field, names, text);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names, text)),
        _ => {}
    }
}
