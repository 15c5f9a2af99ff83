use jiff::civil::date;

use super::*;
use crate::contact::Contact;
use crate::fixtures::{bought_on, contact, flow, flow_with, key, noon, order, refund, shop, snapshot};
use crate::id::{MailId, MailName, SegmentId};
use crate::language::Language;
use crate::mail::published::AddressForm;
use crate::order::{OrderEvent, OrderSnapshot};
use crate::ports::Version;

const FIRST: Date = date(2026, 3, 1);
const SECOND: Date = date(2026, 3, 5);

/// Tells a purchase on its day; answers what it did.
fn buy(contact: &mut Contact, flow: &Flow, number: &str, day: Date) -> Enrolled {
    tell(contact, flow, &bought_on(number, day), day)
}

fn tell(contact: &mut Contact, flow: &Flow, order: &Order, today: Date) -> Enrolled {
    enrol(contact, order, flow, &shop(), noon(today))
}

fn numbers(enrolment: &Enrolment) -> Vec<&str> {
    enrolment.orders.iter().map(|order| order.key.number.as_str()).collect()
}

fn sent(contact: &mut Contact, at: usize) {
    contact.enrolments[at].steps[0].state =
        StepState::Sent { claim: claim(), message: "m".to_owned(), at: noon(FIRST) };
}

fn claim() -> Claim {
    let id = EnrolmentId::of(&flow().id, crate::fixtures::person("anna"), &key("1"));
    Claim {
        mail: MailId::of(&flow().id, "2026", 0, id),
        at: noon(FIRST),
        segment: SegmentId::parse("collection").unwrap(),
        name: MailName::parse("rest").unwrap(),
        version: "v".to_owned(),
        language: Language::parse("de").unwrap(),
        address: AddressForm::default(),
        coupon: None,
    }
}

fn cancelled(mut order: Order) -> Order {
    order.cancelled_at = Some(noon(SECOND));
    order
}

#[test]
fn an_order_delivered_twice_enrols_once() {
    let mut anna = contact("anna");
    let Enrolled::Started(id) = buy(&mut anna, &flow(), "1", FIRST) else {
        panic!("the first purchase starts the flow");
    };
    let once = anna.clone();
    assert_eq!(buy(&mut anna, &flow(), "1", FIRST), Enrolled::Already(id));
    assert_eq!(anna, once);
}

#[test]
fn days_count_from_the_local_day_of_the_purchase() {
    let mut anna = contact("anna");
    let late = order("1", snapshot("2026-03-01T23:30:00Z".parse().unwrap()));
    tell(&mut anna, &flow(), &late, FIRST);
    let step = &anna.enrolments[0].steps[0];
    assert_eq!((step.due, step.latest), (date(2026, 3, 14), date(2026, 4, 4)));
}

#[test]
fn a_second_purchase_joins_the_mail_that_waits_and_its_day_stays() {
    let mut anna = contact("anna");
    let Enrolled::Started(id) = buy(&mut anna, &flow(), "1", FIRST) else {
        panic!("the first purchase starts the flow");
    };
    assert_eq!(buy(&mut anna, &flow(), "2", SECOND), Enrolled::Joined(id));
    assert_eq!(anna.enrolments.len(), 1);
    assert_eq!(numbers(&anna.enrolments[0]), ["1", "2"]);
    assert_eq!(anna.enrolments[0].steps[0].due, date(2026, 3, 13));
}

#[test]
fn a_purchase_after_the_mail_was_sent_starts_anew() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    sent(&mut anna, 0);
    assert!(matches!(buy(&mut anna, &flow(), "2", SECOND), Enrolled::Started(_)));
    assert_eq!(anna.enrolments.len(), 2);
}

#[test]
fn a_purchase_after_the_mail_was_claimed_starts_anew() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    anna.enrolments[0].steps[0].state = StepState::Claimed(claim());
    assert!(matches!(buy(&mut anna, &flow(), "2", SECOND), Enrolled::Started(_)));
}

