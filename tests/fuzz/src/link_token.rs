//! The tokens of links in mails: only what was signed opens, and only what it was signed for.

use jiff::Timestamp;
use nachklang_domain::id::{ContactId, MailId, ShopId};
use nachklang_domain::link::{Link, LinkKey, LinkKeys, LinkRefused, MAX_TOKEN, Purpose};
use nachklang_domain::secret::SecretBytes;

use crate::Outcome;
use crate::fixed::{contact, mail_id, now, shop_id, sure};
use crate::input::Parts;

const PURPOSES: [Purpose; 3] = [Purpose::Unsubscribe, Purpose::Preferences, Purpose::ViewInBrowser];

/// The first part is a token as somebody might send it; the second tells what to sign, the third which bit to change.
pub fn check(data: &[u8]) -> Outcome {
    let keys = keys();
    let mut parts = Parts::new(data);
    let outcome = check_stranger(&keys, &parts.text());
    let link = link(parts.next());
    let token = keys.sign(&link);
    check_signed(&keys, &link, &token);
    check_changed(&keys, &token, parts.next());
    outcome
}

fn keys() -> LinkKeys {
    let key = |id: u8| LinkKey { id, secret: SecretBytes::new(vec![id; 32]) };
    sure(LinkKeys::new(key(2), vec![key(1)]))
}

/// A token that opens is one that these keys have signed, letter by letter.
fn check_stranger(keys: &LinkKeys, token: &str) -> Outcome {
    let mut opened = false;
    for purpose in PURPOSES {
        if let Ok(link) = keys.open(token, purpose, now()) {
            opened = true;
            let older =
                sure(LinkKeys::new(LinkKey { id: 1, secret: SecretBytes::new(vec![1; 32]) }, Vec::new()));
            assert!(
                [keys.sign(&link), older.sign(&link)].contains(&token.to_owned()),
                "a forged token opens"
            );
        }
    }
    Outcome::of(opened)
}

fn link(bytes: &[u8]) -> Link {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let shop = String::from_utf8_lossy(bytes.get(4..).unwrap_or_default()).into_owned();
    let seconds = i64::from(u16::from_be_bytes([byte(1), byte(2)])) * 100_000 - 100_000_000;
    let purpose = PURPOSES.into_iter().nth(usize::from(byte(0) % 3)).unwrap_or(Purpose::Unsubscribe);
    Link {
        purpose,
        shop: ShopId::parse(&shop).unwrap_or_else(|_| shop_id()),
        contact: ContactId::parse(&format!("{:02x}", byte(3)).repeat(16)).unwrap_or_else(|_| contact()),
        mail: (byte(3) & 1 == 1).then(mail_id),
        expires: Timestamp::from_second(now().as_second() + seconds).unwrap_or_else(|_| now()),
    }
}

fn check_signed(keys: &LinkKeys, link: &Link, token: &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    assert!(token.len() <= MAX_TOKEN && token.bytes().all(plain), "{token}");
    for purpose in PURPOSES {
        let expected = match (purpose == link.purpose, link.expires <= now()) {
            (false, _) => Err(LinkRefused::OtherPurpose),
            (true, true) => Err(LinkRefused::Expired),
            (true, false) => Ok(link.clone()),
        };
        assert_eq!(keys.open(token, purpose, now()), expected);
    }
    assert_eq!(link.mail.unwrap_or_else(mail_id).to_string().len(), MailId::bytes(&mail_id()).len() * 2);
}

/// No token with one bit changed opens anything, nor one that lost or won a letter.
fn check_changed(keys: &LinkKeys, token: &str, change: &[u8]) {
    let byte = |at: usize| change.get(at).copied().unwrap_or_default();
    let mut bytes = token.as_bytes().to_vec();
    let place = usize::from(byte(0)) % bytes.len().max(1);
    match byte(1) % 3 {
        0 => bytes.get_mut(place).into_iter().for_each(|known| *known ^= 1 << (byte(2) % 7)),
        1 => drop(bytes.remove(place)),
        _ => bytes.insert(place, byte(2) % 128),
    }
    let changed = String::from_utf8_lossy(&bytes).into_owned();
    if changed != token {
        for purpose in PURPOSES {
            assert!(keys.open(&changed, purpose, now()).is_err(), "a changed token opens: {changed}");
        }
    }
}
