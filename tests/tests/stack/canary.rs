//! Somebody whose name, address and code are unlike any other goes every way there is, the wrong ones too: nothing but
//! the tables, her own files and her mail tells of her.

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nachklang_tests::ses::{Bounce, Fault, Feedback, Mail};
use nachklang_tests::stack::{Shopper, Stack, on_stack};
use serde_json::json;

use crate::{Told, shopper};

const CANARIES: [&str; 4] = ["kanarienvogel", "Kanaria", "KANARI-GEHEIM", "Gravur Kanariengelb"];
/// Any address of any scenario.
const ADDRESSES: [&str; 2] = ["example.com", "simulator.amazonses"];

#[test]
fn no_log_metric_report_link_tag_or_dead_letter_tells_of_anybody() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let bird = shopper("fr", "gelber.kanarienvogel", "Kanaria", "fr");
        by_webhook(stack, &bird).await?;
        by_files(stack, &bird).await?;
        let mail = by_mail(stack, &bird).await?;
        by_dead_letters(stack, &bird).await?;

        let code = stack.contact(&bird).await?.coupons.pop().context("a code")?.code.expose().to_owned();
        let canaries: Vec<&str> = CANARIES.into_iter().chain([code.as_str()]).collect();
        links_tell_nothing(&mail, &canaries)?;
        let said = stack.everything_said().await?;
        ensure!(said.iter().any(|line| line.holds("_aws")), "metrics are among the lines");
        ensure!(said.len() > 100, "{} lines", said.len());
        for canary in canaries.iter().copied().chain(ADDRESSES) {
            let told = said.iter().find(|line| line.holds(canary));
            ensure!(told.is_none(), "the log tells {canary}: {told:?}");
        }
        let reports = stack.objects("reports/").await?;
        ensure!(reports.iter().any(|report| report.holds("kaefig")), "her files are reported on");
        for canary in &canaries {
            let told = reports.iter().find(|report| report.holds(canary));
            ensure!(told.is_none(), "a report tells {canary}: {told:?}");
        }
        Ok(())
    })
}

/// Orders of both wires, one that cannot be read, one that nobody signed, and her address where a name belongs.
async fn by_webhook(stack: &Stack, bird: &Shopper) -> Told {
    stack.takes(&bird.buys(6_001)?).await?;
    stack.takes(&bird.buys_by_api(6_002)?).await?;
    let body = json!({ "id": 6_003, "email": bird.email, "line_items": { "title": CANARIES[3] }, "currency": bird.email });
    let answer = stack.post(&bird.told(6_003, "orders-create", &body)).await?;
    ensure!(answer.status == 202 && tells_nothing(&answer.body), "{}", answer.body);
    for (number, key) in
        [bird.email.as_str(), "Kanaria Gelb", "Kanaria", "KANARI-GEHEIM-1"].into_iter().enumerate()
    {
        let id = format!("msg-AT-6006-{number}");
        let answer = stack.post(&bird.told_by_api("AT-6006", &id, &json!({ "order": { key: 1 } }))).await?;
        ensure!(answer.status == 202 && tells_nothing(&answer.body), "{}", answer.body);
    }
    let answer = stack.post(&bird.buys(6_004)?.badly_signed()).await?;
    ensure!(answer.status == 401 && tells_nothing(&answer.body), "{}", answer.body);
    let headers = [("x-note", bird.email.clone())];
    for path in [
        "/webhooks/kanarienvogel/shopify/orders-create",
        "/webhooks/fr/kanarienvogel/x",
        "/u/kanarienvogel?x=Kanaria",
    ] {
        let answer = stack.ask("POST", path, &headers, bird.email.as_bytes()).await?;
        ensure!((400..500).contains(&answer.status) && tells_nothing(&answer.body), "{}", answer.body);
    }
    Ok(())
}

/// Whether an answer holds nothing of hers.
fn tells_nothing(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    CANARIES.iter().all(|canary| !answer.contains(&canary.to_lowercase()))
}

/// Files with what is hers in every wrong column.
async fn by_files(stack: &Stack, bird: &Shopper) -> Told {
    let email = &bird.email;
    let sales = format!(
        "receipt,timestamp,sku,quantity,unit_price,email\n\
         K1,{email},CC-011,1,39.00,{email}\nK2,2026-11-02T10:00:00Z,CC-011,{email},39.00,{email}\n\
         K3,2026-11-02T10:00:00Z,CC-011,1,Kanaria,{email}\n{email},2026-11-02T10:00:00Z\n\
         K4,2026-11-02T10:00:00Z,CC-011,1,39.00,\"{email} Kanaria\"\nK5,2026-11-02T10:00:00Z,\"{email}\n"
    );
    let headless = format!("K1,2026-11-02T10:00:00Z,CC-011,1,39.00,{email}\n");
    let people = format!(
        "email,first_name,language,country,consent_at\nKanaria,{email},Kanaria,{email},Kanaria\n{email} {email},,,,\n"
    );
    let codes = format!(
        "Code,Expires\nKANARI-GEHEIM-1,KANARI-GEHEIM\nKANARI-GEHEIM \u{1}2,\nKANARI-GEHEIM{},\n{email},{email}\n",
        "X".repeat(80)
    );
    for (path, rows) in [
        ("orders/fr/kaefig.csv", sales),
        ("orders/fr/kaefig-2.csv", headless),
        ("contacts/fr/kaefig.csv", people),
        ("coupons/thanks-eur/kaefig.csv", codes),
        ("orders/kaefig.csv", format!("{email}\n")),
    ] {
        let at = stack.upload(path, rows.into_bytes()).await?;
        stack.report(path, at).await?;
    }
    Ok(())
}

