//! One person's rights: to be told what is known of her, and to be forgotten.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use nachklang_domain::consent::SuppressionReason;
use nachklang_tests::ses::{Bounce, Feedback};
use nachklang_tests::stack::{Found, Shopper, Stack, on_stack};
use serde_json::{Value, json};

use crate::{Told, shopper};

const SALES: &str = "orders/de/2026-11-vergissmeinnicht.csv";
const PACKED_SALES: &str = "orders/de/2026-11-vergissmeinnicht-2.csv.gz";
const PEOPLE: &str = "contacts/de/2026-11-vergissmeinnicht.csv";
const HEADER: &str = "receipt,timestamp,sku,quantity,unit_price,email,first_name";
const HERS: &str = "V1,2026-11-02T10:00:00Z,CC-011,1,39.00";
const OTHERS: &str = "V2,2026-11-02T11:00:00Z,CC-011,1,39.00,brunhilde.bleibt@example.com,Brunhilde";

#[test]
fn after_an_erasure_no_table_file_or_queue_knows_her_and_nothing_brings_her_back() -> Told {
    on_stack(async |stack| {
        let _alone = stack.alone().await;
        let vera = shopper("de", "vera.vergissmeinnicht", "Veronique", "de");
        let code = known_everywhere(stack, &vera).await?;
        let canaries = ["vergissmeinnicht@", "vera.verg", "Veronique", code.as_str()];
        let before = stack.everything_stored().await?;
        for canary in canaries {
            ensure!(before.iter().any(|found| found.holds(canary)), "{canary} is somewhere");
        }

        let exported = stack.person_data("export", &vera.email).await?;
        let key = exported.get("key").and_then(Value::as_str).context("an export")?;
        ensure!(!key.contains("vera"), "{key}");
        let export = stack.store.get_object(key, 1 << 20).await?.context("the export lies there")?;
        let export: Value = serde_json::from_slice(&export)?;
        tells_all(&export, &vera, &code)?;

        let erased = stack.person_data("erase", &vera.email).await?;
        ensure!(erased.get("complete") == Some(&json!(true)), "{erased}");
        ensure!(erased.pointer("/stored/orders") == Some(&json!(2)), "webhook and till: {erased}");
        ensure!(erased.pointer("/files/rewritten") == Some(&json!(3)), "{erased}");
        ensure!(erased.get("dead_letters") == Some(&json!(1)), "{erased}");
        ensure!(!erased.to_string().contains("vera."), "{erased}");
        stack.at_rest().await?;
        knows_nothing(stack, &canaries).await?;
        for sales in [SALES, PACKED_SALES] {
            let others = stack.objects(sales).await?;
            ensure!(
                others.len() == 1 && others.iter().all(|file| file.text == format!("{HEADER}\n{OTHERS}\n")),
                "{others:?}"
            );
        }

        comes_back_in_every_way(stack, &vera).await?;
        knows_nothing(stack, &canaries).await?;
        stack.one_mail_to(&vera).await.context("the one from before")?;
        let suppressed = stack.contact(&vera).await?.suppressed.context("she stays suppressed")?;
        ensure!(suppressed.reason == SuppressionReason::Erased);
        let again = stack.person_data("erase", &vera.email).await?;
        ensure!(
            again.get("complete") == Some(&json!(true)) && again.pointer("/stored/orders") == Some(&json!(0)),
            "{again}"
        );
        stack.logs_hold_none_of(&canaries).await
    })
}

