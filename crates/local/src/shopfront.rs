//! A shop's side of a webhook: signs a sample order as the shop system would, and posts it over loopback.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nachklang_domain::secret::SecretBytes;
use sha2::Sha256;

use crate::sample::orders::OnlineOrder;
use crate::site::Site;

/// A request, ready to be posted.
#[derive(Debug)]
pub struct SignedRequest {
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What the endpoint answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Events that told something new.
    pub stored: u64,
    /// Events that were known.
    pub known: u64,
}

/// Signs an order as its shop system would.
///
/// # Errors
/// When the shop's secret cannot be had.
pub fn signed(site: &Site, order: &OnlineOrder, base: &str, now: Timestamp) -> anyhow::Result<SignedRequest> {
    let body = order.body.clone();
    Ok(match order.topic.shopify() {
        Some(topic) => {
            let secret = site.secrets.webhook(&format!("shopify-{}", order.shop))?;
            let headers = vec![
                ("x-shopify-hmac-sha256", STANDARD.encode(hmac(secret.expose(), body.as_bytes()))),
                ("x-shopify-webhook-id", order.delivery_id.clone()),
            ];
            SignedRequest {
                url: format!("{base}/webhooks/{}/shopify/{}", order.shop, topic.replace('/', "-")),
                headers,
                body,
            }
        }
        None => {
            let secret = site.secrets.webhook(&format!("order-api-{}", order.shop))?;
            let headers = standard(&secret, &order.delivery_id, now, &body)?;
            SignedRequest { url: format!("{base}/webhooks/{}/api/orders", order.shop), headers, body }
        }
    })
}

/// The headers of Standard Webhooks: the signature covers id, timestamp and body.
fn standard(
    secret: &SecretBytes,
    id: &str,
    now: Timestamp,
    body: &str,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let text = std::str::from_utf8(secret.expose())?;
    let key = STANDARD.decode(text.trim_start_matches("whsec_"))?;
    let seconds = now.as_second();
    let signature = STANDARD.encode(hmac(&key, format!("{id}.{seconds}.{body}").as_bytes()));
    Ok(vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ])
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

impl SignedRequest {
    /// Posts it; waits for the answer.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn post(&self) -> anyhow::Result<Answer> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(&self.url).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut response = request.send(self.body.as_str())?;
        let text = response.body_mut().read_to_string()?;
        let told: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let number = |name: &str| told.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
        Ok(Answer { status: response.status().as_u16(), stored: number("stored"), known: number("known") })
    }
}
