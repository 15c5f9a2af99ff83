//! The queues between the stations.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::types::Message;

use super::Stack;

const COUNTS: [&str; 3] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
];
const STATIONS: [&str; 4] = ["PlanningQueue", "AssignmentQueue", "DeliveryQueue", "EventsQueue"];
/// A message that one station hands to the next is seen in neither queue for less than that.
const HAND_OVER: Duration = Duration::from_millis(400);

impl Stack {
    /// Waits until no station has work.
    ///
    /// # Errors
    /// When they do not come to rest.
    pub async fn at_rest(&self) -> anyhow::Result<()> {
        self.wait_for("empty queues", async || {
            for look in 0..2 {
                if look > 0 {
                    tokio::time::sleep(HAND_OVER).await;
                }
                for queue in STATIONS {
                    if self.messages(queue).await? > 0 {
                        return Ok(None);
                    }
                }
            }
            Ok(Some(()))
        })
        .await
    }

    /// How many messages a queue holds, visible or not.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn messages(&self, queue: &str) -> anyhow::Result<u64> {
        let asked = self.clients.sqs.get_queue_attributes().queue_url(self.resource(queue)?);
        let told = asked.attribute_names("All".into()).send().await?;
        let told = told.attributes.unwrap_or_default();
        let count = |name: &&str| told.get(&(*name).into()).and_then(|count| count.parse::<u64>().ok());
        Ok(COUNTS.iter().filter_map(count).sum())
    }

    /// Puts a message into a queue.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn put_message(&self, queue: &str, body: &str) -> anyhow::Result<()> {
        let send = self.clients.sqs.send_message().queue_url(self.resource(queue)?);
        send.message_body(body).send().await?;
        Ok(())
    }

    /// The bodies of the messages that lie in a queue; they stay there.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn bodies(&self, queue: &str) -> anyhow::Result<Vec<String>> {
        let receive = self.clients.sqs.receive_message().queue_url(self.resource(queue)?);
        let received = receive.max_number_of_messages(10).visibility_timeout(0).send().await?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(|message| message.body).collect())
    }

    /// Throws the messages of a queue away.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn discard(&self, queue: &str) -> anyhow::Result<()> {
        self.clients.sqs.purge_queue().queue_url(self.resource(queue)?).send().await?;
        Ok(())
    }

    /// Puts the messages of a dead-letter queue back where they came from, as an operator does; answers what hung on each.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn redrive(&self, dead: &str, queue: &str) -> anyhow::Result<Vec<String>> {
        let (dead, queue, mut attributes) = (self.resource(dead)?, self.resource(queue)?, Vec::new());
        loop {
            let messages = letters(self.clients.sqs.receive_message().queue_url(dead)).await?;
            if messages.is_empty() {
                return Ok(attributes);
            }
            for message in messages {
                attributes.push(attributes_of(&message));
                let (body, receipt) = (message.body.unwrap_or_default(), message.receipt_handle);
                self.clients.sqs.send_message().queue_url(queue).message_body(body).send().await?;
                let delete = self.clients.sqs.delete_message().queue_url(dead);
                delete.set_receipt_handle(receipt).send().await?;
            }
        }
    }

    /// What hangs on the messages of a queue, without their bodies; they stay there.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn letter_attributes(&self, queue: &str) -> anyhow::Result<String> {
        let receive = self.clients.sqs.receive_message().queue_url(self.resource(queue)?);
        Ok(letters(receive.visibility_timeout(0)).await?.iter().map(attributes_of).collect())
    }

    /// Sets how long a received message stays hidden; answers how long it was.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn set_visibility(&self, queue: &str, seconds: u32) -> anyhow::Result<u32> {
        let (url, name) = (self.resource(queue)?, "VisibilityTimeout");
        let asked = self.clients.sqs.get_queue_attributes().queue_url(url).attribute_names(name.into());
        let told = asked.send().await?.attributes.unwrap_or_default();
        let before = told.get(&name.into()).context("a queue has a visibility timeout")?.parse()?;
        let set = self.clients.sqs.set_queue_attributes().queue_url(url);
        set.attributes(name.into(), seconds.to_string()).send().await?;
        Ok(before)
    }
}

/// Some messages, with all that hangs on them.
async fn letters(receive: ReceiveMessageFluentBuilder) -> anyhow::Result<Vec<Message>> {
    let receive = receive.max_number_of_messages(10).message_attribute_names("All");
    let received = receive.message_system_attribute_names("All".into()).send().await?;
    Ok(received.messages.unwrap_or_default())
}

fn attributes_of(message: &Message) -> String {
    format!("{:?} {:?}", message.attributes, message.message_attributes)
}
