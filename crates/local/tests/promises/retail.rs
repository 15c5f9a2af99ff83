//! A wholesaler's and visitors' history, in the columns of the "Online Retail" data set (UCI) plus an address.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use nachklang_local::sample::random::Chance;

use crate::world::{World, templates};

/// The first day of the history.
pub const FIRST: Date = date(2026, 9, 1);
/// The days with sales.
const DAYS: i32 = 40;
/// A day on which mails of both variants are due.
pub const BUSY_DAY: &str = "2026-09-24";
const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Email\n";

/// Stock codes as such files have them: plain, with letters, of our series, gifts, and what is no goods.
const GOODS: [&str; 14] = [
    "85123A",
    "71053",
    "84406B",
    "22752",
    "21730",
    "79323w",
    "CC-001",
    "CC-014",
    "CC-020",
    "KB-003",
    "KB-007",
    "gift_0001_20",
    "15056BL",
    "DCGS0076",
];
const NOT_GOODS: [&str; 6] = ["POST", "D", "M", "BANK CHARGES", "DOT", "AMAZONFEE"];
const COUNTRIES: [&str; 8] =
    ["United Kingdom", "United Kingdom", "EIRE", "Germany", "France", "Spain", "Italy", "Hong Kong"];

/// One line of the file.
#[derive(Debug, Clone)]
pub struct Row {
    pub invoice: String,
    pub at: jiff::civil::DateTime,
    code: &'static str,
    quantity: i32,
    pence: u64,
    customer: Option<u64>,
    country: &'static str,
}

impl Row {
    fn write(&self, out: &mut String) {
        let customer = self.customer.map(|id| format!("{id}.0")).unwrap_or_default();
        let email = self.customer.map(|id| format!("c{id}@example.com")).unwrap_or_default();
        let (price, at) =
            (format!("{}.{:02}", self.pence / 100, self.pence % 100), self.at.strftime("%Y-%m-%d %H:%M:%S"));
        let Self { invoice, code, quantity, country, .. } = self;
        writeln!(
            out,
            "{invoice},{code},\"THING, {code}\",{quantity},{at},{price},{customer},{country},{email}"
        )
        .unwrap();
    }
}

/// Rows as a file.
pub fn csv<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut text = HEADER.to_owned();
    rows.into_iter().for_each(|row| row.write(&mut text));
    text
}

/// The different invoice numbers.
pub fn invoices(rows: &[Row]) -> u64 {
    rows.iter().map(|row| &row.invoice).collect::<BTreeSet<_>>().len() as u64
}

/// The rows of each day.
pub fn by_day(rows: &[Row]) -> BTreeMap<Date, Vec<Row>> {
    let mut days: BTreeMap<Date, Vec<Row>> = BTreeMap::new();
    for row in rows {
        days.entry(row.at.date()).or_default().push(row.clone());
    }
    days
}

/// Forty days of some three thousand lines: guests, repeat buyers, returns, postage only, lines that stand twice.
pub fn history() -> Vec<Row> {
    let mut chance = Chance::of(&["retail"]);
    let mut rows: Vec<Row> = Vec::new();
    let mut next = 536_365;
    for day in 0..DAYS {
        for nth in 0..18 + chance.below(6) {
            let at = (FIRST + day.days()).at(8, 0, 0, 0)
                + i64::try_from(nth * 23 + chance.below(20)).unwrap().minutes();
            next += 1 + chance.below(3);
            let invoice = if chance.percent(12) { returned(&rows, at, next, &mut chance) } else { None };
            rows.extend(invoice.unwrap_or_else(|| sold(at, next, &mut chance)));
        }
    }
    rows
}

fn sold(at: jiff::civil::DateTime, number: u64, chance: &mut Chance) -> Vec<Row> {
    let customer = (!chance.percent(20)).then(|| 12_346 + chance.below(260));
    let country = COUNTRIES[usize::try_from(customer.unwrap_or(0) % 8).unwrap()];
    let only_fees = chance.percent(3);
    let mut rows: Vec<Row> = (0..1 + chance.below(6))
        .map(|_| Row {
            invoice: number.to_string(),
            at,
            code: if only_fees || chance.percent(4) { chance.word(&NOT_GOODS) } else { chance.word(&GOODS) },
            quantity: i32::try_from(1 + chance.below(12)).unwrap(),
            pence: if chance.percent(2) { 0 } else { 42 + chance.below(1_600) },
            customer,
            country,
        })
        .collect();
    if chance.percent(5) {
        rows.extend(rows.last().cloned());
    }
    rows
}

/// An earlier invoice's goods, some or all of them, under a number that begins with C.
fn returned(rows: &[Row], at: jiff::civil::DateTime, number: u64, chance: &mut Chance) -> Option<Vec<Row>> {
    let recent = rows.get(rows.len().checked_sub(120)?..)?;
    let of = &chance.pick(recent).filter(|row| row.quantity > 0)?.invoice;
    let whole = chance.percent(60);
    let mut back: Vec<Row> =
        recent.iter().filter(|row| row.invoice == *of && row.quantity > 0).cloned().collect();
    if !whole {
        back.truncate(1);
    }
    for row in &mut back {
        row.invoice = format!("C{number}");
        row.at = at;
        row.quantity = if whole { -row.quantity } else { -1 };
    }
    Some(back)
}

/// Publishes, fills shop and pool, and sets the clock to the day before the history.
pub fn prepare(world: &World) {
    world.must("publish");
    fill(world, 600);
    world.must(&format!("run --date {}", FIRST.yesterday().unwrap()));
}

/// Takes in the feed and lists of the shop uk, and so many codes.
pub fn fill(world: &World, codes: u32) {
    let feeds = templates().join("feeds/uk");
    world.must_on("import feed --shop uk --language en", &feeds.join("products.en.xml"));
    for list in ["topsellers.csv", "recommendations.csv"] {
        world.must_on("import feed --shop uk", &feeds.join(list));
    }
    let lines = (0..codes).fold("code\n".to_owned(), |text, n| text + &format!("THANKS-{n:05}\n"));
    let file = world.file("gbp.csv", lines);
    world.must_on("import coupons --pool thanks-gbp", &file);
}

/// Takes in all rows as one file; answers where it is.
pub fn import_all(world: &World, rows: &[Row]) -> PathBuf {
    let file = world.file("history.csv", csv(rows));
    let told = world.must_on("import orders --shop uk --json", &file).json();
    assert_eq!(told["stored"].as_u64(), Some(invoices(rows)), "{told}");
    file
}
