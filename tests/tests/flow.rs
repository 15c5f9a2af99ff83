//! A purchase on its way to its mail, over the store of one machine and the shipped shops, mails and flow.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::coupon::runway::PoolAlert;
use nachklang_domain::disposition::Disposition;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{PoolId, Sku};
use nachklang_domain::money::Currency;
use nachklang_domain::ports::{Contacts, CouponStock, Ledger, MailTask, Queues, Standstill};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::plan_due::RunOutcome;
use nachklang_domain::use_case::receive_order::Receipt;
use nachklang_domain::use_case::suppress::{Reach, suppress};
use nachklang_domain::use_case::watch_pools::watch_pools;
use nachklang_local::pump;
use nachklang_tests::world::{World, noon};

type Told = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);
const NEXT: Date = date(2026, 11, 15);
const LATEST: Date = date(2026, 12, 5);
const EUR: &str = "thanks-eur";

fn code(story: &MailStory) -> Option<String> {
    story.coupon.as_ref().map(|grant| grant.code.expose().to_owned())
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number:03}")).collect()
}

async fn stock(world: &World, prefix: &str, count: usize) -> Told {
    let names = names(prefix, count);
    let codes: Vec<&str> = names.iter().map(String::as_str).collect();
    world.codes(EUR, &codes, None).await
}

#[tokio::test]
async fn a_purchase_leads_to_one_mail_with_a_coupon_on_its_day() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 3).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run_days(date(2026, 11, 3), date(2026, 11, 13)).await?;
    assert_eq!(world.mails()?, [], "nothing goes before its day");
    world.run(DUE).await?;
    let mail = world.only_mail()?;
    let letter = world.letter(&mail)?;
    let code = code(&mail).unwrap();
    assert_eq!(letter.to, "anna@example.com");
    assert!(letter.text.contains(&code) && letter.html.contains(&code));
    assert!(letter.text.contains("28. November 2026"), "14 days from the day of the mail: {}", letter.text);
    assert!(letter.html.contains("mit Gravur"), "what she bought");
    assert_eq!(mail.segment.as_str(), "charm-club");
    assert!(mail.chosen.len() >= 2, "products that fit");
    assert_eq!(world.end("1").await?, Disposition::Mailed { mail: mail.mail });
    let counts = world.counts(EUR, DUE).await?;
    assert_eq!((counts.free, counts.claimed), (2, 1));
    world.at_rest(EUR, 3, DUE).await
}

#[tokio::test]
async fn the_same_webhook_twice_leads_to_one_mail() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 3).await?;
    let event = world.buys("anna", "1", BOUGHT).await?;
    assert_eq!(world.tell(&event, noon(BOUGHT)?).await?, Receipt::Known);
    world.run_days(DUE, LATEST).await?;
    assert_eq!(world.tell(&event, noon(LATEST)?).await?, Receipt::Known);
    world.run_days(date(2026, 12, 6), date(2026, 12, 20)).await?;
    world.only_mail()?;
    world.at_rest(EUR, 3, LATEST).await
}

#[tokio::test]
async fn an_order_cancelled_before_its_day_leads_to_no_mail() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    let at = noon(date(2026, 11, 5))?;
    world.tell(&world.cancellation("1", at)?, at).await?;
    world.run_days(DUE, NEXT).await?;
    assert_eq!(world.mails()?, []);
    assert_eq!(world.skipped("1").await?, "cancelled");
    assert_eq!(world.counts(EUR, DUE).await?.free, 1);
    Ok(())
}

#[tokio::test]
async fn a_cancellation_that_arrives_first_stops_its_order() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.tell(&world.cancellation("1", noon(BOUGHT)?)?, noon(BOUGHT)?).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run_days(DUE, NEXT).await?;
    assert_eq!(world.mails()?, []);
    assert_eq!(world.skipped("1").await?, "cancelled");
    Ok(())
}

