//! P12: half a million order lines of a till, read and simulated.

use divan::Bencher;
use nachklang_domain::catalog::{Catalog, Files};
use nachklang_domain::id::ShopId;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::shop::Shop;
use nachklang_domain::simulation::Simulation;
use nachklang_domain::till::TillReader;
use nachklang_domain::use_case::import_till::till_context;

use nachklang_benches::generated::{Generated, Numbers};

const LINES: u64 = 500_000;
const PEOPLE: u64 = 6_000;
/// Lines of a wholesaler's receipt, like those of the "Online Retail" data set.
const LINES_OF_A_RECEIPT: u64 = 20;
const YEAR_MINUTES: u64 = 365 * 24 * 60;

#[divan::bench(sample_count = 3, sample_size = 1)]
fn half_a_million_lines(bencher: Bencher<'_, '_>) {
    let catalog = catalog();
    let shop = shop(&catalog);
    bencher.bench_local(|| {
        let history = |events: Events<'_>| Simulation::new(&catalog, shop, &key()).run(events);
        let report = read(shop, history);
        assert!(report.mailed > 1_000 && report.skipped.len() > 2, "some lead to a mail and some to none");
        report
    });
}

/// Reading the file alone.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn reading_half_a_million_lines(bencher: Bencher<'_, '_>) {
    let catalog = catalog();
    let shop = shop(&catalog);
    bencher.bench_local(|| read(shop, |events| events.count()));
}

/// Making the file alone.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn making_half_a_million_lines() -> u64 {
    std::io::copy(&mut Generated::new(receipts()), &mut std::io::sink()).expect("the generator does not fail")
}

type Events<'e> = &'e mut dyn Iterator<Item = OrderEvent>;

fn read<T>(shop: &Shop, take: impl FnOnce(Events<'_>) -> T) -> T {
    let context = till_context(shop).expect("a till");
    let file = Generated::new(receipts());
    let mut reader =
        TillReader::new(file, &shop.till, &context, "orders.csv").expect("the file has a header");
    let taken = take(&mut reader.by_ref().map(|event| event.expect("the file is whole")));
    let report = reader.finish();
    assert_eq!((report.rows, report.rejected), (LINES, 0));
    taken
}

fn key() -> SecretBytes {
    SecretBytes::new(b"key".to_vec())
}

fn catalog() -> Catalog {
    let names = ["shops/brand.toml", "shops/uk.toml", "flows/after-sales.toml"];
    let text = |name: &str| String::from_utf8(super::template(name)).expect("it is UTF-8");
    let files: Files = names.map(|name| (name.to_owned(), text(name))).into();
    Catalog::readable(&files).expect("the starter content can be read")
}

fn shop(catalog: &Catalog) -> &Shop {
    catalog.shop(&ShopId::parse("uk").expect("a shop")).expect("the starter content has it")
}

fn receipts() -> impl Iterator<Item = String> {
    let head = "receipt,timestamp,sku,title,quantity,unit_price,customer,email,country\n";
    let mut numbers = Numbers::new(2026);
    let body = (0..LINES / LINES_OF_A_RECEIPT).map(move |number| receipt(number, &mut numbers));
    std::iter::once(head.to_owned()).chain(body)
}

/// A receipt in its year's order. Few people buy often and most seldom; one receipt in fifteen gives back, one in eight
/// names nobody.
fn receipt(number: u64, numbers: &mut Numbers) -> String {
    let minute = number * YEAR_MINUTES / (LINES / LINES_OF_A_RECEIPT);
    let moment =
        jiff::civil::date(2025, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_mins(minute.cast_signed());
    let gives_back = numbers.below(15) == 0;
    let buyer = buyer(numbers);
    let mut rows = String::new();
    for _ in 0..LINES_OF_A_RECEIPT {
        rows.push_str(&line(&format!("{number},{moment}"), gives_back, &buyer, numbers));
    }
    rows
}

fn buyer(numbers: &mut Numbers) -> String {
    if numbers.below(8) == 0 {
        return ",,United Kingdom".to_owned();
    }
    let (one, other) = (numbers.below(PEOPLE), numbers.below(PEOPLE));
    let person = one * other / PEOPLE;
    let country = if person.is_multiple_of(10) { "Germany" } else { "United Kingdom" };
    format!("{person},person{person}@example.com,{country}")
}

fn line(head: &str, gives_back: bool, buyer: &str, numbers: &mut Numbers) -> String {
    let series = if numbers.below(3) == 0 { "CC" } else { "LX" };
    let sku = numbers.below(3_000);
    let sign = if gives_back { "-" } else { "" };
    let (pieces, price) = (1 + numbers.below(6), 5 + numbers.below(90));
    format!("{head},{series}-{sku},Charm Nr. {sku} in Silber,{sign}{pieces},{price}.90,{buyer}\n")
}
