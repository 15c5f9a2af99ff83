//! Signatures of webhooks: HMAC-SHA256 over raw bytes, compared in constant time.
//!
//! Sources: Shopify, "Deliver webhooks through HTTPS" (base64 of the HMAC over the body); Standard Webhooks,
//! `spec/standard-webhooks.md` (id, timestamp and body joined by dots; 300 seconds of tolerance).

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::secret::SecretBytes;

use super::headers::Headers;

/// How far a signed timestamp may lie from now, in seconds, either way (Standard Webhooks).
pub const TOLERANCE_SECONDS: u64 = 300;
/// How many HMACs every check computes at least, so that an unknown shop, a shop with one secret and a shop whose
/// secret is being rotated take the same time.
const ROUNDS: usize = 2;
/// Stands in where a secret is missing; what it signs is never accepted.
const STAND_IN: &[u8] = b"no shop has this secret, and it opens nothing";
/// Signatures that are looked at in one header; a sender in rotation sends two.
const MAX_SIGNATURES: usize = 8;
/// Length of a Standard Webhooks key in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const SHOPIFY_SIGNATURE: &[&str] = &["x-shopify-hmac-sha256", "shopify-hmac-sha256"];

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The header is not there.
    #[error("the header {0} is missing: sign the request")]
    Missing(&'static str),
    /// The header cannot be read.
    #[error("the header {0} is malformed: compare it with the documentation")]
    Malformed(&'static str),
    /// No secret gives this signature.
    #[error("no secret gives this signature: compare the secret, and sign the raw bytes that are sent")]
    Mismatch,
    /// Signed, but too long ago or in the future.
    #[error("the signed timestamp is more than 300 seconds away: set the sender's clock, or send it anew")]
    Stale,
}

/// Why a text is no Standard Webhooks secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not base64.
    #[error("it must be whsec_ and base64")]
    Encoding,
    /// Too short to be safe, or too long.
    #[error("it must hold 24 to 64 bytes")]
    Length,
}

/// Checks Shopify's signature of a raw body.
///
/// # Errors
/// [`BadSignature`], never [`BadSignature::Stale`]: Shopify signs no time.
pub fn verify_shopify(
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SecretBytes],
) -> Result<(), BadSignature> {
    const NAME: &str = "X-Shopify-Hmac-SHA256";
    let header = headers
        .first(SHOPIFY_SIGNATURE)
        .ok_or(BadSignature::Missing(NAME))?;
    let signature = decode_mac(header).ok_or(BadSignature::Malformed(NAME))?;
    signed_by_any(secrets, &[body], &[signature])
}

/// Checks a Standard Webhooks signature of a raw body; `secrets` are keys as [`standard_key`] gives them.
///
/// # Errors
/// [`BadSignature`]; [`BadSignature::Stale`] only when the signature itself holds.
pub fn verify_standard(
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SecretBytes],
    now: Timestamp,
) -> Result<(), BadSignature> {
    let one_of = |names: &[&'static str; 2]| headers.first(names).ok_or(BadSignature::Missing(names[0]));
    let id = one_of(&["webhook-id", "svix-id"])?;
    let timestamp = one_of(&["webhook-timestamp", "svix-timestamp"])?;
    let signatures = v1_signatures(one_of(&["webhook-signature", "svix-signature"])?);
    let seconds = seconds(timestamp).ok_or(BadSignature::Malformed("webhook-timestamp"))?;
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    signed_by_any(secrets, &parts, &signatures)?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS {
        return Err(BadSignature::Stale);
    }
    Ok(())
}

/// The key inside a `whsec_…` secret.
///
/// # Errors
/// [`InvalidKey`] says which rule it breaks, never the secret.
pub fn standard_key(secret: &SecretBytes) -> Result<SecretBytes, InvalidKey> {
    let text = secret.expose();
    let encoded = text.strip_prefix(b"whsec_").unwrap_or(text).trim_ascii();
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let key = GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(encoded)
        .map_err(|_| InvalidKey::Encoding)?;
    if KEY_BYTES.contains(&key.len()) {
        Ok(SecretBytes::new(key))
    } else {
        Err(InvalidKey::Length)
    }
}

/// HMAC-SHA256 over parts, as if they were one text.
#[must_use]
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Tries every secret on every signature, with no way out before the end.
fn signed_by_any(
    secrets: &[SecretBytes],
    parts: &[&[u8]],
    signatures: &[[u8; 32]],
) -> Result<(), BadSignature> {
    let real = secrets.iter().map(|secret| (secret.expose(), Choice::from(1)));
    let stand_ins = std::iter::repeat_n((STAND_IN, Choice::from(0)), ROUNDS.saturating_sub(secrets.len()));
    let found = real
        .chain(stand_ins)
        .fold(Choice::from(0), |found, (key, counts)| {
            found | (counts & is_among(&hmac_sha256(key, parts), signatures))
        });
    if bool::from(found) {
        Ok(())
    } else {
        Err(BadSignature::Mismatch)
    }
}

fn is_among(mac: &[u8; 32], signatures: &[[u8; 32]]) -> Choice {
    signatures
        .iter()
        .fold(Choice::from(0), |found, signature| found | mac.ct_eq(signature))
}

fn decode_mac(base64: &str) -> Option<[u8; 32]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

/// The `v1` signatures of a blank-separated list; others (`v1a`, ed25519) and malformed ones are passed over.
fn v1_signatures(header: &str) -> Vec<[u8; 32]> {
    header
        .split_ascii_whitespace()
        .take(MAX_SIGNATURES)
        .filter_map(|entry| decode_mac(entry.strip_prefix("v1,")?))
        .collect()
}

/// Whole seconds in digits alone: `+5` or ` 5` would be signed text that other receivers read otherwise.
fn seconds(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