#[tokio::test]
async fn the_mails_of_a_flow_that_was_taken_away_end_with_that_reason_and_their_codes_come_back() -> Told {
    for claimed in [false, true] {
        let mut world = World::new().await?;
        stock(&world, "DANKE", 1).await?;
        world.buys("anna", "1", BOUGHT).await?;
        if claimed {
            world.claim(DUE).await?;
        }
        world.without_flows();
        world.drain_later(DUE).await?;
        world.run(NEXT).await?;
        assert_eq!(world.mails()?, [], "claimed: {claimed}");
        assert_eq!(world.skipped("1").await?, "no_flow", "claimed: {claimed}");
        let counts = world.counts(EUR, DUE).await?;
        assert_eq!(
            (counts.free, counts.released, counts.claimed),
            if claimed { (0, 1, 0) } else { (1, 0, 0) }
        );
    }
    Ok(())
}

fn pool() -> anyhow::Result<PoolId> {
    Ok(PoolId::parse(EUR)?)
}

/// Expects that nothing was sent and that the one code rests for 14 days before it is given out again.
async fn expect_withdrawn(world: &World) -> Told {
    assert_eq!(world.mails()?, []);
    let counts = world.counts(EUR, DUE).await?;
    assert_eq!((counts.free, counts.released, counts.claimed), (0, 1, 0));
    let pool = pool()?;
    let (resting, rested) = (date(2026, 11, 27), date(2026, 11, 28));
    for (day, free) in [(resting, 0), (rested, 1)] {
        let codes = world.site.store.free_codes(&pool, day, day, 0, 8).await?;
        assert_eq!(codes.len(), free, "{day}");
    }
    assert_eq!(world.contact("anna").await?.coupons, []);
    world.at_rest(EUR, 1, DUE).await
}

#[tokio::test]
async fn a_cancellation_between_claim_and_handover_stops_the_mail_and_frees_its_code() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    assert_eq!(world.counts(EUR, DUE).await?.claimed, 1);
    let at = world.morning(DUE)?;
    world.tell(&world.cancellation("1", at)?, at).await?;
    world.drain_later(DUE).await?;
    assert_eq!(world.skipped("1").await?, "cancelled");
    expect_withdrawn(&world).await
}

#[tokio::test]
async fn an_objection_between_claim_and_handover_stops_the_mail_and_frees_its_code() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    world.unsubscribes("anna", world.morning(DUE)?).await?;
    world.drain_later(DUE).await?;
    assert_eq!(world.skipped("1").await?, "unsubscribed");
    expect_withdrawn(&world).await
}

#[tokio::test]
async fn a_full_return_between_claim_and_handover_stops_the_mail_and_frees_its_code() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    for line in ["1", "2"] {
        world.tell(&world.refund("1", line, world.morning(DUE)?)?, world.morning(DUE)?).await?;
    }
    world.drain_later(DUE).await?;
    assert_eq!(world.skipped("1").await?, "returned");
    expect_withdrawn(&world).await
}

#[tokio::test]
async fn nobody_is_mailed_after_an_objection_whatever_she_buys() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.unsubscribes("anna", noon(BOUGHT)?).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run_days(DUE, NEXT).await?;
    assert_eq!((world.mails()?.len(), world.skipped("1").await?), (0, "unsubscribed"));
    Ok(())
}

#[tokio::test]
async fn a_complaint_in_one_shop_ends_the_mails_of_all() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    let (catalog, id) = (world.site.catalog()?, world.id("anna")?);
    let (desk, reason) = (world.site.desk(&catalog), SuppressionReason::Complained);
    suppress(desk, id, &Reach::AllShops, reason, noon(BOUGHT)?).await?;
    for shop in catalog.shops.keys() {
        let (contact, _) = world.site.store.load_contact(shop, id).await?.unwrap();
        assert_eq!(contact.suppressed.map(|s| s.reason), Some(reason), "{shop}");
    }
    world.buys("anna", "1", BOUGHT).await?;
    world.run(DUE).await?;
    assert_eq!(world.skipped("1").await?, "complained");
    Ok(())
}

#[tokio::test]
async fn a_partly_returned_order_is_shown_without_what_was_returned() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    let at = noon(date(2026, 11, 5))?;
    world.tell(&world.refund("1", "1", at)?, at).await?;
    world.run(DUE).await?;
    let mail = world.only_mail()?;
    let letter = world.letter(&mail)?;
    assert!(letter.html.contains("im Etui"));
    assert!(!letter.html.contains("mit Gravur") && !letter.text.contains("mit Gravur"));
    assert_eq!(mail.segment.as_str(), "collection", "the charm that made her a charm-club buyer is gone");
    Ok(())
}