#[test]
fn an_older_order_that_arrives_late_joins_what_it_would_have_joined_in_time() {
    let mut in_time = contact("anna");
    buy(&mut in_time, &flow(), "1", FIRST);
    buy(&mut in_time, &flow(), "2", SECOND);
    let mut late = contact("anna");
    buy(&mut late, &flow(), "2", SECOND);
    let told_late = tell(&mut late, &flow(), &bought_on("1", FIRST), date(2026, 3, 6));
    assert!(matches!(told_late, Enrolled::Joined(_)));
    assert_eq!((in_time.enrolments.len(), late.enrolments.len()), (1, 1));
}

#[test]
fn an_older_order_that_would_have_been_mailed_before_joins_nothing() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "2", date(2026, 3, 20));
    let told_late = tell(&mut anna, &flow(), &bought_on("1", FIRST), date(2026, 3, 21));
    assert!(matches!(told_late, Enrolled::Started(_)), "its own mail was due on 13 March");
}

#[test]
fn a_mail_that_is_overdue_and_still_waits_takes_a_new_purchase() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    assert!(matches!(buy(&mut anna, &flow(), "2", date(2026, 3, 16)), Enrolled::Joined(_)));
}

#[test]
fn restart_drops_the_waiting_mail_and_counts_anew() {
    let (mut anna, flow) = (contact("anna"), flow_with("merge", "restart"));
    buy(&mut anna, &flow, "1", FIRST);
    assert!(matches!(buy(&mut anna, &flow, "2", SECOND), Enrolled::Started(_)));
    let [old, new] = &anna.enrolments[..] else { panic!("two enrolments") };
    assert!(matches!(old.steps[0].state, StepState::Skipped { reason: SkipReason::Restarted, .. }));
    assert_eq!((new.steps[0].due, &new.steps[0].state), (date(2026, 3, 17), &StepState::Waiting));
}

#[test]
fn an_older_order_that_arrives_late_does_not_restart_a_newer_one() {
    let (mut anna, flow) = (contact("anna"), flow_with("merge", "restart"));
    buy(&mut anna, &flow, "2", SECOND);
    let late = bought_on("1", FIRST);
    assert_eq!(tell(&mut anna, &flow, &late, date(2026, 3, 6)), Enrolled::Refused(SkipReason::Restarted));
    let waiting: Vec<_> = anna.enrolments.iter().filter(|e| e.is_waiting()).map(numbers).collect();
    assert_eq!(waiting, [["2"]]);
    sent(&mut anna, 0);
    assert!(matches!(tell(&mut anna, &flow, &late, date(2026, 3, 20)), Enrolled::Already(_)));
}

#[test]
fn separate_gives_each_purchase_a_mail_of_its_own() {
    let (mut anna, flow) = (contact("anna"), flow_with("merge", "separate"));
    buy(&mut anna, &flow, "1", FIRST);
    buy(&mut anna, &flow, "2", SECOND);
    let due: Vec<Date> = anna.enrolments.iter().map(|e| e.steps[0].due).collect();
    assert_eq!(due, [date(2026, 3, 13), date(2026, 3, 17)]);
    assert!(anna.enrolments.iter().all(Enrolment::is_waiting));
}

#[test]
fn a_dead_order_starts_nothing_and_says_why() {
    type Change = fn(&mut OrderSnapshot);
    let cases: [(Change, SkipReason); 4] = [
        (|s| s.test = true, SkipReason::TestOrder),
        (|s| s.payment = crate::order::Payment::Pending, SkipReason::Unpaid),
        (|s| s.payment = crate::order::Payment::Refunded, SkipReason::Returned),
        (|s| s.lines.clear(), SkipReason::NoGoods),
    ];
    for (change, reason) in cases {
        let mut told = snapshot(noon(FIRST));
        change(&mut told);
        let mut anna = contact("anna");
        assert_eq!(tell(&mut anna, &flow(), &order("1", told), FIRST), Enrolled::Refused(reason));
        assert!(anna.enrolments.is_empty());
    }
    let dead = cancelled(bought_on("1", FIRST));
    assert_eq!(tell(&mut contact("anna"), &flow(), &dead, FIRST), Enrolled::Refused(SkipReason::Cancelled));
    let unknown = Order::empty(key("1"));
    assert_eq!(
        tell(&mut contact("anna"), &flow(), &unknown, FIRST),
        Enrolled::Refused(SkipReason::OrderUnknown)
    );
}

