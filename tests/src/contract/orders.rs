use std::collections::HashSet;

use jiff::Timestamp;
use nachklang_domain::ports::{OrderSearch, Orders, Saved, Version};

use super::Kept;
use super::fixtures::{order, order_key, person, shop};

pub async fn an_order_that_was_never_saved_is_absent(store: &impl Orders) -> Kept {
    let key = order_key("de", "shopify", "1001")?;
    assert!(store.load_order(&key).await?.is_none());
    assert!(store.load_orders(&[key]).await?.is_empty());
    assert!(store.load_orders(&[]).await?.is_empty());
    Ok(())
}

pub async fn what_is_saved_is_loaded_whole(store: &impl Orders) -> Kept {
    let order = order("1001", "anna")?;
    assert_eq!(store.save_order(&order, Version(0)).await?, Saved::Done);
    assert_eq!(store.load_order(&order.key).await?, Some((order.clone(), Version(1))));
    Ok(())
}

pub async fn the_version_counts_the_writes(store: &impl Orders) -> Kept {
    let mut order = order("1001", "anna")?;
    for version in 0..3 {
        assert_eq!(store.save_order(&order, Version(version)).await?, Saved::Done);
        order.cancelled_at = Some("2026-03-13T00:00:00Z".parse()?);
    }
    assert_eq!(store.load_order(&order.key).await?, Some((order, Version(3))));
    Ok(())
}

pub async fn a_conditional_write_on_an_old_version_writes_nothing(store: &impl Orders) -> Kept {
    let first = order("1001", "anna")?;
    let mut second = first.clone();
    second.cancelled_at = Some("2026-03-13T00:00:00Z".parse()?);
    store.save_order(&first, Version(0)).await?;
    store.save_order(&second, Version(1)).await?;
    assert_eq!(store.save_order(&first, Version(1)).await?, Saved::Conflict);
    assert_eq!(store.load_order(&first.key).await?, Some((second, Version(2))));
    Ok(())
}

pub async fn a_first_write_over_a_stored_order_writes_nothing(store: &impl Orders) -> Kept {
    let (stored, other) = (order("1001", "anna")?, order("1001", "berta")?);
    store.save_order(&stored, Version(0)).await?;
    assert_eq!(store.save_order(&other, Version(0)).await?, Saved::Conflict);
    assert_eq!(store.load_order(&other.key).await?, Some((stored, Version(1))));
    Ok(())
}

pub async fn a_write_that_expects_more_than_there_is_writes_nothing(store: &impl Orders) -> Kept {
    let order = order("1001", "anna")?;
    assert_eq!(store.save_order(&order, Version(1)).await?, Saved::Conflict);
    assert!(store.load_order(&order.key).await?.is_none());
    store.save_order(&order, Version(0)).await?;
    assert_eq!(store.save_order(&order, Version(2)).await?, Saved::Conflict);
    Ok(())
}

pub async fn of_many_first_writers_one_wins<S>(store: &S) -> Kept
where
    S: Orders + Clone + Send + Sync + 'static,
{
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..20 {
        let (store, order) = (store.clone(), order("1001", &format!("buyer{writer}"))?);
        writers.spawn(async move { store.save_order(&order, Version(0)).await });
    }
    let answers = writers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let winners = answers.iter().filter(|saved| **saved == Saved::Done).count();
    assert_eq!((answers.len(), winners), (20, 1));
    Ok(())
}

pub async fn the_same_number_of_another_source_or_shop_is_another_order(store: &impl Orders) -> Kept {
    for (shop, source) in [("de", "shopify"), ("de", "till"), ("at", "shopify")] {
        let mut order = order("1001", "anna")?;
        order.key = order_key(shop, source, "1001")?;
        assert_eq!(store.save_order(&order, Version(0)).await?, Saved::Done);
    }
    let keys = [order_key("de", "shopify", "1001")?, order_key("at", "shopify", "1001")?];
    let found = store.load_orders(&keys).await?;
    assert_eq!(found.iter().map(|(order, _)| &order.key).collect::<HashSet<_>>(), keys.iter().collect());
    assert!(found.iter().all(|(_, version)| *version == Version(1)), "{found:?}");
    Ok(())
}

/// More than a store may fetch at once, with some that are not there.
pub async fn many_orders_are_loaded_at_once(store: &impl Orders) -> Kept {
    let mut keys = Vec::new();
    for number in 0..130 {
        let key = order_key("de", "shopify", &number.to_string())?;
        if number % 10 != 0 {
            store.save_order(&order(&number.to_string(), "anna")?, Version(0)).await?;
        }
        keys.push(key);
    }
    let found = store.load_orders(&keys).await?;
    let distinct: HashSet<_> = found.iter().map(|(order, _)| &order.key).collect();
    assert_eq!((found.len(), distinct.len()), (117, 117));
    Ok(())
}

/// Whichever moment a glance shows, order and version are of the same one.
pub async fn a_glance_at_orders_tells_the_version_that_it_shows(store: &impl Orders) -> Kept {
    let (first, mut second) = (order("1", "anna")?, order("1", "anna")?);
    second.cancelled_at = Some(Timestamp::UNIX_EPOCH);
    assert!(store.glance_orders(std::slice::from_ref(&first.key)).await?.is_empty());
    store.save_order(&first, Version(0)).await?;
    store.save_order(&second, Version(1)).await?;
    let states = [(first, Version(1)), (second, Version(2))];
    for _ in 0..10 {
        for seen in
            store.glance_orders(&[order_key("de", "shopify", "1")?, order_key("de", "till", "1")?]).await?
        {
            assert!(states.contains(&seen), "{seen:?}");
        }
    }
    Ok(())
}

pub async fn all_orders_of_a_person_in_a_shop_are_found_and_no_others<S>(store: &S) -> Kept
where
    S: Orders + OrderSearch,
{
    for number in 0..30 {
        let mut order = order(&number.to_string(), "anna")?;
        order.contact = match number % 3 {
            0 => Some(person("anna")?),
            1 => Some(person("berta")?),
            _ => None,
        };
        store.save_order(&order, Version(0)).await?;
    }
    let mut elsewhere = order("1001", "anna")?;
    elsewhere.key = order_key("at", "shopify", "1001")?;
    elsewhere.contact = Some(person("anna")?);
    store.save_order(&elsewhere, Version(0)).await?;
    let found = store.orders_of(&shop("de")?, person("anna")?).await?;
    let distinct: HashSet<_> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (10, 10));
    assert_eq!(store.orders_of(&shop("at")?, person("anna")?).await?, [elsewhere.key]);
    assert!(store.orders_of(&shop("de")?, person("carla")?).await?.is_empty());
    Ok(())
}
