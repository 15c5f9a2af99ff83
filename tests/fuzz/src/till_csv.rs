//! Till files: every row counts or is reported, and a file that is read again tells the same.

use jiff::tz::TimeZone;
use nachklang_domain::delimited::date::DateOrder;
use nachklang_domain::money::Currency;
use nachklang_domain::order::{Order, OrderEvent};
use nachklang_domain::report::FileReport;
use nachklang_domain::till::{ReceiptScope, TillConfig, TillContext, TillReader};

use crate::Outcome;
use crate::fixed::{CANARY, shop_id, source, sure};
use crate::input::Trickle;
use crate::report;
use crate::webhook_bodies::check_order;

/// The first byte chooses how the shop's file says that the till writes; the rest is the file.
pub fn check(data: &[u8]) -> Outcome {
    let Some((choice, file)) = data.split_first() else {
        return Outcome::Refused;
    };
    let config = config(*choice);
    let Ok((events, told)) = read(file, &config, "orders/de/a.csv") else {
        return Outcome::Refused;
    };
    report::check(&told, report::lines(file));
    assert!(!told.to_string().contains(CANARY), "the report names the buyer");
    check_events(&events, &told);
    let (outcome, again) = (Outcome::of(!events.is_empty()), read_slowly(file, &config));
    assert_eq!(again.ok().map(|(events, _)| events), Some(events), "how it arrives changes what it tells");
    outcome
}

fn config(choice: u8) -> TillConfig {
    let scopes = [ReceiptScope::Store, ReceiptScope::Shop, ReceiptScope::StoreDay];
    let scope = scopes.into_iter().nth(usize::from(choice % 3)).unwrap_or_default();
    let date_order = if choice & 4 == 0 { DateOrder::Dmy } else { DateOrder::Mdy };
    let not_goods = if choice & 8 == 0 { Vec::new() } else { vec!["BAG".to_owned(), "POST*".to_owned()] };
    TillConfig { receipts_unique_per: scope, date_order, not_goods, ..TillConfig::default() }
}

fn context() -> TillContext {
    let time_zone = sure(TimeZone::get("Europe/Berlin"));
    TillContext { shop: shop_id(), source: source(), currency: Currency::EUR, time_zone }
}

type Told = Result<(Vec<OrderEvent>, FileReport), String>;

fn read(file: &[u8], config: &TillConfig, name: &str) -> Told {
    let context = context();
    let reader = TillReader::new(file, config, &context, name).map_err(|error| error.to_string())?;
    drain(reader)
}

fn read_slowly(file: &[u8], config: &TillConfig) -> Told {
    let context = context();
    let reader = TillReader::new(Trickle(file), config, &context, "orders/de/other-name.csv");
    drain(reader.map_err(|error| error.to_string())?)
}

fn drain<R: std::io::Read>(mut reader: TillReader<'_, R>) -> Told {
    let events = reader.by_ref().collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    Ok((events, reader.finish()))
}

/// No row makes more than one line or one return; the same file twice changes no order.
fn check_events(events: &[OrderEvent], told: &FileReport) {
    let mut rows = 0;
    for event in events {
        assert_eq!((&event.key.shop, &event.key.source), (&shop_id(), &source()));
        let snapshot = event.snapshot.as_ref();
        rows += snapshot.map_or(0, |snapshot| snapshot.lines.len() + snapshot.returns.len());
        check_order(event);
    }
    assert!(rows <= usize::try_from(told.accepted).unwrap_or(usize::MAX), "more lines than rows");
    check_sums(events);
}

/// All events of one order, in the file's order and backwards, make the same order.
fn check_sums(events: &[OrderEvent]) {
    let Some(first) = events.first() else {
        return;
    };
    let of_first = || events.iter().filter(|event| event.key == first.key);
    let absorbed = |events: &mut dyn Iterator<Item = &OrderEvent>| {
        let mut order = Order::empty(first.key.clone());
        for event in events {
            order.absorb(event.clone());
        }
        order
    };
    assert_eq!(absorbed(&mut of_first()), absorbed(&mut of_first().collect::<Vec<_>>().into_iter().rev()));
}