#[test]
fn an_order_that_is_paid_later_starts_then() {
    let mut anna = contact("anna");
    let mut told = snapshot(noon(FIRST));
    told.payment = crate::order::Payment::Pending;
    tell(&mut anna, &flow(), &order("1", told), FIRST);
    assert!(matches!(buy(&mut anna, &flow(), "1", FIRST), Enrolled::Started(_)));
}

#[test]
fn one_cancelled_order_of_two_leaves_the_mail_to_the_other() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    buy(&mut anna, &flow(), "2", SECOND);
    tell(&mut anna, &flow(), &cancelled(bought_on("1", FIRST)), SECOND);
    assert_eq!(anna.enrolments[0].dead(), None);
    tell(&mut anna, &flow(), &cancelled(bought_on("2", SECOND)), SECOND);
    assert_eq!(anna.enrolments[0].dead(), Some(DeadOrder::Cancelled));
}

#[test]
fn a_purchase_joins_no_mail_whose_orders_are_all_dead() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    tell(&mut anna, &flow(), &cancelled(bought_on("1", FIRST)), FIRST);
    assert!(matches!(buy(&mut anna, &flow(), "2", SECOND), Enrolled::Started(_)));
}

#[test]
fn a_full_return_told_later_is_noted_in_the_enrolment() {
    let mut anna = contact("anna");
    let mut bought = bought_on("1", FIRST);
    tell(&mut anna, &flow(), &bought, FIRST);
    let back = refund("R1", &[("1", 1)], &[]);
    bought.absorb(OrderEvent {
        key: bought.key.clone(),
        snapshot: None,
        cancelled_at: None,
        refunds: [back].into(),
    });
    tell(&mut anna, &flow(), &bought, SECOND);
    assert_eq!(anna.enrolments[0].dead(), Some(DeadOrder::Returned));
}

#[test]
fn a_flow_that_counts_from_the_delivery_starts_when_it_is_told() {
    let (mut anna, flow) = (contact("anna"), flow_with("repeat = \"merge\"", "anchor = \"delivered\""));
    assert_eq!(buy(&mut anna, &flow, "1", FIRST), Enrolled::Refused(SkipReason::NotDelivered));
    let mut told = snapshot(noon(FIRST));
    told.delivered_at = Some(noon(SECOND));
    assert!(matches!(tell(&mut anna, &flow, &order("1", told), SECOND), Enrolled::Started(_)));
    assert_eq!(anna.enrolments[0].steps[0].due, date(2026, 3, 17));
}

#[test]
fn each_step_counts_from_the_one_before() {
    let flow = flow_with("days = 12\n", "days = 2\n\n[[steps]]\ndays = 10\n\n[[steps]]\ndays = 30\n");
    let mut anna = contact("anna");
    buy(&mut anna, &flow, "1", date(2027, 12, 30));
    let due: Vec<Date> = anna.enrolments[0].steps.iter().map(|step| step.due).collect();
    assert_eq!(due, [date(2028, 1, 1), date(2028, 1, 11), date(2028, 2, 10)]);
}

#[test]
fn an_order_that_turns_out_to_be_somebody_elses_leaves_the_mail() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    buy(&mut anna, &flow(), "2", SECOND);
    leave(&mut anna, &key("1"), Version(2), noon(SECOND));
    assert_eq!(numbers(&anna.enrolments[0]), ["2"]);
    leave(&mut anna, &key("2"), Version(2), noon(SECOND));
    let state = &anna.enrolments[0].steps[0].state;
    assert!(matches!(state, StepState::Skipped { reason: SkipReason::Moved, .. }));
}

#[test]
fn an_order_that_comes_back_waits_again() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    leave(&mut anna, &key("1"), Version(2), noon(SECOND));
    assert!(matches!(buy(&mut anna, &flow(), "1", FIRST), Enrolled::Already(_)));
    assert_eq!(anna.enrolments[0].steps[0].state, StepState::Waiting);
}

