//! The message itself: made of a simple mail, read of a raw one.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;
use mail_parser::{Address, HeaderValue, Message, MessageParser};

use super::refusal::Refusal;
use super::wire::{Content, Destination, Simple};
use super::{limits, wire};

/// What a simple mail needs besides its content.
pub(super) struct Envelope<'a> {
    pub from: &'a str,
    pub destination: &'a Destination,
    pub reply_to: &'a [String],
    pub message_id: &'a str,
    pub now: Timestamp,
}

/// The message that SES makes of a simple mail. Its id and date are SES's own; Bcc is not written.
pub(super) fn build(simple: &Simple, envelope: &Envelope<'_>) -> Result<Vec<u8>, Refusal> {
    limits::check_headers(&simple.headers)?;
    if !simple.attachments.is_empty() {
        return Err(Refusal::bad_request("The sink takes attachments in raw mails only."));
    }
    let id = format!("{}@{}.amazonses.com", envelope.message_id, crate::emulator::REGION);
    let mut message = MessageBuilder::new()
        .header("From", Raw::new(envelope.from))
        .subject(text(&simple.subject)?)
        .date(envelope.now.as_second())
        .message_id(id);
    let lists = [
        ("To", envelope.destination.to_addresses.as_slice()),
        ("Cc", envelope.destination.cc_addresses.as_slice()),
        ("Reply-To", envelope.reply_to),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        message = message.header(name, Raw::new(list.join(", ")));
    }
    for header in &simple.headers {
        message = message.header(header.name.as_str(), Raw::new(header.value.as_str()));
    }
    with_body(message, &simple.body)?
        .write_to_vec()
        .map_err(|error| Refusal::bad_request(format!("The message cannot be written: {error}")))
}

fn with_body<'a>(message: MessageBuilder<'a>, body: &'a wire::Body) -> Result<MessageBuilder<'a>, Refusal> {
    let message = match &body.text {
        Some(content) => message.text_body(text(content)?),
        None => message,
    };
    match &body.html {
        Some(content) => Ok(message.html_body(text(content)?)),
        None if body.text.is_some() => Ok(message),
        None => Err(Refusal::bad_request("Body must have a text or an HTML part.")),
    }
}

/// Without a character set SES writes 7-bit ASCII, whatever was given.
fn text(content: &Content) -> Result<Cow<'_, str>, Refusal> {
    let charset = content.charset.as_deref().map(str::to_ascii_lowercase);
    match charset.as_deref() {
        Some("utf-8" | "utf8") => Ok(Cow::Borrowed(&content.data)),
        None | Some("us-ascii" | "ascii") => {
            Ok(content.data.chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect())
        }
        Some(other) => {
            Err(Refusal::bad_request(format!("The sink writes UTF-8 and ASCII only, not {other}.")))
        }
    }
}

/// The bytes of a raw mail, checked as SES checks them.
pub(super) fn decode(raw: &wire::Raw) -> Result<Vec<u8>, Refusal> {
    let mime = BASE64_STANDARD.decode(&raw.data);
    let mime = mime.map_err(|_| Refusal::bad_request("Raw data is not base64."))?;
    limits::check_lines(&mime)?;
    let message = read(&mime)?;
    limits::check_single(message.headers_raw().map(|(name, _)| name))?;
    Ok(mime)
}

/// Reads a message that has a header and a body.
pub(super) fn read(mime: &[u8]) -> Result<Message<'_>, Refusal> {
    let separated =
        mime.windows(4).any(|bytes| bytes == b"\r\n\r\n") || mime.windows(2).any(|bytes| bytes == b"\n\n");
    let message = MessageParser::default().parse(mime).filter(|_| separated);
    message.ok_or_else(|| Refusal::bad_request("Header and body must be separated by one blank line."))
}

/// A header of a raw mail, as it stands there.
pub(super) fn header(message: &Message<'_>, name: &str) -> Option<String> {
    let mut headers = message.headers_raw();
    let found = headers.find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
    found.map(|(_, value)| unfolded(value))
}

/// The recipients that the headers of a raw mail name.
pub(super) fn recipients(message: &Message<'_>) -> Vec<String> {
    let lists = [message.to(), message.cc(), message.bcc()];
    lists
        .into_iter()
        .flatten()
        .flat_map(Address::iter)
        .filter_map(|one| one.address().map(str::to_owned))
        .collect()
}

/// The mailboxes of an address header, decoded for people.
pub(super) fn mailboxes(header: Option<&Address<'_>>) -> Vec<String> {
    let written = |one: &mail_parser::Addr<'_>| {
        let address = one.address()?;
        Some(one.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>")))
    };
    header.into_iter().flat_map(Address::iter).filter_map(written).collect()
}

/// All headers in order, each on one line.
pub(super) fn headers<'a>(message: &'a Message<'_>) -> impl Iterator<Item = (&'a str, String)> {
    message.headers_raw().map(|(name, value)| (name, unfolded(value)))
}

/// The decoded subject.
pub(super) fn subject(message: &Message<'_>) -> String {
    match message.header("Subject") {
        Some(HeaderValue::Text(subject)) => subject.to_string(),
        _ => String::new(),
    }
}

fn unfolded(value: &str) -> String {
    value.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
