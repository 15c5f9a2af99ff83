//! Throttled, half answered and lost calls, with the real SDK.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use jiff::Timestamp;
use nachklang_domain::id::{EnrolmentId, FlowId, content_hash};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{
    Content, DueEntry, DueList, Ledger, MailTask, NewContent, Products, RunStart, Sending,
};
use nachklang_tests::aws_world::{AwsWorld, Call, Fate, Wire};
use nachklang_tests::contract::Kept;
use nachklang_tests::contract::fixtures::{TODAY, order_key, person, product, shop};

/// A world whose first calls of an operation meet a fate.
async fn with_fate(
    world: &AwsWorld,
    operation: &'static str,
    times: usize,
    fate: impl Fn(&Call) -> Fate + Send + Sync + 'static,
) -> anyhow::Result<(AwsWorld, Wire, Arc<AtomicUsize>)> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let wire = Wire::to(world.endpoint()?, move |call| {
        let is_it = call.what.ends_with(operation);
        if is_it && counted.fetch_add(1, Ordering::SeqCst) < times { fate(call) } else { Fate::Pass }
    })
    .await?;
    Ok((world.through(&wire)?, wire, calls))
}

fn throttled(_: &Call) -> Fate {
    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    Fate::Answer(400, format!(r#"{{"__type":"{kind}","message":"slower"}}"#))
}

/// S3's answer to who may not write.
const DENIED: &str = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/// DynamoDB's answer that it wrote nothing of a batch.
fn nothing_written(call: &Call) -> Fate {
    let items = call.body.strip_prefix(r#"{"RequestItems":"#).and_then(|rest| rest.strip_suffix('}'));
    Fate::Answer(200, format!(r#"{{"UnprocessedItems":{}}}"#, items.unwrap_or("{}")))
}

/// DynamoDB's answer that it read nothing of a batch.
fn nothing_read(call: &Call) -> Fate {
    let keys = call.body.strip_prefix(r#"{"RequestItems":"#).and_then(|rest| rest.strip_suffix('}'));
    Fate::Answer(200, format!(r#"{{"Responses":{{}},"UnprocessedKeys":{}}}"#, keys.unwrap_or("{}")))
}

fn entries(count: u32) -> anyhow::Result<Vec<DueEntry>> {
    let (flow, contact) = (FlowId::parse("after-sales")?, person("anna")?);
    let enrolment = EnrolmentId::of(&flow, contact, &order_key("de", "shopify", "1001")?);
    let shop = shop("de")?;
    let task = |step| MailTask { shop: shop.clone(), contact, enrolment, flow: flow.clone(), step };
    Ok((0..count).map(|step| DueEntry { day: TODAY, first_due: TODAY, task: task(step) }).collect())
}

#[tokio::test]
async fn a_throttled_call_is_tried_again() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "BatchWriteItem", 2, throttled).await?;
    through.store().put_due(&entries(3)?).await?;
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    assert_eq!(world.store().due_counts(&shop("de")?, TODAY, 1).await?, [3]);
    Ok(())
}

#[tokio::test]
async fn a_table_that_stays_throttled_is_told_as_transient() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "GetItem", usize::MAX, throttled).await?;
    let error = through.store().mark("low_stock#spring").await.err().context("it is throttled")?;
    assert!(error.is_transient() && error.to_string().contains("it is busy"), "{error}");
    assert!(calls.load(Ordering::SeqCst) > 1);
    Ok(())
}

#[tokio::test]
async fn no_pointer_moves_before_all_that_belongs_together_is_stored() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    let of_mail =
        |name: &str, bytes: &[u8]| NewContent { kind: "mail", name: name.to_owned(), bytes: bytes.to_vec() };
    let old = store.publish("mail", "first", b"old").await?;
    let last = content_hash(b"last");
    let wire = Wire::to(world.endpoint()?, move |call| {
        let is_last = call.what.starts_with("PUT ") && call.what.contains(&last);
        if is_last { Fate::Answer(403, DENIED.to_owned()) } else { Fate::Pass }
    })
    .await?;
    let together = [of_mail("first", b"new"), of_mail("second", b"last")];
    world.through(&wire)?.store().publish_all(&together).await.err().context("the last one is refused")?;
    let store = world.store();
    assert_eq!(store.active("mail", "first").await?, Some(old));
    assert_eq!(store.active("mail", "second").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_a_batch_leaves_over_is_written_in_the_end() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "BatchWriteItem", 3, nothing_written).await?;
    through.store().put_due(&entries(60)?).await?;
    assert_eq!(calls.load(Ordering::SeqCst), 3 + 3);
    assert_eq!(world.store().due_counts(&shop("de")?, TODAY, 1).await?, [60]);
    Ok(())
}

#[tokio::test]
async fn a_batch_that_never_gets_through_is_told_as_transient() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, _calls) = with_fate(&world, "BatchWriteItem", usize::MAX, nothing_written).await?;
    let error = through.store().put_due(&entries(1)?).await.err().context("nothing is written")?;
    assert!(error.is_transient() && error.to_string().contains("it leaves rows over"), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_a_batch_does_not_read_is_asked_for_again() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (de, german, ring) = (shop("de")?, Language::parse("de")?, product("1", "Ring")?);
    let store = world.store();
    store.stage_products(&de, german, "first", std::slice::from_ref(&ring)).await?;
    store.publish_staged(&de, german, "first").await?;
    let (through, _wire, calls) = with_fate(&world, "BatchGetItem", 2, nothing_read).await?;
    let found = through.store().products(&de, german, std::slice::from_ref(&ring.id)).await?;
    assert_eq!((found.as_slice(), calls.load(Ordering::SeqCst)), ([ring].as_slice(), 3));
    Ok(())
}

#[tokio::test]
async fn a_run_whose_first_answer_was_lost_has_begun() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "UpdateItem", 1, |_| Fate::LoseAnswer).await?;
    let (now, until): (Timestamp, Timestamp) =
        ("2026-03-14T06:00:00Z".parse()?, "2026-03-14T06:15:00Z".parse()?);
    let begun = through.store().begin_run(&shop("de")?, TODAY, now, until).await?;
    assert_eq!(begun, RunStart::Started { last_completed: None });
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    let another = world.store().begin_run(&shop("de")?, TODAY, now, until).await?;
    assert_eq!(another, RunStart::Busy);
    Ok(())
}

