//! What ends the mails to somebody.

use anyhow::{Context as _, bail};
use nachklang_aws::config::Function;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::coupon::PoolCounts;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::CouponStock as _;
use nachklang_tests::ses::Mail;
use nachklang_tests::stack::{Order, Shopper, Stack, on_stack};

use crate::{Told, shopper};

const SIMULATOR: &str = "simulator.amazonses.com";

#[test]
fn a_bounce_ends_the_mails_and_gives_her_code_back() -> Told {
    on_stack(async |stack| {
        let _shared = stack.undisturbed().await;
        let email = format!("bounce@{SIMULATOR}");
        let gone = Shopper { shop: "fr", email, first_name: "Clothilde", language: "fr" };
        let mail = mailed(stack, &gone, &gone.buys(3_001)?).await?;
        is_suppressed(stack, &gone, SuppressionReason::Bounced).await?;
        let states = stack.states(&gone).await?;
        assert!(matches!(states.as_slice(), [StepState::Failed { .. }]), "{states:?}");
        assert_eq!(stack.contact(&gone).await?.coupons, [], "nobody has seen the code");
        assert!(euro_codes(stack).await?.released >= 1);
        gets_nothing_more(stack, &gone, &gone.buys(3_002)?).await?;
        assert!(stack.metrics(Function::MailEvents).await?.contains("EventBounce"));
        stack.logs_hold_none_of(&[SIMULATOR, "Clothilde", &code_in(&mail)?]).await
    })
}

#[test]
fn a_complaint_ends_the_mails_and_the_code_stays_hers() -> Told {
    on_stack(async |stack| {
        let _shared = stack.undisturbed().await;
        let email = format!("complaint@{SIMULATOR}");
        let angry = Shopper { shop: "fr", email, first_name: "Ghislaine", language: "fr" };
        let mail = mailed(stack, &angry, &angry.buys(3_003)?).await?;
        is_suppressed(stack, &angry, SuppressionReason::Complained).await?;
        assert_eq!(stack.contact(&angry).await?.coupons.len(), 1, "she has seen the code");
        gets_nothing_more(stack, &angry, &angry.buys(3_004)?).await?;
        assert!(stack.metrics(Function::MailEvents).await?.contains("EventComplaint"));
        stack.logs_hold_none_of(&[SIMULATOR, "Ghislaine", &code_in(&mail)?]).await
    })
}

#[test]
fn one_click_ends_the_mails_and_a_look_at_the_page_does_not() -> Told {
    on_stack(async |stack| {
        let _shared = stack.undisturbed().await;
        let carla = shopper("it", "carla.sommerwind", "Carlotta", "it");
        let mail = mailed(stack, &carla, &carla.buys_by_api(3_005)?).await?;
        let link = unsubscribe_link(&mail)?;
        let path = link.strip_prefix("https://mail.lunaria.example").context("the portal")?;

        let page = stack.ask("GET", path, &[("accept-language", "it".to_owned())], b"").await?;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<form") && page.body.contains("lang=\"it\""), "{}", page.body);
        assert_eq!(stack.contact(&carla).await?.suppressed, None, "a look changes nothing");

        let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let done = stack.ask("POST", path, &form, b"List-Unsubscribe=One-Click").await?;
        assert_eq!(done.status, 200, "{}", done.body);
        is_suppressed(stack, &carla, SuppressionReason::Unsubscribed).await?;
        gets_nothing_more(stack, &carla, &carla.buys_by_api(3_006)?).await?;

        let forged = format!("{path}x");
        assert!((400..500).contains(&stack.ask("POST", &forged, &form, b"").await?.status));
        let token = path.rsplit('/').next().context("a token")?;
        stack.logs_hold_none_of(&["carla.sommerwind", "Carlotta", token]).await
    })
}

/// Her purchase leads to her first mail.
async fn mailed(stack: &Stack, shopper: &Shopper, order: &Order) -> anyhow::Result<Mail> {
    stack.takes(order).await?;
    stack.morning(shopper.shop).await?;
    stack.one_mail_to(shopper).await
}

async fn is_suppressed(stack: &Stack, shopper: &Shopper, reason: SuppressionReason) -> Told {
    stack
        .wait_for("the end of her mails", async || {
            let suppressed = stack.contact(shopper).await?.suppressed;
            Ok(suppressed.filter(|suppressed| suppressed.reason == reason).map(drop))
        })
        .await?;
    stack.at_rest().await
}

/// Another purchase is taken and leads to no mail.
async fn gets_nothing_more(stack: &Stack, shopper: &Shopper, order: &Order) -> Told {
    stack.takes(order).await?;
    stack.morning(shopper.shop).await?;
    stack.one_mail_to(shopper).await.map(drop)
}

async fn euro_codes(stack: &Stack) -> anyhow::Result<PoolCounts> {
    let today = jiff::Zoned::now().date();
    Ok(stack.store.pool_counts(&PoolId::parse("thanks-eur")?, today).await?)
}

fn code_in(mail: &Mail) -> anyhow::Result<String> {
    let message = mail.parsed()?;
    let text = message.body_text(0).context("a text")?;
    let code = text.split_whitespace().find(|word| word.starts_with("DANKE-"));
    Ok(code.context("a code")?.to_owned())
}

fn unsubscribe_link(mail: &Mail) -> anyhow::Result<String> {
    let message = mail.parsed()?;
    let header = message.header_raw("List-Unsubscribe").context("a List-Unsubscribe")?;
    match header.trim().strip_prefix('<').and_then(|link| link.strip_suffix('>')) {
        Some(link) => Ok(link.split_whitespace().collect()),
        None => bail!("no link: {header}"),
    }
}
