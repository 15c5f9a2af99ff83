//! What SES tells about mails, on its way to the stack.

use anyhow::ensure;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::Stack;
use super::http::{exchange, for_service};

impl Stack {
    /// Publishes every event of the sink to the topic of the configuration set's event destination, as SES does.
    pub(super) fn forward_events(&self) -> anyhow::Result<()> {
        let mut events = self.sink.subscribe();
        let (endpoint, topic) = (self.emulator.endpoint(), self.resource("EventTopic")?.to_owned());
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let Err(error) = publish(&endpoint, &topic, &event).await {
                    eprintln!("an event of the SES sink is lost: {error:#}");
                }
            }
        });
        Ok(())
    }
}

async fn publish(endpoint: &str, topic: &str, event: &Value) -> anyhow::Result<()> {
    let request = for_service("sns").header("content-type", "application/x-www-form-urlencoded");
    let request = request.method("POST").uri(endpoint).body(form(topic, event).into_bytes())?;
    let answer = exchange(request).await?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.body);
    Ok(())
}

fn form(topic: &str, event: &Value) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "Publish").append_pair("TopicArn", topic);
    form.append_pair("Message", &event.to_string()).finish()
}
