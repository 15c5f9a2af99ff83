use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::id::{LineId, OrderKey, OrderNumber};
use crate::money::{Currency, Money};
use crate::order::{Absorbed, DeadOrder, Order, OrderSnapshot, ReturnedPieces};

const OWN: &str = "receipt,timestamp,store,sku,title,quantity,unit_price,currency,email,first_name,customer,country,\
                   language,consent_at,consent_source,consent_text,original_receipt";

fn context() -> TillContext {
    TillContext {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("till").unwrap(),
        currency: Currency::EUR,
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
    }
}

fn read_with(file: &[u8], config: &TillConfig) -> (Vec<OrderEvent>, FileReport) {
    let context = context();
    let mut reader = TillReader::new(file, config, &context, "till/day.csv").unwrap();
    let items = reader.by_ref().map(Result::unwrap).collect();
    (items, reader.finish())
}

fn read(file: &str) -> (Vec<OrderEvent>, FileReport) {
    read_with(file.as_bytes(), &TillConfig::default())
}

fn receipts(items: &[OrderEvent]) -> Vec<&OrderEvent> {
    items.iter().filter(|event| event.snapshot.is_some()).collect()
}

fn snapshot(event: &OrderEvent) -> &OrderSnapshot {
    event.snapshot.as_ref().unwrap()
}

/// What a store would hold after these files, whatever order they come in.
fn stored(files: &[&str]) -> BTreeMap<OrderKey, Order> {
    let mut orders = BTreeMap::new();
    for file in files {
        let (items, _) = read(file);
        for event in receipts(&items) {
            let order = orders.entry(event.key.clone()).or_insert_with(|| Order::empty(event.key.clone()));
            order.absorb(event.clone());
        }
    }
    orders
}

fn own(rows: &[&str]) -> String {
    let short = "receipt,timestamp,sku,quantity,unit_price";
    [short].iter().chain(rows).map(|row| format!("{row}\n")).collect()
}

#[test]
fn our_own_file_tells_everything_about_a_receipt() {
    let file = format!(
        "{OWN}\nR-1,2026-11-22 10:05,Kiel,RING-1,\"Ring \"\"Luna\"\"\",2,49.90,CHF,anna@example.com,Anna,K-7,Schweiz,de-CH,\
         2026-11-22T09:00:00Z,tablet,v3,\nR-1,2026-11-22 10:05,Kiel,BOX-1,Box,1,5,CHF,,,,,,,,,\n"
    );
    let (items, report) = read(&file);
    let [event] = receipts(&items)[..] else { panic!("one receipt") };
    let told = snapshot(event);
    assert_eq!(event.key.to_string(), "de/till/Kiel/R-1");
    assert_eq!(told.placed_at.to_string(), "2026-11-22T09:05:00Z");
    assert_eq!(told.revision, told.placed_at);
    assert_eq!(told.email.as_ref().unwrap().expose(), "anna@example.com");
    assert_eq!((told.first_name.as_deref(), told.customer_number.as_deref()), (Some("Anna"), Some("K-7")));
    assert_eq!((told.country.unwrap().as_str(), told.language.unwrap().as_str()), ("CH", "de"));
    let consent = told.consent.as_ref().unwrap();
    assert_eq!((consent.source.as_str(), consent.text_version.as_str()), ("tablet", "v3"));
    let lines: Vec<_> =
        told.lines.iter().map(|l| (l.title.as_str(), l.quantity, l.unit_price.to_string())).collect();
    assert_eq!(lines, [("Ring \"Luna\"", 2, "49.90 CHF".to_owned()), ("Box", 1, "5.00 CHF".to_owned())]);
    assert!(told.lines_add_up);
    assert_eq!((report.rows, report.accepted, report.findings.len()), (2, 2, 0));
}

