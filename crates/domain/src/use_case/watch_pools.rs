//! Looks after the coupon pools and says what staff must know, once per crossing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{Desk, UseCaseError};
use crate::coupon::runway::{Crossing, PoolAlert, PoolHealth, crossing, runway_days};
use crate::enrolment::later;
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

/// Looks at every pool of every flow; answers the state of each. An alert that has just become true is told at once: it
/// is noted as raised, and a later pool that cannot be read must not swallow it.
///
/// # Errors
/// [`UseCaseError`].
pub async fn watch_pools<W: CouponStock + DueList + Ledger>(
    desk: Desk<'_, W>,
    now: Timestamp,
    mut tell: impl FnMut(RaisedAlert),
) -> Result<BTreeMap<PoolId, PoolHealth>, UseCaseError> {
    let mut healths = BTreeMap::new();
    for (pool, use_of) in pools(desk) {
        let health = health(desk, &pool, &use_of, now).await?;
        for alert in PoolAlert::ALL {
            if crosses(desk, &pool, alert, &health).await? {
                tell(RaisedAlert { pool: pool.clone(), alert, health });
            }
        }
        healths.insert(pool, health);
    }
    Ok(healths)
}

/// What draws on a pool.
#[derive(Default)]
struct Use<'a> {
    /// The shops that it serves.
    serves: Vec<&'a Shop>,
    /// The shops whose own currency it has: what is due there will draw on it.
    drawing: Vec<&'a Shop>,
    /// The fewest days that a mail promises for its codes.
    promised: Option<u16>,
}

/// The pools with stock that serve a shop, those of another currency than the shop's among them: orders may come in it.
fn pools<'a, W>(desk: Desk<'a, W>) -> BTreeMap<PoolId, Use<'a>> {
    let mut found: BTreeMap<PoolId, Use<'_>> = BTreeMap::new();
    for (flow, rule) in desk.catalog.flows.values().filter_map(|flow| Some((flow, flow.coupon.as_ref()?))) {
        for shop in desk.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            for pool in rule.stocks_for(&shop.id) {
                let used = found.entry(pool.pool.clone()).or_default();
                used.serves.push(shop);
                used.drawing.extend(Some(shop).filter(|shop| shop.currency == pool.currency));
                used.promised = used.promised.into_iter().chain([rule.valid_days]).min();
            }
        }
    }
    found
}

async fn health<W: CouponStock + DueList>(
    desk: Desk<'_, W>,
    pool: &PoolId,
    used: &Use<'_>,
    now: Timestamp,
) -> Result<PoolHealth, UseCaseError> {
    let shop = used.drawing.first().or_else(|| used.serves.first());
    let today = shop.map_or(Date::ZERO, |shop| shop.local_date(now));
    let counts = desk.world.pool_counts(pool, today).await?;
    let mean_from = today.checked_sub(i32::from(MEAN_DAYS).days()).unwrap_or(today);
    let recent = desk.world.claimed_since(pool, mean_from).await?;
    let demand = demand(desk, &used.drawing, today).await?;
    // A code that ends before the promised days are over is given to nobody.
    let last_given = later(today, used.promised.unwrap_or(0));
    let too_short = desk.world.free_ending_before(pool, last_given).await?;
    let horizon = later(last_given, desk.catalog.brand.alerts.expiry_days);
    let ending = desk.world.free_ending_before(pool, horizon).await?;
    // What has ended already cannot end soon: it must not keep the alert standing for ever.
    let available = counts.available().saturating_sub(too_short.saturating_sub(counts.expired));
    Ok(PoolHealth {
        available,
        imported: counts.imported(),
        runway_days: runway_days(available, &demand, recent, u64::from(MEAN_DAYS)),
        near_expiry: ending.saturating_sub(counts.expired),
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
