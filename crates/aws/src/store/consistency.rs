//! Which reads see every write that has returned. A table on one machine is always consistent, so only the call shows it.

use nachklang_domain::id::{ContactId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::ports::{Contacts, Content, Ledger, Notes, OrderSearch, Orders, Sending};
use nachklang_domain::secret::SecretBytes;
use serde_json::{Value, json};

use super::AwsStore;
use super::scripted::{Answer, Wire};

fn shop() -> ShopId {
    ShopId::parse("de").unwrap()
}

fn person() -> ContactId {
    let address = nachklang_domain::email::EmailAddress::parse("anna@example.com").unwrap();
    ContactId::of(&address, &SecretBytes::from("a key".to_owned()))
}

fn orders(numbers: &[&str]) -> Vec<OrderKey> {
    let key = |number: &&str| OrderKey {
        shop: shop(),
        source: Source::parse("shopify").unwrap(),
        number: OrderNumber::parse(number).unwrap(),
    };
    numbers.iter().map(key).collect()
}

/// What a read asks for, in the one call that it makes of a table that holds nothing.
async fn asked(read: impl AsyncFn(&AwsStore)) -> Value {
    let nothing =
        json!({ "Items": [], "Count": 0, "ScannedCount": 0, "Responses": {}, "UnprocessedKeys": {} });
    let wire = Wire::new(move |_, _| Answer::Done(nothing.clone()));
    read(&wire.store()).await;
    let calls = wire.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    let batch = call.body["RequestItems"].as_object().and_then(|tables| tables.values().next().cloned());
    batch.unwrap_or_else(|| call.body.clone())["ConsistentRead"].clone()
}

#[tokio::test]
async fn a_sure_read_asks_for_every_write_that_has_returned() {
    let (one, two) = (orders(&["1"]), orders(&["1", "2"]));
    let all = [
        asked(async |store| drop(store.load_contact(&shop(), person()).await.unwrap())).await,
        asked(async |store| drop(store.load_order(&one[0]).await.unwrap())).await,
        asked(async |store| drop(store.load_orders(&one).await.unwrap())).await,
        asked(async |store| drop(store.load_orders(&two).await.unwrap())).await,
        asked(async |store| drop(store.orders_of(&shop(), person()).await.unwrap())).await,
        asked(async |store| drop(store.active("mail", "topsellers").await.unwrap())).await,
        asked(async |store| drop(store.all_active("shop").await.unwrap())).await,
        asked(async |store| drop(store.recall("how far").await.unwrap())).await,
        asked(async |store| assert_eq!(store.sending().await.unwrap(), Sending::On)).await,
        asked(async |store| assert!(!store.mark("low_stock#spring").await.unwrap())).await,
        asked(async |store| assert!(store.moment("feed#de#de").await.unwrap().is_none())).await,
    ];
    assert_eq!(all, [const { Value::Bool(true) }; 11]);
}

#[tokio::test]
async fn a_glance_asks_for_half_the_price() {
    let (one, two) = (orders(&["1"]), orders(&["1", "2"]));
    let all = [
        asked(async |store| drop(store.glance_contact(&shop(), person()).await.unwrap())).await,
        asked(async |store| drop(store.glance_order(&one[0]).await.unwrap())).await,
        asked(async |store| drop(store.glance_orders(&one).await.unwrap())).await,
        asked(async |store| drop(store.glance_orders(&two).await.unwrap())).await,
    ];
    assert_eq!(all, [const { Value::Bool(false) }; 4]);
}