#[test]
fn the_price_of_an_emarsys_row_is_that_of_the_line_and_its_time_is_utc() {
    let (items, _) = read(
        "item,price,order,timestamp,customer,quantity,s_store_id,f_note\n\
         RING-1,100,7,2026-11-22T10:05:00,anna@example.com,3,Kiel,x\n\
         RING-2,-20,8,2026-11-23,17,-2,Kiel,\n",
    );
    let [sold, returned] = receipts(&items)[..] else { panic!("two receipts") };
    let line = &snapshot(sold).lines[0];
    assert_eq!((line.unit_price.minor, line.value(3)), (3_333, Some(Money::new(10_000, Currency::EUR))));
    assert_eq!(snapshot(sold).placed_at.to_string(), "2026-11-22T10:05:00Z");
    assert!(snapshot(sold).email.is_some() && snapshot(sold).customer_number.is_none());
    assert_eq!(snapshot(returned).customer_number.as_deref(), Some("17"));
    assert_eq!((snapshot(returned).returns[0].pieces, snapshot(returned).lines.len()), (2, 0));
}

#[test]
fn an_online_retail_cancellation_gives_back_and_postage_is_no_goods() {
    let (items, report) = read(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
         536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom\n\
         536366,M,Manual,1,2010-12-01 08:28:00,4,,EIRE\n\
         536367,22139,,56,2010-12-01 08:30:00,0.0,,Unspecified\n\
         C536379,85123A,HOLDER,-1,2010-12-01 09:41:00,2.55,17850.0,United Kingdom\n\
         C536379,22139,SET,1,2010-12-01 09:41:00,4.25,17850.0,United Kingdom\n",
    );
    let events = receipts(&items);
    let shapes: Vec<_> =
        events.iter().map(|e| (snapshot(e).lines.len(), snapshot(e).returns.len())).collect();
    assert_eq!(shapes, [(1, 0), (0, 0), (0, 0), (0, 2)]);
    assert_eq!(snapshot(events[0]).customer_number.as_deref(), Some("17850"));
    assert_eq!(snapshot(events[1]).country.unwrap().as_str(), "IE");
    assert_eq!((report.rows, report.accepted), (6, 6));
    let mut order = Order::empty(events[2].key.clone());
    order.absorb(events[2].clone());
    assert_eq!(order.dead(), Some(DeadOrder::NoGoods));
}

#[test]
fn a_german_export_with_columns_of_its_own_is_read_by_the_shop_file() {
    let config: TillConfig = toml::from_str(
        "not_goods = ['TASCHE', 'PFAND*']\n[columns]\nreceipt = 'Bon-Nr.'\ntimestamp = 'Datum'\nsku = 'Artikel'\n\
         quantity = 'Menge'\nunit_price = 'Einzelpreis'\ncountry = 'Land'\n[countries]\nDE = 'de'\nBelgien = 'fr'",
    )
    .unwrap();
    let file = b"Bon-Nr.;Datum;Artikel;Menge;Einzelpreis;Land\r\n\
        1;22.11.2026 10:05;RING-1;1;1.249,90 \x80;Deutschland\r\n\
        1;22.11.2026 10:05;tasche;1;0,10;Deutschland\r\n\
        1;22.11.2026 10:05;PFAND-2;1;0,25;Deutschland\r\n\
        2;22.11.2026;RING-2;1,000;1.249;BE\r\n\
        Summe;;;4;2.499,15;\r\n";
    let (items, report) = read_with(file, &config);
    let [first, second] = receipts(&items)[..] else { panic!("two receipts") };
    assert_eq!((snapshot(first).lines.len(), snapshot(first).lines[0].unit_price.minor), (1, 124_990));
    assert_eq!(
        (snapshot(second).lines[0].quantity, snapshot(second).lines[0].unit_price.minor),
        (1, 124_900)
    );
    assert_eq!(snapshot(first).language.unwrap().as_str(), "de");
    assert_eq!(snapshot(second).language.unwrap().as_str(), "fr");
    assert_eq!((report.rows, report.accepted, report.rejected), (4, 4, 0));
    assert_eq!((report.findings.len(), report.findings[0].line), (1, 6));
}

