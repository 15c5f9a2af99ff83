//! Webhooks: from the bytes that arrive over HTTP to [`OrderEvent`]s, pure.
//!
//! The order of the checks is part of the promise: size, signature over the raw bytes, shape of the JSON, content.
//! Nothing of a body is looked at before its signature holds.
//!
//! The path of an endpoint is `/webhooks/{shop}/{wire}/{topic}`: shop and topic stand in the path because Shopify
//! signs the body alone and the headers that name them can be forged.

pub mod answer;
pub mod document;
pub mod doors;
pub mod endpoint;
pub mod error;
pub mod guard;
pub mod headers;
mod json;
mod lines;
pub mod order_api;
pub mod parked;
mod reader;
pub mod shopify;
pub mod signature;

use jiff::Timestamp;

use crate::order::OrderEvent;

pub use answer::Answer;
pub use doors::Doors;
pub use endpoint::{Endpoint, InvalidEndpoint, Wire};
pub use error::{Unreadable, WebhookError};
pub use headers::Headers;
pub use parked::ParkedWebhook;

/// Most pieces of one line; more is a slip of the sender, parked for a look.
pub const MAX_PIECES: u32 = 100_000;
/// Most lines of one order.
pub const MAX_LINES: usize = 1_000;
/// Longest title of a line, in characters.
pub const MAX_TITLE: usize = 150;
/// Longest first name, in characters.
pub const MAX_FIRST_NAME: usize = 60;
/// Longest customer number, coupon code or word of a consent, in characters.
pub const MAX_WORD: usize = 128;

/// What arrived over HTTP.
#[derive(Debug, Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// `{shop}` of the path.
    pub shop: &'a str,
    /// `{wire}` of the path: `shopify` or `api`.
    pub wire: &'a str,
    /// `{topic}` of the path: `orders-create`, or `orders` for the order API.
    pub topic: &'a str,
    /// The headers.
    pub headers: Headers<'a>,
    /// The raw body, byte for byte as it was sent (decoded first where a gateway wraps it in base64).
    pub body: &'a [u8],
}

/// What a webhook told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What it says about orders.
    pub events: Vec<OrderEvent>,
    /// What was left out because it could not be read and is not needed.
    pub notes: Vec<Note>,
}

/// A value that was left out; the order was taken without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands in the body, such as `line_items[2].sku`.
    pub field: String,
    /// What is wrong with it, without the value.
    pub problem: &'static str,
}

/// Verifies a webhook and reads it.
///
/// `endpoint` is `None` when the shop or its wire is not configured; that costs the same work and gives the same
/// answer as a wrong signature, so nobody learns which shops exist.
///
/// # Errors
/// [`WebhookError`], which knows its HTTP status.
pub fn verify_and_parse(
    request: &WebhookRequest<'_>,
    endpoint: Option<&Endpoint>,
    now: Timestamp,
) -> Result<Received, WebhookError> {
    guard::check_size(request.body)?;
    let endpoint = verified(request, endpoint, now)?;
    if endpoint.wire() == Wire::Shopify && shopify::Topic::from_path(request.topic).is_none() {
        shopify::unread(request.topic, request.headers)?;
        return Ok(Received { events: Vec::new(), notes: Vec::new() });
    }
    read_verified(request.topic, request.body, endpoint)
}

/// Reads a body whose signature was verified before: one that was parked, once the cause is mended.
///
/// # Errors
/// [`WebhookError`] when it still cannot be read.
pub fn read_verified(topic: &str, body: &[u8], endpoint: &Endpoint) -> Result<Received, WebhookError> {
    let topic = Topic::of(endpoint.wire(), topic).ok_or(WebhookError::UnknownTopic)?;
    let body = &guard::check(body)?;
    let received = match topic {
        Topic::Shopify(topic) => shopify::parse(body, topic, endpoint),
        Topic::OrderApi => order_api::parse(body, endpoint),
    };
    received.map_err(WebhookError::from)
}

/// What a path's topic means on a wire.
enum Topic {
    Shopify(shopify::Topic),
    OrderApi,
}

impl Topic {
    fn of(wire: Wire, path: &str) -> Option<Self> {
        match wire {
            Wire::Shopify => shopify::Topic::from_path(path).map(Self::Shopify),
            Wire::OrderApi => (path == order_api::TOPIC).then_some(Self::OrderApi),
        }
    }
}

/// The endpoint, once the signature holds under one of its secrets.
fn verified<'e>(
    request: &WebhookRequest<'_>,
    endpoint: Option<&'e Endpoint>,
    now: Timestamp,
) -> Result<&'e Endpoint, WebhookError> {
    let wire = Wire::from_path(request.wire).unwrap_or(Wire::Shopify);
    let endpoint = endpoint.filter(|e| e.shop().as_str() == request.shop && e.wire().path() == request.wire);
    let secrets = endpoint.map_or(&[][..], Endpoint::secrets);
    let checked = match wire {
        Wire::Shopify => signature::verify_shopify(request.headers, request.body, secrets),
        Wire::OrderApi => signature::verify_standard(request.headers, request.body, secrets, now),
    };
    let endpoint = endpoint.ok_or(WebhookError::UnknownShop)?;
    checked?;
    Ok(endpoint)
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
