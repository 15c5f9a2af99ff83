//! From the day's run to the mail.

use anyhow::Context as _;
use nachklang_aws::config::Function;
use nachklang_domain::enrolment::StepState;
use nachklang_tests::stack::on_stack;

use crate::{Told, shopper};

#[test]
fn the_day_brings_her_one_mail_with_a_code_of_her_own() -> Told {
    on_stack(async |stack| {
        let _shared = stack.undisturbed().await;
        let anna = shopper("de", "anna.morgenrot", "Annegret", "de");
        stack.takes(&anna.buys(2_001)?).await?;
        let run = stack.morning("de").await?;
        assert_eq!(run.outcome, "completed", "{run:?}");
        let mail = stack.one_mail_to(&anna).await?;
        let contact = stack.contact(&anna).await?;
        let [held] = contact.coupons.as_slice() else { anyhow::bail!("one code: {contact:?}") };
        let code = held.code.expose();

        let message = mail.parsed()?;
        let (text, html) =
            (message.body_text(0).unwrap_or_default(), message.body_html(0).unwrap_or_default());
        assert!(text.contains(code) && html.contains(code), "{text}");
        assert!(text.contains("Hallo Annegret,"), "her language and name: {text}");
        assert_eq!(message.subject(), Some("Dein Charm Club bekommt Zuwachs"));
        assert!(html.contains("https://media.lunaria.example/CC-011.png"), "the picture of what she bought");
        assert!(mail.from.contains("<post@de.lunaria.example>"), "{}", mail.from);
        assert_eq!(mail.configuration_set.as_deref(), Some(stack.output("ConfigurationSetName")?));

        let header = |name: &str| message.header_raw(name).map(str::trim).unwrap_or_default().to_owned();
        assert!(header("List-Unsubscribe").starts_with("<https://mail.lunaria.example/u/"));
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert_eq!(header("List-Id"), "<after-sales.de.de.lunaria.example>");
        let tag = |name: &str| mail.tags.get(name).map(String::as_str).unwrap_or_default();
        assert_eq!((tag("shop"), tag("flow"), tag("segment")), ("de", "after-sales", "charm-club"));
        assert_eq!(tag("contact"), contact.id.to_string());
        assert_eq!(tag("mail_id"), held.mail.to_string());

        let states = stack.states(&anna).await?;
        assert!(matches!(states.as_slice(), [StepState::Sent { .. }]), "{states:?}");
        for _ in 0..2 {
            assert_eq!(stack.same_day_again("de").await?.outcome, "already_done");
        }
        assert_eq!(stack.morning("de").await?.outcome, "completed");
        stack.one_mail_to(&anna).await?;
        let accepted = stack.sink.accepted_by_tag("mail_id");
        assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");

        assert!(stack.metrics(Function::Segmentation).await?.contains("RunCompleted"));
        assert!(stack.metrics(Function::MailDelivery).await?.contains("MailSent"));
        stack.logs_hold_none_of(&["anna.morgenrot", "Annegret", code]).await
    })
}

#[test]
fn the_scheduler_itself_calls_the_run_of_a_time_zone() -> Told {
    on_stack(async |stack| {
        let _shared = stack.undisturbed().await;
        let grace = shopper("uk", "grace.evenfall", "Gracelyn", "en");
        stack.takes(&grace.buys(2_002)?).await?;
        stack.morning_by_scheduler("uk").await?;
        let mail = stack.one_mail_to(&grace).await?;
        let message = mail.parsed()?;
        assert_eq!(message.subject(), Some("Your Charm Club has just grown"));
        let code = stack.contact(&grace).await?.coupons.pop().context("a code")?.code.expose().to_owned();
        assert!(message.body_text(0).context("a text")?.contains(&code));
        stack.logs_hold_none_of(&["grace.evenfall", "Gracelyn", &code]).await
    })
}

#[test]
fn the_dry_run_of_the_readme_tells_what_would_go_and_sends_nothing() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let ida = shopper("at", "ida.probelauf", "Idalie", "de");
        stack.takes(&ida.buys_by_api(2_003)?).await?;
        stack.turn_the_page("at").await?;
        let told = stack.dry_run().await?;
        let austria = told.iter().find(|preview| preview["shop"] == "at").context("the shop is told of")?;
        let going = austria["segments"].as_object().context("segments")?;
        assert_eq!(going.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 1, "{austria}");
        assert!(matches!(stack.states(&ida).await?.as_slice(), [StepState::Waiting]));
        assert!(stack.mails_to(&ida).is_empty());
        assert_eq!(stack.morning("at").await?.planned, 1, "and then the run does what was told");
        stack.one_mail_to(&ida).await.map(drop)
    })
}
