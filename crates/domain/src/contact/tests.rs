use super::*;
use crate::consent::ConsentProof;
use crate::fixtures::{address, at, consent, contact, snapshot};

const MARCH: &str = "2026-03-01T10:00:00Z";
const APRIL: &str = "2026-04-01T10:00:00Z";

fn customer(since: &str) -> LegalBasis {
    LegalBasis::ExistingCustomer { notice_version: "2026-01".to_owned(), since: at(since) }
}

fn agreed(moment: &str) -> LegalBasis {
    LegalBasis::Consent(consent(at(moment)))
}

/// Her ground after hearing of some.
fn heard(grounds: &[Option<LegalBasis>]) -> Option<LegalBasis> {
    let mut anna = contact("anna");
    for ground in grounds {
        anna.learn(&snapshot(at(MARCH)), ground.clone());
    }
    anna.basis
}

#[test]
fn consent_outweighs_an_existing_customer_whichever_comes_first() {
    for grounds in [[customer(MARCH), agreed(APRIL)], [agreed(APRIL), customer(MARCH)]] {
        assert_eq!(heard(&grounds.map(Some)), Some(agreed(APRIL)));
    }
}

#[test]
fn a_purchase_without_a_ground_takes_none_away() {
    assert_eq!(heard(&[Some(customer(MARCH)), None]), Some(customer(MARCH)));
}

#[test]
fn of_two_proofs_of_a_kind_the_earlier_stays_whichever_is_told_first() {
    for pair in [[MARCH, APRIL], [APRIL, MARCH]] {
        assert_eq!(heard(&pair.map(|day| Some(customer(day)))), Some(customer(MARCH)));
        assert_eq!(heard(&pair.map(|day| Some(agreed(day)))), Some(agreed(MARCH)));
    }
}

#[test]
fn no_order_and_no_second_reason_undoes_a_suppression() {
    let mut anna = contact("anna");
    anna.suppress(SuppressionReason::Unsubscribed, at(MARCH));
    anna.suppress(SuppressionReason::Bounced, at(APRIL));
    anna.learn(&snapshot(at(APRIL)), Some(agreed(APRIL)));
    let first = Suppression { reason: SuppressionReason::Unsubscribed, at: at(MARCH) };
    assert_eq!(anna.suppressed, Some(first));
}

#[test]
fn an_erasure_replaces_any_reason_and_nothing_is_learnt_after_it() {
    let mut anna = contact("anna");
    anna.suppress(SuppressionReason::Bounced, at(MARCH));
    anna.suppress(SuppressionReason::Erased, at(APRIL));
    anna.suppress(SuppressionReason::Bounced, at(APRIL));
    assert_eq!(anna.suppressed.map(|s| s.reason), Some(SuppressionReason::Erased));
    anna.learn(&snapshot(at(APRIL)), Some(agreed(APRIL)));
    assert_eq!((anna.email, anna.basis), (None, None));
}

#[test]
fn an_older_order_fills_gaps_and_overwrites_nothing() {
    let mut anna = contact("anna");
    let mut newer = snapshot(at(APRIL));
    newer.first_name = Some("Anna".to_owned());
    let mut older = snapshot(at(MARCH));
    older.first_name = Some("Anni".to_owned());
    older.country = Country::parse("AT").ok();
    anna.learn(&newer, None);
    anna.learn(&older, None);
    assert_eq!(anna.first_name.as_deref(), Some("Anna"));
    assert_eq!(anna.country, Country::parse("AT").ok());
    assert_eq!(anna.email, Some(address("anna")));
}

#[test]
fn a_proof_tells_when_where_and_which_text() {
    let Some(LegalBasis::Consent(ConsentProof { at: when, source, text_version })) =
        heard(&[Some(agreed(MARCH))])
    else {
        panic!("no consent was kept");
    };
    assert_eq!((when, source.as_str(), text_version.as_str()), (at(MARCH), "checkout", "2026-01"));
}