#[test]
fn the_same_file_under_another_name_changes_nothing() {
    let file = own(&["1,2026-11-22,A,1,5", "1,2026-11-22,A,1,5", "1,2026-11-22,B,1,7", "2,2026-11-22,A,1,5"]);
    let (items, _) = read(&file);
    let mut orders = stored(&[&file]);
    assert_eq!(orders.len(), 2);
    for event in receipts(&items) {
        assert_eq!(orders.get_mut(&event.key).unwrap().absorb(event.clone()), Absorbed::Nothing);
    }
}

#[test]
fn a_receipt_in_pieces_or_in_two_files_adds_up_in_any_order() {
    let rows = ["1,2026-11-22,A,1,5", "1,2026-11-22,A,1,5", "1,2026-11-22,B,2,7"];
    let whole = stored(&[&own(&rows)]);
    let other = "2,2026-11-22,C,1,9";
    let torn = stored(&[&own(&[rows[0], other, rows[1], rows[2]])]);
    let (one, two) = (own(&rows[..2]), own(&[rows[2]]));
    let key = whole.keys().next().unwrap();
    let ids = |orders: &BTreeMap<OrderKey, Order>| -> Vec<LineId> {
        let mut lines: Vec<_> =
            orders[key].snapshot.iter().flat_map(|s| &s.lines).map(|l| l.id.clone()).collect();
        lines.sort();
        lines
    };
    assert_eq!(ids(&whole).len(), 3);
    assert_eq!(ids(&torn), ids(&whole));
    assert_eq!(ids(&stored(&[&one, &two])), ids(&whole));
    assert_eq!(ids(&stored(&[&two, &one, &two])), ids(&whole));
}

