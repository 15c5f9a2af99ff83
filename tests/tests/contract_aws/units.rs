//! What an order costs on DynamoDB until its mail has gone: the capacity that the calls themselves say they consumed.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use nachklang_aws::store::{AwsStore, Meter, Units};
use nachklang_domain::language::Language;
use nachklang_domain::money::Currency;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::ports::{MailTask, Products};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::import_coupons::import_coupons;
use nachklang_domain::use_case::import_feed::import_products;
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::publish::publish_draft;
use nachklang_domain::use_case::receive_order::receive_order;
use nachklang_domain::webhook::{Endpoint, Wire, read_verified};
use nachklang_tests::aws_world::AwsWorld;
use nachklang_tests::world::World;

/// A Shopify order as a shop posts it: two products, buyer, addresses.
const ORDER: &[u8] = include_bytes!("../../../benches/src/shopify_order.json");
const BOUGHT: Date = date(2026, 11, 20);
const DUE: Date = date(2026, 12, 2);
/// The tables that are written for each mail.
const WRITTEN: [&str; 4] = ["contacts", "orders", "due", "coupons"];
/// The tables that are read for each mail. Products, lists and pointers are read once by a process, and the due list by
/// the page.
const READ: [&str; 3] = ["contacts", "orders", "coupons"];

struct Way<'a> {
    world: &'a World,
    store: AwsStore,
    meter: Arc<Meter>,
    catalog: Arc<nachklang_domain::catalog::Catalog>,
}

impl<'a> Way<'a> {
    async fn new(world: &'a World, aws: &AwsWorld) -> anyhow::Result<Self> {
        let meter = Arc::new(Meter::default());
        let store = aws.store().with_meter(Arc::clone(&meter));
        let way = Self { world, store, meter, catalog: world.site.catalog()? };
        publish_draft(&way.store, nachklang_tests::world::shipped()?).await?;
        way.feed().await?;
        Ok(way)
    }

    fn desk(&self) -> Desk<'_, AwsStore> {
        Desk { world: &self.store, catalog: &self.catalog, contact_key: self.world.site.contact_key() }
    }

    async fn feed(&self) -> anyhow::Result<()> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/feeds/de/products.de.xml");
        let (shop, language) = (&self.world.shop()?.id, Language::parse("de")?);
        let read = Cursor::new(first_products(&std::fs::read_to_string(file)?));
        import_products(self.desk(), (shop, language), "feeds/de/products.de.xml", read, false).await?;
        assert!(self.store.product_count(shop, language).await? > 0);
        Ok(())
    }

    async fn codes(&self, count: usize) -> anyhow::Result<()> {
        let codes: String = (0..count).map(|number| format!("DANKE-{number:04}\n")).collect();
        let pool = nachklang_domain::id::PoolId::parse("thanks-eur")?;
        import_coupons(self.desk(), &pool, "coupons/codes.csv", Cursor::new(format!("Code\n{codes}")))
            .await?;
        Ok(())
    }

    fn order(&self) -> anyhow::Result<OrderEvent> {
        let secret = SecretBytes::from("a secret of the tests".to_owned());
        let shop = self.world.shop()?.id.clone();
        let endpoint = Endpoint::new(shop, Wire::Shopify, &[secret], Currency::EUR)?;
        let received = read_verified("orders-create", ORDER, &endpoint)?;
        let [event] = received.events.as_slice() else { anyhow::bail!("one order is told") };
        Ok(event.clone())
    }

    fn task(&self, event: &OrderEvent) -> anyhow::Result<MailTask> {
        use nachklang_domain::id::{ContactId, EnrolmentId, FlowId};
        let address = event.snapshot.as_ref().and_then(|snapshot| snapshot.email.as_ref());
        let address = address.ok_or_else(|| anyhow::anyhow!("the order has an address"))?;
        let contact = ContactId::of(address, self.world.site.contact_key());
        let flow = FlowId::parse("after-sales")?;
        let enrolment = EnrolmentId::of(&flow, contact, &event.key);
        Ok(MailTask { shop: event.key.shop.clone(), contact, enrolment, flow, step: 0 })
    }

    /// The units since the last look, by table.
    fn consumed(&self) -> Consumed {
        let tables = self.meter.tables();
        assert_eq!(self.meter.failed(), 0, "a failed condition is billed too");
        self.meter.reset();
        Consumed {
            written: of(&tables, &WRITTEN, |units| units.write),
            read: of(&tables, &READ, |units| units.read),
        }
    }
}

