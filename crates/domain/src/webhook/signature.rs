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
    let header = headers.first(SHOPIFY_SIGNATURE).ok_or(BadSignature::Missing(NAME))?;
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
    let key =
        GeneralPurpose::new(&alphabet::STANDARD, config).decode(encoded).map_err(|_| InvalidKey::Encoding)?;
    if KEY_BYTES.contains(&key.len()) { Ok(SecretBytes::new(key)) } else { Err(InvalidKey::Length) }
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
    let found = real.chain(stand_ins).fold(Choice::from(0), |found, (key, counts)| {
        found | (counts & is_among(&hmac_sha256(key, parts), signatures))
    });
    if bool::from(found) { Ok(()) } else { Err(BadSignature::Mismatch) }
}

fn is_among(mac: &[u8; 32], signatures: &[[u8; 32]]) -> Choice {
    signatures.iter().fold(Choice::from(0), |found, signature| found | mac.ct_eq(signature))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"id":820982911946154509}"#;
    /// Computed with another implementation: HMAC-SHA256 of `BODY` under `lunaria-app-secret`.
    const SHOPIFY: &str = "5nC5ObX9hZP8h2bX1/eW4fpHLOZ7EGLrelVIDpw5mdE=";
    const SECONDS: i64 = 1_793_610_720;
    /// The bytes 0 to 31.
    const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    /// Computed with another implementation, of `msg_lunaria.1793610720.{"order":{}}`.
    const STANDARD_V1: &str = "v1,w+m1mgyEHBTZQswNlspGvx0lkNdjuHAIhoVMKrhdaxU=";

    fn secret(text: &str) -> SecretBytes {
        SecretBytes::from(text.to_owned())
    }

    fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn shopify(header: (&str, &str), body: &[u8], secrets: &[&str]) -> Result<(), BadSignature> {
        let secrets: Vec<_> = secrets.iter().copied().map(secret).collect();
        verify_shopify(Headers::new(&pairs(&[header])), body, &secrets)
    }

    /// Verifies `{"order":{}}` under [`KEY`] at a moment.
    fn standard(headers: &[(&str, &str)], now: i64) -> Result<(), BadSignature> {
        let keys = [standard_key(&secret(KEY)).unwrap()];
        let now = Timestamp::from_second(now).unwrap();
        verify_standard(Headers::new(&pairs(headers)), br#"{"order":{}}"#, &keys, now)
    }

    fn standard_headers(signature: &str) -> [(&str, &str); 3] {
        [("webhook-id", "msg_lunaria"), ("webhook-timestamp", "1793610720"), ("webhook-signature", signature)]
    }

    #[test]
    fn shopify_bodies_verify_under_both_header_names_in_any_case() {
        for name in
            ["X-Shopify-Hmac-SHA256", "x-shopify-hmac-sha256", "Shopify-Hmac-Sha256", "SHOPIFY-HMAC-SHA256"]
        {
            assert_eq!(shopify((name, SHOPIFY), BODY, &["lunaria-app-secret"]), Ok(()), "{name}");
        }
        assert!(matches!(
            shopify(("x-other", SHOPIFY), BODY, &["lunaria-app-secret"]),
            Err(BadSignature::Missing(_))
        ));
    }

    #[test]
    fn the_old_and_the_new_secret_verify_during_rotation() {
        let header = ("X-Shopify-Hmac-SHA256", SHOPIFY);
        for secrets in [
            &["lunaria-app-secret", "new"][..],
            &["new", "lunaria-app-secret"],
            &["a", "b", "lunaria-app-secret"],
        ] {
            assert_eq!(shopify(header, BODY, secrets), Ok(()));
        }
        assert_eq!(shopify(header, BODY, &["new"]), Err(BadSignature::Mismatch));
    }

    #[test]
    fn the_stand_in_for_a_missing_secret_opens_nothing() {
        let forged = STANDARD.encode(hmac_sha256(STAND_IN, &[BODY]));
        for secrets in [&[][..], &["lunaria-app-secret"]] {
            let answer = shopify(("X-Shopify-Hmac-SHA256", &forged), BODY, secrets);
            assert_eq!(answer, Err(BadSignature::Mismatch));
        }
    }

    #[test]
    fn a_signature_that_is_no_mac_is_malformed() {
        for wrong in ["", "=", "abc", "not base64!", "AAAA", &format!("{SHOPIFY}AAAA")] {
            assert!(matches!(
                shopify(("X-Shopify-Hmac-SHA256", wrong), BODY, &["lunaria-app-secret"]),
                Err(BadSignature::Malformed(_))
            ));
        }
    }

    #[test]
    fn standard_webhooks_verify_under_their_own_and_the_svix_names() {
        assert_eq!(standard(&standard_headers(STANDARD_V1), SECONDS), Ok(()));
        let svix =
            [("Svix-Id", "msg_lunaria"), ("Svix-Timestamp", "1793610720"), ("Svix-Signature", STANDARD_V1)];
        assert_eq!(standard(&svix, SECONDS), Ok(()));
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let (other, good) = (format!("v1,AAAA v1a,{SHOPIFY} v1,{SHOPIFY}"), STANDARD_V1);
        for list in [format!("{other} {good}"), format!("{good} {other}")] {
            assert_eq!(standard(&standard_headers(&list), SECONDS), Ok(()), "{list}");
        }
        let asymmetric_only = STANDARD_V1.replace("v1,", "v1a,");
        assert_eq!(standard(&standard_headers(&asymmetric_only), SECONDS), Err(BadSignature::Mismatch));
    }

    #[test]
    fn several_secrets_verify_during_rotation() {
        let other = standard_key(&secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")).unwrap();
        let keys = [other, standard_key(&secret(KEY)).unwrap()];
        let headers = pairs(&standard_headers(STANDARD_V1));
        let now = Timestamp::from_second(SECONDS).unwrap();
        assert_eq!(verify_standard(Headers::new(&headers), br#"{"order":{}}"#, &keys, now), Ok(()));
    }

    #[test]
    fn a_message_is_taken_up_to_300_seconds_away_and_no_further() {
        let headers = standard_headers(STANDARD_V1);
        for now in [SECONDS - 300, SECONDS + 300] {
            assert_eq!(standard(&headers, now), Ok(()));
        }
        for now in [SECONDS - 301, SECONDS + 301, 0] {
            assert_eq!(standard(&headers, now), Err(BadSignature::Stale));
        }
    }

    #[test]
    fn another_id_or_time_breaks_the_signature() {
        for (at, value) in [(0, "msg_other"), (1, "1793610721")] {
            let mut headers = standard_headers(STANDARD_V1);
            headers[at].1 = value;
            assert_eq!(standard(&headers, SECONDS), Err(BadSignature::Mismatch));
        }
    }

    #[test]
    fn missing_and_malformed_headers_are_named() {
        let headers = standard_headers(STANDARD_V1);
        assert_eq!(standard(&headers[1..], SECONDS), Err(BadSignature::Missing("webhook-id")));
        assert_eq!(standard(&headers[..2], SECONDS), Err(BadSignature::Missing("webhook-signature")));
        for time in ["", "+1793610720", "1793610720.0", "99999999999999999999", "now"] {
            let mut headers = headers;
            headers[1].1 = time;
            assert_eq!(standard(&headers, SECONDS), Err(BadSignature::Malformed("webhook-timestamp")));
        }
    }

    #[test]
    fn keys_that_break_the_standard_are_refused() {
        assert_eq!(standard_key(&secret("whsec_not base64")), Err(InvalidKey::Encoding));
        assert_eq!(standard_key(&secret("whsec_")), Err(InvalidKey::Length));
        assert_eq!(standard_key(&secret("whsec_c2hvcnQ=")), Err(InvalidKey::Length));
        let unpadded = KEY.trim_end_matches('=').trim_start_matches("whsec_");
        assert_eq!(standard_key(&secret(unpadded)), standard_key(&secret(KEY)));
    }

    #[test]
    fn the_published_vectors_of_standard_webhooks_hold() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/standard-webhooks/vectors.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: no samples");
            return;
        };
        let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
        let sign = &vectors["sign"];
        let of = |name: &str| sign[name].as_str().unwrap();
        let keys = [standard_key(&secret(of("secret"))).unwrap()];
        let now = Timestamp::from_second(sign["timestamp"].as_i64().unwrap()).unwrap();
        let seconds = now.as_second().to_string();
        let verify = |signature: &str| {
            let headers = pairs(&[
                ("webhook-id", of("msg_id")),
                ("webhook-timestamp", &seconds),
                ("webhook-signature", signature),
            ]);
            verify_standard(Headers::new(&headers), of("payload").as_bytes(), &keys, now)
        };
        assert_eq!(verify(of("signature")), Ok(()));
        for wrong in vectors["must_fail_signatures"].as_array().unwrap() {
            assert_eq!(verify(wrong.as_str().unwrap()), Err(BadSignature::Mismatch));
        }
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_shopify_body_or_signature_is_refused(at in 0..BODY.len() + 32, bit in 0..8_u32) {
            let mut body = BODY.to_vec();
            let mut mac = decode_mac(SHOPIFY).unwrap();
            let byte = if at < body.len() { &mut body[at] } else { &mut mac[at - BODY.len()] };
            *byte ^= 1_u8 << bit;
            let header = ("X-Shopify-Hmac-SHA256", STANDARD.encode(mac));
            let answer = shopify((header.0, &header.1), &body, &["lunaria-app-secret"]);
            prop_assert_eq!(answer, Err(BadSignature::Mismatch));
        }

        #[test]
        fn any_flipped_bit_of_a_standard_signature_is_refused(at in 0..32_usize, bit in 0..8_u32) {
            let mut mac = decode_mac(&STANDARD_V1[3..]).unwrap();
            mac[at] ^= 1_u8 << bit;
            let signature = format!("v1,{}", STANDARD.encode(mac));
            let answer = standard(&standard_headers(&signature), SECONDS);
            prop_assert_eq!(answer, Err(BadSignature::Mismatch));
        }

        #[test]
        fn no_headers_make_verification_panic(id in ".{0,20}", time in ".{0,20}", signature in ".{0,60}") {
            let headers = [("webhook-id", id.as_str()), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
            prop_assert!(standard(&headers, SECONDS).is_err());
        }
    }
}
