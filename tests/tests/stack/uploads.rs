//! What marketers upload.

use anyhow::Context as _;
use nachklang_domain::id::{PoolId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{Content as _, CouponStock as _, Products as _};
use nachklang_tests::stack::{Stack, on_stack};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::Told;

const BROKEN: &str = "mails/recommendations/es.toml";
/// While a scenario has broken the content, its reports are not as the others expect them.
static CONTENT: Mutex<()> = Mutex::const_new(());

#[test]
fn uploaded_shops_flows_and_mails_are_in_use_and_reported() -> Told {
    on_stack(async |stack| {
        let _alone = CONTENT.lock().await;
        let catalog = stack.catalog().await?;
        assert_eq!(catalog.shops.len(), 7);
        assert_eq!(catalog.flows.len(), 1);
        let mails = stack.store.all_active("mail").await?;
        let names: Vec<&str> = mails.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["recommendations", "topsellers"]);
        let published = stack.store.active("catalog", "brand").await?;
        let report = report_of(stack, "shops/de.toml").await?;
        assert_eq!(report.get("state"), Some(&json!("published")));
        assert_eq!(report.get("version").and_then(Value::as_str), published.as_deref());
        Ok(())
    })
}

#[test]
fn an_uploaded_feed_and_codes_are_stored_and_reported() -> Told {
    on_stack(async |stack| {
        let (shop, german) = (ShopId::parse("de")?, Language::parse("de")?);
        let sku = Sku::parse("CC-011")?;
        let product = stack.store.product_of_line(&shop, german, &[], Some(&sku)).await?;
        assert_eq!(product.context("the feed's product is stored")?.title, "Charm Blatt, 925er Silber");
        let report = report_of(stack, "feeds/de/products.de.xml").await?;
        assert_eq!(report.get("state"), Some(&json!("published")), "{report:#}");

        let today = jiff::Zoned::now().date();
        let counts = stack.store.pool_counts(&PoolId::parse("thanks-gbp")?, today).await?;
        assert_eq!(counts.imported(), 80);
        let report = report_of(stack, "coupons/thanks-gbp/2026-11.csv").await?;
        assert_eq!(report.get("state"), Some(&json!("taken")), "{report:#}");
        Ok(())
    })
}

#[test]
fn a_broken_mail_leaves_the_old_one_in_use_and_its_report_says_what_to_do() -> Told {
    on_stack(async |stack| {
        let _alone = CONTENT.lock().await;
        let before = stack.store.active("mail", "recommendations").await?;
        let good = stack.template(BROKEN)?;
        let broken = good.replacen("headline = ", "headline = \"{{ contact.shoe_size }}\"\nwas = ", 1);
        let at = stack.upload(BROKEN, broken.into_bytes()).await?;
        let report = stack.report(BROKEN, at).await?;
        assert_eq!(report.get("state"), Some(&json!("refused")), "{report:#}");
        let finding = report.pointer("/findings/0").context("the report has a finding")?;
        let line = good.lines().position(|line| line.starts_with("headline = ")).context("a headline")? + 1;
        assert_eq!(finding.get("line"), Some(&json!(line)), "{report:#}");
        for part in ["problem", "remedy"] {
            assert!(
                finding.get(part).and_then(Value::as_str).is_some_and(|text| !text.is_empty()),
                "{report:#}"
            );
        }
        assert_eq!(stack.store.active("mail", "recommendations").await?, before);

        let at = stack.upload(BROKEN, good.into_bytes()).await?;
        for path in [BROKEN, "shops/de.toml"] {
            assert_eq!(stack.report(path, at).await?.get("state"), Some(&json!("published")), "{path}");
        }
        assert_eq!(stack.store.active("mail", "recommendations").await?, before);
        Ok(())
    })
}

async fn report_of(stack: &Stack, path: &str) -> anyhow::Result<Value> {
    let report = stack.store.get_object(&format!("reports/{path}.report.json"), 1 << 20).await?;
    Ok(serde_json::from_slice(&report.context("there is a report")?)?)
}
