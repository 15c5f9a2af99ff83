//! The shop that is told: the starter content over a store in memory.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use nachklang_domain::catalog::{Catalog, Files};
use nachklang_domain::contact::Contact;
use nachklang_domain::enrolment::Enrolment;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{Contacts, DUE_SHARDS, DueList, Orders};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};
use nachklang_local::store::SqliteStore;

use crate::facts::{Fact, ORDERS, Story, Summary, address, key};

/// The day of the first purchase; nothing is due before.
pub const FIRST_DAY: Date = date(2026, 3, 1);
/// The shorter way of the starter flow's experiment, in days.
pub const SHORTEST_DELAY: i64 = 2;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut files = Files::new();
    for path in ["shops/brand.toml", "shops/de.toml", "flows/after-sales.toml"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        files.insert(path.to_owned(), std::fs::read_to_string(root.join(path)).unwrap());
    }
    Catalog::readable(&files).unwrap()
});

/// Where orders are told.
pub struct Counter {
    store: SqliteStore,
    contact_key: SecretBytes,
    runtime: tokio::runtime::Runtime,
}

impl Counter {
    pub fn open() -> Self {
        Self {
            store: SqliteStore::in_memory().unwrap(),
            contact_key: SecretBytes::new(b"a key of the tests".to_vec()),
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
        }
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Tells a fact on the first day; answers whether it was new.
    pub fn tell(&self, story: &Story, fact: &Fact) -> bool {
        let desk = Desk { world: &self.store, catalog: &CATALOG, contact_key: &self.contact_key };
        let now = FIRST_DAY.at(13, 0, 0, 0).in_tz("Europe/Berlin").unwrap().timestamp();
        let receipt = self.wait(receive_order(desk, &story.event(fact), now)).unwrap();
        receipt != Receipt::Known
    }

    pub fn order(&self, order: usize) -> Option<Order> {
        self.wait(self.store.load_order(&key(order))).unwrap().map(|(order, _)| order)
    }

    fn contact(&self, buyer: usize) -> Option<Contact> {
        let id = ContactId::of(&address(buyer), &self.contact_key);
        let stored = self.wait(self.store.load_contact(&ShopId::parse("de").unwrap(), id)).unwrap();
        stored.map(|(contact, _)| contact)
    }

    /// All mails of a buyer.
    pub fn mails(&self, buyer: usize) -> Vec<Enrolment> {
        self.contact(buyer).map(|contact| contact.enrolments).unwrap_or_default()
    }

    /// The mails of a buyer that wait and hold an order.
    pub fn waiting_mails(&self, buyer: usize, order: usize) -> Vec<Enrolment> {
        let mails = self.mails(buyer).into_iter();
        mails.filter(|mail| mail.is_waiting() && mail.holds(&key(order))).collect()
    }

    pub fn is_in_the_due_list(&self, mail: &Enrolment) -> bool {
        let shop = ShopId::parse("de").unwrap();
        (0..DUE_SHARDS).any(|shard| {
            let page = self.wait(self.store.due_page(&shop, mail.steps[0].due, shard, None)).unwrap();
            page.entries.iter().any(|entry| entry.task.enrolment == mail.id)
        })
    }

    /// All orders and people, in words.
    pub fn everything(&self) -> String {
        let orders: Vec<_> = (0..ORDERS).map(|order| self.order(order)).collect();
        let people: Vec<_> = (0..crate::facts::BUYERS).map(|buyer| self.contact(buyer)).collect();
        format!("{orders:?} {people:?}")
    }
}

/// An order as the model tells it.
pub fn summary(order: &Order) -> Summary {
    let lines = order.snapshot.iter().flat_map(|snapshot| &snapshot.lines);
    let kept: BTreeMap<_, _> = lines.map(|line| (line.id.to_string(), order.kept(line))).collect();
    Summary { kept, dead: order.dead() }
}