#[test]
fn an_order_that_comes_back_after_the_joint_mail_which_it_had_started_gets_a_mail_of_its_own() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    buy(&mut anna, &flow(), "2", SECOND);
    leave(&mut anna, &key("1"), Version(2), noon(SECOND));
    let first = anna.enrolments[0].id;
    anna.enrolments[0].skip_waiting(SkipReason::Expired, noon(SECOND));
    let Enrolled::Started(again) = buy(&mut anna, &flow(), "1", FIRST) else { panic!("it starts again") };
    assert_ne!(again, first);
    assert_eq!(anna.enrolment(again).unwrap().steps[0].state, StepState::Waiting);
    assert_eq!(buy(&mut anna, &flow(), "1", FIRST), Enrolled::Already(again));
}

#[test]
fn an_order_that_leaves_a_claimed_joint_mail_and_comes_back_gets_a_mail_of_its_own() {
    let mut anna = contact("anna");
    buy(&mut anna, &flow(), "1", FIRST);
    buy(&mut anna, &flow(), "2", SECOND);
    anna.enrolments[0].steps[0].state = StepState::Claimed(claim());
    leave(&mut anna, &key("2"), Version(2), noon(SECOND));
    assert_eq!(numbers(&anna.enrolments[0]), ["1"]);
    assert!(matches!(buy(&mut anna, &flow(), "2", SECOND), Enrolled::Started(_)));
}

/// The message of the second purchase broke off once the contact knew of it; it comes again.
#[test]
fn a_mail_that_was_dropped_with_its_first_order_waits_again_for_the_one_that_had_joined() {
    let dropped = |reason| {
        let mut anna = contact("anna");
        buy(&mut anna, &flow(), "1", FIRST);
        buy(&mut anna, &flow(), "2", SECOND);
        tell(&mut anna, &flow(), &cancelled(bought_on("1", FIRST)), FIRST);
        anna.enrolments[0].skip_waiting(reason, noon(SECOND));
        anna
    };
    let state = |anna: &Contact| anna.enrolments[0].steps[0].state.clone();
    let mut anna = dropped(SkipReason::Cancelled);
    tell(&mut anna, &flow(), &cancelled(bought_on("1", FIRST)), SECOND);
    assert!(matches!(state(&anna), StepState::Skipped { .. }), "nothing has become better");
    buy(&mut anna, &flow(), "2", SECOND);
    assert_eq!(state(&anna), StepState::Waiting);
    let mut anna = dropped(SkipReason::Unsubscribed);
    buy(&mut anna, &flow(), "2", SECOND);
    assert!(matches!(state(&anna), StepState::Skipped { .. }), "that she said no is not taken back");
}

#[test]
fn reasons_have_names_and_words_of_their_own() {
    let all = SkipReason::ALL;
    let names: std::collections::BTreeSet<&str> = all.iter().map(|reason| reason.as_str()).collect();
    let words: std::collections::BTreeSet<&str> = all.iter().map(|reason| reason.in_words()).collect();
    assert_eq!((names.len(), words.len()), (all.len(), all.len()));
    for reason in all {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str(), "reports and data name it alike");
    }
}

/// The flow with two variants in these shares.
fn experiment(early: u32, late: u32) -> Flow {
    let mut flow = flow_with("repeat = \"merge\"", "repeat = \"separate\"");
    let variant =
        |id: &str, days, share| crate::flow::Variant { id: VariantId::parse(id).unwrap(), days, share };
    let variants = vec![variant("early", 2, early), variant("late", 12, late)];
    flow.steps[0].experiment = Some(crate::flow::Experiment { variants });
    flow
}

fn last_variant(contact: &Contact) -> String {
    contact.enrolments.last().unwrap().variant.as_ref().unwrap().to_string()
}

#[test]
fn who_has_had_a_variant_keeps_it_when_the_shares_change() {
    let mut anna = contact("anna");
    buy(&mut anna, &experiment(100, 0), "1", FIRST);
    buy(&mut anna, &experiment(1, 99), "2", SECOND);
    assert_eq!((anna.enrolments.len(), last_variant(&anna).as_str()), (2, "early"));
    buy(&mut anna, &experiment(0, 100), "3", SECOND);
    assert_eq!(last_variant(&anna), "late", "a variant without a share takes part no more");
}
