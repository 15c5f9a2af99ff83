//! The queues, emptied over SQS.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::types::Message;
use nachklang_aws::config::Setting;
use nachklang_aws::lambda::OwnQueue as _;
use nachklang_aws::store::{AwsStore, Station};
use nachklang_domain::ports::{MailTask, Queues, ShardTask};
use nachklang_tests::aws_world::{AwsWorld, Fate, Wire};
use nachklang_tests::contract::queues::{self, Station as Stop};
use nachklang_tests::contract::{Kept, parts, queues::task};
use serde::de::DeserializeOwned;

/// Takes everything out of a queue that can be seen now.
async fn drained<T: DeserializeOwned>(world: &AwsWorld, queue: Setting) -> anyhow::Result<Vec<T>> {
    let (url, mut tasks) = (world.config.get(queue)?, Vec::new());
    loop {
        let receive = world.clients.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let messages = receive.send().await?.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(tasks);
        }
        for message in messages {
            tasks.push(serde_json::from_str(message.body().context("a message has a body")?)?);
            let delete = world.clients.sqs.delete_message().queue_url(url);
            delete.set_receipt_handle(message.receipt_handle).send().await?;
        }
    }
}

#[tokio::test]
async fn a_task_arrives_where_it_was_handed_to() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let drain = async |_: &AwsStore, stop: Stop| match stop {
        Stop::Assignment => drained::<MailTask>(&world, Setting::AssignmentQueue).await,
        Stop::Delivery => drained::<MailTask>(&world, Setting::DeliveryQueue).await,
    };
    queues::a_task_arrives_where_it_was_handed_to(&world.store(), drain).await
}

#[tokio::test]
async fn a_task_for_later_is_not_seen_now() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (store, anna) = (world.store(), task("anna")?);
    store.later(Station::Delivery, &anna, Duration::from_secs(3_600)).await?;
    assert!(drained::<MailTask>(&world, Setting::DeliveryQueue).await?.is_empty());
    store.later(Station::Delivery, &anna, Duration::ZERO).await?;
    assert_eq!(drained::<MailTask>(&world, Setting::DeliveryQueue).await?, [anna]);
    Ok(())
}

#[tokio::test]
async fn a_part_arrives_where_it_goes_on() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let drain = async |_: &AwsStore| drained::<ShardTask>(&world, Setting::PlanningQueue).await;
    parts::a_part_arrives_where_it_goes_on(&world.store(), drain).await
}

/// Receives what can be seen in a queue now; it stays hidden for half a minute.
async fn received(world: &AwsWorld, queue: Setting) -> anyhow::Result<Vec<Message>> {
    let receive = world.clients.sqs.receive_message().queue_url(world.config.get(queue)?);
    let receive = receive.max_number_of_messages(10).message_attribute_names("All");
    Ok(receive.send().await?.messages.unwrap_or_default())
}

/// More than one call takes.
const MANY: usize = 12;

#[tokio::test]
async fn messages_come_again_after_the_pause_that_each_is_given() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    for number in 0..MANY {
        store.anew(&number.to_string(), Duration::ZERO).await?;
    }
    let mut messages = received(&world, Setting::OwnQueue).await?;
    messages.extend(received(&world, Setting::OwnQueue).await?);
    assert_eq!(messages.len(), MANY);
    // The first comes a minute later than all others.
    let pause = |at: usize| Duration::from_secs(if at == 0 { 60 } else { 1 });
    let receipts = messages.iter().enumerate();
    let receipts =
        receipts.map(|(at, message)| (message.receipt_handle.clone().unwrap_or_default(), pause(at)));
    store.come_again(&receipts.collect::<Vec<_>>()).await?;
    assert!(received(&world, Setting::OwnQueue).await?.is_empty(), "not before");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let again = drained::<usize>(&world, Setting::OwnQueue).await?;
    assert_eq!(again.len(), MANY - 1);
    Ok(())
}

#[tokio::test]
async fn what_is_parked_lies_with_the_dead_letters_beside_its_reason() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    world.store().park("no task", "the body is no task of a mail").await?;
    let parked = received(&world, Setting::OwnDeadLetters).await?;
    let [message] = parked.as_slice() else { anyhow::bail!("{parked:?}") };
    let reason = message.message_attributes.as_ref().and_then(|beside| beside.get("reason"));
    let reason = reason.and_then(|reason| reason.string_value());
    assert_eq!((message.body(), reason), (Some("no task"), Some("the body is no task of a mail")));
    Ok(())
}

const SEND: &str = "AmazonSQS.SendMessageBatch";

/// SQS's answer that all messages of a call failed.
fn all_failed(body: &str, sender_fault: bool) -> String {
    let ids = body.matches("\"Id\":\"").count();
    let failed: Vec<String> = (0..ids)
        .map(|id| format!(r#"{{"Id":"{id}","SenderFault":{sender_fault},"Code":"Because"}}"#))
        .collect();
    format!(r#"{{"Successful":[],"Failed":[{}]}}"#, failed.join(","))
}

#[tokio::test]
async fn a_message_that_failed_is_sent_again() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let first = std::sync::atomic::AtomicBool::new(true);
    let wire = Wire::to(world.endpoint()?, move |call| {
        let fails = call.what == SEND && first.swap(false, std::sync::atomic::Ordering::SeqCst);
        if fails { Fate::Answer(200, all_failed(&call.body, false)) } else { Fate::Pass }
    })
    .await?;
    world.through(&wire)?.store().to_delivery(&[task("anna")?, task("berta")?]).await?;
    assert_eq!(drained::<MailTask>(&world, Setting::DeliveryQueue).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_message_that_sqs_refuses_is_told_at_once() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let wire = Wire::to(world.endpoint()?, |call| Fate::Answer(200, all_failed(&call.body, true))).await?;
    let refused = world.through(&wire)?.store().to_delivery(&[task("anna")?]).await;
    let error = refused.err().context("it was refused")?;
    assert!(!error.is_transient() && error.to_string().contains("[Because]"), "{error}");
    Ok(())
}
