//! An e-mail address as a type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is no address that can be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Nothing there.
    #[error("the e-mail address is empty")]
    Empty,
    /// Longer than a mail server takes (RFC 5321, 4.5.3.1: local part 64, path 256 octets).
    #[error("the e-mail address is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Not `local@domain`.
    #[error("the e-mail address has no single @ between a name and a domain")]
    Shape,
    /// SES takes no SMTPUTF8 local part.
    #[error(
        "the part before the @ holds characters that mail servers refuse; use letters, digits and . _ + - only"
    )]
    Local,
    /// No registrable domain name.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// Longest address (RFC 5321, 4.5.3.1.3: a path has 256 octets, two of them brackets).
const MAX_LENGTH: usize = 254;

/// An address that can be mailed; `Debug` and `Display` mask it.
///
/// The domain is stored in its ASCII form (punycode), the local part as given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses an address as people and systems write it.
    ///
    /// # Errors
    /// [`InvalidEmail`] says which rule it breaks, never the address.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidEmail::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail::Shape)?;
        check_local(local)?;
        let address = format!("{local}@{}", ascii_domain(domain)?);
        // Punycode may be longer than what was written, and what is stored must be readable again.
        if address.len() > MAX_LENGTH { Err(InvalidEmail::TooLong) } else { Ok(Self(address)) }
    }

    /// The address, for the mail's envelope and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form under which one person is recognised: lower-case.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The domain, in lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The atoms of RFC 5322, section 3.2.3, with dots between them; quoted local parts are refused.
fn check_local(local: &str) -> Result<(), InvalidEmail> {
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    let good = |part: &str| !part.is_empty() && part.bytes().all(atom);
    match local {
        "" => Err(InvalidEmail::Shape),
        _ if local.contains('@') => Err(InvalidEmail::Shape),
        // Atoms too, but some programs decode them as an encoded word (RFC 2047) and would mail somebody else.
        _ if local.contains("=?") => Err(InvalidEmail::Local),
        _ if local.len() <= 64 && local.split('.').all(good) => Ok(()),
        _ => Err(InvalidEmail::Local),
    }
}

fn ascii_domain(domain: &str) -> Result<String, InvalidEmail> {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) if is_host_name(&ascii) => Ok(ascii),
        _ => Err(InvalidEmail::Domain),
    }
}

fn is_host_name(ascii: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    ascii.contains('.') && ascii.split('.').all(label)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***@***")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmail;
    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_an_encoded_word() {
        let wrong = EmailAddress::parse("=?utf-8?q?x?=anna@example.com");
        assert_eq!(wrong, Err(InvalidEmail::Local));
        assert!(EmailAddress::parse("anna=tag?@example.com").is_ok());
    }

    #[test]
    fn debug_and_display_give_nobody_away() {
        let anna = EmailAddress::parse("anna@example.com").unwrap();
        assert!(!format!("{anna:?} {anna}").contains("anna"));
    }

    #[test]
    fn an_international_domain_becomes_punycode() {
        assert_eq!(EmailAddress::parse(" a@BÜCHER.example ").unwrap().expose(), "a@xn--bcher-kva.example");
    }

    /// What is stored is read again by the same rule.
    #[test]
    fn an_address_that_is_too_long_only_in_punycode_is_refused() {
        let parsed = EmailAddress::parse(&format!("a@{}example", "üüüü.".repeat(26)));
        assert_eq!(parsed, Err(InvalidEmail::TooLong));
        let parsed = EmailAddress::parse(&format!("a@{}example", "üüüü.".repeat(17))).unwrap();
        assert_eq!(EmailAddress::parse(parsed.expose()), Ok(parsed));
    }

    #[test]
    fn addresses_that_no_server_takes_are_refused() {
        for wrong in [
            "",
            "a",
            "a@",
            "@b.de",
            "a@b",
            "a b@c.de",
            "ä@c.de",
            "a@@b.de",
            "a@b..de",
            "a.@b.de",
            "a\r\nBcc:x@b.de",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@-b.de",
            "\"a\"@b.de",
            "a@b.de\u{0}",
            "a\u{202e}@b.de",
        ] {
            assert!(EmailAddress::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
