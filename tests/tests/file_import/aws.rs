//! The whole function over the emulated AWS: uploads, the events that S3 sends, reports.

use std::sync::Arc;

use anyhow::Context as _;
use aws_lambda_events::sqs::SqsEvent;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD;
use jiff::civil::date;
use lambda_runtime::{Context, LambdaEvent};
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Function, Setting};
use nachklang_aws::site::Site;
use nachklang_domain::id::{OrderKey, OrderNumber, PoolId, Source};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{Content, CouponStock, Ledger, Orders, Products, feed_moment};
use nachklang_domain::use_case::import_upload::PIECE;
use nachklang_tests::aws_world::AwsWorld;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::bucket::templates;
use crate::world::de;

struct Deployed {
    site: Site,
    bucket: String,
}

impl Deployed {
    async fn new(world: &AwsWorld) -> anyhow::Result<Self> {
        let mut environment = world.environment.clone();
        let bucket = environment[Setting::Bucket.variable()].clone();
        let link = json!({ "api-it": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }).to_string();
        for (setting, secret) in [(Setting::ContactKey, "a key for tests"), (Setting::WebhookSecrets, &link)]
        {
            let name = format!("{bucket}/{}", setting.variable());
            world.clients.secrets.create_secret().name(&name).secret_string(secret).send().await?;
            environment.insert(setting.variable(), name);
        }
        environment.insert(Setting::Stage.variable(), "test".to_owned());
        environment.insert(Setting::RetrySeconds.variable(), "1".to_owned());
        for (setting, name) in [(Setting::OwnQueue, "uploads"), (Setting::OwnDeadLetters, "uploads-dead")] {
            let made = world.clients.sqs.create_queue().queue_name(format!("{bucket}-{name}")).send().await?;
            environment.insert(setting.variable(), made.queue_url.context("a queue has a URL")?);
        }
        let lookup = |name: &str| environment.get(name).cloned();
        let config = Arc::new(Config::from_lookup(&Function::FileImport.needs(), lookup)?);
        let clients = Clients::new(&config, lookup);
        Ok(Self { site: Site::open(config, clients), bucket })
    }

    /// With the shops, flows and mails of `templates/` in the bucket, of which it has not been told.
    async fn with_content(world: &AwsWorld) -> anyhow::Result<Self> {
        let function = Self::new(world).await?;
        for folder in ["flows", "mails", "shops"] {
            function.upload_templates(folder).await?;
        }
        Ok(function)
    }

    async fn upload(&self, key: &str, bytes: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        Ok(self.site.store.put_object(key, bytes.into(), "application/octet-stream").await?)
    }

    async fn upload_templates(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let files = templates(folder)?;
        for (key, bytes) in &files {
            self.upload(key, bytes.as_slice()).await?;
        }
        Ok(files.into_keys().collect())
    }

    /// The bodies of what lies in a queue.
    async fn bodies(&self, queue: Setting) -> anyhow::Result<Vec<String>> {
        let queue = self.site.config.get(queue)?;
        let received = self.site.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let messages = received.send().await?.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(|message| message.body).collect())
    }

    /// Hands the function one batch; answers the ids of the messages that come again.
    async fn invoke(&self, bodies: &[String]) -> anyhow::Result<Vec<String>> {
        self.invoke_within(600_000, bodies).await
    }

    /// The same, with so many milliseconds of time. Each message bears a reason, as one does that was parked and is put back.
    async fn invoke_within(&self, milliseconds: u64, bodies: &[String]) -> anyhow::Result<Vec<String>> {
        let message = |(number, body): (usize, &String)| {
            json!({ "messageId": number.to_string(), "body": body, "eventSource": "aws:sqs",
                    "attributes": { "ApproximateReceiveCount": "1" },
                    "messageAttributes": { "reason": { "dataType": "String", "stringValue": "the body is no event",
                                                       "stringListValues": [], "binaryListValues": [] } } })
        };
        let records: Vec<Value> = bodies.iter().enumerate().map(message).collect();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records }))?;
        let mut context = Context::default();
        context.deadline = u64::try_from(jiff::Timestamp::now().as_millisecond())? + milliseconds;
        let answer = file_import::handle(&self.site, LambdaEvent::new(event, context)).await;
        let answer = answer.map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect())
    }

    /// What `EventBridge` tells of an upload.
    fn event(&self, key: &str) -> String {
        json!({ "version": "0", "detail-type": "Object Created", "source": "aws.s3", "time": "2026-11-22T09:30:01Z",
                "detail": { "version": "0", "bucket": { "name": self.bucket },
                            "object": { "key": key, "size": 1, "etag": "e", "sequencer": "0A" },
                            "reason": "PutObject" } })
        .to_string()
    }

    /// Tells the function of uploads.
    async fn tell(&self, keys: &[&str]) -> anyhow::Result<()> {
        let events: Vec<String> = keys.iter().map(|key| self.event(key)).collect();
        let failed = self.invoke(&events).await?;
        anyhow::ensure!(failed.is_empty(), "{failed:?} of {keys:?} failed");
        Ok(())
    }

    async fn report(&self, file: &str) -> anyhow::Result<Value> {
        let bytes = self.site.store.get_object(&file_import::report_key(file), 1 << 20).await?;
        Ok(serde_json::from_slice(&bytes.with_context(|| format!("no report about {file}"))?)?)
    }
}

