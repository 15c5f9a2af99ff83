use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::consent::SuppressionReason;
use crate::enrolment::enrol;
use crate::fixtures::{at, bought_on, contact, flow, noon, person, shop, shop_id};
use crate::id::MailId;
use crate::secret::SecretBytes;
use crate::use_case::memory::{Memory, catalog, claim_of, held, run, task_of, the_code};

const SENT_ON: Date = date(2026, 3, 13);

/// Anna with one mail in a state, its code in the state that goes with it.
fn world(state: impl Fn(Claim) -> StepState, code: &'static str) -> Memory {
    let memory = Memory::default();
    let mut anna = contact("anna");
    enrol(&mut anna, &bought_on("1", date(2026, 3, 1)), &flow(), &shop(), noon(date(2026, 3, 1)));
    let (task, claim) = (task_of(&anna), claim_of_mail(&anna));
    let held = held(&claim, SENT_ON);
    memory.put_code(&anna, &held, code);
    anna.coupons.push(held);
    memory.put(anna.with_state(&task, state(claim)));
    memory
}

fn claim_of_mail(contact: &Contact) -> Claim {
    claim_of(&task_of(contact), SENT_ON)
}

fn unknown() -> Memory {
    world(|claim| StepState::Unknown { claim, since: noon(SENT_ON) }, "quarantined")
}

fn sending(claim: Claim) -> StepState {
    StepState::Sending { claim, lease_until: at("2026-03-13T11:01:00Z") }
}

fn anna(memory: &Memory) -> Contact {
    memory.get(&shop_id(), person("anna")).unwrap()
}

fn state(memory: &Memory) -> StepState {
    anna(memory).enrolments[0].steps[0].state.clone()
}

fn event(memory: &Memory, kind: MailEventKind) -> MailEvent {
    let anna = anna(memory);
    MailEvent {
        mail: claim_of_mail(&anna).mail,
        task: task_of(&anna),
        message: "0100018f-mail".to_owned(),
        sent_at: noon(SENT_ON),
        at: noon(date(2026, 3, 14)),
        kind,
    }
}

fn record(memory: &Memory, event: &MailEvent) -> Recorded {
    let (catalog, key) = (catalog(), SecretBytes::new(b"a key of the tests".to_vec()));
    let desk = Desk { world: memory, catalog: &catalog, contact_key: &key };
    run(record_event(desk, event, noon(date(2026, 3, 20)))).unwrap()
}

fn tell(memory: &Memory, kind: MailEventKind) -> Recorded {
    record(memory, &event(memory, kind))
}

#[test]
fn an_event_settles_a_mail_of_which_nobody_knew_whether_it_went() {
    let memory = unknown();
    assert_eq!(tell(&memory, MailEventKind::Accepted), Recorded::Sent { settled: true });
    let StepState::Sent { message, at, .. } = state(&memory) else { panic!("{:?}", state(&memory)) };
    assert_eq!((message.as_str(), at), ("0100018f-mail", noon(SENT_ON)));
    assert_eq!(memory.code(&the_code()), "claimed", "it leaves quarantine");
}

#[test]
fn an_event_may_overtake_the_delivery_that_writes_sent() {
    for before in [sending as fn(Claim) -> StepState, StepState::Claimed] {
        let memory = world(before, "claimed");
        assert_eq!(tell(&memory, MailEventKind::Delivered), Recorded::Sent { settled: false });
        assert!(matches!(state(&memory), StepState::Sent { .. }));
        assert_eq!(
            memory.code(&the_code()),
            "claimed",
            "a mail that simply goes changes nothing in the stock"
        );
    }
}

#[test]
fn the_same_event_again_writes_nothing() {
    for kind in [MailEventKind::Accepted, MailEventKind::Delivered, MailEventKind::HardBounced] {
        let memory = unknown();
        tell(&memory, kind);
        let writes = memory.writes();
        assert_eq!(tell(&memory, kind), Recorded::Known, "{kind:?}");
        assert_eq!(memory.writes(), writes, "{kind:?}");
    }
}

#[test]
fn a_hard_bounce_ends_her_mails_everywhere_and_frees_the_code() {
    let memory =
        world(|claim| StepState::Sent { claim, message: "m".to_owned(), at: noon(SENT_ON) }, "claimed");
    assert_eq!(tell(&memory, MailEventKind::HardBounced), Recorded::Failed);
    let StepState::Failed { reason, .. } = state(&memory) else { panic!("{:?}", state(&memory)) };
    assert_eq!(reason, "bounced");
    assert_eq!(memory.code(&the_code()), "released");
    assert!(anna(&memory).coupons.is_empty(), "it is no longer hers");
    for shop in catalog().shops.keys() {
        let reason =
            memory.get(shop, person("anna")).and_then(|contact| contact.suppressed).map(|s| s.reason);
        assert_eq!(reason, Some(SuppressionReason::Bounced), "{shop}");
    }
}

