use jiff::Timestamp;
use nachklang_domain::ports::{Leases, Notes, PortResult};

use super::Kept;

/// A moment of the promises' morning.
fn at(minute: i64) -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_second(1_773_475_200 + minute * 60)?)
}

pub async fn a_lease_lets_one_in_until_it_ends(store: &impl Leases) -> Kept {
    assert!(store.take_lease("publish", at(0)?, at(5)?).await?);
    assert!(!store.take_lease("publish", at(0)?, at(6)?).await?);
    assert!(!store.take_lease("publish", at(4)?, at(9)?).await?);
    assert!(store.take_lease("publish", at(5)?, at(9)?).await?);
    assert!(!store.take_lease("publish", at(6)?, at(11)?).await?);
    Ok(())
}

pub async fn a_lease_that_was_given_back_is_free(store: &impl Leases) -> Kept {
    assert!(store.take_lease("publish", at(0)?, at(5)?).await?);
    store.end_lease("publish", at(5)?).await?;
    store.end_lease("publish", at(5)?).await?;
    assert!(store.take_lease("publish", at(1)?, at(6)?).await?);
    Ok(())
}

pub async fn nobody_ends_the_lease_of_another(store: &impl Leases) -> Kept {
    assert!(store.take_lease("publish", at(0)?, at(5)?).await?);
    assert!(store.take_lease("publish", at(5)?, at(9)?).await?);
    store.end_lease("publish", at(5)?).await?;
    assert!(!store.take_lease("publish", at(6)?, at(11)?).await?);
    Ok(())
}

pub async fn leases_of_other_names_are_apart(store: &impl Leases) -> Kept {
    assert!(store.take_lease("publish", at(0)?, at(5)?).await?);
    assert!(store.take_lease("feeds/de/products.de", at(0)?, at(5)?).await?);
    store.end_lease("publish", at(5)?).await?;
    assert!(!store.take_lease("feeds/de/products.de", at(1)?, at(5)?).await?);
    Ok(())
}

pub async fn of_many_that_take_a_lease_at_once_one_has_it<S>(store: &S) -> Kept
where
    S: Leases + Clone + Send + Sync + 'static,
{
    let now = at(0)?;
    let mut takers = tokio::task::JoinSet::new();
    for minute in 1..=20 {
        let (store, until) = (store.clone(), at(minute)?);
        takers.spawn(async move { store.take_lease("publish", now, until).await });
    }
    let answers = takers.join_all().await.into_iter().collect::<PortResult<Vec<_>>>()?;
    assert_eq!(answers.iter().filter(|taken| **taken).count(), 1);
    Ok(())
}

pub async fn a_note_is_kept_until_it_is_replaced_or_forgotten(store: &impl Notes) -> Kept {
    assert_eq!(store.recall("orders/de/june.csv").await?, None);
    for text in ["500 of \"many\"", "", "1000\u{1f48d}"] {
        store.remember("orders/de/june.csv", text).await?;
        assert_eq!(store.recall("orders/de/june.csv").await?.as_deref(), Some(text));
    }
    assert_eq!(store.recall("orders/de/july.csv").await?, None);
    store.forget("orders/de/june.csv").await?;
    store.forget("orders/de/june.csv").await?;
    assert_eq!(store.recall("orders/de/june.csv").await?, None);
    Ok(())
}
