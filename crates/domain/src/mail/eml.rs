//! A message as bytes.

use std::borrow::Cow;

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::{Header, HeaderType};
use mail_builder::mime::{BodyPart, MimePart};
use memchr::memmem;

use super::bytes::first_of;
use super::message::{From, MessageId, OutgoingMail};

/// The whole message: the same bytes for the same mail.
pub(super) fn write(mail: &OutgoingMail, message_id: &MessageId, date: Timestamp) -> Vec<u8> {
    let (envelope, content) = (mail.envelope(), mail.content());
    let mut builder = MessageBuilder::new()
        .message_id(message_id.as_str())
        .date(Date::new(date.as_second()))
        .from(address(&envelope.from))
        .to(envelope.to.expose())
        .subject(content.subject());
    if let Some(reply_to) = &envelope.reply_to {
        builder = builder.reply_to(reply_to.expose());
    }
    for (name, value) in mail.headers() {
        builder = builder.header(name, HeaderType::Raw(Raw::new(value)));
    }
    let boundary = boundary(mail);
    let body = MimePart::new(
        ContentType::new("multipart/alternative").attribute("boundary", boundary),
        BodyPart::Multipart(vec![
            MimePart::new("text/plain", BodyPart::Text(transportable(content.text()))),
            MimePart::new("text/html", BodyPart::Text(transportable(content.html()))),
        ]),
    );
    let mut bytes = Vec::new();
    builder.body(body).serialize(&mut bytes);
    bytes
}

/// What parts the bodies: made of the mail's id, and counted on while one of them holds it (RFC 2046, section 5.1.1).
fn boundary(mail: &OutgoingMail) -> String {
    let own = format!("=_{}", mail.envelope().tags.mail);
    let bodies = [mail.content().text(), mail.content().html()];
    let is_free = |one: &String| {
        let finder = memmem::Finder::new(one);
        bodies.iter().all(|body| finder.find(body.as_bytes()).is_none())
    };
    let counted = (1_u32..).map(|number| format!("{own}_{number}"));
    std::iter::once(own.clone()).chain(counted).find(is_free).unwrap_or(own)
}

/// A body whose lines end with LF alone, which the writer turns into CRLF, and without NUL: neither a CR alone nor a NUL
/// may stand in a message (RFC 5322, section 2.3; RFC 2045, section 2.7), and the writer lets both pass.
fn transportable(body: &str) -> Cow<'_, str> {
    if first_of(body.as_bytes(), *b"\r\0").is_none() {
        return Cow::Borrowed(body);
    }
    Cow::Owned(body.replace("\r\n", "\n").replace('\r', "\n").replace('\0', ""))
}

/// `Name <address>` on one line.
pub(super) fn mailbox(from: &From) -> String {
    let mut bytes = Vec::new();
    address(from).write_header(&mut bytes, 0);
    let folded = String::from_utf8_lossy(&bytes);
    folded.replace("\r\n", "").trim().to_owned()
}

fn address(from: &From) -> Address<'_> {
    Address::new_address(Some(from.name.as_str()), from.address.expose())
}
