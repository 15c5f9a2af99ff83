//! P1: the whole handler of a webhook over a loopback store, and a Python handler that does the same over the same store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::civil::date;
use lambda_runtime::LambdaEvent;
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Function, Setting};
use nachklang_aws::site::Site;
use nachklang_benches::meter::cpu;
use nachklang_benches::webhook::{Purchase, Signed, secret_and_signature};
use nachklang_domain::ports::Orders;
use nachklang_domain::use_case::publish::publish_draft;
use nachklang_tests::aws_world::AwsWorld;
use nachklang_tests::world::shipped;
use serde_json::json;

/// Rounds; the middle one counts. The first one, which reads what is kept afterwards, does not.
const ROUNDS: u64 = 4;
/// The key of all contact ids.
pub const CONTACT_KEY: &str = "the contact key of the benches";

/// Measures both and prints the nanoseconds of each, a line each.
///
/// # Errors
/// When the emulator does not start or a webhook is not taken.
pub async fn compare(python: &Path, peer: &Path, webhooks: u32) -> anyhow::Result<()> {
    let aws = AwsWorld::new().await?.context("the emulator is skipped")?;
    let (secret, _) = secret_and_signature();
    let webhook_secrets = json!({ "shopify-de": secret }).to_string();
    let secrets = [(Setting::ContactKey, CONTACT_KEY), (Setting::WebhookSecrets, webhook_secrets.as_str())];
    let environment = environment(&aws, &secrets).await?;
    println!("{}", measure(&environment, webhooks).await?.as_nanos());
    let mut peer_handler = std::process::Command::new(python);
    peer_handler.arg(peer).envs(&environment).env("AWS_DEFAULT_REGION", "eu-central-1");
    let order = std::str::from_utf8(Signed::example().body())?.to_owned();
    let answer = peer_handler
        .env("PEER_SECRET", secret)
        .env("PEER_WEBHOOKS", webhooks.to_string())
        .env("PEER_ORDER", order)
        .output()?;
    ensure!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    print!("{}", String::from_utf8(answer.stdout)?);
    Ok(())
}

/// The starter content in empty tables, and a function's secrets.
///
/// # Errors
/// When the emulator refuses something.
pub async fn environment(
    aws: &AwsWorld,
    secrets: &[(Setting, &str)],
) -> anyhow::Result<BTreeMap<&'static str, String>> {
    publish_draft(&aws.store(), shipped()?).await?;
    let mut environment = aws.environment.clone();
    environment.insert(Setting::Stage.variable(), "test".to_owned());
    for (setting, secret) in secrets {
        let name = format!("{}/{}", aws.config.get(Setting::Bucket)?, setting.variable());
        aws.clients.secrets.create_secret().name(&name).secret_string(*secret).send().await?;
        environment.insert(setting.variable(), name);
    }
    Ok(environment)
}

async fn measure(environment: &BTreeMap<&'static str, String>, webhooks: u32) -> anyhow::Result<Duration> {
    let lookup = |name: &str| environment.get(name).cloned();
    let config = Arc::new(Config::from_lookup(&Function::ShopWebhook.needs(), lookup)?);
    let clients = Clients::new(&config, lookup);
    let site = Site::open(config, clients);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let events = (0..u64::from(webhooks)).map(|number| event(1 + round * u64::from(webhooks) + number));
        let events = events.collect::<anyhow::Result<Vec<_>>>()?;
        let before = cpu();
        for event in events {
            let answer = shop_webhook::handle(&site, event).await;
            let answer = answer.map_err(|error| anyhow::anyhow!("{error}"))?;
            ensure!(answer.status_code == 200, "a webhook is answered with {}", answer.status_code);
        }
        times.push((cpu() - before) / webhooks.max(1));
    }
    let last = nachklang_domain::id::OrderKey {
        shop: nachklang_domain::id::ShopId::parse("de")?,
        source: nachklang_domain::id::Source::parse("shopify")?,
        number: nachklang_domain::id::OrderNumber::parse(&order_id(ROUNDS * u64::from(webhooks)))?,
    };
    ensure!(site.store.load_order(&last).await?.is_some(), "the last order is stored");
    times.remove(0);
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn order_id(number: u64) -> String {
    (7_281_640_003_783 + number).to_string()
}

fn event(number: u64) -> anyhow::Result<LambdaEvent<ApiGatewayV2httpRequest>> {
    let buyer = format!("person-{number}");
    let order = Signed::order(Purchase { number, buyer: &buyer, day: date(2026, 11, 20) });
    let headers: serde_json::Map<String, serde_json::Value> =
        order.headers().iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let event = json!({
        "version": "2.0", "routeKey": "POST /webhooks/{shop}/{wire}/{topic}",
        "rawPath": "/webhooks/de/shopify/orders-create", "rawQueryString": "",
        "headers": headers,
        "pathParameters": { "shop": "de", "wire": "shopify", "topic": "orders-create" },
        "requestContext": {
            "http": {
                "method": "POST", "path": "/webhooks/de/shopify/orders-create", "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "Shopify-Captain-Hook"
            },
            "requestId": "TdZqVjXwliAEPtQ=", "stage": "$default", "timeEpoch": 1_793_880_000_000_i64
        },
        "body": std::str::from_utf8(order.body())?, "isBase64Encoded": false
    });
    Ok(LambdaEvent::new(serde_json::from_value(event)?, lambda_runtime::Context::default()))
}
