//! Looks after the coupon pools and says what staff must know, once per crossing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{Desk, UseCaseError};
use crate::coupon::runway::{Crossing, PoolAlert, PoolHealth, crossing, runway_days};
use crate::flow::CouponRule;
use crate::id::PoolId;
use crate::ports::{CouponStock, DueList, Ledger};
use crate::shop::Shop;

/// So many days of the due list are looked at.
const DEMAND_DAYS: u16 = 28;
/// The mean of so many days stands for what the due list does not know yet.
const MEAN_DAYS: u16 = 21;

/// An alert that has just become true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RaisedAlert {
    /// The pool.
    pub pool: PoolId,
    /// Which.
    pub alert: PoolAlert,
    /// The pool's state.
    pub health: PoolHealth,
}

/// Looks at every pool of every flow; answers the state of each and the alerts that have just become true.
///
/// # Errors
/// [`UseCaseError`].
pub async fn watch_pools<W: CouponStock + DueList + Ledger>(
    desk: Desk<'_, W>,
    now: Timestamp,
) -> Result<(BTreeMap<PoolId, PoolHealth>, Vec<RaisedAlert>), UseCaseError> {
    let mut healths = BTreeMap::new();
    let mut raised = Vec::new();
    for (pool, shops) in pools(desk) {
        let health = health(desk, &pool, &shops, now).await?;
        for alert in PoolAlert::ALL {
            if crosses(desk, &pool, alert, &health).await? {
                raised.push(RaisedAlert { pool: pool.clone(), alert, health });
            }
        }
        healths.insert(pool, health);
    }
    Ok((healths, raised))
}

/// The pools with stock, each with the shops that draw on it.
fn pools<'a, W>(desk: Desk<'a, W>) -> BTreeMap<PoolId, Vec<&'a Shop>> {
    let mut found: BTreeMap<PoolId, Vec<&Shop>> = BTreeMap::new();
    for flow in desk.catalog.flows.values() {
        for shop in desk.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            let rule: Option<&CouponRule> = flow.coupon.as_ref();
            let pool = rule.and_then(|rule| rule.pool_for(&shop.id, shop.currency));
            if let Some(pool) = pool.filter(|pool| pool.generic.is_none()) {
                found.entry(pool.pool.clone()).or_default().push(shop);
            }
        }
    }
    found
}

async fn health<W: CouponStock + DueList>(
    desk: Desk<'_, W>,
    pool: &PoolId,
    shops: &[&Shop],
    now: Timestamp,
) -> Result<PoolHealth, UseCaseError> {
    let today = shops.first().map_or(Date::ZERO, |shop| shop.local_date(now));
    let counts = desk.world.pool_counts(pool, today).await?;
    let mean_from = today.checked_sub(i32::from(MEAN_DAYS).days()).unwrap_or(today);
    let recent = desk.world.claimed_since(pool, mean_from).await?;
    let demand = demand(desk, shops, today).await?;
    let rules = desk.catalog.brand.alerts;
    let horizon = today.checked_add(i32::from(rules.expiry_days).days()).unwrap_or(today);
    // What has ended already cannot end soon: it must not keep the alert standing for ever.
    let ended = desk.world.free_ending_before(pool, today).await?;
    let ending = desk.world.free_ending_before(pool, horizon).await?;
    Ok(PoolHealth {
        available: counts.available(),
        imported: counts.imported(),
        runway_days: runway_days(counts.available(), &demand, recent, u64::from(MEAN_DAYS)),
        near_expiry: ending.saturating_sub(ended),
    })
}

/// What the due lists of the shops hold for the days from tomorrow on; days at the end that hold nothing are cut off.
async fn demand<W: DueList>(
    desk: Desk<'_, W>,
    shops: &[&Shop],
    today: Date,
) -> Result<Vec<u64>, UseCaseError> {
    let tomorrow = today.checked_add(1.day()).unwrap_or(today);
    let mut sum = vec![0_u64; usize::from(DEMAND_DAYS)];
    let names: BTreeSet<_> = shops.iter().map(|shop| &shop.id).collect();
    for shop in names {
        let counts = desk.world.due_counts(shop, tomorrow, DEMAND_DAYS).await?;
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    }
    let known = sum.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    sum.truncate(known);
    Ok(sum)
}

async fn crosses<W: Ledger>(
    desk: Desk<'_, W>,
    pool: &PoolId,
    alert: PoolAlert,
    health: &PoolHealth,
) -> Result<bool, UseCaseError> {
    let mark = format!("alert#{pool}#{}", alert.as_str());
    let standing = desk.world.mark(&mark).await?;
    match crossing(alert, health, &desk.catalog.brand.alerts, standing) {
        Crossing::Raised => Ok(!desk.world.set_mark(&mark, true).await?),
        Crossing::Cleared => {
            desk.world.set_mark(&mark, false).await.map(|_| false).map_err(UseCaseError::from)
        }
        Crossing::Same => Ok(false),
    }
}
