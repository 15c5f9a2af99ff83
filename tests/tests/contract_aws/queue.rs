//! The queues, emptied over SQS.

use std::time::Duration;

use anyhow::Context as _;
use nachklang_aws::config::Setting;
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
