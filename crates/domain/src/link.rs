//! Signed links in mails: who may do one thing, until when, without an account.
//!
//! A token opens one purpose for one contact of one shop. It holds no address. A mail keeps its links for years, so
//! the key that signed it stays valid while newer ones sign.
//!
//! Source: RFC 8058, section 3.1 (the unsubscribe URI carries an opaque part that is hard to forge).
//!
//! Layout before base64url: version, key id, purpose, expiry (8 bytes, seconds since 1970), contact (16), 1 and mail
//! (16) or 0, shop (the rest), tag (16).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::id::{ContactId, MailId, ShopId};
use crate::secret::SecretBytes;
use crate::webhook::signature::hmac_sha256;

/// Longest token in characters: it stands in the List-Unsubscribe header beside the rest of the URL.
pub const MAX_TOKEN: usize = 160;
/// Shortest key in bytes (RFC 2104, section 3: no shorter than the hash).
pub const MIN_KEY: usize = 32;

const VERSION: u8 = 1;
/// Length of the tag in bytes: HMAC-SHA256 cut to a half (RFC 2104, section 5).
const TAG: usize = 16;
/// Keeps a tag of a link from being one of anything else that is ever signed with the same key.
const CONTEXT: &[u8] = b"nachklang link\0";

/// The one thing that a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To object to marketing mail.
    Unsubscribe,
    /// To see and change what is kept about her.
    Preferences,
    /// To read one mail in the browser.
    ViewInBrowser,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Unsubscribe, Self::Preferences, Self::ViewInBrowser];

    /// Its number in tokens; never given to another purpose.
    const fn code(self) -> u8 {
        match self {
            Self::Unsubscribe => 1,
            Self::Preferences => 2,
            Self::ViewInBrowser => 3,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it opens.
    pub purpose: Purpose,
    /// The shop that mailed.
    pub shop: ShopId,
    /// Who was mailed.
    pub contact: ContactId,
    /// The mail that it stands in, if it stands in one.
    pub mail: Option<MailId>,
    /// Until when it opens anything; kept in whole seconds.
    pub expires: Timestamp,
}

/// A signing key with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkKey {
    /// Its number, named in each token that it signs.
    pub id: u8,
    /// Its bytes, at least [`MIN_KEY`].
    pub secret: SecretBytes,
}

/// The keys: the first signs, all open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkKeys {
    signing: LinkKey,
    older: Vec<LinkKey>,
}

/// Why keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLinkKeys {
    /// A key can be guessed.
    #[error("link key {0} has fewer than 32 bytes: make one of 32 random bytes")]
    TooShort(u8),
    /// Two keys with one number.
    #[error("two link keys have the number {0}: number each anew")]
    SameId(u8),
}

/// Why a token opens nothing. The recipient is told the same in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// Cut off or never a token.
    #[error("the link is no token: it may have been cut off on its way")]
    Malformed,
    /// Signed by a key that is gone, or forged.
    #[error("the link was not signed with a key that is kept: keep old keys as long as their mails are read")]
    Forged,
    /// A link of another purpose.
    #[error("the link opens something else")]
    OtherPurpose,
    /// Too old.
    #[error("the link has expired")]
    Expired,
}

impl LinkKeys {
    /// Takes the key that signs and the older ones that still open.
    ///
    /// # Errors
    /// [`InvalidLinkKeys`] when one is too short or a number stands twice.
    pub fn new(signing: LinkKey, older: Vec<LinkKey>) -> Result<Self, InvalidLinkKeys> {
        let mut seen = BTreeSet::new();
        for key in std::iter::once(&signing).chain(&older) {
            if key.secret.expose().len() < MIN_KEY {
                return Err(InvalidLinkKeys::TooShort(key.id));
            }
            if !seen.insert(key.id) {
                return Err(InvalidLinkKeys::SameId(key.id));
            }
        }
        Ok(Self { signing, older })
    }