#[tokio::test]
async fn what_she_gave_back_is_not_recommended() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    let mut event = world.purchase("anna", "1", BOUGHT)?;
    let lines = &mut event.snapshot.as_mut().unwrap().lines;
    lines[1].sku = Sku::parse("CC-041").ok();
    world.tell(&event, noon(BOUGHT)?).await?;
    let at = noon(date(2026, 11, 5))?;
    world.tell(&world.refund("1", "1", at)?, at).await?;
    world.run(DUE).await?;
    let mail = world.only_mail()?;
    assert_eq!(mail.segment.as_str(), "charm-club");
    let chosen: Vec<&str> = mail.chosen.iter().map(|told| told.product.as_str()).collect();
    assert!(!chosen.contains(&"LUN-CC-011"), "the first topseller came back: {chosen:?}");
    assert!(!chosen.contains(&"LUN-CC-041"), "the second one is hers: {chosen:?}");
    Ok(())
}

#[tokio::test]
async fn a_cancelled_order_of_a_joint_mail_neither_shows_nor_decides() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    let mut second = world.purchase("anna", "2", date(2026, 11, 5))?;
    second.snapshot.as_mut().unwrap().lines.remove(0);
    world.tell(&second, noon(date(2026, 11, 5))?).await?;
    let at = noon(date(2026, 11, 6))?;
    world.tell(&world.cancellation("1", at)?, at).await?;
    world.run(DUE).await?;
    let mail = world.only_mail()?;
    assert_eq!(mail.segment.as_str(), "collection");
    assert!(!world.letter(&mail)?.html.contains("mit Gravur"));
    assert_eq!(
        (world.skipped("1").await?, world.end("2").await?),
        ("cancelled", Disposition::Mailed { mail: mail.mail })
    );
    Ok(())
}

#[tokio::test]
async fn a_second_purchase_joins_the_mail_that_waits() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 2).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.buys("anna", "2", date(2026, 11, 9)).await?;
    world.run_days(DUE, LATEST).await?;
    assert_eq!(world.only_mail()?.orders.len(), 2);
    assert_eq!(world.skipped("2").await?, "merged");
    world.at_rest(EUR, 2, LATEST).await
}

#[tokio::test]
async fn a_pool_that_runs_dry_holds_the_mails_and_serves_them_by_their_first_day() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 2).await?;
    let buyers = names("buyer", 20);
    for (number, buyer) in buyers.iter().enumerate() {
        // Four buyers a day, so that five days of mails wait for codes.
        let day = BOUGHT.checked_add(i32::try_from(number / 4)?.days())?;
        world.buys(buyer, &format!("N{number}"), day).await?;
    }
    let last = date(2026, 11, 18);
    world.run_days(DUE, last).await?;
    assert_eq!(world.mails()?.len(), 2);
    for refill in 0..4_usize {
        stock(&world, &format!("MEHR{refill}"), 4).await?;
        world.run(last.checked_add(i32::try_from(refill + 1)?.days())?).await?;
        let mailed = world.mails()?.len();
        assert_eq!(mailed, 2 + 4 * (refill + 1));
        let waiting = first_days_waiting(&world, &buyers).await?;
        let served = first_days_served(&world, &buyers).await?;
        assert!(served.iter().max() <= waiting.iter().min(), "{served:?} were served while {waiting:?} wait");
    }
    stock(&world, "REST", 2).await?;
    world.run(date(2026, 11, 23)).await?;
    for buyer in &buyers {
        assert_eq!(world.mails_to(buyer)?.len(), 1, "{buyer}");
    }
    world.at_rest(EUR, 20, LATEST).await
}

async fn first_days_waiting(world: &World, buyers: &[String]) -> anyhow::Result<Vec<Date>> {
    first_days(world, buyers, |state| *state == StepState::Waiting).await
}

async fn first_days_served(world: &World, buyers: &[String]) -> anyhow::Result<Vec<Date>> {
    first_days(world, buyers, |state| matches!(state, StepState::Sent { .. })).await
}

