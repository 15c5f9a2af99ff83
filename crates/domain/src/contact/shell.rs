//! What remains of a person whose data was erased.
//!
//! Source: article 17 of Regulation (EU) 2016/679. The keyed hash stays so that she is not mailed again, which the
//! regulation allows for the objection that an erasure implies (article 17 (3) (b) with article 21 (3)).

use super::Contact;
use crate::consent::SuppressionReason;
use crate::enrolment::{Enrolment, StepState};

impl Contact {
    /// Whether her data was erased. Nothing takes that back.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.suppressed.is_some_and(|suppressed| suppressed.reason == SuppressionReason::Erased)
    }

    /// Forgets all but the hash, the suppression, the orders that are still to be made anonymous, and the mails that
    /// are underway: they end by their own rules, and each is forgotten with its end.
    pub fn forget(&mut self) {
        (self.email, self.first_name, self.language, self.country) = (None, None, None, None);
        (self.basis, self.profile_at, self.told_at) = (None, None, None);
        self.enrolments.retain(is_underway);
        let steps = self.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
        let grants = steps.filter_map(|step| step.state.claim()?.coupon.as_ref());
        let carried: Vec<_> = grants.map(|grant| grant.code.clone()).collect();
        self.coupons.retain(|held| carried.contains(&held.code));
    }

    /// Whether nothing is left to be done about her erasure.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.is_erased() && self.orders.is_empty() && {
            let mut forgotten = self.clone();
            forgotten.forget();
            forgotten == *self
        }
    }
}

fn is_underway(enrolment: &Enrolment) -> bool {
    let underway = |state: &StepState| matches!(state, StepState::Claimed(_) | StepState::Sending { .. });
    enrolment.steps.iter().any(|step| underway(&step.state))
}
