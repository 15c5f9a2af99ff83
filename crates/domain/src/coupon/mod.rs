//! Codes, pools, editions: who holds which code, and since when.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::contact::{Contact, HeldCoupon};
use crate::enrolment::later;
use crate::flow::{CouponRule, CouponScope};
use crate::id::{ContactId, EnrolmentId, MailId, PoolId, ShopId, bucket};

pub mod code;
pub mod file;
pub mod runway;

pub use code::CouponCode;

/// The coupon that a mail carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The code.
    pub code: CouponCode,
    /// The last day on which it is valid, as printed.
    pub valid_until: Date,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a code comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// A code of her own, from a pool.
    Stock {
        /// The pool.
        pool: PoolId,
        /// The last day on which the shop takes it.
        expires: Option<Date>,
    },
    /// One code for everybody.
    Generic,
}

/// A free code, as the stock offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCode {
    /// The pool.
    pub pool: PoolId,
    /// The code.
    pub code: CouponCode,
    /// The last day on which the shop takes it.
    pub expires: Option<Date>,
}

/// Puts free codes into an order of chance that a seed picks. Claimers who look for codes at one time find the same ones;
/// they must not try them in the same order.
pub fn shuffle(codes: &mut [StockCode], seed: u64) {
    let seed = seed.to_string();
    codes.sort_by_cached_key(|found| bucket(&["turn", &seed, found.code.folded()], u32::MAX));
}

/// A change of one code that is committed together with its contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// The pool.
    pub pool: PoolId,
    /// The code.
    pub code: CouponCode,
    /// Who holds it, or held it.
    pub holder: Holder,
    /// What happens to it.
    pub action: CodeAction,
}

/// Whose a code is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The shop.
    pub shop: ShopId,
    /// The person.
    pub contact: ContactId,
    /// The mail.
    pub mail: MailId,
}

/// What happens to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAction {
    /// It must be free and becomes hers.
    Claim,
    /// She never saw it: it becomes free again from a day on.
    Release {
        /// The first day on which it may be given out again.
        free_from: Date,
    },
    /// Nobody knows whether she saw it.
    Quarantine,
    /// She has it after all: it ends a quarantine. A mail that simply goes changes nothing in the stock.
    Keep,
}

/// How many codes of a pool are in which state. The sum is what was imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PoolCounts {
    /// Never given out.
    pub free: u64,
    /// Given back, not yet given out again.
    pub released: u64,
    /// In somebody's hands. Whether their mails have gone is told by the contacts, not by the stock.
    pub claimed: u64,
    /// In a mail with an unknown end.
    pub quarantined: u64,
    /// Never given out and past their day.
    pub expired: u64,
    /// Taken back by the shop.
    pub void: u64,
}

impl PoolCounts {
    /// All codes that ever came in.
    #[must_use]
    pub const fn imported(&self) -> u64 {
        self.free + self.released + self.claimed + self.quarantined + self.expired + self.void
    }

    /// Codes that can still be given out.
    #[must_use]
    pub const fn available(&self) -> u64 {
        self.free + self.released
    }
}

/// Under which key within an edition a code is somebody's.
///
/// `contact`: one per person; `step`: one per enrolment and step; `order`: one per enrolment.
#[must_use]
pub fn scope_key(scope: CouponScope, enrolment: EnrolmentId, step: u32) -> String {
    match scope {
        CouponScope::Contact => "contact".to_owned(),
        CouponScope::Step => format!("{enrolment}#{step}"),
        CouponScope::Order => enrolment.to_string(),
    }
}

/// The last day of validity to print: the promised days from the day of the mail, ended earlier by the shop's own date.
#[must_use]
pub fn valid_until(rule: &CouponRule, mailed_on: Date, expires: Option<Date>) -> Date {
    let promised = later(mailed_on, rule.valid_days);
    expires.map_or(promised, |hard| hard.min(promised))
}

/// Whether a code's own end leaves the promised days.
#[must_use]
pub fn outlives_promise(rule: &CouponRule, mailed_on: Date, expires: Option<Date>) -> bool {
    expires.is_none_or(|hard| hard >= later(mailed_on, rule.valid_days))
}

impl HeldCoupon {
    /// The change of the code that goes with a change of its holder.
    #[must_use]
    pub fn change(&self, contact: &Contact, action: CodeAction) -> CodeChange {
        let holder = Holder { shop: contact.shop.clone(), contact: contact.id, mail: self.mail };
        CodeChange { pool: self.pool.clone(), code: self.code.clone(), holder, action }
    }

    /// Whether it can be printed in another mail on a day.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        day <= self.valid_until
    }
}

#[cfg(test)]
mod tests;
