//! The headers of webhooks: nothing opens a door but the signature of this very body under this very secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use nachklang_domain::money::Currency;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::webhook::{
    Endpoint, Headers, WebhookError, WebhookRequest, Wire, order_api, verify_and_parse,
};
use sha2::Sha256;

use crate::Outcome;
use crate::fixed::{now, shop_id, sure};
use crate::input::Parts;

type Pairs = Vec<(String, String)>;

const SHOPIFY_SECRET: &[u8] = b"lunaria-app-secret";
/// The bytes 0 to 31.
const API_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const MAX_HEADERS: usize = 64;

/// The first part tells how to spoil a true request; then come pairs of a header's name and value, the last part is the
/// body. Strange headers never open, true ones always do, and one changed bit shuts the door again.
pub fn check(data: &[u8]) -> Outcome {
    let mut parts = Parts::new(data);
    let spoil = Spoil::of(parts.next());
    let (strange, body) = headers_and_body(parts.rest());
    let mut taken = false;
    for wire in [Wire::Shopify, Wire::OrderApi] {
        let endpoint = endpoint(wire);
        let forged = answer(wire, &strange, body, Some(&endpoint));
        assert!(forged.is_refused(), "strange headers open the door: {strange:?}");
        assert_eq!(forged, answer(wire, &strange, body, None), "the answer tells which shops exist");
        let mut signed = sign(wire, body);
        let heard = answer(wire, &signed, body, Some(&endpoint));
        assert!(!heard.is_refused(), "a true signature is refused: {heard:?}");
        taken |= heard == Answer::Taken;
        let mut other = body.to_vec();
        if spoil.change(&mut signed, &mut other) {
            assert!(answer(wire, &signed, &other, Some(&endpoint)).is_refused(), "a changed bit goes unseen");
        }
    }
    Outcome::of(taken)
}

fn headers_and_body(data: &[u8]) -> (Pairs, &[u8]) {
    let (mut pairs, mut rest) = (Pairs::new(), data);
    while pairs.len() < MAX_HEADERS && rest.iter().filter(|byte| **byte == 0).count() >= 2 {
        let mut parts = Parts::new(rest);
        pairs.push((parts.text(), parts.text()));
        rest = parts.rest();
    }
    (pairs, rest)
}

fn endpoint(wire: Wire) -> Endpoint {
    let secret = match wire {
        Wire::Shopify => SecretBytes::new(SHOPIFY_SECRET.to_vec()),
        Wire::OrderApi => SecretBytes::from(API_SECRET.to_owned()),
    };
    sure(Endpoint::new(shop_id(), wire, &[secret], Currency::EUR))
}

/// What the sender is told.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Taken,
    /// Its signature holds, but its body says nothing that is understood.
    Heard,
    Refused(u16, String),
}

impl Answer {
    const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(..))
    }
}

fn answer(wire: Wire, headers: &Pairs, body: &[u8], endpoint: Option<&Endpoint>) -> Answer {
    let request = WebhookRequest {
        shop: "de",
        wire: wire.path(),
        topic: if wire == Wire::Shopify { "orders-create" } else { order_api::TOPIC },
        headers: Headers::new(headers),
        body,
    };
    match verify_and_parse(&request, endpoint, now()) {
        Err(
            error @ (WebhookError::BadSignature(_)
            | WebhookError::UnknownShop
            | WebhookError::TooLarge { .. }),
        ) => Answer::Refused(error.status(), error.answer()),
        Ok(_) => Answer::Taken,
        Err(_) => Answer::Heard,
    }
}

/// The headers as the shop system would send them, by another path than the product's own.
fn sign(wire: Wire, body: &[u8]) -> Pairs {
    let mac = |key: &[u8], text: &[u8]| {
        let mut mac = sure(Hmac::<Sha256>::new_from_slice(key));
        mac.update(text);
        STANDARD.encode(mac.finalize().into_bytes())
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    match wire {
        Wire::Shopify => vec![pair("X-Shopify-Hmac-SHA256", mac(SHOPIFY_SECRET, body))],
        Wire::OrderApi => {
            let (id, time) = ("msg_lunaria".to_owned(), now().as_second().to_string());
            let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body].concat();
            let key: Vec<u8> = (0..32).collect();
            let signature = format!("v1,{}", mac(&key, &signed));
            vec![
                pair("webhook-id", id),
                pair("webhook-timestamp", time),
                pair("webhook-signature", signature),
            ]
        }
    }
}

/// Which bit of a true request to change.
struct Spoil {
    what: u8,
    place: usize,
    bit: u8,
}

impl Spoil {
    fn of(bytes: &[u8]) -> Self {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let place = usize::from(u16::from_be_bytes([byte(1), byte(2)]));
        Self { what: byte(0), place, bit: 1 << (byte(3) % 7) }
    }

    /// Whether something was changed: a bit of the body, or of a header's value.
    fn change(&self, headers: &mut Pairs, body: &mut [u8]) -> bool {
        let count = headers.len() + 1;
        match headers.get_mut(usize::from(self.what) % count) {
            Some((_, value)) => {
                let mut bytes = std::mem::take(value).into_bytes();
                let changed = self.flip(&mut bytes);
                *value = String::from_utf8_lossy(&bytes).into_owned();
                changed
            }
            None => self.flip(body),
        }
    }

    fn flip(&self, bytes: &mut [u8]) -> bool {
        let place = self.place.checked_rem(bytes.len());
        match place.and_then(|place| bytes.get_mut(place)) {
            Some(byte) => {
                *byte ^= self.bit;
                true
            }
            None => false,
        }
    }
}
