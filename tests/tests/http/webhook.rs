//! What shops tell.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, ToSpan as _};
use nachklang_aws::config::{Function, Setting};
use nachklang_aws::site::Site;
use nachklang_domain::webhook::ParkedWebhook;
use nachklang_domain::webhook::doors::secret_names;
use nachklang_domain::webhook::guard::MAX_BODY;
use nachklang_tests::aws_world::{Fate, Wire};
use serde_json::{Value, json};

use crate::gateway::{Reply, Request};
use crate::world::{
    SHOPIFY_KEY, World, api_signature, pass_seconds, shopify_signature, shopify_signature_with,
};

type Kept = anyhow::Result<()>;

/// Bought online in the German shop.
fn shopify_order(id: u64) -> Vec<u8> {
    let order = json!({
        "id": id, "admin_graphql_api_id": format!("gid://shopify/Order/{id}"), "name": "#1001",
        "email": "mira@example.com", "contact_email": "mira@example.com", "buyer_accepts_marketing": true,
        "created_at": "2026-11-02T10:15:00+01:00", "processed_at": "2026-11-02T10:12:00+01:00",
        "updated_at": "2026-11-02T10:15:00+01:00", "cancelled_at": null, "currency": "EUR",
        "customer_locale": "de-DE", "financial_status": "paid", "source_name": "web", "test": false,
        "order_status_url": "https://de.lunaria.example/548380009/orders/b1/authenticate?key=abc",
        "discount_codes": [], "refunds": [],
        "customer": {"id": 7_064_055_069_300_u64, "email": "mira@example.com", "first_name": "Mira"},
        "shipping_address": {"country_code": "DE", "first_name": "Mira"},
        "line_items": [{
            "id": 14_105_500_000_001_u64, "sku": "CC-001", "variant_id": 39_072_856, "product_id": 632_910_392,
            "title": "Ohrstecker Mond", "quantity": 1, "price": "39.00", "gift_card": false
        }]
    });
    order.to_string().into_bytes()
}

/// Bought in the Swiss shop, which uses the order API.
fn api_order(number: &str) -> Vec<u8> {
    let order = json!({ "order": {
        "number": number, "revision": "2026-11-02T09:12:00Z", "placed_at": "2026-11-02T09:10:00Z",
        "channel": "online", "payment": "paid", "currency": "CHF",
        "customer": {"email": "jonas@example.com", "first_name": "Jonas", "language": "de", "country": "CH"},
        "lines": [{"id": "1", "sku": "CC-001", "title": "Charm", "quantity": 1, "unit_price": "39.00"}]
    }});
    order.to_string().into_bytes()
}