/// What a station consumed, by table.
#[derive(Debug, PartialEq)]
struct Consumed {
    written: BTreeMap<&'static str, f64>,
    read: BTreeMap<&'static str, f64>,
}

fn of(
    tables: &BTreeMap<String, Units>,
    kinds: &[&'static str],
    units: impl Fn(&Units) -> f64,
) -> BTreeMap<&'static str, f64> {
    let kind = |table: &str| kinds.iter().copied().find(|kind| table.contains(kind));
    let found = tables.iter().filter_map(|(table, all)| Some((kind(table)?, units(all))));
    found.filter(|(_, units)| *units > 0.0).collect()
}

fn consumed(written: &[(&'static str, f64)], read: &[(&'static str, f64)]) -> Consumed {
    Consumed { written: written.iter().copied().collect(), read: read.iter().copied().collect() }
}

/// A dozen products are enough for a mail.
fn first_products(feed: &str) -> String {
    let items: Vec<&str> = feed.split_inclusive("</item>").take(12).collect();
    let tail = feed.rsplit("</item>").next().unwrap_or_default();
    items.concat() + tail
}

/// Walks the whole way; the units of each station.
async fn whole_way(way: &Way<'_>) -> anyhow::Result<[Consumed; 4]> {
    let (event, now) = (way.order()?, way.world.morning(DUE)?);
    let told: Timestamp = BOUGHT.at(18, 30, 0, 0).to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
    way.meter.reset();
    receive_order(way.desk(), &event, told).await?;
    let received = way.consumed();
    let outcome = plan_due(way.desk(), &event.key.shop, None, now).await?;
    let RunOutcome::Completed(report) = outcome else { anyhow::bail!("{outcome:?}") };
    assert_eq!(report.planned, 1);
    let planned = way.consumed();
    let task = way.task(&event)?;
    let assignment = assign_coupon(way.desk(), &task, 1, now).await?;
    assert!(matches!(assignment, Assignment::Claimed(_) | Assignment::HandedOn), "{assignment:?}");
    let assigned = way.consumed();
    let delivery = deliver_mail(way.desk(), way.world.site.postbox(), &task, now + 1.second()).await?;
    assert_eq!(delivery, Delivery::Sent);
    Ok([received, planned, assigned, way.consumed()])
}

/// What an order costs that nobody was told of before.
fn received() -> Consumed {
    consumed(&[("contacts", 1.0), ("orders", 1.0), ("due", 1.0)], &[("contacts", 0.5), ("orders", 0.5)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_with_a_coupon_consumes_nine_write_units_and_three_and_a_half_read_units()
-> anyhow::Result<()> {
    let Some(aws) = AwsWorld::new().await? else { return Ok(()) };
    let world = World::new().await?;
    let way = Way::new(&world, &aws).await?;
    way.codes(600).await?;
    let stations = whole_way(&way).await?;
    let looked = [("contacts", 0.5), ("orders", 0.5)];
    let assigned = consumed(
        &[("contacts", 2.0), ("coupons", 2.0)],
        // The look for free codes is shared by all that claim from what it found; see the ADR.
        &[("contacts", 0.5), ("orders", 0.5), ("coupons", 0.5)],
    );
    let expected =
        [received(), consumed(&[], &[("contacts", 0.5)]), assigned, consumed(&[("contacts", 2.0)], &looked)];
    assert_eq!(stations, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_without_a_coupon_consumes_five_write_units_and_two_and_a_half_read_units()
-> anyhow::Result<()> {
    let Some(aws) = AwsWorld::new().await? else { return Ok(()) };
    let world = World::of("de", |flow| flow.split("[coupon]").next().unwrap_or_default().to_owned()).await?;
    let way = Way::new(&world, &aws).await?;
    let stations = whole_way(&way).await?;
    let looked = [("contacts", 0.5), ("orders", 0.5)];
    let expected = [
        received(),
        consumed(&[], &[("contacts", 0.5)]),
        consumed(&[], &[]),
        consumed(&[("contacts", 2.0)], &looked),
    ];
    assert_eq!(stations, expected);
    Ok(())
}
