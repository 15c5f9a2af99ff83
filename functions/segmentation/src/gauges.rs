//! How things stand after the day's runs: pools, feeds, days behind. The alarms look at the worst of each.
//!
//! Staff learn of a pool that runs low by the alarm on these metrics, which notifies the topic of the operator: this
//! function may not send mail.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_domain::coupon::runway::PoolHealth;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::{CouponStock, DueList, Ledger, feed_moment};
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::plan_due::run_day;
use nachklang_domain::use_case::watch_pools::{RaisedAlert, watch_pools};
use nachklang_domain::use_case::{Desk, UseCaseError};

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
            tracing::error!(%error, "{what} failed");
            failed.push(what.to_owned());
        }
    }
    failed
}

async fn pools<W: CouponStock + DueList + Ledger>(
    desk: Desk<'_, W>,
    metrics: &Metrics,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    let (healths, raised) = watch_pools(desk, now).await?;
    note_pools(&healths, metrics);
    for RaisedAlert { pool, alert, health } in &raised {
        let (pool, alert, available) = (pool.as_str(), alert.as_str(), health.available);
        tracing::warn!(pool, alert, available, "a coupon pool needs a look: upload codes to coupons/{pool}/");
    }
    Ok(())
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
        let Some(completed) = desk.world.last_completed(&shop.id).await? else {
            tracing::warn!(shop = shop.id.as_str(), "no run of this shop was completed yet");
            continue;
        };
        let days = completed.until(run_day(shop, now)).map_or(0, |span| span.get_days());
        let days = u64::try_from(days).unwrap_or(0);
        metrics.level_with("RunLagDays", days, "Shop", shop.id.as_str());
        most = most.max(Some(days));
    }
    most.into_iter().for_each(|most| metrics.level("RunLagDays", most));
    Ok(())
}