fn post(place: [&str; 3], headers: Vec<(&'static str, String)>, body: &[u8]) -> Request {
    let [shop, wire, topic] = place;
    Request {
        method: "POST",
        path: format!("/webhooks/{shop}/{wire}/{topic}"),
        route: json!({ "shop": shop, "wire": wire, "topic": topic }),
        headers,
        body: json!(std::str::from_utf8(body).unwrap()),
        is_base64: false,
    }
}

/// As the gateway wraps bodies of types that it does not take for text.
fn wrapped(request: Request, body: &[u8]) -> Request {
    Request { body: json!(STANDARD.encode(body)), is_base64: true, ..request }
}

/// To the order API of the Swiss shop, signed now.
fn to_ch(body: &[u8]) -> Request {
    post(["ch", "api", "orders"], api_signature(body, Timestamp::now()), body)
}

async fn tell(site: &Site, request: &Request) -> Reply {
    Reply::of(&shop_webhook::handle(site, request.event()).await.unwrap())
}

#[tokio::test]
async fn an_order_is_stored_once_however_often_and_in_whatever_wrapping_it_is_told() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::ShopWebhook)?;
    let (online, api) = (shopify_order(820_982_911), api_order("CH-1"));
    let shopify = post(["de", "shopify", "orders-create"], shopify_signature(&online), &online);
    for (request, body) in [(shopify, &online), (to_ch(&api), &api)] {
        let first = tell(&site, &request).await;
        assert_eq!((first.status(), first.body()), (200, r#"{"known":0,"stored":1}"#));
        assert_eq!(first.header("content-type"), Some("application/json"));
        let again = tell(&site, &wrapped(request, body)).await;
        assert_eq!((again.status(), again.body()), (200, r#"{"known":1,"stored":0}"#));
    }
    let order = world.order("de", "shopify", "820982911").await?.unwrap();
    let mira = world.contact("de", "mira@example.com").await?.unwrap();
    assert_eq!((order.contact, mira.orders.len()), (Some(mira.id), 1));
    assert!(world.order("ch", "api", "CH-1").await?.is_some());
    assert_eq!(world.contact("ch", "jonas@example.com").await?.unwrap().orders.len(), 1);
    Ok(())
}

#[tokio::test]
async fn nobody_learns_which_shops_exist_and_nothing_unsigned_is_stored() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::ShopWebhook)?;
    let body = api_order("CH-2");
    let good = to_ch(&body);
    let wrong =
        tell(&site, &Request { headers: api_signature(b"another", Timestamp::now()), ..good.clone() }).await;
    assert_eq!((wrong.status(), wrong.body()), (401, r#"{"error":"the signature was refused"}"#));
    let old = api_signature(&body, Timestamp::now() - 10.minutes());
    let unsigned = [vec![], old, shopify_signature(&body)];
    for headers in unsigned {
        assert_eq!(tell(&site, &Request { headers, ..good.clone() }).await, wrong);
    }
    for place in [
        ["nowhere", "api", "orders"],
        ["ch", "shopify", "orders-create"],
        ["ch", "fax", "orders"],
        ["No Shop", "api", ""],
    ] {
        assert_eq!(tell(&site, &post(place, good.headers.clone(), &body)).await, wrong, "{place:?}");
    }
    let elsewhere = Request { path: "/elsewhere".to_owned(), route: json!(null), ..good };
    assert_eq!(tell(&site, &elsewhere).await, wrong);
    assert!(world.order("ch", "api", "CH-2").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_anything_is_asked_of_aws() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let wire = Wire::to(world.aws.endpoint()?, |call| panic!("{} was called", call.what)).await?;
    let site = world.site_with(Function::ShopWebhook, &[("AWS_ENDPOINT_URL", wire.endpoint())])?;
    let body = vec![b' '; MAX_BODY + 1];
    for request in [to_ch(&body), wrapped(to_ch(&body), &body)] {
        let reply = tell(&site, &request).await;
        assert_eq!(
            (reply.status(), reply.body()),
            (413, r#"{"error":"the body is too large, or broke off"}"#)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_parked_whole() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::ShopWebhook)?;
    let body = br#"{"order": {"customer": {"email": "mira@example.com"}, "payment": "barter"}}"#;
    for _ in 0..2 {
        let reply = tell(&site, &wrapped(to_ch(body), body)).await;
        assert_eq!(reply.status(), 202, "{reply:?}");
        assert!(reply.body().contains("kept for a person to look at") && !reply.body().contains("mira"));
    }
    let parked = only_parked(&world).await?;
    assert_eq!((parked.shop.as_str(), parked.wire.as_str(), parked.topic.as_str()), ("ch", "api", "orders"));
    assert_eq!(parked.body.as_bytes(), body);
    assert!(parked.headers.iter().any(|(name, _)| name == "webhook-signature"));
    assert!(!parked.headers.iter().any(|(_, value)| value.contains("another-door")));
    assert!(!parked.reason.contains("mira"), "{}", parked.reason);
    Ok(())
}

/// The request that is parked for the Swiss shop.
async fn only_parked(world: &World) -> anyhow::Result<ParkedWebhook> {
    let parked = world.store().list_objects("parked/", 10).await?;
    let [parked] = parked.as_slice() else { panic!("{parked:?}") };
    assert!(parked.key.starts_with("parked/webhooks/ch/") && parked.key.ends_with(".json"), "{}", parked.key);
    let file = world.store().get_object(&parked.key, 1 << 20).await?.unwrap();
    Ok(serde_json::from_slice(&file)?)
}

#[tokio::test]
async fn what_can_never_be_stored_is_parked_so_that_the_shop_need_not_repeat_it() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let gone = [(Setting::Orders.variable(), "no-such-table")];
    let site = world.site_with(Function::ShopWebhook, &gone)?;
    let body = api_order("CH-3");
    assert_eq!(tell(&site, &to_ch(&body)).await.status(), 202);
    let parked = only_parked(&world).await?;
    assert_eq!(parked.body.as_bytes(), body);
    assert!(parked.reason.contains("no-such-table"), "{}", parked.reason);
    Ok(())
}

#[tokio::test]
async fn while_something_of_aws_is_out_of_order_the_shop_is_asked_to_tell_it_again() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    for broken in ["DynamoDB_20120810.PutItem", "DynamoDB_20120810.GetItem", "secretsmanager.GetSecretValue"]
    {
        let disturbed = || Fate::Answer(400, r#"{"__type":"ThrottlingException","message":"x"}"#.to_owned());
        let wire = Wire::to(world.aws.endpoint()?, move |call| {
            if call.what.contains(broken) { disturbed() } else { Fate::Pass }
        });
        let wire = wire.await?;
        let site = world.site_with(Function::ShopWebhook, &[("AWS_ENDPOINT_URL", wire.endpoint())])?;
        let reply = tell(&site, &to_ch(&api_order("CH-4"))).await;
        let expected = (503, r#"{"error":"not stored: send it again in a moment"}"#);
        assert_eq!((reply.status(), reply.body()), expected, "{broken}");
    }
    assert!(world.store().list_objects("parked/", 10).await?.is_empty());
    let site = world.site(Function::ShopWebhook)?;
    assert_eq!(tell(&site, &to_ch(&api_order("CH-4"))).await.body(), r#"{"known":0,"stored":1}"#);
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_missing_shuts_one_door_and_is_not_asked_for_at_every_request() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = std::sync::Arc::clone(&asked);
    let wire = Wire::to(world.aws.endpoint()?, move |call| {
        if call.what.contains("GetSecretValue") {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Fate::Pass
    });
    let wire = wire.await?;
    let site = world.site_with(Function::ShopWebhook, &[("AWS_ENDPOINT_URL", wire.endpoint())])?;
    let body = shopify_order(1);
    for _ in 0..10 {
        let shut = post(["at", "shopify", "orders-create"], shopify_signature(&body), &body);
        assert_eq!(tell(&site, &shut).await.status(), 401);
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    let order = api_order("AT-1");
    let open = post(["at", "api", "orders"], api_signature(&order, Timestamp::now()), &order);
    assert_eq!(tell(&site, &open).await.status(), 200);
    Ok(())
}

/// To the German shop, as Shopify tells it.
fn to_de(headers: Vec<(&'static str, String)>, body: &[u8]) -> Request {
    post(["de", "shopify", "orders-create"], headers, body)
}

/// Every secret that the shops name, so that none is looked for because it is missing.
async fn every_secret(site: &Site, shopify_de: &str) -> anyhow::Result<Value> {
    let catalog = site.catalog().await?;
    let secret = |name: &str| match name {
        "shopify-de" => shopify_de.to_owned(),
        _ => format!("whsec_{}", STANDARD.encode("a secret of nobody's door")),
    };
    Ok(secret_names(&catalog).into_iter().map(|name| (name.to_owned(), json!(secret(name)))).collect())
}

#[tokio::test]
async fn a_secret_changed_under_its_name_is_known_within_half_a_minute_and_the_old_one_is_refused() -> Kept {
    const CHANGED: &str = "shopify-shows-another";
    let Some(world) = World::new().await? else { return Ok(()) };
    let (site, asked, _wire) = world.site_that_counts(Function::ShopWebhook).await?;
    world.change_secret(Setting::WebhookSecrets, &every_secret(&site, SHOPIFY_KEY).await?).await?;
    let body = shopify_order(31);
    let old = to_de(shopify_signature(&body), &body);
    let new = to_de(shopify_signature_with(CHANGED, &body), &body);
    assert_eq!((tell(&site, &old).await.status(), tell(&site, &new).await.status()), (200, 401));
    world.change_secret(Setting::WebhookSecrets, &every_secret(&site, CHANGED).await?).await?;
    pass_seconds(29);
    assert_eq!(tell(&site, &new).await.status(), 401, "the shop tells it again");
    pass_seconds(1);
    let before = asked.load(Ordering::Relaxed);
    assert_eq!((tell(&site, &new).await.status(), tell(&site, &old).await.status()), (200, 401));
    assert_eq!(asked.load(Ordering::Relaxed), before + 1);
    Ok(())
}

#[tokio::test]
async fn forged_webhooks_let_secrets_be_looked_for_once_in_half_a_minute() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let (site, asked, _wire) = world.site_that_counts(Function::ShopWebhook).await?;
    world.change_secret(Setting::WebhookSecrets, &every_secret(&site, SHOPIFY_KEY).await?).await?;
    let body = shopify_order(32);
    let forged = to_de(shopify_signature(b"another"), &body);
    let nowhere = post(["nowhere", "shopify", "orders-create"], shopify_signature(&body), &body);
    for looks in 1..=3 {
        for request in [&forged, &nowhere, &forged, &nowhere] {
            assert_eq!(tell(&site, request).await.status(), 401);
        }
        assert_eq!(asked.load(Ordering::Relaxed), looks);
        pass_seconds(30);
    }
    assert_eq!(tell(&site, &to_de(shopify_signature(&body), &body)).await.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_body_that_means_no_one_thing_is_refused_and_not_kept() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::ShopWebhook)?;
    let twice = String::from_utf8(api_order("CH-5"))?.replacen("{\"order\":", "{\"order\":{},\"order\":", 1);
    let not_text = b"{\"order\": \"\xff\"}".to_vec();
    for body in [b"not json".to_vec(), twice.into_bytes(), not_text] {
        let signed = post(["ch", "api", "orders"], api_signature(&body, Timestamp::now()), b"");
        assert_eq!(tell(&site, &wrapped(signed, &body)).await.status(), 400);
    }
    let topic = api_order("CH-5");
    let parcels = post(["ch", "api", "parcels"], api_signature(&topic, Timestamp::now()), &topic);
    assert_eq!(tell(&site, &parcels).await.status(), 404);
    assert!(world.store().list_objects("parked/", 10).await?.is_empty());
    Ok(())
}

/// Tells a site something good, forged, unreadable and broken; answers all header values that went along.
pub async fn of_every_kind(site: &Site) -> Vec<String> {
    let (online, api) = (shopify_order(77), api_order("CH-77"));
    let unreadable = br#"{"order": {"customer": {"email": "mira@example.com"}, "payment": "barter"}}"#;
    let requests = [
        post(["de", "shopify", "orders-create"], shopify_signature(&online), &online),
        to_ch(&api),
        post(["ch", "api", "orders"], shopify_signature(&api), &api),
        to_ch(unreadable),
        to_ch(b"jonas@example.com"),
    ];
    for request in &requests {
        tell(site, request).await;
    }
    let signed = requests.into_iter().flat_map(|request| request.headers);
    signed
        .filter(|(name, _)| name.contains("signature") || name.contains("hmac"))
        .map(|(_, value)| value)
        .collect()
}