#[test]
fn line_numbers_are_the_line_ids_and_a_repeated_one_loses_no_row() {
    let (items, report) = read(
        "receipt,timestamp,sku,quantity,unit_price,line\n1,2026-11-22,A,1,5,1\n1,2026-11-22,A,1,5,2\n1,2026-11-22,B,1,5,2\n",
    );
    let lines = &snapshot(receipts(&items)[0]).lines;
    assert_eq!((lines[0].id.as_str(), lines[1].id.as_str(), lines.len()), ("1", "2", 3));
    assert_ne!(lines[2].id, lines[1].id);
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn goods_given_back_on_the_receipt_that_sold_them_are_a_refund_of_it() {
    let file =
        own(&["1,2026-11-22,A,2,5", "1,2026-11-22,B,1,7", "1,2026-11-22,A,-1,5", "1,2026-11-22,C,-1,9"]);
    let order = stored(&[&file]).into_values().next().unwrap();
    let kept: Vec<u32> = order.snapshot.iter().flat_map(|s| &s.lines).map(|line| order.kept(line)).collect();
    assert_eq!(kept, [1, 1]);
    let returns = &order.snapshot.as_ref().unwrap().returns;
    let [ReturnedPieces { sku, pieces: 1, .. }] = returns.as_slice() else {
        panic!("one is left: {returns:?}")
    };
    assert_eq!(sku.as_str(), "C");
}

#[test]
fn two_returns_of_one_sku_are_of_two_lines() {
    let file =
        own(&["1,2026-11-22,A,1,5", "1,2026-11-22,A,1,6", "1,2026-11-22,A,-1,5", "1,2026-11-22,A,-1,6"]);
    let order = stored(&[&file]).into_values().next().unwrap();
    assert_eq!(order.dead(), Some(DeadOrder::Returned));
}

#[test]
fn more_given_back_than_sold_is_left_as_a_return() {
    let file = own(&["1,2026-11-22,A,1,5", "1,2026-11-22,A,1,5.5", "1,2026-11-22,A,-5,5"]);
    let (items, _) = read(&file);
    let event = receipts(&items)[0];
    assert_eq!(event.refunds.values().map(|refund| refund.pieces.len()).sum::<usize>(), 2);
    assert_eq!(snapshot(event).returns[0].pieces, 3);
}

#[test]
fn goods_given_back_with_their_receipt_named_are_a_refund_of_that_one() {
    let header = "receipt,timestamp,store,sku,quantity,unit_price,original_receipt";
    let bought = format!("{header}\n1,2026-11-20,Kiel,A,1,5,\n1,2026-11-20,Kiel,A,2,4,\n");
    let given_back = format!("{header}\n9,2026-11-22,Kiel,A,-2,5,1\n");
    let (items, _) = read(&given_back);
    let [named] = items.as_slice() else { panic!("a return alone: {items:?}") };
    assert_eq!(named.key.to_string(), "de/till/Kiel/1");
    for return_first in [false, true] {
        let mut order = Order::empty(named.key.clone());
        let (sale, _) = read(&bought);
        let told = if return_first { [named, &sale[0]] } else { [&sale[0], named] };
        for event in told {
            assert_eq!(order.absorb(event.clone()), Absorbed::Changed);
        }
        assert_eq!(order.absorb(named.clone()), Absorbed::Nothing);
        assert_eq!(order.kept_lines().map(|line| order.kept(line)).sum::<u32>(), 1);
    }
}

#[test]
fn a_named_receipt_is_found_however_its_till_writes_numbers() {
    use crate::till::ReceiptScope::{Shop, Store, StoreDay};
    let original = |scope, own: &str, named: &str| -> Option<String> {
        let file = format!(
            "receipt,timestamp,store,sku,quantity,unit_price,original_receipt\n{own},2026-11-22,Kiel,A,-1,-39.00,{named}\n"
        );
        let config = TillConfig { receipts_unique_per: scope, ..TillConfig::default() };
        let (items, report) = read_with(file.as_bytes(), &config);
        assert_eq!(report.accepted, 1);
        let refunded = items.iter().find(|event| !event.refunds.is_empty());
        let returned = items
            .iter()
            .filter_map(|event| event.snapshot.as_ref())
            .map(|told| told.returns.len())
            .sum::<usize>();
        assert_eq!(usize::from(refunded.is_some()) + returned, 1, "given back once: {items:?}");
        refunded.map(|event| event.key.number.to_string())
    };
    assert_eq!(original(Store, "9", "7").as_deref(), Some("Kiel/7"));
    assert_eq!(original(Store, "9", "Bonn/7").as_deref(), Some("Bonn/7"));
    assert_eq!(original(Store, "2026/9", "2026/7").as_deref(), Some("Kiel/2026/7"));
    assert_eq!(original(Store, "2026/9", "Kiel/2026/7").as_deref(), Some("Kiel/2026/7"));
    assert_eq!(original(Shop, "2026/9", "2026/7").as_deref(), Some("2026/7"));
    assert_eq!(original(StoreDay, "9", "Kiel/2026-11-20/7").as_deref(), Some("Kiel/2026-11-20/7"));
    assert_eq!(original(StoreDay, "9", "7"), None, "of which day?");
}

#[test]
fn a_receipt_that_sells_and_takes_back_goods_of_another_tells_both() {
    let (items, _) = read(
        "receipt,timestamp,sku,quantity,unit_price,original_receipt\n9,2026-11-22,A,-1,5,1\n9,2026-11-22,B,1,7,\n",
    );
    let [event, named] = items.as_slice() else { panic!("two: {items:?}") };
    assert_eq!((snapshot(event).lines.len(), snapshot(event).returns.len()), (1, 0));
    assert_eq!(named.key.number.as_str(), "1");
}

#[test]
fn equal_receipt_numbers_of_two_stores_or_days_stay_apart() {
    let file = "receipt,timestamp,store,sku,quantity,unit_price\n1,2026-11-22,Kiel,A,1,5\n1,2026-11-22,Bonn,A,1,5\n\
                1,2026-11-23,Bonn,A,1,5\n";
    let numbers = |scope| -> Vec<OrderNumber> {
        let config = TillConfig { receipts_unique_per: scope, ..TillConfig::default() };
        let (items, _) = read_with(file.as_bytes(), &config);
        receipts(&items).iter().map(|event| event.key.number.clone()).collect()
    };
    use crate::till::ReceiptScope::{Shop, Store, StoreDay};
    assert_eq!(numbers(Shop).len(), 1);
    assert_eq!(numbers(Store).iter().map(OrderNumber::as_str).collect::<Vec<_>>(), ["Kiel/1", "Bonn/1"]);
    let daily = numbers(StoreDay);
    let daily: Vec<&str> = daily.iter().map(OrderNumber::as_str).collect();
    assert_eq!(daily, ["Kiel/2026-11-22/1", "Bonn/2026-11-22/1", "Bonn/2026-11-23/1"]);
}

#[test]
fn a_bad_row_is_reported_with_line_and_remedy_and_never_stops_the_file() {
    let rows = [
        "1,2026-11-22,A,1,5",
        ",2026-11-22,A,1,5",
        "\"1,23E+15\",2026-11-22,A,1,5",
        "1,yesterday,A,1,5",
        "1,2026-11-22,A,one,5",
        "1,2026-11-22,A,1,much",
        "1,2026-11-22,4.5E+12,1,5",
        "1,2026-11-22,,-1,5",
        "1,2026-11-22,,1,5",
        "1,2026-11-22,A,1",
        "1,\"2026-11-22,A,1,5",
        "1,2026-11-22,A,1000001,5",
        "1,2026-11-22,B,1,5",
    ];
    let (items, report) = read(&own(&rows));
    assert_eq!(snapshot(receipts(&items)[0]).lines.len(), 2);
    let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, (3..=13).collect::<Vec<u64>>());
    assert_eq!((report.rows, report.accepted, report.rejected), (13, 2, 11));
    assert!(report.findings.iter().all(|finding| !finding.remedy.is_empty()));
    assert!(report.findings[1].problem.contains("receipt number"));
    assert!(report.findings[1].remedy.contains("formatted as text"));
}

