//! Lambda's Runtime API on loopback, as far as one function needs it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use aws_sdk_sqs::types::Message;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The timeout of the function that delivers, as the template has it.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);
const FUNCTION: &str = "arn:aws:lambda:eu-central-1:000000000000:function:mail-delivery";

/// The end that hands over events and hears the answers.
pub struct RuntimeApi {
    address: SocketAddr,
    events: Sender<Value>,
    answers: Receiver<Told>,
}

/// What the function told: under which name, and what.
type Told = (String, Value);

/// The end that the function talks to.
struct Wire {
    events: Mutex<Receiver<Value>>,
    answers: Sender<Told>,
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When none is free.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let ((events, next), (answered, answers)) = (channel(1), channel(1));
        let wire = Arc::new(Wire { events: Mutex::new(next), answers: answered });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/{end}", post(answer))
            .route("/2018-06-01/runtime/init/error", post(broken))
            .with_state(wire);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, events, answers })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands over messages of a queue, and waits until all of them are done with.
    ///
    /// # Errors
    /// When the function fails, or one of them.
    pub async fn invoke(&mut self, messages: &[Message]) -> anyhow::Result<()> {
        let records: Vec<Value> = messages.iter().map(record).collect();
        self.events.send(json!({ "Records": records })).await?;
        let (end, answer) = self.answers.recv().await.context("nobody listens any more")?;
        if end != "response" {
            bail!("the function ended with {end}: {answer}");
        }
        let failed = answer.get("batchItemFailures").and_then(Value::as_array).map_or(0, Vec::len);
        ensure!(failed == 0, "{failed} mails failed: {answer}");
        Ok(())
    }
}

/// A message as a function gets it.
fn record(message: &Message) -> Value {
    json!({
        "messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
        "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {}, "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:delivery",
        "awsRegion": "eu-central-1",
    })
}

async fn next_event(State(wire): State<Arc<Wire>>) -> Response {
    let Some(event) = wire.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = (Timestamp::now() + TIMEOUT).as_millisecond().to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", FUNCTION.to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn answer(
    State(wire): State<Arc<Wire>>,
    Path((_, end)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    tell(&wire, end, &body).await
}

async fn broken(State(wire): State<Arc<Wire>>, body: String) -> StatusCode {
    tell(&wire, "an error before the first event".to_owned(), &body).await
}

async fn tell(wire: &Wire, end: String, body: &str) -> StatusCode {
    let answer = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    match wire.answers.send((end, answer)).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
