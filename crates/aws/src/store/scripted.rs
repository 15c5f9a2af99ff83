//! A DynamoDB that answers as a test says: lost answers, conflicts and throttling cannot be had from a real one on demand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::AwsStore;
use crate::clients::Clients;
use crate::config::{Config, Setting};

/// One call as it went over the wire.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Such as `PutItem`.
    pub operation: String,
    /// What was asked.
    pub body: Value,
}

/// How a call ends.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// Done.
    Done(Value),
    /// Refused, with the name of the exception and its fields.
    Refused(&'static str, Value),
    /// The answer never arrives.
    Lost,
}

/// A transaction that was cancelled: one code and stored item for each position.
pub(super) fn cancelled(reasons: &[(&str, Value)]) -> Answer {
    let reasons: Vec<Value> = reasons
        .iter()
        .map(|(code, item)| match item {
            Value::Null => json!({ "Code": code }),
            item => json!({ "Code": code, "Item": item }),
        })
        .collect();
    Answer::Refused("TransactionCanceledException", json!({ "CancellationReasons": reasons }))
}

type Script = dyn FnMut(usize, &Call) -> Answer + Send;

/// A wire whose other end is a script: it sees how many calls were before, and the call.
#[derive(Clone)]
pub(super) struct Wire {
    script: Arc<Mutex<Box<Script>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Wire {
    pub(super) fn new(script: impl FnMut(usize, &Call) -> Answer + Send + 'static) -> Self {
        Self { script: Arc::new(Mutex::new(Box::new(script))), calls: Arc::default() }
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client at this end of the wire.
    pub(super) fn client(&self) -> aws_sdk_dynamodb::Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "script"))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .http_client(http_client_fn(move |_: &HttpConnectorSettings, _: &_| connector.clone()));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// A store at this end of the wire.
    pub(super) fn store(&self) -> AwsStore {
        let lookup = |name: &str| (!name.starts_with("AWS_ENDPOINT")).then(|| name.to_lowercase());
        let needs = [Setting::Contacts, Setting::Orders, Setting::Coupons, Setting::Settings];
        let config = Config::from_lookup(&needs, lookup).unwrap();
        let clients = Clients { dynamo: self.client().into(), ..Clients::new(&config, lookup) };
        AwsStore::new(clients, Arc::new(config))
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap();
        let call = Call {
            operation: target.rsplit('.').next().unwrap().to_owned(),
            body: serde_json::from_slice(request.body().bytes().unwrap()).unwrap(),
        };
        let before = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(call.clone());
            calls.len() - 1
        };
        let answer = (self.script.lock().unwrap())(before, &call);
        HttpConnectorFuture::ready(answered(answer))
    }
}

fn answered(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let (status, body) = match answer {
        Answer::Done(body) => (200, body),
        Answer::Refused(code, mut fields) => {
            fields["__type"] = json!(format!("com.amazonaws.dynamodb.v20120810#{code}"));
            (400, fields)
        }
        Answer::Lost => return Err(ConnectorError::io("connection reset".into())),
    };
    let mut response =
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body.to_string()));
    response.headers_mut().insert("x-amzn-requestid", "REQ1");
    Ok(response)
}