#[test]
fn a_row_in_another_currency_than_its_receipt_is_refused() {
    let (items, report) = read(
        "receipt,timestamp,sku,quantity,unit_price,currency\n1,2026-11-22,A,1,5,EUR\n1,2026-11-22,B,1,5,CHF\n",
    );
    assert_eq!(snapshot(receipts(&items)[0]).lines.len(), 1);
    assert!(report.findings[0].problem.contains("currency"));
}

#[test]
fn an_address_that_cannot_be_read_costs_the_address_only_and_is_not_shown() {
    let (items, report) =
        read("receipt,timestamp,sku,quantity,unit_price,email\n1,2026-11-22,A,1,5,anna@@example\n");
    assert!(snapshot(receipts(&items)[0]).email.is_none());
    assert_eq!(report.findings.len(), 1);
    assert!(!report.to_string().contains("anna"));
}

#[test]
fn what_is_wrong_with_a_buyer_is_said_of_every_row_and_every_receipt_learns_its_buyer() {
    let rows = [
        "1,anna@example.com",
        "1,mira@example.com",
        "1,mira@example.com",
        "2,mira@example.com",
        "2,mira@example.com",
        "3,nobody",
        "3,nobody",
    ];
    let rows = rows.map(|row| {
        let (receipt, address) = row.split_once(',').unwrap();
        format!("{receipt},2026-11-22 10:05,RING-1,1,49.90,{address}\n")
    });
    let (items, report) =
        read(&format!("receipt,timestamp,sku,quantity,unit_price,email\n{}", rows.concat()));
    let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [3, 4, 7, 8], "{report}");
    let address = |event: &OrderEvent| snapshot(event).email.as_ref().map(|email| email.expose().to_owned());
    let addresses: Vec<_> = items.iter().map(address).collect();
    assert_eq!(addresses, [Some("anna@example.com".to_owned()), Some("mira@example.com".to_owned()), None]);
}

#[test]
fn two_addresses_on_one_receipt_are_pointed_out() {
    let (items, report) = read(
        "receipt,timestamp,sku,quantity,unit_price,email\n1,2026-11-22,A,1,5,\n1,2026-11-22,A,1,5,anna@example.com\n\
         1,2026-11-22,A,1,5,Anna@example.com\n1,2026-11-22,A,1,5,berta@example.com\n",
    );
    assert_eq!(snapshot(receipts(&items)[0]).email.as_ref().unwrap().expose(), "anna@example.com");
    assert_eq!((report.findings.len(), report.findings[0].line), (1, 5));
}

