//! A purchase on its way to its mail through the deployed stack: the project's own template and programs.

use anyhow::{Context as _, ensure};
use nachklang_aws::config::Function;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{PoolId, ShopId};
use nachklang_domain::ports::{Content as _, CouponStock as _, Ledger as _};
use nachklang_tests::stack::{Shopper, Stack, on_stack};
use serde_json::{Value, json};

type Told = anyhow::Result<()>;

#[test]
fn a_signed_webhook_is_one_order_and_nothing_else_is() -> Told {
    on_stack(async |stack| {
        let berta = shopper("at", "berta.hellwach@example.com", "Bertalinde");
        let order = berta.buys(1_001)?;
        let (first, again) = (stack.post(&order).await?, stack.post(&order).await?);
        assert_eq!((first.status, first.json()?), (200, json!({ "stored": 1, "known": 0 })));
        assert_eq!((again.status, again.json()?), (200, json!({ "stored": 0, "known": 1 })));
        let stored = stack.order("at", "shopify", &order.number).await?.context("the order is stored")?;
        assert_eq!(stored.contact, Some(stack.contact_id(&berta).await?));
        let (shop, catalog) = (ShopId::parse("at")?, stack.catalog().await?);
        let today = catalog.shops[&shop].local_date(jiff::Timestamp::now());
        let due = stack.due_from(&shop, today.tomorrow()?).await?;
        assert_eq!(due.len(), 1, "{due:?}");

        let forged = berta.buys(1_002)?.badly_signed();
        assert_eq!(stack.post(&forged).await?.status, 401);
        assert!(stack.order("at", "shopify", &forged.number).await?.is_none());

        let unreadable = berta.told(1_003, "orders-create", &json!({ "id": 1_003, "line_items": "many" }));
        assert_eq!(stack.post(&unreadable).await?.status, 202);
        let parked = stack.listed("parked/webhooks/at/").await?;
        let [parked] = parked.as_slice() else { anyhow::bail!("one parked webhook, not {parked:?}") };
        let kept = stack.store.get_object(parked, 1 << 20).await?.context("it is kept")?;
        assert!(String::from_utf8(kept)?.contains("many"));
        stack.logs_hold_none_of(&["hellwach", "Bertalinde"]).await
    })
}

fn shopper(shop: &'static str, email: &str, first_name: &'static str) -> Shopper {
    Shopper { shop, email: email.to_owned(), first_name, language: "de" }
}