#[test]
fn a_freed_code_rests_before_it_is_given_out_again() {
    let CodeAction::Release { free_from } = release(noon(date(2026, 3, 20))) else { panic!("a release") };
    assert_eq!(free_from, date(2026, 4, 3));
}

#[test]
fn what_the_service_itself_did_not_send_was_never_seen() {
    let withheld = MailEventKind::Withheld(SuppressionReason::Complained);
    for (kind, words) in [
        (MailEventKind::Rejected, "rejected"),
        (MailEventKind::NotRendered, "not_rendered"),
        (withheld, "suppressed"),
    ] {
        let memory = world(sending, "claimed");
        assert_eq!(tell(&memory, kind), Recorded::Failed);
        assert!(matches!(state(&memory), StepState::Failed { reason, .. } if reason == words));
        assert_eq!(memory.code(&the_code()), "released");
        let suppressed = anna(&memory).suppressed.map(|suppression| suppression.reason);
        assert_eq!(suppressed, kind.suppression());
    }
}

#[test]
fn a_complaint_ends_her_mails_everywhere_and_leaves_her_the_code() {
    let memory = unknown();
    assert_eq!(tell(&memory, MailEventKind::Complained), Recorded::Sent { settled: true });
    assert_eq!(memory.code(&the_code()), "claimed");
    assert_eq!(anna(&memory).coupons.len(), 1);
    for shop in catalog().shops.keys() {
        assert!(memory.get(shop, person("anna")).unwrap().suppressed.is_some(), "{shop}");
    }
}

#[test]
fn what_decides_nothing_writes_nothing() {
    use MailEventKind::{Clicked, Delayed, Opened, SoftBounced};
    for kind in [Opened, Clicked, Delayed, SoftBounced] {
        let memory = unknown();
        assert_eq!(tell(&memory, kind), Recorded::Counted);
        assert_eq!(memory.writes(), 1, "{kind:?}");
    }
}

#[test]
fn nobody_is_mailed_again_after_a_later_delivery() {
    let memory = unknown();
    tell(&memory, MailEventKind::Complained);
    let before = anna(&memory).suppressed;
    tell(&memory, MailEventKind::Delivered);
    tell(&memory, MailEventKind::Accepted);
    assert_eq!(anna(&memory).suppressed, before);
}

#[test]
fn a_stranger_who_bounces_is_suppressed_all_the_same() {
    let memory = unknown();
    let mut event = event(&memory, MailEventKind::HardBounced);
    event.task.contact = person("bea");
    assert_eq!(record(&memory, &event), Recorded::NoMail);
    let bea = memory.get(&shop_id(), person("bea")).unwrap();
    assert_eq!(bea.suppressed.unwrap().reason, SuppressionReason::Bounced);
    assert_eq!(bea.email, None);
    event.kind = MailEventKind::Accepted;
    event.task.contact = person("cleo");
    assert_eq!(record(&memory, &event), Recorded::NoMail);
    assert_eq!(memory.get(&shop_id(), person("cleo")), None, "an event alone makes no contact");
}

#[test]
fn an_event_of_another_mail_leaves_this_one_alone() {
    let memory = unknown();
    let mut event = event(&memory, MailEventKind::Accepted);
    event.mail = MailId::of(&event.task.flow, "2025", 0, event.task.enrolment);
    assert_eq!(record(&memory, &event), Recorded::NoMail);
    event.task.step = 7;
    assert_eq!(record(&memory, &event), Recorded::NoMail);
    assert!(matches!(state(&memory), StepState::Unknown { .. }));
}

#[test]
fn a_code_in_two_mails_stays_hers_until_both_have_failed() {
    let memory = unknown();
    let mut twice = anna(&memory);
    let mut reminder = claim_of_mail(&twice);
    reminder.mail = MailId::of(&flow().id, "2026", 1, task_of(&twice).enrolment);
    let mut second = twice.enrolments[0].steps[0].clone();
    second.state = sending(reminder.clone());
    twice.enrolments[0].steps.push(second);
    memory.put(twice);
    let first = event(&memory, MailEventKind::HardBounced);
    let mut other = MailEvent { mail: reminder.mail, ..first.clone() };
    other.task.step = 1;
    assert_eq!(record(&memory, &first), Recorded::Failed);
    assert_eq!((memory.code(&the_code()), anna(&memory).coupons.len()), ("quarantined", 1));
    assert_eq!(record(&memory, &other), Recorded::Failed);
    assert_eq!((memory.code(&the_code()), anna(&memory).coupons.len()), ("released", 0));
}