async fn first_days(
    world: &World,
    buyers: &[String],
    is: fn(&StepState) -> bool,
) -> anyhow::Result<Vec<Date>> {
    let mut days = Vec::new();
    for buyer in buyers {
        let contact = world.contact(buyer).await?;
        let firsts = contact.enrolments.iter().filter_map(|enrolment| enrolment.steps.first());
        days.extend(firsts.filter(|step| is(&step.state)).map(|step| step.due));
    }
    Ok(days)
}

#[tokio::test]
async fn a_mail_that_waits_for_codes_too_long_ends_for_want_of_one() -> Told {
    let world = World::new().await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run_days(DUE, date(2026, 11, 23)).await?;
    assert_eq!(world.end("1").await?, Disposition::Waiting { due: DUE });
    world.run(date(2026, 11, 24)).await?;
    assert_eq!(world.skipped("1").await?, "no_code", "ten days, as the flow says");
    stock(&world, "DANKE", 1).await?;
    world.run_days(date(2026, 11, 25), LATEST).await?;
    assert_eq!(world.mails()?, []);
    Ok(())
}

#[tokio::test]
async fn a_pool_that_runs_dry_is_skipped_left_out_or_replaced_as_the_flow_says() -> Told {
    let then = |empty: &'static str| {
        move |flow: &str| flow.replace("empty = { then = \"hold\", days = 10 }", &format!("empty = {empty}"))
    };
    let skip = World::of("de", then("{ then = \"skip\" }")).await?;
    skip.buys("anna", "1", BOUGHT).await?;
    skip.run(DUE).await?;
    assert_eq!((skip.mails()?.len(), skip.skipped("1").await?), (0, "no_code"));

    let without = World::of("de", then("{ then = \"without\" }")).await?;
    without.buys("anna", "1", BOUGHT).await?;
    without.run(DUE).await?;
    assert_eq!(code(&without.only_mail()?), None);

    let fallback = World::of("de", then("{ then = \"fallback\", code = \"MERCI\" }")).await?;
    fallback.buys("anna", "1", BOUGHT).await?;
    fallback.run(DUE).await?;
    let mail = fallback.only_mail()?;
    assert_eq!(code(&mail).as_deref(), Some("MERCI"));
    assert!(fallback.letter(&mail)?.text.contains("MERCI"));
    Ok(())
}

fn two_steps(flow: &str) -> String {
    flow.replace("[[steps]]\ndays = 12\n", "[[steps]]\ndays = 12\n\n[[steps]]\ndays = 5\n")
}