#[tokio::test]
async fn a_mark_whose_first_answer_was_lost_was_not_set_before() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "PutItem", 1, |_| Fate::LoseAnswer).await?;
    assert!(!through.store().set_mark("low_stock#spring", true).await?);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert!(through.store().set_mark("low_stock#spring", true).await?);
    Ok(())
}

#[tokio::test]
async fn a_pointer_whose_first_answer_was_lost_has_moved() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (de, german, ring) = (shop("de")?, Language::parse("de")?, product("1", "Ring")?);
    let (through, _wire, calls) = with_fate(&world, "PutItem", 1, |_| Fate::LoseAnswer).await?;
    let store = through.store();
    store.stage_products(&de, german, "first", std::slice::from_ref(&ring)).await?;
    assert_eq!(store.publish_staged(&de, german, "first").await?.added, 1);
    assert!(calls.load(Ordering::SeqCst) > 1);
    assert_eq!(world.store().products(&de, german, std::slice::from_ref(&ring.id)).await?, [ring]);
    Ok(())
}

#[tokio::test]
async fn the_switch_is_asked_once_and_a_change_is_seen_at_once() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (through, _wire, calls) = with_fate(&world, "GetItem", 0, |_| Fate::Pass).await?;
    let (store, sender) = (through.store(), through.store());
    let clone = store.clone();
    for _ in 0..100 {
        assert_eq!((store.sending().await?, clone.sending().await?), (Sending::On, Sending::On));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    clone.set_stopped(true).await?;
    assert_eq!((store.sending().await?, sender.sending().await?), (Sending::Off, Sending::Off));
    Ok(())
}