#[test]
fn a_consent_without_time_or_text_is_no_consent() {
    let header = "receipt,timestamp,sku,quantity,unit_price,consent_at,consent_text";
    for consent in ["2026-11-22,", ",v1", "soon,v1"] {
        let (items, report) = read(&format!("{header}\n1,2026-11-22,A,1,5,{consent}\n"));
        assert!(snapshot(receipts(&items)[0]).consent.is_none(), "{consent}");
        assert_eq!(report.findings.len(), 1, "{consent}");
    }
}

#[test]
fn later_rows_of_a_receipt_may_leave_the_timestamp_out() {
    let (items, report) = read(&own(&["1,2026-11-22,A,1,5", "1,,B,1,5", "2,,A,1,5"]));
    assert_eq!(snapshot(receipts(&items)[0]).lines.len(), 2);
    assert_eq!((report.rejected, report.findings[0].line), (1, 4));
}

#[test]
fn lines_of_totals_are_passed_over_whatever_their_number_of_fields() {
    let (items, report) = read(&own(&["1,2026-11-22,A,1,5", "Total", "Summe: 5,00,,", "Gesamt,,,1,5"]));
    assert_eq!(items.len(), 1);
    assert_eq!((report.rows, report.accepted, report.rejected, report.findings.len()), (1, 1, 0, 3));
}

#[test]
fn a_receipt_of_very_many_rows_is_handed_on_in_parts_that_add_up() {
    let rows: Vec<String> = (0..2_500).map(|sku| format!("1,2026-11-22,S{sku},1,5")).collect();
    let file = own(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(read(&file).0.len(), 3);
    let order = stored(&[&file]).into_values().next().unwrap();
    assert_eq!(order.kept_lines().count(), 2_500);
}

#[test]
fn a_missing_column_is_named_with_those_that_there_are() {
    let error = |file: &str, config: &str| {
        let config = toml::from_str(config).unwrap();
        TillReader::new(file.as_bytes(), &config, &context(), "x.csv").err().unwrap().to_string()
    };
    let missing = error("Bon;timestamp;sku\n", "");
    for word in ["receipt, quantity, unit_price", "Bon, timestamp, sku", "[till.columns]"] {
        assert!(missing.contains(word), "{missing}");
    }
    let mapped = error("receipt,timestamp,sku,quantity,unit_price\n", "columns = { email = 'Mail' }");
    assert!(mapped.contains("\"Mail\" for email"), "{mapped}");
    assert!(error("", "").contains("empty"));
}

#[test]
fn a_file_without_a_header_shows_nobody() {
    for config in ["", "columns = { email = 'Mail' }"] {
        let config = toml::from_str(config).unwrap();
        let file = "1,2026-11-22,A,1,5,Anna,anna@example.com\n";
        let error = TillReader::new(file.as_bytes(), &config, &context(), "x.csv").err().unwrap();
        assert!(matches!(error, TillError::NoHeader));
    }
}

/// The public data set that the reference folder beside the workspace may hold.
fn samples() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap();
    let folder = root.join("shared/samples/datasets/uci_online_retail");
    let files = std::fs::read_dir(folder).into_iter().flatten();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".csv.gz"))
        .collect()
}

