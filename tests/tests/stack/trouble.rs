//! What goes wrong, and the switch that stops sending.

use std::time::Duration;

use anyhow::ensure;
use nachklang_aws::config::Function;
use nachklang_domain::enrolment::StepState;
use nachklang_tests::ses::{Fault, Outcome};
use nachklang_tests::stack::{Shopper, Stack, on_stack};

use crate::{Told, shopper};

/// A function believes the switch for five seconds.
const SWITCH_IS_BELIEVED: Duration = Duration::from_secs(6);
/// A process that heard that the account does not send keeps its mails back for ten seconds.
const ASKS_AGAIN: Duration = Duration::from_secs(5);
/// So many days a shop is behind.
const MISSED: i32 = 3;
const NAMES: [&str; 9] = ["ana", "blanca", "carmen", "diana", "elena", "flora", "gloria", "helena", "ines"];

#[test]
fn a_poison_message_ends_with_the_dead_letters_and_its_nine_neighbours_are_mailed() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let shoppers: Vec<Shopper> =
            NAMES.iter().map(|name| shopper("es", &format!("{name}.atardecer"), "Guadalupe", "es")).collect();
        for (number, shopper) in (4_001..).zip(&shoppers) {
            stack.takes(&shopper.buys_by_api(number)?).await?;
        }
        // The ten are to lie in the queue together.
        stack.set_mapping("AssignmentMapping", false).await?;
        assert_eq!(stack.morning("es").await?.planned, 9);
        stack.put_message("AssignmentQueue", "no task").await?;
        assert_eq!(stack.messages("AssignmentQueue").await?, 10);
        stack.set_mapping("AssignmentMapping", true).await?;

        stack
            .wait_for("the poison message among the dead letters", async || {
                let dead = stack.bodies("AssignmentDeadLetters").await?;
                Ok((!dead.is_empty()).then_some(dead))
            })
            .await
            .map(|dead| assert_eq!(dead, ["no task"]))?;
        for shopper in &shoppers {
            stack.one_mail_to(shopper).await?;
        }
        assert_eq!(stack.messages("DeliveryDeadLetters").await?, 0);
        stack.logs_hold_none_of(&["atardecer", "Guadalupe"]).await
    })
}

#[test]
fn with_the_switch_off_nothing_is_sent_and_nothing_is_lost() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let on_its_way = shopper("ch", "yvette.nuitblanche", "Yvette", "fr");
        let planned_later = shopper("ch", "zoe.nuitblanche", "Zoelie", "fr");
        stack.takes(&on_its_way.buys_by_api(4_101)?).await?;
        // Her mail has its code and waits for delivery when the switch is turned.
        stack.set_mapping("DeliveryMapping", false).await?;
        stack.morning("ch").await?;
        stack
            .wait_for("the claim", async || {
                let states = stack.states(&on_its_way).await?;
                Ok(matches!(states.as_slice(), [StepState::Claimed(_)]).then_some(()))
            })
            .await?;
        stop(stack, true).await?;
        stack.set_mapping("DeliveryMapping", true).await?;
        stack.takes(&planned_later.buys_by_api(4_102)?).await?;
        assert_eq!(stack.morning("ch").await?.outcome, "switched_off");
        stack.at_rest().await?;
        ensure!(stack.mails_to(&on_its_way).is_empty() && stack.mails_to(&planned_later).is_empty());

        stop(stack, false).await?;
        assert_eq!(stack.morning("ch").await?.outcome, "completed");
        for shopper in [&on_its_way, &planned_later] {
            stack.one_mail_to(shopper).await?;
        }
        stack.logs_hold_none_of(&["nuitblanche", "Zoelie"]).await
    })
}

#[test]
fn a_used_up_quota_halts_the_runs_of_every_shop_and_what_they_missed_is_made_up_for() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let refused = shopper("ch", "odile.pauserie", "Odilette", "fr");
        let later = shopper("at", "otto.pauserie", "Ottokar", "de");
        stack.takes(&refused.buys_by_api(4_111)?).await?;
        stack.sink.fail_next(Fault::DailyQuotaExceeded);
        stack.morning("ch").await?;
        stack.takes(&later.buys_by_api(4_112)?).await?;
        stack
            .wait_for("the halt", async || {
                let outcome = stack.morning_after("at", MISSED).await?.outcome;
                Ok((outcome == "quota_used_up").then_some(()))
            })
            .await?;
        stack.at_rest().await?;
        ensure!(stack.mails_to(&refused).is_empty() && stack.mails_to(&later).is_empty());
        let behind = format!("\"RunLagDays\":{MISSED}");
        stack.said(Function::Segmentation, &["\"Shop\":\"at\"", &behind]).await?;

        // The operator need not wait for its end; the process that was refused asks again soon.
        stop(stack, false).await?;
        tokio::time::sleep(ASKS_AGAIN).await;
        assert_eq!(stack.morning("ch").await?.outcome, "completed");
        assert_eq!(stack.morning_after("at", MISSED).await?.outcome, "completed");
        let made_up = format!("\"caught_up\":{}", MISSED - 1);
        stack.said(Function::Segmentation, &["run completed", "\"shop\":\"at\"", &made_up]).await?;
        for shopper in [&refused, &later] {
            stack.one_mail_to(shopper).await?;
        }
        assert_eq!(stack.messages("DeliveryDeadLetters").await?, 0);
        stack.logs_hold_none_of(&["pauserie", "Odilette", "Ottokar"]).await
    })
}

#[test]
fn a_handover_whose_answer_is_lost_is_settled_by_its_event_and_not_repeated() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let lena = shopper("at", "lena.irrlicht", "Leonore", "de");
        stack.takes(&lena.buys(4_201)?).await?;
        // The message whose end nobody knew comes again soon, and finds the mail settled.
        stack.sink.fail_next(Fault::CutAfterAccept);
        stack.morning("at").await?;
        let mail = stack.one_mail_to(&lena).await?;
        stack
            .wait_for("the settlement", async || {
                let states = stack.states(&lena).await?;
                Ok(match states.as_slice() {
                    [StepState::Sent { message, .. }] => Some(message == &mail.message_id),
                    _ => None,
                })
            })
            .await
            .map(|same| assert!(same, "the event brings the id of the mail"))?;
        stack.morning("at").await?;
        stack.one_mail_to(&lena).await?;
        let lost = stack
            .sink
            .requests()
            .iter()
            .filter(|call| matches!(call.outcome, Outcome::AnswerLost(_)))
            .count();
        assert_eq!(lost, 1);
        stack.logs_hold_none_of(&["lena.irrlicht", "Leonore"]).await
    })
}

async fn stop(stack: &Stack, stopped: bool) -> Told {
    stack.switch(stopped).await?;
    tokio::time::sleep(SWITCH_IS_BELIEVED).await;
    Ok(())
}