    /// The token of a link: at most [`MAX_TOKEN`] characters of `A-Z a-z 0-9 - _`.
    #[must_use]
    pub fn sign(&self, link: &Link) -> String {
        let mut token = encode(self.signing.id, link);
        let tag = tag(&self.signing, &token);
        token.extend(tag);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Opens a token for one purpose.
    ///
    /// # Errors
    /// [`LinkRefused`]. Nothing in the token is believed before its tag is checked.
    pub fn open(&self, token: &str, purpose: Purpose, now: Timestamp) -> Result<Link, LinkRefused> {
        let link = self.verified(token)?;
        if link.purpose != purpose {
            return Err(LinkRefused::OtherPurpose);
        }
        if link.expires <= now {
            return Err(LinkRefused::Expired);
        }
        Ok(link)
    }

    fn verified(&self, token: &str) -> Result<Link, LinkRefused> {
        if token.len() > MAX_TOKEN {
            return Err(LinkRefused::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkRefused::Malformed)?;
        let (signed, given) = bytes.split_last_chunk::<TAG>().ok_or(LinkRefused::Malformed)?;
        let key = self.key_of(signed).ok_or(LinkRefused::Forged)?;
        if !bool::from(tag(key, signed).ct_eq(given)) {
            return Err(LinkRefused::Forged);
        }
        decode(signed).ok_or(LinkRefused::Malformed)
    }

    /// The key that a token names; which numbers exist is no secret.
    fn key_of(&self, signed: &[u8]) -> Option<&LinkKey> {
        let id = *signed.get(1)?;
        std::iter::once(&self.signing).chain(&self.older).find(|key| key.id == id)
    }
}

fn tag(key: &LinkKey, signed: &[u8]) -> [u8; TAG] {
    let full = hmac_sha256(key.secret.expose(), &[CONTEXT, signed]);
    full.first_chunk().copied().unwrap_or_else(|| unreachable!("32 bytes hold 16"))
}

fn encode(key: u8, link: &Link) -> Vec<u8> {
    let mut bytes = vec![VERSION, key, link.purpose.code()];
    bytes.extend(link.expires.as_second().to_be_bytes());
    bytes.extend(link.contact.bytes());
    match &link.mail {
        Some(mail) => {
            bytes.push(1);
            bytes.extend(mail.bytes());
        }
        None => bytes.push(0),
    }
    bytes.extend(link.shop.as_str().as_bytes());
    bytes
}

fn decode(signed: &[u8]) -> Option<Link> {
    let (&[version, _key, purpose], rest) = signed.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let (contact, rest) = rest.split_first_chunk::<16>()?;
    let (mail, shop) = match rest.split_first()? {
        (1, rest) => {
            let (mail, shop) = rest.split_first_chunk::<16>()?;
            (Some(MailId::parse(&hex(mail)).ok()?), shop)
        }
        (0, shop) => (None, shop),
        _ => return None,
    };
    let known = version == VERSION;
    known.then_some(Link {
        purpose: Purpose::from_code(purpose)?,
        shop: ShopId::parse(std::str::from_utf8(shop).ok()?).ok()?,
        contact: ContactId::parse(&hex(contact)).ok()?,
        mail,
        expires: Timestamp::from_second(i64::from_be_bytes(*expires)).ok()?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-11-22T09:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn key(id: u8) -> LinkKey {
        LinkKey { id, secret: SecretBytes::new(vec![id; MIN_KEY]) }
    }

    fn keys(signing: u8, older: &[u8]) -> LinkKeys {
        LinkKeys::new(key(signing), older.iter().copied().map(key).collect()).unwrap()
    }

    fn link(purpose: Purpose) -> Link {
        Link {
            purpose,
            shop: ShopId::parse("ch").unwrap(),
            contact: ContactId::parse(&"c0".repeat(16)).unwrap(),
            mail: Some(MailId::parse(&"a1".repeat(16)).unwrap()),
            expires: time("2028-11-22T09:00:00Z"),
        }
    }

    #[test]
    fn the_longest_token_fits_the_header_and_needs_no_escaping() {
        let longest = Link { shop: ShopId::parse(&"x".repeat(48)).unwrap(), ..link(Purpose::Unsubscribe) };
        let token = keys(1, &[]).sign(&longest);
        assert!(token.len() <= MAX_TOKEN, "{}", token.len());
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(keys(1, &[]).open(&token, Purpose::Unsubscribe, time(NOW)), Ok(longest));
    }

    #[test]
    fn an_old_key_opens_during_rotation_and_nothing_after_it() {
        let token = keys(1, &[]).sign(&link(Purpose::Preferences));
        let open = |keys: LinkKeys| keys.open(&token, Purpose::Preferences, time(NOW));
        assert!(open(keys(2, &[1])).is_ok());
        assert_eq!(open(keys(2, &[])), Err(LinkRefused::Forged));
    }

    #[test]
    fn the_newest_key_signs() {
        let token = keys(2, &[1]).sign(&link(Purpose::Preferences));
        assert!(keys(2, &[]).open(&token, Purpose::Preferences, time(NOW)).is_ok());
    }

    #[test]
    fn another_secret_under_the_same_number_opens_nothing() {
        let token = keys(1, &[]).sign(&link(Purpose::Unsubscribe));
        let other = LinkKey { id: 1, secret: SecretBytes::new(vec![9; MIN_KEY]) };
        let keys = LinkKeys::new(other, Vec::new()).unwrap();
        assert_eq!(keys.open(&token, Purpose::Unsubscribe, time(NOW)), Err(LinkRefused::Forged));
    }

    #[test]
    fn a_link_opens_its_own_purpose_only() {
        for signed in Purpose::ALL {
            let token = keys(1, &[]).sign(&link(signed));
            for asked in Purpose::ALL {
                let opened = keys(1, &[]).open(&token, asked, time(NOW));
                if signed == asked {
                    assert_eq!(opened, Ok(link(signed)));
                } else {
                    assert_eq!(opened, Err(LinkRefused::OtherPurpose));
                }
            }
        }
    }

    #[test]
    fn an_expired_link_opens_nothing() {
        let token = keys(1, &[]).sign(&link(Purpose::Unsubscribe));
        let open = |now: &str| keys(1, &[]).open(&token, Purpose::Unsubscribe, time(now));
        assert!(open("2028-11-22T08:59:59Z").is_ok());
        assert_eq!(open("2028-11-22T09:00:00Z"), Err(LinkRefused::Expired));
    }

    #[test]
    fn short_keys_and_numbers_that_stand_twice_are_refused() {
        let short = LinkKey { id: 7, secret: SecretBytes::new(vec![1; MIN_KEY - 1]) };
        assert_eq!(LinkKeys::new(short.clone(), Vec::new()), Err(InvalidLinkKeys::TooShort(7)));
        assert_eq!(LinkKeys::new(key(1), vec![short]), Err(InvalidLinkKeys::TooShort(7)));
        assert_eq!(LinkKeys::new(key(1), vec![key(1)]), Err(InvalidLinkKeys::SameId(1)));
    }

    fn any_link() -> impl Strategy<Value = Link> {
        let purpose =
            prop_oneof![Just(Purpose::Unsubscribe), Just(Purpose::Preferences), Just(Purpose::ViewInBrowser)];
        let mail = proptest::option::of("[0-9a-f]{32}");
        (purpose, "[a-z0-9-]{1,48}", "[0-9a-f]{32}", mail, 1_900_000_000_i64..4_000_000_000).prop_map(
            |(purpose, shop, contact, mail, expires)| Link {
                purpose,
                shop: ShopId::parse(&shop).unwrap(),
                contact: ContactId::parse(&contact).unwrap(),
                mail: mail.map(|mail| MailId::parse(&mail).unwrap()),
                expires: Timestamp::from_second(expires).unwrap(),
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_signed_is_what_opens(link in any_link()) {
            let token = keys(3, &[]).sign(&link);
            prop_assert!(token.len() <= MAX_TOKEN);
            prop_assert_eq!(keys(3, &[]).open(&token, link.purpose, time(NOW)), Ok(link));
        }

        #[test]
        fn any_flipped_bit_of_the_content_is_refused(link in any_link(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut bytes = URL_SAFE_NO_PAD.decode(keys(3, &[]).sign(&link)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            let forged = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(keys(3, &[4]).open(&forged, link.purpose, time(NOW)), Err(LinkRefused::Forged));
        }

        #[test]
        fn any_other_character_in_the_token_is_refused(link in any_link(), at in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]") {
            let token = keys(3, &[]).sign(&link);
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &other);
            prop_assume!(changed != token);
            prop_assert!(keys(3, &[]).open(&changed, link.purpose, time(NOW)).is_err());
        }

        #[test]
        fn no_text_makes_opening_panic(token in ".{0,170}") {
            prop_assert!(keys(3, &[]).open(&token, Purpose::Unsubscribe, time(NOW)).is_err());
        }
    }
}
