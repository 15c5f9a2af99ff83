//! Topics of Shopify that say nothing about orders as they are read here.

use crate::webhook::error::Unreadable;
use crate::webhook::{Headers, WebhookError};

/// Both spellings are sent, see `headers`.
const TOPIC: [&str; 2] = ["x-shopify-topic", "shopify-topic"];
/// What every listed app must subscribe to. A person has asked for something: somebody must look.
///
/// Source: <https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance>
const PRIVACY: [&str; 3] = ["customers-data_request", "customers-redact", "shop-redact"];

/// What becomes of a signed webhook whose path names no topic that is read. `Ok` when the shop means what it sends: an answer
/// that is no success would make Shopify end the subscription.
///
/// # Errors
/// [`WebhookError::Unreadable`] for a request about somebody's data, so that it is kept. [`WebhookError::UnknownTopic`] when
/// the path is another one than that of the topic in the header: it is mistyped, and orders would be lost in silence.
pub fn unread(path: &str, headers: Headers<'_>) -> Result<(), WebhookError> {
    if PRIVACY.contains(&path) {
        return Err(WebhookError::Unreadable(Unreadable {
            field: "body".to_owned(),
            problem: "asks for somebody's data".to_owned(),
            remedy: "tell or erase what is stored of her, then delete this".to_owned(),
        }));
    }
    let told = headers.first(&TOPIC).map(|topic| topic.replace('/', "-"));
    if told.is_some_and(|told| told.eq_ignore_ascii_case(path)) {
        Ok(())
    } else {
        Err(WebhookError::UnknownTopic)
    }
}
