//! One code: where it stands, and how it changes hands.

mod expression;

use aws_sdk_dynamodb::types::Update;
use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::{CodeAction, CodeChange, CouponCode, Holder};
use nachklang_domain::id::{PoolId, bucket};
use nachklang_domain::ports::{PortError, PortResult};

use self::expression::Expression;
use super::body::Item;
use super::item::key;

/// Partitions of a pool. One takes 1,000 write units a second and a claim's code costs two: sixteen allow 8,000 claims a
/// second, more than any account's sending rate, and a walk around an empty pool takes seventeen reads.
pub(super) const SHARDS: u32 = 16;

/// The states that the attribute `state` may have.
pub(super) mod state {
    pub const FREE: &str = "free";
    pub const RELEASED: &str = "released";
    pub const CLAIMED: &str = "claimed";
    pub const QUARANTINED: &str = "quarantined";
    pub const VOID: &str = "void";
}

/// The partition that holds a share of a pool's codes.
pub(super) fn partition(pool: &PoolId, shard: u32) -> String {
    format!("stock#{pool}#{shard}")
}

/// The first part of a sort key: spreads the codes, which shops number in order.
pub(super) fn place(place: u32) -> String {
    format!("{place:08x}")
}

/// Where a code stands in the stock of a pool.
pub(super) fn stock_key(pool: &PoolId, code: &CouponCode) -> Item {
    let folded = code.folded();
    let shard = bucket(&["shard", folded], SHARDS);
    let place = place(bucket(&["place", folded], u32::MAX));
    key(partition(pool, shard), format!("{place}#{folded}"))
}

/// Where it stands that a code is known, whatever pool it is in.
pub(super) fn known_key(code: &CouponCode) -> Item {
    key(known_partition(code), "code")
}

/// The partition of [`known_key`].
pub(super) fn known_partition(code: &CouponCode) -> String {
    format!("code#{}", code.folded())
}

/// The changes of a commit, one for each code.
#[derive(Debug)]
pub(super) enum Joined<'a> {
    /// Each of another code.
    Updates(Vec<CodeUpdate<'a>>),
    /// A change needs what an earlier one of the same code has ended.
    Contradiction,
}

/// Joins changes of one code, which a transaction may name only once: they happen in their order.
///
/// # Errors
/// A permanent error when a claimed code is not among the contact's coupons.
pub(super) fn joined<'a>(contact: &Contact, changes: &'a [CodeChange]) -> PortResult<Joined<'a>> {
    let mut updates: Vec<CodeUpdate<'a>> = Vec::with_capacity(changes.len());
    for change in changes {
        let next = CodeUpdate::of(contact, change)?;
        let Some(first) = updates.iter_mut().find(|update| update.is_of(change)) else {
            updates.push(next);
            continue;
        };
        if !first.then(next) {
            return Ok(Joined::Contradiction);
        }
    }
    Ok(Joined::Updates(updates))
}

/// What a code must be before it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Needs {
    /// Free, or given back and free again on this day.
    Free(Date),
    /// In these hands.
    Held(String),
}

/// How a code changes: what it must be before, and what it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeUpdate<'a> {
    pool: &'a PoolId,
    code: &'a CouponCode,
    needs: Needs,
    state: &'static str,
    holder: Option<String>,
    /// The day of the claim; `None` leaves the one that stands there.
    on: Option<Date>,
    free_from: Option<Date>,
    /// What is added to the history.
    history: Vec<String>,
}

impl<'a> CodeUpdate<'a> {
    fn of(contact: &Contact, change: &'a CodeChange) -> PortResult<Self> {
        Ok(match change.action {
            CodeAction::Claim => Self::claim(change, granted_on(contact, change)?),
            CodeAction::Quarantine => Self::held(change, state::QUARANTINED),
            CodeAction::Keep => Self::held(change, state::CLAIMED),
            CodeAction::Release { free_from } => Self::release(change, free_from),
        })
    }

    /// Who held it stays in the history: the shop may have bound the code to its customer.
    fn claim(change: &'a CodeChange, day: Date) -> Self {
        let Holder { shop, contact, mail } = &change.holder;
        Self {
            needs: Needs::Free(day),
            on: Some(day),
            history: vec![format!("claimed {day} by {shop}/{contact} for {mail}")],
            ..Self::held(change, state::CLAIMED)
        }
    }

    fn release(change: &'a CodeChange, free_from: Date) -> Self {
        Self {
            holder: None,
            free_from: Some(free_from),
            history: vec![format!("given back, free from {free_from}")],
            ..Self::held(change, state::RELEASED)
        }
    }

    fn held(change: &'a CodeChange, state: &'static str) -> Self {
        let holder = holder(&change.holder);
        Self {
            pool: &change.pool,
            code: &change.code,
            needs: Needs::Held(holder.clone()),
            state,
            holder: Some(holder),
            on: None,
            free_from: None,
            history: Vec::new(),
        }
    }

    /// The pool.
    pub(super) const fn pool(&self) -> &PoolId {
        self.pool
    }

    /// Whether somebody else may claim the code then.
    pub(super) const fn frees(&self) -> bool {
        self.free_from.is_some()
    }

    fn is_of(&self, change: &CodeChange) -> bool {
        *self.pool == change.pool && *self.code == change.code
    }

    /// Adds what happens next; answers whether it can.
    fn then(&mut self, next: Self) -> bool {
        let fits = match &next.needs {
            Needs::Free(day) => self.free_from.is_some_and(|from| from <= *day),
            Needs::Held(by) => self.holder.as_ref() == Some(by),
        };
        self.state = next.state;
        self.holder = next.holder;
        self.on = next.on.or(self.on);
        self.free_from = next.free_from;
        self.history.extend(next.history);
        fits
    }

    /// The change as a part of a transaction.
    ///
    /// # Errors
    /// A permanent error when a part is missing.
    pub(super) fn update(&self, table: &str) -> PortResult<Update> {
        let mut expression = Expression::default();
        let condition = expression.condition(&self.needs);
        let change = expression.change(self);
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(stock_key(self.pool, self.code)))
            .condition_expression(condition)
            .update_expression(change)
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(Some(expression.values));
        update.build().map_err(|error| {
            PortError::permanent("a change of a code is incomplete; this is a defect").because(error)
        })
    }
}

/// Whose a code is, as the attribute `holder`.
fn holder(holder: &Holder) -> String {
    format!("{}#{}#{}", holder.shop, holder.contact, holder.mail)
}

/// The day of a claim is that from which the contact holds the code.
fn granted_on(contact: &Contact, change: &CodeChange) -> PortResult<Date> {
    let coupons = contact.coupons.iter().filter(|held| held.code == change.code);
    coupons
        .map(|held| held.granted_on)
        .max()
        .ok_or_else(|| PortError::permanent("a claimed code must be among the contact's coupons"))
}

#[cfg(test)]
mod tests;
