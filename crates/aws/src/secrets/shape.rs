//! What the text of a secret must be. An error never holds any of it.

use std::collections::BTreeMap;

use nachklang_domain::link::{InvalidLinkKeys, LinkKey, LinkKeys};
use nachklang_domain::secret::SecretBytes;

use super::WebhookSecrets;

/// What is wrong, to be put after the secret's name.
type Problem = &'static str;

/// A key is any text but none.
pub(super) fn key(text: &str) -> Result<SecretBytes, Problem> {
    if text.is_empty() { Err("is empty: fill it with random text") } else { Ok(text.to_owned().into()) }
}

/// Link keys by number: the highest signs, all open.
pub(super) fn link_keys(text: &str) -> Result<LinkKeys, Problem> {
    const SHAPE: Problem = "is no JSON like {\"1\":\"…\",\"2\":\"…\"}, with numbers from 1 to 255";
    let texts: BTreeMap<String, SecretBytes> = serde_json::from_str(text).map_err(|_| SHAPE)?;
    let keys = texts.into_iter().map(|(number, secret)| number.parse().map(|id| LinkKey { id, secret }));
    let mut keys: Vec<LinkKey> = keys.collect::<Result<_, _>>().map_err(|_| SHAPE)?;
    keys.sort_by_key(|key| key.id);
    let signing = keys.pop().ok_or("has no key: add one of 32 random bytes or more")?;
    LinkKeys::new(signing, keys).map_err(|invalid| match invalid {
        InvalidLinkKeys::TooShort(_) => {
            "has a key of fewer than 32 bytes: make one of 32 random bytes or more"
        }
        InvalidLinkKeys::SameId(_) => "has two keys of one number: number each anew",
    })
}

/// The webhooks' secrets by the names that the shops' files use.
pub(super) fn webhooks(text: &str) -> Result<WebhookSecrets, Problem> {
    serde_json::from_str(text)
        .map_err(|_| "is no JSON like {\"shopify-de\":\"…\"}: names and secrets, all of them text")
}
