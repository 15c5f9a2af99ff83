use jiff::civil::date;

use super::*;
use crate::contact::Contact;
use crate::enrolment::{Claim, enrol};
use crate::fixtures::{BRAND, FLOW, SHOP, bought_on, contact, noon, order, shop, snapshot};
use crate::id::{EnrolmentId, MailName, SegmentId};
use crate::language::Language;
use crate::mail::published::AddressForm;

const DAY: Date = date(2026, 3, 1);

fn catalog_of(flow: &str) -> Catalog {
    let files = [("shops/brand.toml", BRAND), ("shops/de.toml", SHOP), ("flows/after-sales.toml", flow)];
    Catalog::readable(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).unwrap()
}

fn catalog() -> Catalog {
    catalog_of(FLOW)
}

fn enrolled(orders: &[Order]) -> Contact {
    let (catalog, mut anna) = (catalog(), contact("anna"));
    for order in orders {
        enrol(&mut anna, order, catalog.flows.values().next().unwrap(), &shop(), noon(DAY));
    }
    anna
}

fn claim() -> Claim {
    let id = EnrolmentId::of(
        &crate::fixtures::flow().id,
        crate::fixtures::person("anna"),
        &crate::fixtures::key("1"),
    );
    Claim {
        mail: MailId::of(&crate::fixtures::flow().id, "2026", 0, id),
        at: noon(DAY),
        segment: SegmentId::parse("collection").unwrap(),
        name: MailName::parse("rest").unwrap(),
        version: "v".to_owned(),
        language: Language::parse("de").unwrap(),
        address: AddressForm::default(),
        coupon: None,
    }
}

fn skipped(reason: SkipReason) -> Disposition {
    Disposition::Skipped { reason }
}

#[test]
fn each_state_of_the_mail_is_the_end_of_its_order() {
    let (claim, at) = (claim(), noon(DAY));
    let (mail, message, reason) = (claim.mail, "m".to_owned(), "no".to_owned());
    let states = [
        (StepState::Waiting, Disposition::Waiting { due: date(2026, 3, 13) }),
        (StepState::Claimed(claim.clone()), Disposition::Underway { mail }),
        (StepState::Sending { claim: claim.clone(), lease_until: at }, Disposition::Underway { mail }),
        (StepState::Sent { claim: claim.clone(), message, at }, Disposition::Mailed { mail }),
        (StepState::Failed { claim: claim.clone(), reason, at }, Disposition::Failed { mail }),
        (StepState::Unknown { claim, since: at }, Disposition::Unknown { mail }),
        (StepState::Skipped { reason: SkipReason::NoCode, at }, skipped(SkipReason::NoCode)),
    ];
    let bought = bought_on("1", DAY);
    for (state, end) in states {
        let mut anna = enrolled(std::slice::from_ref(&bought));
        anna.enrolments[0].steps[0].state = state;
        assert_eq!(disposition(&bought, Some(&anna), &catalog()), end);
    }
}

#[test]
fn of_a_joint_mail_one_order_is_mailed_and_the_other_merged() {
    let orders = [bought_on("1", DAY), bought_on("2", date(2026, 3, 5))];
    let anna = enrolled(&orders);
    let ends = orders.each_ref().map(|order| disposition(order, Some(&anna), &catalog()));
    assert_eq!(ends, [Disposition::Waiting { due: date(2026, 3, 13) }, skipped(SkipReason::Merged)]);
}

#[test]
fn when_the_first_order_is_cancelled_the_other_speaks_for_the_mail() {
    let mut orders = [bought_on("1", DAY), bought_on("2", date(2026, 3, 5))];
    let mut anna = enrolled(&orders);
    orders[0].cancelled_at = Some(noon(DAY));
    enrol(&mut anna, &orders[0], catalog().flows.values().next().unwrap(), &shop(), noon(DAY));
    let ends = orders.each_ref().map(|order| disposition(order, Some(&anna), &catalog()));
    assert_eq!(ends, [skipped(SkipReason::Cancelled), Disposition::Waiting { due: date(2026, 3, 13) }]);
}

#[test]
fn an_order_cancelled_after_its_mail_was_sent_stays_mailed() {
    let mut bought = bought_on("1", DAY);
    let mut anna = enrolled(std::slice::from_ref(&bought));
    let claim = claim();
    let mail = claim.mail;
    anna.enrolments[0].steps[0].state = StepState::Sent { claim, message: "m".to_owned(), at: noon(DAY) };
    bought.cancelled_at = Some(noon(DAY));
    enrol(&mut anna, &bought, catalog().flows.values().next().unwrap(), &shop(), noon(DAY));
    assert_eq!(disposition(&bought, Some(&anna), &catalog()), Disposition::Mailed { mail });
}

#[test]
fn an_order_without_a_mail_says_why() {
    let bought = bought_on("1", DAY);
    assert_eq!(disposition(&bought, None, &catalog()), skipped(SkipReason::NoEmail));
    let mut told = snapshot(noon(DAY));
    told.test = true;
    assert_eq!(disposition(&order("1", told), None, &catalog()), skipped(SkipReason::TestOrder));
    let elsewhere = catalog_of(&format!("shops = [\"at\"]\n{FLOW}"));
    assert_eq!(disposition(&bought, Some(&contact("anna")), &elsewhere), skipped(SkipReason::NoFlow));
    let delivered = catalog_of(&FLOW.replace("repeat = \"merge\"", "anchor = \"delivered\""));
    assert_eq!(disposition(&bought, Some(&contact("anna")), &delivered), skipped(SkipReason::NotDelivered));
}
