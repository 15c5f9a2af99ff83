//! What the store of one machine promises beyond the ports, which have their contract in `tests/`.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::contact::Contact;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, OrderKey, OrderNumber, PoolId, ShopId, Source};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{Contacts, CouponStock, MailTask, Orders, Parts, Queues, Saved, Version};
use nachklang_domain::secret::SecretBytes;
use rusqlite::Connection;

use super::*;

fn key(number: &str) -> OrderKey {
    OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("till").unwrap(),
        number: OrderNumber::parse(number).unwrap(),
    }
}

async fn save(store: &SqliteStore, number: &str) {
    let saved = store.save_order(&Order::empty(key(number)), Version(0)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
}

async fn has(store: &SqliteStore, number: &str) -> bool {
    store.load_order(&key(number)).await.unwrap().is_some()
}

fn task(name: &str) -> MailTask {
    let address = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
    let contact = ContactId::of(&address, &SecretBytes::new(b"key".to_vec()));
    let flow = FlowId::parse("after-sales").unwrap();
    MailTask {
        shop: ShopId::parse("de").unwrap(),
        contact,
        enrolment: EnrolmentId::of(&flow, contact, &key("1")),
        flow,
        step: 0,
    }
}

/// The error and its causes, as the program shows them.
fn in_words(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(in_words);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn new_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nachklang.sqlite");
    (folder, file)
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let (_folder, file) = new_file();
    drop(SqliteStore::open(&file).unwrap());
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    let error = SqliteStore::open(&file).unwrap_err();
    assert!(in_words(&error).contains("newer version"), "{}", in_words(&error));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_and_loses_nothing() {
    let (_folder, file) = new_file();
    let her = task("anna");
    {
        let store = SqliteStore::open(&file).unwrap();
        save(&store, "7").await;
        save(&store, "8").await;
        let contact = Contact::new(her.shop.clone(), her.contact);
        store.commit(&contact, Version(0), &[]).await.unwrap();
    }
    let connection = Connection::open(&file).unwrap();
    let first_version = "DROP TABLE parts; PRAGMA user_version = 1; PRAGMA ignore_check_constraints = ON; \
        INSERT INTO codes (folded, given, pool, slot, state) VALUES ('luna-1', 'LUNA-1', 'spring', 1, 'sent'); \
        UPDATE contacts SET body = json_remove(body, '$.orders'); \
        ALTER TABLE orders ADD COLUMN contact TEXT; CREATE INDEX orders_of_contact ON orders (shop, contact);";
    connection.execute_batch(first_version).unwrap();
    let hers = "UPDATE orders SET contact = ?1 WHERE number = '8'";
    connection.execute(hers, [her.contact.to_string()]).unwrap();
    drop(connection);
    let store = SqliteStore::open(&file).unwrap();
    let (pool, today) = (PoolId::parse("spring").unwrap(), jiff::civil::date(2026, 3, 14));
    let counts = store.pool_counts(&pool, today).await.unwrap();
    assert_eq!((counts.claimed, counts.imported()), (1, 1));
    assert_eq!(store.finish_part(&her.shop, today, "2026-03-14#0").await.unwrap(), 1);
    let (contact, version) = store.load_contact(&her.shop, her.contact).await.unwrap().unwrap();
    let known: Vec<_> = contact.orders.iter().map(|known| (known.key.clone(), known.version)).collect();
    assert_eq!((known, version), (vec![(key("8"), Version(0))], Version(1)));
    save(&store, "9").await;
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let (_folder, file) = new_file();
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE theirs (id)").unwrap();
    let error = SqliteStore::open(&file).unwrap_err();
    assert!(in_words(&error).contains("another program"), "{}", in_words(&error));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let (_folder, file) = new_file();
    std::fs::write(&file, "these are receipts, not a database, however long they are").unwrap();
    assert!(SqliteStore::open(&file).is_err());
}

#[test]
fn a_write_is_on_the_disk_when_it_returns() {
    let (_folder, file) = new_file();
    let store = SqliteStore::open(&file).unwrap();
    let pragma = |name| {
        let connection = store.lock();
        connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("synchronous"), 2.into(), "2 is FULL");
    assert_eq!(pragma("foreign_keys"), 1.into());
}

#[tokio::test]
async fn two_programs_see_each_others_writes() {
    let (_folder, file) = new_file();
    let (one, other) = (SqliteStore::open(&file).unwrap(), SqliteStore::open(&file).unwrap());
    save(&one, "1").await;
    save(&other, "2").await;
    assert!(has(&one, "2").await && has(&other, "1").await);
}

#[tokio::test]
async fn a_committed_batch_stays_and_a_dropped_one_vanishes() {
    let store = SqliteStore::in_memory().unwrap();
    let batch = store.begin_batch().await.unwrap();
    save(batch.store(), "1").await;
    save(batch.store(), "2").await;
    batch.commit().await.unwrap();
    let batch = store.begin_batch().await.unwrap();
    save(batch.store(), "3").await;
    drop(batch);
    assert!(has(&store, "1").await && has(&store, "2").await);
    assert!(!has(&store, "3").await);
}

#[tokio::test]
async fn a_batch_is_one_transaction_to_other_programs() {
    let (_folder, file) = new_file();
    let (store, other) = (SqliteStore::open(&file).unwrap(), SqliteStore::open(&file).unwrap());
    let batch = store.begin_batch().await.unwrap();
    save(batch.store(), "1").await;
    assert!(!has(&other, "1").await);
    batch.commit().await.unwrap();
    assert!(has(&other, "1").await);
}

#[tokio::test]
async fn a_call_that_fails_within_a_batch_takes_back_itself_only() {
    let store = SqliteStore::in_memory().unwrap();
    let batch = store.begin_batch().await.unwrap();
    save(batch.store(), "1").await;
    let undone = batch.store().write_or_undo("test", |db| {
        db.execute("DELETE FROM orders", [])?;
        Ok(Verdict::Undo(()))
    });
    undone.await.unwrap();
    let failed = batch.store().write("test", |db| {
        db.execute("DELETE FROM orders", [])?;
        Err::<(), _>(Fault::Refused("no"))
    });
    failed.await.unwrap_err();
    batch.commit().await.unwrap();
    assert!(has(&store, "1").await);
}

#[tokio::test]
async fn a_batch_within_a_batch_vanishes_alone_or_with_the_outer_one() {
    let store = SqliteStore::in_memory().unwrap();
    let outer = store.begin_batch().await.unwrap();
    save(outer.store(), "1").await;
    let inner = outer.store().begin_batch().await.unwrap();
    save(inner.store(), "2").await;
    drop(inner);
    let inner = outer.store().begin_batch().await.unwrap();
    save(inner.store(), "3").await;
    inner.commit().await.unwrap();
    assert!(!has(outer.store(), "2").await);
    assert!(has(outer.store(), "3").await);
    drop(outer);
    assert!(!has(&store, "1").await && !has(&store, "3").await);
}

#[tokio::test]
async fn an_inner_batch_cannot_outlive_the_outer_one() {
    let store = SqliteStore::in_memory().unwrap();
    let outer = store.begin_batch().await.unwrap();
    let inner = outer.store().begin_batch().await.unwrap();
    save(inner.store(), "1").await;
    drop(outer);
    let next = store.begin_batch().await.unwrap();
    let order = Order::empty(key("2"));
    assert!(inner.store().save_order(&order, Version(0)).await.is_err());
    inner.commit().await.unwrap_err();
    next.commit().await.unwrap();
    assert!(!has(&store, "1").await && !has(&store, "2").await);
    save(&store, "3").await;
}

#[tokio::test]
async fn a_handle_ends_with_its_batch() {
    let store = SqliteStore::in_memory().unwrap();
    let batch = store.begin_batch().await.unwrap();
    let kept = batch.store().clone();
    batch.commit().await.unwrap();
    let next = store.begin_batch().await.unwrap();
    let late = kept.save_order(&Order::empty(key("1")), Version(0)).await;
    assert!(!late.unwrap_err().is_transient());
    next.commit().await.unwrap();
    assert!(!has(&store, "1").await);
}

#[tokio::test]
async fn what_others_write_meanwhile_is_not_taken_back_with_a_batch() {
    let store = SqliteStore::in_memory().unwrap();
    let batch = store.begin_batch().await.unwrap();
    save(batch.store(), "1").await;
    let (outside, order) = (store.clone(), Order::empty(key("2")));
    let waiting = tokio::spawn(async move { outside.save_order(&order, Version(0)).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "it waits for the batch to end");
    drop(batch);
    assert_eq!(waiting.await.unwrap().unwrap(), Saved::Done);
    assert!(!has(&store, "1").await && has(&store, "2").await);
}

#[tokio::test]
async fn a_panic_within_a_call_takes_back_that_call_alone() {
    let store = SqliteStore::in_memory().unwrap();
    save(&store, "1").await;
    let broken = store.clone();
    let panicked = tokio::spawn(async move {
        let call = broken.write("test", |db| {
            db.execute("DELETE FROM orders", [])?;
            panic!("as a bug would");
            #[expect(unreachable_code, reason = "names the type")]
            Ok(())
        });
        call.await
    });
    assert!(panicked.await.unwrap_err().is_panic());
    assert!(has(&store, "1").await);
    save(&store, "2").await;
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn a_taken_task_hides_until_its_time_is_over_and_counts_its_receives() {
    let store = SqliteStore::in_memory().unwrap();
    store.to_delivery(&[task("anna")]).await.unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let take = async |at| store.take(QueueName::Delivery, at, MINUTE).await.unwrap();
    assert_eq!(store.take(QueueName::Assignment, now, MINUTE).await.unwrap(), None);
    let first = take(now).await.unwrap();
    assert_eq!((first.task, first.receives), (task("anna"), 1));
    assert_eq!(take(now + SignedDuration::from_secs(59)).await, None);
    let second = take(now + MINUTE).await.unwrap();
    assert_eq!((second.id, second.receives), (first.id, 2));
}

#[tokio::test]
async fn a_task_that_is_done_never_comes_again_and_one_put_back_comes_at_its_time() {
    let store = SqliteStore::in_memory().unwrap();
    store.to_delivery(&[task("anna"), task("berta")]).await.unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let take = async |at| store.take(QueueName::Delivery, at, MINUTE).await.unwrap();
    let (anna, berta) = (take(now).await.unwrap(), take(now).await.unwrap());
    store.done(anna.id).await.unwrap();
    store.retry_at(berta.id, now + MINUTE * 10).await.unwrap();
    assert_eq!(take(now + MINUTE * 9).await, None);
    assert_eq!(take(now + MINUTE * 10).await.unwrap().task, task("berta"));
    assert_eq!(take(now + MINUTE * 10).await, None);
}

#[tokio::test]
async fn a_parked_request_is_kept_byte_for_byte_until_it_is_taken_up() {
    let store = SqliteStore::in_memory().unwrap();
    let shop = ShopId::parse("de").unwrap();
    let request = ParkedRequest {
        headers: Some(r#"{"x-topic":"orders/paid"}"#.to_owned()),
        body: b"{\"email\":\"anna@example.com\"\xff".to_vec(),
    };
    let now: Timestamp = "2026-03-14T08:00:00.000001Z".parse().unwrap();
    let id = store.park(&shop, "shopify", &request, "no order number", now).await.unwrap();
    let parked = Parked {
        id,
        shop,
        wire: "shopify".to_owned(),
        reason: "no order number".to_owned(),
        at: now,
        bytes: 28,
    };
    assert_eq!(store.parked().await.unwrap(), [parked]);
    assert_eq!(store.parked_body(id).await.unwrap(), Some(request.clone()));
    assert!(!format!("{request:?}").contains("anna"));
    assert!(store.unpark(id).await.unwrap());
    assert!(!store.unpark(id).await.unwrap());
    assert_eq!(store.parked_body(id).await.unwrap(), None);
    assert!(store.parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn settings_and_files_are_remembered() {
    let store = SqliteStore::in_memory().unwrap();
    assert_eq!(store.meta("clock").await.unwrap(), None);
    for value in ["2026-03-14", "2026-03-15"] {
        store.set_meta("clock", value).await.unwrap();
        assert_eq!(store.meta("clock").await.unwrap().as_deref(), Some(value));
    }
    assert!(!store.seen_file("abc").await.unwrap());
    store.note_file("abc").await.unwrap();
    store.note_file("abc").await.unwrap();
    assert!(store.seen_file("abc").await.unwrap());
    assert!(!store.seen_file("abd").await.unwrap());
}

#[tokio::test]
async fn a_walk_shows_every_order_once() {
    let store = SqliteStore::in_memory().unwrap();
    let batch = store.begin_batch().await.unwrap();
    for number in 0..1_234 {
        save(batch.store(), &number.to_string()).await;
    }
    batch.commit().await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    store
        .all_orders(|order| {
            assert!(seen.insert(order.key.number), "an order came twice");
        })
        .await
        .unwrap();
    assert_eq!(seen.len(), 1_234);
}

/// A claim that read a pool from its beginning would slow down with every code given out.
#[test]
fn the_search_for_a_free_code_reads_the_stock_index_alone() {
    let store = SqliteStore::in_memory().unwrap();
    let connection = store.lock();
    let plan: String = connection
        .query_row(
            &format!("EXPLAIN QUERY PLAN {}", stock::FREE),
            ["pool", "0", "9", "2026-03-14", "2026-03-14", "5"],
            |row| row.get(3),
        )
        .unwrap();
    assert_eq!(plan, "SEARCH codes USING INDEX codes_stock (pool=? AND slot>? AND slot<?)");
}

#[test]
fn an_unreadable_row_is_told_without_what_it_holds() {
    let store = SqliteStore::in_memory().unwrap();
    store
        .lock()
        .execute(
            "INSERT INTO orders (shop, source, number, version, body) VALUES ('de', 'till', '1', 1, '\"anna@example.com\"')",
            [],
        )
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let error = runtime.block_on(store.load_order(&key("1"))).unwrap_err();
    assert_eq!(
        in_words(&error),
        "cannot load an order: the database holds an order that cannot be read; restore the file from a backup"
    );
}
