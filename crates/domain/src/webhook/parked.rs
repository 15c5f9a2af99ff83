//! A signed request that could not be taken, kept whole so that it can be read again once the cause is mended.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::WebhookRequest;
use crate::id::ShopId;

/// A parked request as a JSON file. `Debug` shows nothing of what it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedWebhook {
    /// Whose endpoint it came to.
    pub shop: ShopId,
    /// In which wire format: `shopify` or `api`.
    pub wire: String,
    /// About what, as in the path.
    pub topic: String,
    /// Why it could not be taken, without personal data.
    pub reason: String,
    /// The headers, without those that open doors elsewhere.
    pub headers: Vec<(String, String)>,
    /// The body, as it was signed.
    pub body: String,
}

impl ParkedWebhook {
    /// Keeps a request. `None` when its shop can be none or its body is no UTF-8; what is signed and was read so far
    /// that it could be parked is neither.
    #[must_use]
    pub fn new(request: &WebhookRequest<'_>, reason: &str) -> Option<Self> {
        Some(Self {
            shop: ShopId::parse(request.shop).ok()?,
            wire: request.wire.to_owned(),
            topic: request.topic.to_owned(),
            reason: reason.to_owned(),
            headers: request.headers.kept().cloned().collect(),
            body: std::str::from_utf8(request.body).ok()?.to_owned(),
        })
    }

    /// Its name: the same for the same body, so that a sender who repeats himself fills no folder.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.wire, &self.topic, &self.body] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for ParkedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParkedWebhook({} bytes for {})", self.body.len(), self.shop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::Headers;

    fn parked(wire: &str, topic: &str, body: &[u8]) -> Option<ParkedWebhook> {
        let headers = [
            ("X-Topic", "orders/create"),
            ("AUTHORIZATION", "Bearer 1"),
            ("cookie", "a=b"),
            ("Proxy-Authorization", "x"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = WebhookRequest { shop: "ch", wire, topic, headers: Headers::new(&headers), body };
        ParkedWebhook::new(&request, "order.payment is unknown")
    }

    #[test]
    fn a_parked_request_is_read_again_as_it_was_and_without_foreign_keys() {
        let kept = parked("api", "orders", "{\"order\": {\"first_name\": \"Zoë\"}}\r\n".as_bytes()).unwrap();
        let file = serde_json::to_vec(&kept).unwrap();
        let again: ParkedWebhook = serde_json::from_slice(&file).unwrap();
        assert!(again == kept);
        assert_eq!(again.body, "{\"order\": {\"first_name\": \"Zoë\"}}\r\n");
        assert_eq!(again.headers, [("X-Topic".to_owned(), "orders/create".to_owned())]);
        assert!(!format!("{kept:?}").contains("Zoë"));
    }

    #[test]
    fn the_same_body_has_the_same_name_and_another_one_has_not() {
        let name = |wire, topic, body: &str| parked(wire, topic, body.as_bytes()).unwrap().id();
        let first = name("api", "orders", "{}");
        assert_eq!(first, name("api", "orders", "{}"));
        assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()));
        for other in [name("api", "orders", "{ }"), name("ap", "iorders", "{}"), name("api", "order", "s{}")]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn what_is_no_text_is_not_parked() {
        assert!(parked("api", "orders", b"\xff").is_none());
    }
}
