//! Webhooks.

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use nachklang_aws::config::Function;
use nachklang_domain::id::ShopId;
use nachklang_tests::stack::on_stack;
use serde_json::json;

use crate::{Told, shopper};

#[test]
fn the_same_signed_webhook_twice_is_one_order_that_is_due() -> Told {
    on_stack(async |stack| {
        let berta = shopper("at", "berta.hellwach", "Bertalinde", "de");
        let order = berta.buys(1_001)?;
        let (first, again) = (stack.post(&order).await?, stack.post(&order).await?);
        assert_eq!((first.status, first.json()?), (200, json!({ "stored": 1, "known": 0 })));
        assert_eq!((again.status, again.json()?), (200, json!({ "stored": 0, "known": 1 })));
        let (id, shop) = (stack.contact_id(&berta).await?, ShopId::parse("at")?);
        let stored = stack.order("at", "shopify", &order.number).await?.context("the order is stored")?;
        assert_eq!(stored.contact, Some(id));
        let catalog = stack.catalog().await?;
        let today = catalog.shop(&shop).context("the shop is published")?.local_date(Timestamp::now());
        let due = stack.due_from(&shop, today.tomorrow()?).await?;
        assert_eq!(due.iter().filter(|entry| entry.task.contact == id).count(), 1, "{due:?}");
        stack.logs_hold_none_of(&["hellwach", "Bertalinde"]).await
    })
}

#[test]
fn a_wrong_signature_is_refused_and_nothing_stored() -> Told {
    on_stack(async |stack| {
        let forged = shopper("at", "frieda.fremd", "Friederun", "de").buys(1_002)?.badly_signed();
        assert_eq!(stack.post(&forged).await?.status, 401);
        assert!(stack.order("at", "shopify", &forged.number).await?.is_none());
        assert!(stack.metrics(Function::ShopWebhook).await?.contains("WebhookRejected"));
        stack.logs_hold_none_of(&["frieda.fremd", "Friederun"]).await
    })
}

#[test]
fn a_signed_webhook_that_cannot_be_read_is_kept_whole() -> Told {
    on_stack(async |stack| {
        let dora = shopper("at", "dora.dunkel", "Dorothea-Luise", "de");
        let body = json!({ "id": 1_003, "email": dora.email, "currency": "EUR", "line_items": "many" });
        let answer = stack.post(&dora.told(1_003, "orders-create", &body)).await?;
        assert_eq!(answer.status, 202, "{}", answer.body);
        let parked = stack.listed("parked/webhooks/at/").await?;
        let [parked] = parked.as_slice() else { bail!("one parked webhook, not {parked:?}") };
        let kept = stack.store.get_object(parked, 1 << 20).await?.context("it is kept")?;
        assert!(String::from_utf8(kept)?.contains("many"));
        assert!(stack.metrics(Function::ShopWebhook).await?.contains("WebhookParked"));
        assert!(!answer.body.contains("dora"));
        stack.logs_hold_none_of(&["dora.dunkel", "Dorothea-Luise"]).await
    })
}