#[tokio::test]
async fn both_mails_of_a_flow_carry_the_same_code_or_each_a_new_one() -> Told {
    for (per, codes) in [("contact", 1), ("step", 2), ("order", 1)] {
        let change = |flow: &str| two_steps(flow).replace("per = \"contact\"", &format!("per = \"{per}\""));
        let world = World::of("de", change).await?;
        stock(&world, "DANKE", 5).await?;
        world.buys("anna", "1", BOUGHT).await?;
        world.run_days(DUE, date(2026, 11, 30)).await?;
        let mails = world.mails()?;
        assert_eq!(mails.len(), 2, "{per}");
        let days: Vec<Date> =
            mails.iter().map(|mail| mail.made_at.to_zoned(jiff::tz::TimeZone::UTC).date()).collect();
        assert_eq!(days, [DUE, date(2026, 11, 19)]);
        let given: BTreeSet<_> = mails.iter().map(code).collect();
        assert_eq!(given.len(), codes, "{per}");
        assert_eq!(world.counts(EUR, DUE).await?.claimed, u64::try_from(codes)?);
        world.at_rest(EUR, 5, DUE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_code_for_everybody_never_runs_out() -> Told {
    let generic =
        |flow: &str| flow.replace("currency = \"EUR\" }", "currency = \"EUR\", generic = \"FUERALLE\" }");
    let world = World::of("de", generic).await?;
    for number in 0..12 {
        world.buys(&format!("buyer-{number}"), &format!("{number}"), BOUGHT).await?;
    }
    world.run(DUE).await?;
    let mails = world.mails()?;
    assert_eq!(mails.len(), 12);
    assert!(mails.iter().all(|mail| code(mail).as_deref() == Some("FUERALLE")));
    Ok(())
}

#[tokio::test]
async fn an_order_in_francs_waits_for_francs_while_euros_lie_there() -> Told {
    let world = World::of("ch", str::to_owned).await?;
    stock(&world, "DANKE", 5).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run_days(DUE, NEXT).await?;
    assert_eq!((world.mails()?.len(), world.end("1").await?), (0, Disposition::Waiting { due: DUE }));
    world.codes("thanks-chf", &["MERCI-1"], None).await?;
    world.run(date(2026, 11, 16)).await?;
    assert_eq!(code(&world.only_mail()?).as_deref(), Some("MERCI-1"));
    assert_eq!(world.counts(EUR, DUE).await?.free, 5);
    Ok(())
}

#[tokio::test]
async fn who_holds_a_code_in_euros_gets_another_one_for_an_order_in_francs() -> Told {
    let in_both = |flow: &str| flow.replace("repeat = \"merge\"", "repeat = \"separate\"");
    let world = World::of("de", in_both).await?;
    stock(&world, "DANKE", 2).await?;
    world.codes("thanks-chf", &["MERCI-1", "MERCI-2"], None).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run(DUE).await?;
    assert!(code(&world.only_mail()?).is_some_and(|code| code.starts_with("DANKE")));
    for number in ["2", "3"] {
        let mut event = world.purchase("anna", number, NEXT)?;
        event.snapshot.as_mut().unwrap().currency = Currency::CHF;
        world.tell(&event, noon(NEXT)?).await?;
    }
    world.run(date(2026, 11, 27)).await?;
    let codes: BTreeSet<String> = world.mails()?.iter().filter_map(code).collect();
    assert_eq!((world.mails()?.len(), codes.len()), (3, 2), "one code a currency: {codes:?}");
    world.at_rest(EUR, 2, NEXT).await
}

#[tokio::test]
async fn an_order_in_a_currency_without_a_pool_is_held_and_gets_no_other() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 5).await?;
    let mut event = world.purchase("anna", "1", BOUGHT)?;
    event.snapshot.as_mut().unwrap().currency = Currency::CHF;
    world.tell(&event, noon(BOUGHT)?).await?;
    world.run(DUE).await?;
    assert_eq!((world.mails()?.len(), world.end("1").await?), (0, Disposition::Waiting { due: DUE }));
    world.run_days(NEXT, date(2026, 11, 24)).await?;
    assert_eq!((world.mails()?.len(), world.skipped("1").await?), (0, "no_code"));
    assert_eq!(world.counts(EUR, DUE).await?.free, 5);
    Ok(())
}

#[tokio::test]
async fn the_currency_of_a_cancelled_order_chooses_no_pool() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    let mut francs = world.purchase("anna", "1", BOUGHT)?;
    francs.snapshot.as_mut().unwrap().currency = Currency::CHF;
    world.tell(&francs, noon(BOUGHT)?).await?;
    world.buys("anna", "2", date(2026, 11, 4)).await?;
    let at = noon(date(2026, 11, 5))?;
    world.tell(&world.cancellation("1", at)?, at).await?;
    world.run(DUE).await?;
    assert_eq!(code(&world.only_mail()?).as_deref(), Some("DANKE-000"));
    Ok(())
}

#[tokio::test]
async fn a_day_that_is_run_twice_sends_nothing_more() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 3).await?;
    world.buys("anna", "1", BOUGHT).await?;
    assert_eq!(world.run(DUE).await?.sent, 1);
    assert_eq!(world.plan(DUE).await?, RunOutcome::AlreadyDone);
    assert_eq!(world.run(DUE).await?.sent, 0);
    assert_eq!(world.drain_later(DUE).await?.sent, 0);
    world.only_mail()?;
    world.at_rest(EUR, 3, DUE).await
}

