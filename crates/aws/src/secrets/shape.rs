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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nachklang_domain::id::{ContactId, ShopId};
    use nachklang_domain::link::{Link, Purpose};

    use super::*;

    const ONE: &str = "one-secret-of-thirty-two-bytes!!";
    const TWO: &str = "two-secret-of-thirty-two-bytes!!";
    const TEN: &str = "ten-secret-of-thirty-two-bytes!!";

    fn keys(pairs: &[(&str, &str)]) -> LinkKeys {
        let json: BTreeMap<&str, &str> = pairs.iter().copied().collect();
        link_keys(&serde_json::to_string(&json).unwrap()).unwrap()
    }

    #[test]
    fn the_highest_number_signs_and_all_open() {
        let link = Link {
            purpose: Purpose::Unsubscribe,
            shop: ShopId::parse("ch").unwrap(),
            contact: ContactId::parse(&"c0".repeat(16)).unwrap(),
            mail: None,
            expires: "2099-01-01T00:00:00Z".parse().unwrap(),
        };
        let now: Timestamp = "2026-11-05T12:00:00Z".parse().unwrap();
        let (old, new) = (keys(&[("2", TWO)]), keys(&[("1", ONE), ("2", TWO), ("10", TEN)]));
        assert_eq!(new.open(&old.sign(&link), Purpose::Unsubscribe, now).unwrap(), link);
        // 10 signs, though "2" sorts behind "10" as a text.
        assert_eq!(new.sign(&link), keys(&[("10", TEN)]).sign(&link));
        assert!(old.open(&new.sign(&link), Purpose::Unsubscribe, now).is_err());
    }

    #[test]
    fn what_is_no_set_of_keys_is_refused_without_a_word_of_it() {
        let short = r#"{"1":"hunter2-too-short"}"#;
        let twice = format!(r#"{{"1":"{ONE}","01":"{TWO}"}}"#);
        let wrong = [
            "",
            "hunter2",
            "[]",
            "{}",
            r#"{"one":"hunter2"}"#,
            r#"{"256":"hunter2"}"#,
            r#"{"1":2}"#,
            short,
            &twice,
        ];
        for text in wrong {
            let problem = link_keys(text).unwrap_err();
            assert!(!problem.contains("hunter2") && !problem.contains("thirty-two"), "{problem}");
        }
    }

    #[test]
    fn webhook_secrets_are_names_and_texts() {
        let secrets = webhooks(r#"{"shopify-de":"hunter2","api-ch":"whsec_x"}"#).unwrap();
        assert_eq!(secrets["shopify-de"].expose(), b"hunter2");
        assert!(!format!("{secrets:?}").contains("hunter2"));
        for wrong in ["", "hunter2", r#"["hunter2"]"#, r#"{"shopify-de":{"hunter2":1}}"#] {
            assert!(!webhooks(wrong).unwrap_err().contains("hunter2"));
        }
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert!(key("").is_err());
        assert_eq!(key("any text ").unwrap().expose(), b"any text ");
    }
}