/// A mail that arrives, is complained about and bounces; and one that SES refuses, naming her in its reason.
async fn by_mail(stack: &Stack, bird: &Shopper) -> anyhow::Result<Mail> {
    let other = shopper("fr", "roter.kanarienvogel", "Kanaria", "fr");
    stack.morning("fr").await?;
    let mail = stack.one_mail_to(bird).await?;
    stack.takes(&other.buys(6_005)?).await?;
    // Of the one mail alone: what names the account would stop everybody's mails for a while.
    let reason = format!("Transaction failed: the address {} is refused", other.email);
    stack.sink.fail_next(Fault::MessageRejected(reason));
    stack.morning("fr").await?;
    stack.at_rest().await?;
    for feedback in [Feedback::Delivered, Feedback::Bounced(Bounce::MailboxFull), Feedback::Complained] {
        stack.sink.report(&mail.message_id, &feedback)?;
    }
    stack.at_rest().await?;
    Ok(mail)
}

/// What nobody can read lies with the dead letters of its queue at once. Its body is what came; beside it stands why, in
/// words of our own.
async fn by_dead_letters(stack: &Stack, bird: &Shopper) -> Told {
    let body = format!("{{\"eventType\": \"Kanaria\", \"mail\": \"{}\"}}", bird.email);
    for (station, why) in [
        ("Planning", "is no part of a run"),
        ("Assignment", "is no task of a mail"),
        ("Delivery", "is no task of a mail"),
        ("Events", "is not what SES sends"),
        ("Uploads", "event"),
    ] {
        stack.put_message(&format!("{station}Queue"), &body).await?;
        let letters = format!("{station}DeadLetters");
        stack
            .wait_for("her message among the dead letters", async || {
                let dead = stack.bodies(&letters).await?;
                Ok(dead.iter().any(|body| body.contains("kanarienvogel")).then_some(()))
            })
            .await?;
        let attributes = stack.letter_attributes(&letters).await?;
        ensure!(attributes.contains(why), "why it lies in {letters}: {attributes}");
        ensure!(tells_nothing(&attributes), "{letters}: {attributes}");
        // Tasks name nobody, so no erasure looks for anybody among them.
        if station == "Events" {
            // Right after one look through them there is another: nothing of the first may hide letters from it.
            for other in ["nobody", "somebody"] {
                let erased = stack.person_data("erase", &format!("{other}.{}", bird.email)).await?;
                ensure!(
                    erased.get("dead_letters") == Some(&json!(0)),
                    "somebody else's letters stay: {erased}"
                );
                ensure!(erased.get("complete") == Some(&json!(true)), "all were looked at: {erased}");
            }
            ensure!(stack.messages(&letters).await? >= 1);
        }
        stack.discard(&letters).await?;
    }
    Ok(())
}

/// Neither a link, opened down to its bytes, nor a tag tells of her.
fn links_tell_nothing(mail: &Mail, canaries: &[&str]) -> Told {
    let message = mail.parsed()?;
    let html = message.body_html(0).context("a page")?;
    let text = message.body_text(0).context("a text")?;
    let header = message.header_raw("List-Unsubscribe").unwrap_or_default();
    let starts = [&*html, &*text, header]
        .map(|part| part.match_indices("https://").map(|(at, _)| part[at..].to_owned()).collect::<Vec<_>>());
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
    let links: Vec<String> = starts
        .into_iter()
        .flatten()
        .map(|rest| rest.split(ends).next().unwrap_or_default().to_owned())
        .collect();
    ensure!(links.len() > 5, "{links:?}");
    for link in &links {
        let opened: Vec<String> = link
            .split(['/', '?', '&', '='])
            .filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect();
        let told = format!("{link} {}", opened.join(" ")).to_lowercase();
        for canary in canaries {
            ensure!(!told.contains(&canary.to_lowercase()), "{canary} stands in {link}");
        }
    }
    let tags = format!("{:?}", mail.tags).to_lowercase();
    ensure!(canaries.iter().all(|canary| !tags.contains(&canary.to_lowercase())), "{tags}");
    Ok(())
}