#[test]
fn a_late_delivery_lets_the_code_be_used_longer() {
    let memory = unknown();
    tell(&memory, MailEventKind::Accepted);
    assert_eq!(anna(&memory).coupons[0].valid_until, date(2026, 3, 27));
    assert_eq!(tell(&memory, MailEventKind::Delivered), Recorded::Extended);
    assert_eq!(anna(&memory).coupons[0].valid_until, date(2026, 3, 28));
    let StepState::Sent { claim, .. } = state(&memory) else { panic!("claimed") };
    assert_eq!(claim.coupon.unwrap().valid_until, date(2026, 3, 27), "what was printed stays as it was");
}

#[test]
fn no_delivery_outlives_the_codes_own_end_or_the_clock() {
    let memory = unknown();
    let mut ending = anna(&memory);
    ending.coupons[0].expires = Some(date(2026, 3, 27));
    memory.put(ending);
    assert_eq!(tell(&memory, MailEventKind::Delivered), Recorded::Sent { settled: true });
    assert_eq!(anna(&memory).coupons[0].valid_until, date(2026, 3, 27));

    let memory = unknown();
    let mut event = event(&memory, MailEventKind::Delivered);
    event.at = at("2199-01-01T00:00:00Z");
    record(&memory, &event);
    assert_eq!(
        anna(&memory).coupons[0].valid_until,
        date(2026, 4, 3),
        "fourteen days from now, not from then"
    );
}

#[test]
fn what_somebody_else_writes_meanwhile_is_kept() {
    let memory = unknown();
    let mut objecting = anna(&memory);
    objecting.suppress(SuppressionReason::Unsubscribed, noon(SENT_ON));
    *memory.meanwhile.lock().unwrap() = Some(objecting);
    assert_eq!(tell(&memory, MailEventKind::Accepted), Recorded::Sent { settled: true });
    assert_eq!(anna(&memory).suppressed.unwrap().reason, SuppressionReason::Unsubscribed);
}

/// What decides anything later on: everything but why she first was suppressed, and when.
fn end(memory: &Memory) -> (StepState, Vec<HeldCoupon>, &'static str, Vec<bool>) {
    let suppressed = catalog().shops.into_keys();
    let suppressed = suppressed
        .map(|shop| memory.get(&shop, person("anna")).is_some_and(|contact| contact.suppressed.is_some()));
    (state(memory), anna(memory).coupons, memory.code(&the_code()), suppressed.collect())
}

/// Any events that one mail can have, some of them twice; SES ends a mail in one way only.
fn events() -> impl Strategy<Value = Vec<MailEventKind>> {
    use MailEventKind::{
        Accepted, Clicked, Complained, Delayed, Delivered, HardBounced, NotRendered, Opened, Rejected,
        SoftBounced, Withheld,
    };
    let harmless = prop::sample::subsequence(
        vec![Accepted, Accepted, Delivered, Delivered, Delayed, SoftBounced, Opened, Clicked, Complained],
        0..=9,
    );
    let withheld = Withheld(SuppressionReason::Bounced);
    let ends = prop::sample::select(vec![
        vec![],
        vec![HardBounced, HardBounced],
        vec![Rejected],
        vec![NotRendered],
        vec![withheld, withheld],
    ]);
    (harmless, ends).prop_map(|(harmless, ends)| [harmless, ends].concat())
}

proptest! {
    #[test]
    fn the_end_depends_on_the_events_and_not_on_their_order(
        (first, second) in events().prop_flat_map(|kinds| (Just(kinds.clone()), Just(kinds).prop_shuffle())),
        begin in 0_u8..4,
    ) {
        let begun = || match begin {
            0 => unknown(),
            1 => world(sending, "claimed"),
            2 => world(StepState::Claimed, "claimed"),
            _ => world(|claim| StepState::Sent { claim, message: "0100018f-mail".to_owned(), at: noon(SENT_ON) }, "claimed"),
        };
        let (one, other) = (begun(), begun());
        for kind in &first {
            tell(&one, *kind);
        }
        for kind in &second {
            tell(&other, *kind);
        }
        prop_assert_eq!(end(&one), end(&other));
        if second.iter().any(|kind| kind.proof() == Some(Proof::NeverSeen)) {
            prop_assert!(matches!(state(&other), StepState::Failed { .. }), "a failed mail stays failed");
        }
    }
}
