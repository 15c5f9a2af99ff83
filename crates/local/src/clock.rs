//! Which time it is: that of the machine, or a virtual one that is kept in the store.

use anyhow::Context as _;
use jiff::Timestamp;

use crate::store::SqliteStore;

const KEY: &str = "virtual-clock";

/// The time in this store.
///
/// # Errors
/// When the store does not answer.
pub async fn now(store: &SqliteStore) -> anyhow::Result<Timestamp> {
    Ok(set_time(store).await?.unwrap_or_else(Timestamp::now))
}

/// The virtual time, if there is one.
///
/// # Errors
/// When the store does not answer.
pub async fn set_time(store: &SqliteStore) -> anyhow::Result<Option<Timestamp>> {
    let kept = store.meta(KEY).await?;
    kept.map(|text| text.parse().context("the virtual clock in the store shows no time")).transpose()
}

/// Sets the virtual time. It never goes back: what has happened has happened.
///
/// # Errors
/// When the store does not answer, or the time lies before the one that it shows.
pub async fn set(store: &SqliteStore, time: Timestamp) -> anyhow::Result<()> {
    if let Some(known) = set_time(store).await?.filter(|known| *known > time) {
        anyhow::bail!(
            "the virtual clock shows {known} already: choose a later day, or start over with --fresh"
        );
    }
    Ok(store.set_meta(KEY, &time.to_string()).await?)
}