#[tokio::test]
async fn a_run_that_broke_off_is_done_again_without_a_second_mail() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 3).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    // The same task once more, as after a crash between two writes.
    let contact = world.contact("anna").await?;
    let task = MailTask {
        shop: contact.shop.clone(),
        contact: contact.id,
        enrolment: contact.enrolments[0].id,
        flow: contact.enrolments[0].flow.clone(),
        step: 0,
    };
    world.site.store.to_assignment(&[task.clone(), task]).await?;
    assert_eq!(world.drain_later(DUE).await?.sent, 1);
    world.only_mail()?;
    let counts = world.counts(EUR, DUE).await?;
    assert_eq!((counts.free, counts.claimed), (2, 1));
    world.at_rest(EUR, 3, DUE).await
}

#[tokio::test]
async fn days_without_a_run_are_made_up_for_and_what_is_too_late_expires() -> Told {
    for (missed, sent) in [(1, 2), (3, 2), (21, 2), (22, 1), (30, 1)] {
        let world = World::new().await?;
        stock(&world, "DANKE", 3).await?;
        world.run(BOUGHT).await?;
        world.buys("anna", "1", BOUGHT).await?;
        world.buys("berta", "2", date(2026, 11, 12)).await?;
        let back = DUE.checked_add(missed.days())?;
        world.run(back).await?;
        world.run_days(back.tomorrow()?, date(2027, 1, 5)).await?;
        assert_eq!(world.mails()?.len(), sent, "after {missed} days");
        let expired = world.skipped("1").await.unwrap_or("mailed");
        assert_eq!(expired, if sent == 2 { "mailed" } else { "expired" });
        world.at_rest(EUR, 3, back).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_switch_stops_planning_and_handing_over_and_loses_nothing() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 3).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.buys("berta", "2", date(2026, 11, 3)).await?;
    world.claim(DUE).await?;
    world.site.store.set_stopped(true).await?;
    world.drain_later(DUE).await?;
    assert_eq!(world.plan(NEXT).await?, RunOutcome::Stopped(Standstill::SwitchedOff));
    assert_eq!(world.mails()?, []);
    world.site.store.set_stopped(false).await?;
    world.run(date(2026, 11, 16)).await?;
    assert_eq!((world.mails_to("anna")?.len(), world.mails_to("berta")?.len()), (1, 1));
    let mail = &world.mails_to("anna")?[0];
    assert!(
        world.letter(mail)?.text.contains("30. November 2026"),
        "14 days count from the day it really went"
    );
    world.at_rest(EUR, 3, NEXT).await
}

#[tokio::test]
async fn staff_is_warned_once_per_crossing() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 41).await?;
    let low = || -> anyhow::Result<usize> {
        let notices = world.site.outbox.notices()?;
        Ok(notices.iter().filter(|(name, _)| name.contains("thanks-eur-low_stock")).count())
    };
    let watch = |day| pump::watch(&world.site, noon(day).unwrap_or_default());
    watch(BOUGHT).await?;
    assert_eq!(low()?, 0, "41 of 40 wished");
    for number in 0..2 {
        world.buys(&format!("buyer-{number}"), &format!("{number}"), BOUGHT).await?;
    }
    world.run(DUE).await?;
    for day in [DUE, NEXT] {
        watch(day).await?;
        assert_eq!(low()?, 1, "39 left");
    }
    stock(&world, "MEHR", 20).await?;
    watch(date(2026, 11, 16)).await?;
    for number in 2..24 {
        world.buys(&format!("buyer-{number}"), &format!("{number}"), date(2026, 11, 16)).await?;
    }
    world.run(date(2026, 11, 28)).await?;
    watch(date(2026, 11, 28)).await?;
    assert_eq!(low()?, 2, "filled, and low anew");
    Ok(())
}

#[tokio::test]
async fn codes_near_their_end_are_told_though_others_ended_before() -> Told {
    let world = World::new().await?;
    world.codes(EUR, &["ALT-1"], Some(date(2026, 11, 10))).await?;
    let near = || -> anyhow::Result<usize> {
        let notices = world.site.outbox.notices()?;
        Ok(notices.iter().filter(|(name, _)| name.contains("thanks-eur-near_expiry")).count())
    };
    pump::watch(&world.site, noon(BOUGHT)?).await?;
    assert_eq!(near()?, 1);
    pump::watch(&world.site, noon(date(2026, 11, 20))?).await?;
    world.codes(EUR, &["NEU-1"], Some(date(2027, 1, 10))).await?;
    pump::watch(&world.site, noon(date(2027, 1, 2))?).await?;
    assert_eq!(near()?, 2, "the old one has ended, the new one is about to");
    Ok(())
}