#[test]
fn a_real_year_of_receipts_is_read_whole() {
    let samples = samples();
    if samples.is_empty() {
        println!("skipped: no samples");
    }
    let context = TillContext {
        currency: Currency::GBP,
        time_zone: TimeZone::get("Europe/London").unwrap(),
        ..context()
    };
    for path in samples {
        let config = TillConfig::default();
        let mut reader = TillReader::new(unpacked(&path), &config, &context, "online_retail.csv").unwrap();
        let items: Vec<OrderEvent> = reader.by_ref().map(Result::unwrap).collect();
        let report = reader.finish();
        let told = receipts(&items);
        let lines = || told.iter().flat_map(|event| &snapshot(event).lines);
        let returns = || told.iter().flat_map(|event| &snapshot(event).returns);
        let expected = counted(&path);
        assert_eq!(
            (report.rows, report.accepted, report.rejected),
            (expected.rows, expected.rows, 0),
            "{report}"
        );
        assert_eq!(told.len(), expected.receipts);
        let sum = |pieces: &mut dyn Iterator<Item = u32>| pieces.map(u64::from).sum::<u64>();
        assert_eq!(sum(&mut lines().map(|line| line.quantity)), expected.sold);
        assert_eq!(sum(&mut returns().map(|returned| returned.pieces)), expected.given_back);
        println!(
            "{} rows, {} receipts, {} lines, {} returns",
            report.rows,
            told.len(),
            lines().count(),
            returns().count()
        );
    }
}

fn unpacked(path: &Path) -> impl Read {
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
}

#[derive(Default)]
struct Counted {
    rows: u64,
    receipts: usize,
    sold: u64,
    given_back: u64,
}

/// The same sums, taken straight from the columns.
fn counted(path: &Path) -> Counted {
    const NO_GOODS: [&str; 7] = ["POST", "D", "M", "BANK CHARGES", "DOT", "CRUK", "AMAZONFEE"];
    let mut counted = Counted::default();
    let mut receipt = String::new();
    for row in csv::Reader::from_reader(unpacked(path)).into_records() {
        let row = row.unwrap();
        counted.rows += 1;
        if row[0] != *receipt {
            counted.receipts += 1;
            row[0].clone_into(&mut receipt);
        }
        let nothing = |price: &str| price == "0.0" || price.starts_with('-');
        let less_than_half_a_penny = row[5].strip_prefix("0.00").is_some_and(|rest| rest < "5");
        if nothing(&row[5]) || less_than_half_a_penny || NO_GOODS.contains(&row[1].to_uppercase().as_str()) {
            continue;
        }
        match row[3].parse::<i64>().unwrap() {
            pieces if pieces < 0 || row[0].starts_with('C') => counted.given_back += pieces.unsigned_abs(),
            pieces => counted.sold += pieces.unsigned_abs(),
        }
    }
    counted
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_row_is_taken_or_refused(body in "([0-9,;\"\nA-C.+E:@-]|Summe|2026-11-22|,,|é){0,120}") {
        for header in [OWN, "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice", "item,price,order,timestamp,quantity"] {
            let (_, report) = read(&format!("{header}\n{body}"));
            prop_assert_eq!(report.rows, report.accepted + report.rejected);
        }
    }

    #[test]
    fn rows_add_up_however_they_are_cut_into_files(
        rows in proptest::collection::vec((0_u8..3, "[AB]", 1_u8..3), 1..12),
        cut in 0_usize..12,
    ) {
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        let mut texts = Vec::new();
        for (receipt, sku, quantity) in &rows {
            let text = format!("{receipt},2026-11-22,{sku},{quantity},5");
            // Equal rows in two files are the same row, so each is made different.
            let count = counted.entry(text.clone()).or_default();
            texts.push(format!("{text}.{count:02}"));
            *count += 1;
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (one, two) = texts.split_at(cut.min(texts.len()));
        let pieces = |orders: BTreeMap<OrderKey, Order>| -> BTreeMap<OrderKey, u32> {
            orders.into_iter().map(|(key, order)| (key, order.kept_lines().map(|line| order.kept(line)).sum())).collect()
        };
        let whole = pieces(stored(&[&own(&texts)]));
        prop_assert_eq!(&pieces(stored(&[&own(one), &own(two)])), &whole);
        prop_assert_eq!(&pieces(stored(&[&own(two), &own(one), &own(two)])), &whole);
        let total: u32 = rows.iter().map(|(_, _, quantity)| u32::from(*quantity)).sum();
        prop_assert_eq!(whole.values().sum::<u32>(), total);
    }
}