#[tokio::test]
async fn uploads_are_taken_in_by_the_function() -> anyhow::Result<()> {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let function = Deployed::new(&world).await?;
    let store = &function.site.store;

    // Data comes before the shops, as `aws s3 cp --recursive` sends it.
    let mut keys = Vec::new();
    for folder in ["coupons/thanks-gbp", "feeds/uk", "orders/uk", "flows", "mails", "shops"] {
        keys.extend(function.upload_templates(folder).await?);
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    function.tell(&keys).await?;
    for key in &keys {
        let report = function.report(key).await?;
        assert!(["published", "taken"].contains(&report["state"].as_str().unwrap_or_default()), "{report}");
    }
    let (uk, english) = (nachklang_domain::id::ShopId::parse("uk")?, Language::parse("en")?);
    assert!(store.product_count(&uk, english).await? > 100);
    let moment = store.moment(&feed_moment(&uk, english)).await?;
    assert_eq!(moment, "2026-11-22T09:30:01Z".parse().ok());
    let free = store.pool_counts(&PoolId::parse("thanks-gbp")?, date(2026, 11, 22)).await?.free;
    assert_eq!(free, 80);
    let receipts = String::from_utf8_lossy(&templates("orders/uk")?["orders/uk/2026-11-05.csv"]).into_owned();
    let row: Vec<&str> = receipts.lines().nth(1).context("the till file has a row")?.split(',').collect();
    let number = OrderNumber::parse(&format!("{}/{}", row[2], row[0]))?;
    let order = OrderKey { shop: uk, source: Source::parse("till")?, number };
    assert!(store.load_order(&order).await?.is_some());

    // A broken mail changes nothing that is in use.
    let active = store.all_active("mail").await?;
    let mail = "mails/topsellers/mail.mjml";
    let good = String::from_utf8(templates("mails")?[mail].clone())?;
    function.upload(mail, good.replacen("{{ t.subject }}", "{{ nonsense.name }}", 1)).await?;
    function.tell(&[mail]).await?;
    let report = function.report(mail).await?;
    assert_eq!((&report["state"], &report["findings"][0]["line"]), (&json!("refused"), &json!(3)));
    assert!(report["findings"][0]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{report}");
    assert_eq!(store.all_active("mail").await?, active);
    function.upload(mail, good).await?;
    function.tell(&[mail]).await?;
    assert_eq!(function.report(mail).await?["state"], "published");

    // Files out of place and files that cannot be read are answered.
    function.upload("order/till.csv", "receipt").await?;
    function.upload("contacts/de/crm.csv.gz", "no gzip").await?;
    function.tell(&["order/till.csv", "contacts/de/crm.csv.gz", "orders/de/gone.csv", "shops/"]).await?;
    for file in ["order/till.csv", "contacts/de/crm.csv.gz"] {
        assert_eq!(function.report(file).await?["state"], "refused", "{file}");
    }
    Ok(())
}

/// A text of 43 letters that cannot be packed, another for each number.
fn unpackable(number: u64) -> String {
    STANDARD_NO_PAD.encode(Sha256::digest(number.to_le_bytes()))
}

#[tokio::test]
async fn an_order_that_is_too_large_to_be_stored_keeps_no_other_receipt_out() -> anyhow::Result<()> {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let function = Deployed::with_content(&world).await?;
    // The column of the register was taken for that of the receipt: all of a day is one order, of over 400 KB.
    let mut file = "receipt,timestamp,sku,quantity,unit_price,title\n".to_owned();
    for number in 0_u64..4_000 {
        let title: String = (0..4).map(|part| unpackable(number * 4 + part)).collect();
        file += &format!("TILL-1,2026-11-20 10:00,CC-{number},1,9.00,{title}\n");
    }
    file += "R-2,2026-11-20 11:00,CC-001,1,9.00,Ring\n";
    let key = "orders/de/till.csv";
    function.upload(key, file).await?;
    function.tell(&["shops/de.toml", key]).await?;
    let report = function.report(key).await?;
    assert_eq!(
        (&report["state"], &report["findings"][0]["severity"]),
        (&json!("taken"), &json!("error")),
        "{report}"
    );
    assert!(
        report["findings"][0]["problem"].as_str().is_some_and(|told| told.contains("grew too large")),
        "{report}"
    );
    let receipt = |number: &str| -> anyhow::Result<OrderKey> {
        Ok(OrderKey { shop: de(), source: Source::parse("till")?, number: OrderNumber::parse(number)? })
    };
    assert!(function.site.store.load_order(&receipt("R-2")?).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_large_till_file_is_streamed_and_messages_that_say_nothing_of_it_are_parked() -> anyhow::Result<()>
{
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let function = Deployed::with_content(&world).await?;
    // More than one piece of the bucket's reader: three megabytes of notes that no column needs.
    let mut file = "receipt,timestamp,sku,quantity,unit_price,title\n".to_owned();
    for number in 0..100 {
        file += &format!("R{number},2026-11-20 10:00,CC-001,1,9.00,{}\n", "x".repeat(30_000));
    }
    let key = "orders/de/large file+1.csv";
    function.upload(key, file).await?;
    let notification = json!({ "Records": [{ "eventTime": "2026-11-22T09:30:01.000Z", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": function.bucket },
                "object": { "key": "orders/de/large+file%2B1.csv", "size": 1, "eTag": "e", "sequencer": "0A" } } }] });
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": function.bucket });
    let foreign =
        json!({ "detail": { "bucket": { "name": "another" }, "object": { "key": "shops/de.toml" } } });
    let bodies = ["no event".to_owned(), notification.to_string(), test.to_string(), foreign.to_string()];
    assert!(function.invoke(&bodies).await?.is_empty());
    let mut parked = function.bodies(Setting::OwnDeadLetters).await?;
    parked.sort();
    assert_eq!(parked, ["no event".to_owned(), foreign.to_string()]);
    let report = function.report(key).await?;
    assert_eq!((&report["state"], &report["rows"]), (&json!("taken"), &json!(100)), "{report}");
    for number in ["R0", "R99"] {
        let number = OrderNumber::parse(number)?;
        let order = OrderKey { shop: de(), source: Source::parse("till")?, number };
        assert!(function.site.store.load_order(&order).await?.is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_file_too_long_for_one_invocation_goes_on_in_a_message_of_its_own() -> anyhow::Result<()> {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let function = Deployed::with_content(&world).await?;
    function.tell(&["shops/de.toml"]).await?;
    // One more than a piece, and no more time than for a piece.
    let (mut file, key) = ("receipt,timestamp,sku,quantity,unit_price\n".to_owned(), "orders/de/long.csv");
    for number in 0..=PIECE {
        file += &format!("L{number},2026-11-20 10:00,CC-001,1,9.00\n");
    }
    function.upload(key, file).await?;
    assert!(function.invoke_within(30_000, &[function.event(key)]).await?.is_empty(), "no receive is burnt");
    let report = function.report(key).await?;
    assert_eq!(report["state"], "unfinished", "{report}");
    let own = function.bodies(Setting::OwnQueue).await?;
    assert_eq!(own, [function.event(key)]);
    assert!(function.invoke(&own).await?.is_empty());
    assert!(function.bodies(Setting::OwnDeadLetters).await?.is_empty());
    let report = function.report(key).await?;
    assert_eq!((&report["state"], &report["rows"]), (&json!("taken"), &json!(PIECE + 1)), "{report}");
    Ok(())
}