#[tokio::test]
async fn codes_too_short_for_what_a_mail_promises_are_told_and_not_counted_as_there() -> Told {
    let world = World::new().await?;
    stock(&world, "LANG", 60).await?;
    let names = names("KURZ", 30);
    let short: Vec<&str> = names.iter().map(String::as_str).collect();
    world.codes(EUR, &short, Some(date(2026, 11, 30))).await?;
    let catalog = world.site.catalog()?;
    let desk = Desk { world: &world.site.store, catalog: &catalog, contact_key: world.site.contact_key() };
    let eur = pool()?;
    let mut raised = Vec::new();
    let healths = watch_pools(desk, noon(date(2026, 11, 3))?, |alert| raised.push(alert)).await?;
    assert_eq!((healths[&eur].available, healths[&eur].near_expiry), (90, 30), "too short in two weeks");
    assert!(raised.iter().any(|raised| raised.pool == eur && raised.alert == PoolAlert::NearExpiry));
    let healths = watch_pools(desk, noon(date(2026, 11, 17))?, drop).await?;
    assert_eq!(
        (healths[&eur].available, healths[&eur].near_expiry),
        (60, 30),
        "too short, and not ended yet"
    );
    Ok(())
}

#[tokio::test]
async fn a_pool_of_another_currency_than_the_shops_is_watched_too() -> Told {
    let in_one_shop = |flow: &str| flow.replace("trigger = ", "shops = [\"de\"]\ntrigger = ");
    let world = World::of("de", in_one_shop).await?;
    let catalog = world.site.catalog()?;
    let desk = Desk { world: &world.site.store, catalog: &catalog, contact_key: world.site.contact_key() };
    let healths = watch_pools(desk, noon(BOUGHT)?, drop).await?;
    let watched: Vec<&str> = healths.keys().map(PoolId::as_str).collect();
    assert_eq!(watched, ["thanks-chf", "thanks-eur", "thanks-gbp"]);
    Ok(())
}

#[tokio::test]
async fn a_code_that_ends_before_the_promised_days_is_not_given_out() -> Told {
    let world = World::new().await?;
    world.codes(EUR, &["KURZ-1"], Some(date(2026, 11, 27))).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.run(DUE).await?;
    assert_eq!(world.mails()?, [], "it would be valid for 13 days");
    world.codes(EUR, &["LANG-1"], Some(date(2026, 11, 29))).await?;
    world.run(NEXT).await?;
    assert_eq!(code(&world.only_mail()?).as_deref(), Some("LANG-1"));
    Ok(())
}

#[tokio::test]
async fn a_code_that_ended_before_the_handover_is_not_printed() -> Told {
    let world = World::new().await?;
    world.codes(EUR, &["KURZ-1"], Some(date(2026, 11, 28))).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    let late = date(2026, 11, 30);
    world.drain_later(late).await?;
    let mail = world.only_mail()?;
    assert_eq!(code(&mail), None);
    assert!(!world.letter(&mail)?.text.contains("KURZ-1"));
    assert_eq!(world.contact("anna").await?.coupons, []);
    world.at_rest(EUR, 1, late).await
}

#[tokio::test]
async fn one_person_keeps_one_code_of_an_edition_over_all_her_purchases() -> Told {
    let separate = |flow: &str| flow.replace("repeat = \"merge\"", "repeat = \"separate\"");
    let world = World::of("de", separate).await?;
    stock(&world, "DANKE", 9).await?;
    for number in 0..3 {
        world.buys("anna", &format!("{number}"), BOUGHT).await?;
    }
    world.run(DUE).await?;
    let codes: BTreeSet<_> = world.mails()?.iter().map(code).collect();
    assert_eq!((world.mails()?.len(), codes.len()), (3, 1));
    assert_eq!(world.counts(EUR, DUE).await?.claimed, 1);
    world.at_rest(EUR, 9, DUE).await
}

