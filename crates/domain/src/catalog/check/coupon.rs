//! What must hold in a flow's coupon, and between the coupons of all flows.

use std::collections::BTreeMap;

use super::{Desk, MAX_DAYS, has_text};
use crate::coupon::CouponCode;
use crate::flow::{CouponRule, EmptyPool, Flow};
use crate::shop::Shop;

impl Desk<'_> {
    /// Codes of one pool are of one currency, whichever flow gives them out.
    pub(super) fn check_pools(&mut self) {
        let mut currencies = BTreeMap::new();
        for flow in self.catalog.flows.values() {
            for used in flow.coupon.iter().flat_map(|rule| &rule.pools) {
                let known = *currencies.entry(&used.pool).or_insert(used.currency);
                if known != used.currency {
                    let problem = format!("the pool {} is used for {known} and {}", used.pool, used.currency);
                    let path = format!("flows/{}.toml", flow.id);
                    self.error(&path, used.pool.as_str(), problem, "give each currency a pool of its own");
                }
            }
        }
    }

    pub(super) fn check_coupon(&mut self, path: &str, flow: &Flow, rule: &CouponRule) {
        self.check_coupon_days(path, flow, rule);
        self.check_codes_for_all(path, rule);
        for shop in self.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            self.check_coupon_in(path, shop, rule);
        }
    }

    fn check_coupon_days(&mut self, path: &str, flow: &Flow, rule: &CouponRule) {
        if !(1..=MAX_DAYS).contains(&rule.valid_days) {
            let problem = format!("valid_days = {} makes no possible date", rule.valid_days);
            self.error(path, "valid_days", problem, "use 1 to 400 days");
        }
        if let EmptyPool::Hold { days } = &rule.empty
            && *days > flow.useful_days
        {
            let problem = format!(
                "a mail would wait {days} days for a code but is useful for {} only",
                flow.useful_days
            );
            self.error(path, "days", problem, "make useful_days at least as long as empty.days");
        }
    }

    fn check_codes_for_all(&mut self, path: &str, rule: &CouponRule) {
        let fallback = match &rule.empty {
            EmptyPool::Fallback { code } => Some(code),
            EmptyPool::Hold { .. } | EmptyPool::Skip | EmptyPool::Without => None,
        };
        let fixed = rule.pools.iter().filter_map(|pool| pool.generic.as_ref());
        for code in fixed.chain(fallback) {
            if let Err(error) = CouponCode::parse(code) {
                let near = if code.trim().is_empty() { "" } else { code };
                self.error(
                    path,
                    near,
                    format!("a code for everybody cannot be used: {error}"),
                    error.remedy(),
                );
            }
        }
    }

    fn check_coupon_in(&mut self, path: &str, shop: &Shop, rule: &CouponRule) {
        if rule.pool_for(&shop.id, shop.currency).is_none() {
            let problem = format!("no coupon pool serves the shop {} in {}", shop.id, shop.currency);
            self.error(path, "pools", problem, "add a pool of that currency under [coupon]");
        }
        for language in shop.languages.iter().filter(|language| !has_text(&rule.benefit, **language)) {
            let problem =
                format!("coupon.benefit has no text for the language {language} of the shop {}", shop.id);
            self.error(path, "benefit", problem, "say in that language what the coupon gives");
        }
    }
}
