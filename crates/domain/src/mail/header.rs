//! Parts of a mail's header, each a type that cannot hold a line break.

use crate::text::{clean_line, is_unsafe};

/// Why something cannot stand in the header of a mail. Never shows the text, which may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// A display name that pretends to be an address.
    #[error("the sender's name looks like an address; use a name without @, <, > or \"")]
    NameLikeAddress,
    /// Nothing left of a display name.
    #[error("the sender's name is empty; give the name that customers know")]
    EmptyName,
    /// SES takes 1 to 870 printable ASCII characters in a header's value.
    #[error("the header {0} is empty, longer than {MAX_VALUE} characters or not printable ASCII; shorten it")]
    Value(&'static str),
    /// RFC 8058 asks for exactly one HTTPS link.
    #[error("the unsubscribe link is no https link, or holds blanks, commas or angle brackets")]
    Unsubscribe,
    /// A message id needs a name and a domain.
    #[error("the message id is not of the form name@domain in ASCII letters, digits, ., _ and -")]
    MessageId,
}

/// Longest value of a header in the SES API (`SendEmail`, `MessageHeader`).
pub(super) const MAX_VALUE: usize = 870;
/// Longest display name in characters.
const MAX_NAME: usize = 64;

/// The text with `=?` torn apart: what a mail program would take for an encoded word (RFC 2047, section 2) could say
/// anything once decoded, control characters too, and whoever wrote it may be a stranger.
pub(super) fn without_encoded_words(line: &str) -> String {
    line.replace("=?", "= ?")
}

/// The name shown beside an address: one line, no control or bidi characters, and nothing that reads like an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Cleans and checks a name.
    ///
    /// # Errors
    /// [`InvalidHeader`] if nothing is left, or if it looks like an address, as in `"PayPal <a@b>"`.
    pub fn parse(name: &str) -> Result<Self, InvalidHeader> {
        let name = without_encoded_words(&clean_line(name, MAX_NAME));
        if name.is_empty() {
            return Err(InvalidHeader::EmptyName);
        }
        let like_address = |c| matches!(c, '@' | '＠' | '﹫' | '<' | '>' | '"');
        if name.contains(like_address) {
            return Err(InvalidHeader::NameLikeAddress);
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The link of `List-Unsubscribe`: the mailbox provider posts to it (RFC 8058).
#[derive(Clone, PartialEq, Eq)]
pub struct UnsubscribeLink(String);

impl UnsubscribeLink {
    /// Checks a link.
    ///
    /// # Errors
    /// [`InvalidHeader::Unsubscribe`] unless it is one absolute https link, [`InvalidHeader::Value`] if it is too long.
    pub fn parse(link: &str) -> Result<Self, InvalidHeader> {
        let parsed = url::Url::parse(link).map_err(|_| InvalidHeader::Unsubscribe)?;
        let odd = |c: char| c.is_whitespace() || is_unsafe(c) || matches!(c, '<' | '>' | ',');
        if parsed.scheme() != "https" || !parsed.has_host() || link.contains(odd) {
            return Err(InvalidHeader::Unsubscribe);
        }
        value("List-Unsubscribe", &format!("<{link}>"))?;
        Ok(Self(link.to_owned()))
    }

    /// The link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whoever has the link can unsubscribe her: it stays out of logs.
impl std::fmt::Debug for UnsubscribeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsubscribeLink(…)")
    }
}

/// The id of a message, `name@domain` without brackets (RFC 5322, section 3.6.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// Checks an id.
    ///
    /// # Errors
    /// [`InvalidHeader::MessageId`].
    pub fn parse(id: &str) -> Result<Self, InvalidHeader> {
        let plain = |part: &str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            !part.is_empty() && part.len() <= 200 && part.bytes().all(fits)
        };
        match id.split_once('@') {
            Some((name, domain)) if plain(name) && plain(domain) => Ok(Self(id.to_owned())),
            _ => Err(InvalidHeader::MessageId),
        }
    }

    /// The id without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks a header's value against the SES rule.
pub(super) fn value(name: &'static str, text: &str) -> Result<String, InvalidHeader> {
    let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if printable && (1..=MAX_VALUE).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(InvalidHeader::Value(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_reads_like_an_address_is_refused() {
        for wrong in ["PayPal <a@example.com>", "a@example.com", "a＠example.com", "\"Anna\"", "x>"] {
            assert_eq!(DisplayName::parse(wrong), Err(InvalidHeader::NameLikeAddress), "{wrong}");
        }
        for empty in ["", " \r\n\t", "\u{202e}\u{200b}"] {
            assert_eq!(DisplayName::parse(empty), Err(InvalidHeader::EmptyName), "{empty:?}");
        }
    }

    #[test]
    fn a_name_loses_line_breaks_and_bidi_overrides() {
        let name = DisplayName::parse("Lunaria\r\nBcc: x\u{0}\u{202e} Löwe").unwrap();
        assert_eq!(name.as_str(), "Lunaria Bcc: x Löwe");
    }

    #[test]
    fn a_name_holds_no_encoded_word() {
        let name = DisplayName::parse("Lunaria =?utf-8?q?=22_x?=").unwrap();
        assert_eq!(name.as_str(), "Lunaria = ?utf-8?q?=22_x?=");
    }

    #[test]
    fn the_unsubscribe_link_is_one_short_https_link() {
        assert!(UnsubscribeLink::parse("https://mail.lunaria.example/u/abc?k=1&l=de").is_ok());
        for wrong in [
            "http://mail.lunaria.example/u",
            "mailto:stop@lunaria.example",
            "https://a.example/u>, <https://b.example",
            "https://a.example/u\r\nBcc: x",
            "https://a.example/ü",
            "",
        ] {
            assert!(UnsubscribeLink::parse(wrong).is_err(), "{wrong}");
        }
        let fits = |length: usize| {
            let start = "https://a.example/";
            UnsubscribeLink::parse(&format!("{start}{}", "u".repeat(length - start.len()))).is_ok()
        };
        assert!(fits(868));
        assert!(!fits(869), "with its brackets it would be longer than SES takes");
    }

    #[test]
    fn a_message_id_holds_no_bracket_and_no_line_break() {
        assert!(MessageId::parse("0123abcd@mail.lunaria.example").is_ok());
        for wrong in ["", "a", "@b", "a@", "a>@b", "a@b\r\nBcc: x", "a b@c", "a@b@c"] {
            assert_eq!(MessageId::parse(wrong), Err(InvalidHeader::MessageId), "{wrong}");
        }
    }
}
