use jiff::civil::date;

use super::*;
use crate::fixtures::{BRAND, FLOW, SHOP, event, key, noon, snapshot};
use crate::order::Payment;

fn catalog_of(flow: &str) -> Catalog {
    let files = [("shops/brand.toml", BRAND), ("shops/de.toml", SHOP), ("flows/after-sales.toml", flow)];
    Catalog::readable(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).unwrap()
}

fn run_with(catalog: &Catalog, events: Vec<OrderEvent>) -> SimulationReport {
    let shop = catalog.shops.values().next().unwrap();
    let key = SecretBytes::new(b"a key of the tests".to_vec());
    Simulation::new(catalog, shop, &key).run(events)
}

fn run(events: Vec<OrderEvent>) -> SimulationReport {
    run_with(&catalog_of(FLOW), events)
}

fn bought(number: &str, day: Date) -> OrderEvent {
    event(number, snapshot(noon(day)))
}

fn cancelled(number: &str, day: Date) -> OrderEvent {
    OrderEvent { key: key(number), snapshot: None, cancelled_at: Some(noon(day)), refunds: BTreeMap::new() }
}

#[test]
fn every_invoice_is_mailed_or_skipped_for_one_reason() {
    let mut unpaid = snapshot(noon(date(2026, 3, 2)));
    unpaid.payment = Payment::Pending;
    let mut nobody = snapshot(noon(date(2026, 3, 2)));
    nobody.email = None;
    let report = run(vec![
        bought("1", date(2026, 3, 1)),
        bought("2", date(2026, 3, 5)),
        bought("3", date(2026, 5, 1)),
        bought("4", date(2026, 7, 1)),
        cancelled("4", date(2026, 7, 2)),
        event("5", unpaid),
        event("6", nobody),
    ]);
    assert_eq!((report.invoices, report.mailed), (6, 2));
    assert_eq!(
        report.skipped,
        BTreeMap::from([("merged", 1), ("cancelled", 1), ("unpaid", 1), ("no_email", 1)])
    );
    assert_eq!(report.invoices, report.mailed + report.skipped.values().sum::<u64>());
    let days: Vec<Date> = report.mails.iter().map(|mail| mail.day).collect();
    assert_eq!(days, [date(2026, 3, 13), date(2026, 5, 13)]);
    assert_eq!(report.codes_needed, 1, "one person, one edition, one code");
}

#[test]
fn the_order_in_which_a_file_tells_history_changes_nothing() {
    let mut events = vec![
        bought("1", date(2026, 3, 1)),
        bought("2", date(2026, 3, 5)),
        cancelled("1", date(2026, 3, 6)),
        bought("3", date(2026, 5, 1)),
    ];
    let forwards = run(events.clone());
    events.reverse();
    let backwards = run(events);
    assert_eq!(serde_json::to_value(&forwards).unwrap(), serde_json::to_value(&backwards).unwrap());
}

#[test]
fn a_cancellation_after_the_mail_leaves_it_mailed() {
    let report = run(vec![bought("1", date(2026, 3, 1)), cancelled("1", date(2026, 3, 20))]);
    assert_eq!((report.mailed, report.mails.len()), (1, 1));
}

#[test]
fn a_new_code_per_step_needs_as_many_codes_as_steps() {
    let steps = FLOW.replace("days = 12\n", "days = 2\n\n[[steps]]\ndays = 10\n");
    let per_step = steps.replace("per = \"contact\"", "per = \"step\"");
    for (flow, codes) in [(steps, 1), (per_step, 2)] {
        let report = run_with(&catalog_of(&flow), vec![bought("1", date(2026, 3, 1))]);
        assert_eq!((report.mails.len(), report.codes_needed), (2, codes));
    }
}

#[test]
fn a_code_for_everybody_takes_none_from_the_stock() {
    let generic = FLOW.replace("currency = \"EUR\" }]", "currency = \"EUR\", generic = \"MERCI\" }]");
    let report = run_with(&catalog_of(&generic), vec![bought("1", date(2026, 3, 1))]);
    assert_eq!((report.mails.len(), report.codes_needed), (1, 0));
}
