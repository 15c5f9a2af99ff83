//! A mail as it stands in its `.eml` file, not as it was meant.

use mail_parser::{Address, HeaderName, Message, MessageParser, PartType};
use serde::Serialize;

/// The headers that a page shows, present or not.
const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
];

/// A mail that was read back.
#[derive(Debug, Serialize)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// Who gets it.
    pub to: String,
    /// The headers in the order of [`HEADERS`].
    pub headers: Vec<HeaderLine>,
    /// The HTML part, decoded; `None` where there is none.
    #[serde(skip)]
    pub html: Option<String>,
    /// The text part, decoded.
    pub text: Option<String>,
}

/// One header.
#[derive(Debug, Serialize)]
pub struct HeaderLine {
    /// Its name.
    pub name: &'static str,
    /// Its value, decoded; `None` where the mail lacks it.
    pub value: Option<String>,
}

impl Letter {
    /// Reads a whole message; `None` when it is none.
    pub fn read(eml: &[u8]) -> Option<Self> {
        let message = MessageParser::new().parse(eml)?;
        Some(Self {
            subject: message.subject().unwrap_or_default().to_owned(),
            to: mailboxes(message.to()).unwrap_or_default(),
            headers: HEADERS.iter().map(|name| line(&message, name)).collect(),
            html: message.html_bodies().find_map(html_of),
            text: message.text_bodies().find_map(text_of),
        })
    }
}

fn html_of(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Html(html) => Some(html.clone().into_owned()),
        _ => None,
    }
}

fn text_of(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn line(message: &Message<'_>, name: &'static str) -> HeaderLine {
    let value = match name {
        "From" => mailboxes(message.from()),
        "To" => mailboxes(message.to()),
        "Reply-To" => mailboxes(message.reply_to()),
        "Subject" => message.subject().map(str::to_owned),
        other => raw(message, other),
    };
    HeaderLine { name, value }
}

/// The value as it stands in the file, its folds undone (RFC 5322, section 2.2.3).
fn raw(message: &Message<'_>, name: &str) -> Option<String> {
    let value = message.header_raw(HeaderName::parse(name)?)?;
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn mailboxes(addresses: Option<&Address<'_>>) -> Option<String> {
    let shown = addresses?.iter().map(|mailbox| {
        let address = mailbox.address().unwrap_or_default();
        match mailbox.name() {
            Some(name) => format!("{name} <{address}>"),
            None => address.to_owned(),
        }
    });
    Some(shown.collect::<Vec<_>>().join(", "))
}