#[tokio::test]
async fn a_code_that_two_mails_carry_goes_to_nobody_else_when_one_of_them_is_withdrawn() -> Told {
    let separate = |flow: &str| flow.replace("repeat = \"merge\"", "repeat = \"separate\"");
    for cancelled in ["1", "2"] {
        let world = World::of("de", separate).await?;
        stock(&world, "DANKE", 1).await?;
        world.buys("anna", "1", BOUGHT).await?;
        world.buys("anna", "2", BOUGHT).await?;
        world.claim(DUE).await?;
        let at = world.morning(DUE)?;
        world.tell(&world.cancellation(cancelled, at)?, at).await?;
        world.drain_later(DUE).await?;
        assert_eq!(code(&world.only_mail()?).as_deref(), Some("DANKE-000"));
        let counts = world.counts(EUR, DUE).await?;
        assert_eq!((counts.released, counts.claimed), (0, 1), "{cancelled} was cancelled");
        world.buys("berta", "3", date(2026, 12, 1)).await?;
        world.run(date(2026, 12, 13)).await?;
        assert_eq!(world.mails_to("berta")?, []);
        world.at_rest(EUR, 1, DUE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_code_of_two_mails_that_are_both_withdrawn_is_free_again() -> Told {
    let separate = |flow: &str| flow.replace("repeat = \"merge\"", "repeat = \"separate\"");
    let world = World::of("de", separate).await?;
    stock(&world, "DANKE", 1).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.buys("anna", "2", BOUGHT).await?;
    world.claim(DUE).await?;
    world.unsubscribes("anna", world.morning(DUE)?).await?;
    world.drain_later(DUE).await?;
    expect_withdrawn(&world).await
}

#[tokio::test]
async fn a_corrected_address_takes_the_mail_along_whenever_it_comes() -> Told {
    for claimed in [false, true] {
        let world = World::new().await?;
        stock(&world, "DANKE", 2).await?;
        let mut event = world.buys("ana", "1", BOUGHT).await?;
        if claimed {
            world.claim(DUE).await?;
        }
        let snapshot = event.snapshot.as_mut().unwrap();
        snapshot.email = world.purchase("anna", "1", BOUGHT)?.snapshot.unwrap().email;
        snapshot.revision = world.morning(DUE)?;
        world.tell(&event, world.morning(DUE)?.checked_sub(1.hour())?).await?;
        world.drain_later(DUE).await?;
        world.run_days(NEXT, date(2026, 11, 20)).await?;
        assert_eq!(world.mails_to("ana")?, [], "claimed before: {claimed}");
        assert_eq!(world.mails_to("anna")?.len(), 1, "claimed before: {claimed}");
        world.at_rest(EUR, 2, DUE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_corrected_address_takes_the_later_mails_along_too() -> Told {
    let world = World::of("de", two_steps).await?;
    stock(&world, "DANKE", 3).await?;
    let mut event = world.buys("ana", "1", BOUGHT).await?;
    world.run(DUE).await?;
    let snapshot = event.snapshot.as_mut().unwrap();
    snapshot.email = world.purchase("anna", "1", BOUGHT)?.snapshot.unwrap().email;
    snapshot.revision = noon(DUE)?;
    world.tell(&event, noon(DUE)?).await?;
    world.run_days(NEXT, date(2026, 11, 30)).await?;
    assert_eq!(world.mails_to("ana")?.len(), 1, "the one that had gone before");
    let step = world.contact("ana").await?.enrolments[0].steps[1].state.clone();
    let StepState::Skipped { reason, .. } = step else { panic!("{step:?}") };
    assert_eq!(reason.as_str(), "moved");
    world.at_rest(EUR, 3, DUE).await
}

#[tokio::test]
async fn a_shop_that_knows_no_ground_to_mail_stores_and_never_mails() -> Told {
    let world = World::new().await?;
    stock(&world, "DANKE", 1).await?;
    let mut nobody = world.purchase("anna", "1", BOUGHT)?;
    nobody.snapshot.as_mut().unwrap().email = None;
    assert_eq!(world.tell(&nobody, noon(BOUGHT)?).await?, Receipt::Stored(Vec::new()));
    world.run(DUE).await?;
    assert_eq!((world.mails()?.len(), world.skipped("1").await?), (0, "no_email"));
    Ok(())
}