/// Tables, files with older versions, a parked request and a dead letter know her. Answers the code in her mail.
async fn known_everywhere(stack: &Stack, vera: &Shopper) -> anyhow::Result<String> {
    stack.takes(&vera.buys(5_001)?).await?;
    stack.morning(vera.shop).await?;
    stack.one_mail_to(vera).await?;
    let code = stack.contact(vera).await?.coupons.pop().context("a code")?.code.expose().to_owned();
    let unreadable = json!({ "id": 5_002, "email": vera.email, "currency": "EUR", "line_items": "many" });
    ensure!(stack.post(&vera.told(5_002, "orders-create", &unreadable)).await?.status == 202);
    let rows = |price: &str| {
        format!(
            "{HEADER}\n{HERS},{},Veronique\nV1,2026-11-02T10:00:00Z,ER-013,1,{price},,Veronique\n{OTHERS}\n",
            vera.email
        )
    };
    for price in ["49.00", "50.00"] {
        takes_file(stack, SALES, rows(price)).await?;
    }
    takes_file(stack, PACKED_SALES, packed(&rows("50.00"))?).await?;
    takes_file(
        stack,
        PEOPLE,
        format!("email,first_name\n{},Veronique\nbrunhilde.bleibt@example.com,Brunhilde\n", vera.email),
    )
    .await?;
    stack
        .put_message("EventsDeadLetters", &json!({ "mail": { "destination": [vera.email] } }).to_string())
        .await?;
    stack.at_rest().await?;
    Ok(code)
}

fn packed(rows: &str) -> anyhow::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(rows.as_bytes())?;
    Ok(packer.finish()?)
}

async fn takes_file(stack: &Stack, path: &str, rows: impl Into<Vec<u8>>) -> Told {
    let at = stack.upload(path, rows.into()).await?;
    let report = stack.report(path, at).await?;
    ensure!(report.get("state") == Some(&json!("taken")), "{report:#}");
    Ok(())
}

fn tells_all(export: &Value, vera: &Shopper, code: &str) -> Told {
    let shop = export.pointer("/shops/0").context("one shop knows her")?;
    ensure!(shop.pointer("/profile/email_address") == Some(&json!(vera.email)), "{shop:#}");
    ensure!(shop.get("orders").and_then(Value::as_array).is_some_and(|orders| orders.len() == 2), "{shop:#}");
    ensure!(shop.pointer("/coupons/0/code") == Some(&json!(code)), "{shop:#}");
    let files = export.get("named_in").and_then(Value::as_array).context("files")?;
    ensure!(files.len() == 4, "till files, contact file, parked request: {files:?}");
    Ok(())
}

/// The same purchase again, another one, an unreadable one, the old files, and a late event of her mail.
async fn comes_back_in_every_way(stack: &Stack, vera: &Shopper) -> Told {
    let known = stack.post(&vera.buys(5_001)?).await?;
    ensure!(known.status == 200, "{}", known.body);
    ensure!(stack.post(&vera.buys(5_003)?).await?.status == 200);
    let unreadable = json!({ "id": 5_004, "email": vera.email, "currency": "EUR", "line_items": "few" });
    ensure!(stack.post(&vera.told(5_004, "orders-create", &unreadable)).await?.status == 202);
    let mail = stack.one_mail_to(vera).await?;
    stack.sink.report(&mail.message_id, &Feedback::Bounced(Bounce::Permanent))?;
    stack.at_rest().await?;
    stack.morning(vera.shop).await?;
    stack.at_rest().await
}

/// Nobody is left in what is stored; a code may stand in the stock, where it leads to a hash alone.
async fn knows_nothing(stack: &Stack, canaries: &[&str]) -> Told {
    let stored = stack.everything_stored().await?;
    let allowed =
        |found: &Found, canary: &str| found.place == "CouponsTableName" && canary.starts_with("DANKE-");
    for canary in canaries {
        let left: Vec<&Found> =
            stored.iter().filter(|found| found.holds(canary) && !allowed(found, canary)).collect();
        ensure!(left.is_empty() || is_uploaded_stock(&left, canary), "{canary} is left in {left:?}");
    }
    Ok(())
}

/// The file of codes that the marketer uploaded names no holder.
fn is_uploaded_stock(left: &[&Found], canary: &str) -> bool {
    canary.starts_with("DANKE-") && left.iter().all(|found| found.place.starts_with("coupons/"))
}
