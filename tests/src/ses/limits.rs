//! The limits of SES on one mail.
//!
//! Sources: the API model (`MessageTag`, `MessageHeader`, `RawMessage`) and
//! <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>.

use std::collections::BTreeSet;

use super::address;
use super::refusal::Refusal;
use super::wire::Tag;

const MOST_RECIPIENTS: usize = 50;
const LONGEST_TAG: usize = 256;
const MOST_HEADERS: usize = 15;
const LONGEST_HEADER_NAME: usize = 126;
const LONGEST_HEADER_VALUE: usize = 995;
const LONGEST_HEADER: usize = 996;
/// 40 MB, after base64.
const LARGEST_MESSAGE: usize = 40 * 1024 * 1024;
/// RFC 5321, section 4.5.3.1.6: 1,000 octets with the line end.
const LONGEST_LINE: usize = 998;

/// Headers that SES writes itself from the other members of a simple mail.
const WRITTEN_BY_SES: [&str; 11] = [
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "reply-to",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// Headers that may stand once (<https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>), as far as mails here use them.
const ONCE: [&str; 13] = [
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

pub(super) fn check_recipients(recipients: &[String]) -> Result<(), Refusal> {
    if recipients.is_empty() {
        return Err(Refusal::bad_request("At least one recipient is required."));
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err(Refusal::bad_request(format!("Recipient count exceeds {MOST_RECIPIENTS}.")));
    }
    recipients.iter().try_for_each(|recipient| address::bare(recipient).map(drop))
}

pub(super) fn check_tags(tags: &[Tag]) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST_TAG && text.bytes().all(allowed);
    match tags.iter().find(|tag| !fits(&tag.name) || !fits(&tag.value)) {
        None => Ok(()),
        Some(tag) => Err(Refusal::bad_request(format!(
            "Invalid tag {}: names and values have 1 to {LONGEST_TAG} of A-Z, a-z, 0-9, _ and -.",
            tag.name.escape_debug()
        ))),
    }
}

/// The headers of a simple mail.
pub(super) fn check_headers(headers: &[Tag]) -> Result<(), Refusal> {
    if headers.len() > MOST_HEADERS {
        return Err(Refusal::bad_request(format!("More than {MOST_HEADERS} headers.")));
    }
    headers.iter().try_for_each(check_header)?;
    let own =
        headers.iter().find(|header| WRITTEN_BY_SES.contains(&header.name.to_ascii_lowercase().as_str()));
    if let Some(header) = own {
        return Err(Refusal::bad_request(format!("Header '{}' cannot be set.", header.name)));
    }
    check_single(headers.iter().map(|header| header.name.as_str()))
}

fn check_header(header: &Tag) -> Result<(), Refusal> {
    let name = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    let value = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let fits = (1..=LONGEST_HEADER_NAME).contains(&header.name.len())
        && (1..=LONGEST_HEADER_VALUE).contains(&header.value.len())
        && header.name.len() + header.value.len() <= LONGEST_HEADER
        && header.name.bytes().all(name)
        && header.value.bytes().all(value);
    if fits {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("Invalid header '{}'.", header.name.escape_debug())))
}

/// Refuses a message that repeats a header which may stand once: this is how an injected header shows.
pub(super) fn check_single<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for name in names.map(str::to_ascii_lowercase).filter(|name| ONCE.contains(&name.as_str())) {
        if !seen.insert(name.clone()) {
            return Err(Refusal::bad_request(format!("Duplicate header '{name}'.")));
        }
    }
    Ok(())
}

pub(super) fn check_size(mime: &[u8]) -> Result<(), Refusal> {
    if mime.len() > LARGEST_MESSAGE {
        return Err(Refusal::bad_request(format!(
            "Message length is more than {LARGEST_MESSAGE} bytes long: '{}'.",
            mime.len()
        )));
    }
    Ok(())
}

pub(super) fn check_lines(mime: &[u8]) -> Result<(), Refusal> {
    let length = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len();
    if mime.split(|byte| *byte == b'\n').any(|line| length(line) > LONGEST_LINE) {
        return Err(Refusal::bad_request("A line of the message is longer than 1000 characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str, value: &str) -> Tag {
        Tag { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn tags_take_letters_digits_underscores_and_dashes_up_to_256() {
        assert!(check_tags(&[tag("mail_id", "m-1"), tag("a", &"x".repeat(256))]).is_ok());
        for (name, value) in
            [("mail id", "1"), ("locale", "de.DE"), ("to", "anna@example.com"), ("a", ""), ("", "b")]
        {
            assert!(check_tags(&[tag(name, value)]).is_err(), "{name}={value}");
        }
        assert!(check_tags(&[tag("a", &"x".repeat(257))]).is_err());
    }

    #[test]
    fn headers_take_printable_ascii_up_to_their_length() {
        assert!(check_headers(&[tag("X-A", &"x".repeat(993))]).is_ok());
        for (name, value) in [("X A", "b"), ("X:A", "b"), ("X-A", "ä"), ("X-A", "a\r\nBcc: b"), ("X-A", "")]
        {
            assert!(check_headers(&[tag(name, value)]).is_err(), "{name}: {value}");
        }
        assert!(check_headers(&[tag("X-A", &"x".repeat(994))]).is_err());
        assert!(check_headers(&vec![tag("X-A", "b"); 16]).is_err());
    }

    #[test]
    fn a_header_that_ses_writes_or_that_stands_twice_is_refused() {
        assert!(check_headers(&[tag("subject", "b")]).is_err());
        assert!(check_headers(&[tag("List-Unsubscribe", "<a>"), tag("list-unsubscribe", "<b>")]).is_err());
        assert!(check_headers(&[tag("X-A", "1"), tag("X-A", "2")]).is_ok());
    }

    #[test]
    fn fifty_recipients_are_the_most() {
        let to = |count| vec!["anna@example.com".to_owned(); count];
        assert!(check_recipients(&to(50)).is_ok());
        assert!(check_recipients(&to(51)).is_err());
        assert!(check_recipients(&to(0)).is_err());
    }

    #[test]
    fn forty_megabytes_are_the_most_and_lines_end_in_time() {
        assert!(check_size(&vec![b'a'; LARGEST_MESSAGE]).is_ok());
        assert!(check_size(&vec![b'a'; LARGEST_MESSAGE + 1]).is_err());
        let line = |length| [vec![b'a'; length], b"\r\nb".to_vec()].concat();
        assert!(check_lines(&line(998)).is_ok());
        assert!(check_lines(&line(999)).is_err());
    }
}
