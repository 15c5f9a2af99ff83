//! How things stand after the day's runs: pools, feeds, days behind. The alarms look at the worst of each.
//!
//! Staff learn of a pool that runs low by the alarm on these metrics, which notifies the topic of the operator: this
//! function may not send mail.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_aws::lambda::chain;
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_domain::coupon::runway::PoolHealth;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::{CouponStock, DueList, Ledger, feed_moment};
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::plan_due::run_day;
use nachklang_domain::use_case::watch_pools::{RaisedAlert, watch_pools};
use nachklang_domain::use_case::{Desk, UseCaseError};

/// How often the pools are looked at. A look reads every code that was ever imported and the due lists of four weeks, so
/// it is made once a day and not at each hourly call; a few hours less than a day, so that a late call shifts no later one.
const POOLS_EVERY: SignedDuration = SignedDuration::from_hours(20);
/// When the pools were looked at last.
const POOLS_WATCHED: &str = "pools-watched";

/// Notes all of them; answers which could not be read.
pub(crate) async fn note<W>(desk: Desk<'_, W>, metrics: &Metrics, now: Timestamp) -> Vec<String>
where
    W: CouponStock + DueList + Ledger,
{
    let mut failed = Vec::new();
    for (what, noted) in [
        ("the look at the coupon pools", pools(desk, metrics, now).await),
        ("the look at the feeds", feeds(desk, metrics, now).await),
        ("the look at the days behind", lag(desk, metrics, now).await),
    ] {
        if let Err(error) = noted {
            tracing::error!(error = chain(&error), "{what} failed");
            failed.push(what.to_owned());
        }
    }
    failed
}

/// Looks at the pools unless that was done today. A look that fails is made again by the next call.
async fn pools<W: CouponStock + DueList + Ledger>(
    desk: Desk<'_, W>,
    metrics: &Metrics,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    let last = desk.world.moment(POOLS_WATCHED).await?;
    if last.is_some_and(|last| now.duration_since(last) < POOLS_EVERY) {
        return Ok(());
    }
    let healths = watch_pools(desk, now, |raised| tell(&raised, metrics)).await?;
    note_pools(&healths, metrics);
    Ok(desk.world.set_moment(POOLS_WATCHED, now).await?)
}

/// Once per crossing, by the rules of the brand file: the alarm on this metric is for each of them.
fn tell(raised: &RaisedAlert, metrics: &Metrics) {
    let RaisedAlert { pool, alert, health } = raised;
    let (pool, alert, available, near_expiry) =
        (pool.as_str(), alert.as_str(), health.available, health.near_expiry);
    metrics.count("CouponAlert", 1);
    tracing::warn!(pool, alert, available, near_expiry, "a coupon pool needs a look");
}

fn note_pools(healths: &BTreeMap<PoolId, PoolHealth>, metrics: &Metrics) {
    for (pool, health) in healths {
        metrics.level_with("CouponFree", health.available, "Pool", pool.as_str());
        if let Some(days) = health.runway_days {
            metrics.level_with("CouponRunwayDays", days, "Pool", pool.as_str());
        }
    }
    let fewest = healths.values().map(|health| health.available).min();
    fewest.into_iter().for_each(|fewest| metrics.level("CouponFree", fewest));
    let shortest = healths.values().filter_map(|health| health.runway_days).min();
    shortest.into_iter().for_each(|shortest| metrics.level("CouponRunwayDays", shortest));
}

async fn feeds<W: Ledger>(desk: Desk<'_, W>, metrics: &Metrics, now: Timestamp) -> Result<(), UseCaseError> {
    let mut oldest = None;
    for shop in desk.catalog.shops.values() {
        let age = feed_age(desk, shop, now).await?;
        age.into_iter().for_each(|age| metrics.level_with("FeedAgeHours", age, "Shop", shop.id.as_str()));
        oldest = oldest.max(age);
    }
    oldest.into_iter().for_each(|oldest| metrics.level("FeedAgeHours", oldest));
    Ok(())
}

/// The hours since the oldest of a shop's feeds was published; `None` for a shop that never had one.
async fn feed_age<W: Ledger>(
    desk: Desk<'_, W>,
    shop: &Shop,
    now: Timestamp,
) -> Result<Option<u64>, UseCaseError> {
    let mut oldest: Option<SignedDuration> = None;
    for language in &shop.languages {
        let published = desk.world.moment(&feed_moment(&shop.id, *language)).await?;
        oldest = oldest.max(published.map(|at| now.duration_since(at)));
    }
    Ok(oldest.map(|age| u64::try_from(age.as_hours()).unwrap_or(0)))
}

/// How many days each shop is behind, those of other zones too: a zone that no schedule names shows here.
async fn lag<W: Ledger>(desk: Desk<'_, W>, metrics: &Metrics, now: Timestamp) -> Result<(), UseCaseError> {
    let mut most = None;
    for shop in desk.catalog.shops.values() {
        let days = days_behind(desk, shop, now).await?;
        metrics.level_with("RunLagDays", days, "Shop", shop.id.as_str());
        most = most.max(Some(days));
    }
    most.into_iter().for_each(|most| metrics.level("RunLagDays", most));
    Ok(())
}

/// The days whose run is missing. Those of a shop that was never run count from the day on which it was first seen here.
async fn days_behind<W: Ledger>(desk: Desk<'_, W>, shop: &Shop, now: Timestamp) -> Result<u64, UseCaseError> {
    let last = match desk.world.last_completed(&shop.id).await? {
        Some(completed) => completed,
        None => run_day(shop, first_seen(desk, shop, now).await?),
    };
    let days = last.until(run_day(shop, now)).map_or(0, |span| span.get_days());
    Ok(u64::try_from(days).unwrap_or(0))
}

async fn first_seen<W: Ledger>(
    desk: Desk<'_, W>,
    shop: &Shop,
    now: Timestamp,
) -> Result<Timestamp, UseCaseError> {
    let name = format!("first-seen#{}", shop.id);
    if let Some(seen) = desk.world.moment(&name).await? {
        return Ok(seen);
    }
    desk.world.set_moment(&name, now).await?;
    Ok(now)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use nachklang_domain::id::ShopId;
    use nachklang_domain::secret::SecretBytes;
    use nachklang_local::store::SqliteStore;
    use nachklang_simulation::counting::Counting;

    use super::*;
    use crate::tests::catalog;

    /// The calls by which a noting of the gauges reads the pools.
    async fn looks_at_pools(store: &Counting<SqliteStore>, hour: i64) -> u64 {
        let (catalog, contact_key) = (catalog(), SecretBytes::from("a key".to_owned()));
        let desk = Desk { world: store, catalog: &catalog, contact_key: &contact_key };
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        assert!(note(desk, &Metrics::new("test"), now).await.is_empty());
        let dear = ["pool_counts", "claimed_since", "free_ending_before", "due_counts"];
        let calls = store.take();
        dear.iter().filter_map(|call| calls.get(*call)).sum()
    }

    #[tokio::test]
    async fn the_pools_are_read_once_a_day_however_often_the_schedule_calls() {
        let store = Counting::new(SqliteStore::in_memory().unwrap());
        let first = looks_at_pools(&store, 7).await;
        assert!(first > 0);
        for hour in 8..=20 {
            assert_eq!(looks_at_pools(&store, hour).await, 0, "{hour}:00");
        }
        assert_eq!(looks_at_pools(&store, 31).await, first, "the next morning");
    }

    /// The days that the shop is behind, looked at on a day's evening.
    async fn behind(store: &SqliteStore, day: i8) -> u64 {
        let (catalog, contact_key) = (catalog(), SecretBytes::from("a key".to_owned()));
        let desk = Desk { world: store, catalog: &catalog, contact_key: &contact_key };
        let shop = catalog.shop(&ShopId::parse("de").unwrap()).unwrap();
        let evening = date(2026, 11, day).at(20, 0, 0, 0).to_zoned(shop.zone().clone()).unwrap();
        days_behind(desk, shop, evening.timestamp()).await.unwrap()
    }

    #[tokio::test]
    async fn a_shop_that_no_schedule_ever_ran_falls_behind_from_the_day_it_was_first_seen() {
        let store = SqliteStore::in_memory().unwrap();
        assert_eq!(behind(&store, 5).await, 0);
        assert_eq!(behind(&store, 6).await, 1);
        assert_eq!(behind(&store, 9).await, 4);
    }

    #[tokio::test]
    async fn a_shop_is_behind_by_the_days_since_its_last_run() {
        let store = SqliteStore::in_memory().unwrap();
        store.finish_run(&ShopId::parse("de").unwrap(), date(2026, 11, 5)).await.unwrap();
        assert_eq!(behind(&store, 5).await, 0);
        assert_eq!(behind(&store, 8).await, 3);
    }
}
