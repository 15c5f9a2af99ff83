//! Names, subjects, links and bodies on their way into a message, which is read back by another library.

use mail_parser::{Address, HeaderValue, Message, MessageParser};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::MailName;
use nachklang_domain::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use nachklang_domain::mail::published::{PublishedMail, PublishedVariant};
use nachklang_domain::mail::render::{MailRenderer, RenderedMail};

use crate::Outcome;
use crate::fixed::{contact, enrolment, flow_id, mail_id, now, segment, shop_id, sure, variant};
use crate::input::Parts;
use crate::mail_render::full_data;

/// Longest line (RFC 5322, section 2.1.1).
const MAX_LINE: usize = 998;
/// Longest value of a header in the SES API.
const MAX_VALUE: usize = 870;

/// Parts: the sender's name, the subject, the recipient, where answers go, the unsubscribe link, the HTML, the text.
/// Whatever they hold, the message has the same headers and says what was put in.
pub fn check(data: &[u8]) -> Outcome {
    let mut parts = Parts::new(data);
    let (name, subject) = (parts.text(), parts.text());
    let Some(envelope) = envelope(&name, &parts.text(), &parts.text(), &parts.text()) else {
        return Outcome::Refused;
    };
    let Some(content) = content(&subject, &parts.text(), &parts.text()) else {
        return Outcome::Refused;
    };
    let mail = sure(OutgoingMail::new(content, envelope));
    check_values(&mail);
    let id = sure(mail.message_id());
    let bytes = mail.to_eml(&id, now());
    assert_eq!(bytes, mail.to_eml(&id, now()));
    check_lines(&bytes);
    check_message(&bytes, &mail);
    Outcome::Taken
}

fn envelope(name: &str, to: &str, reply_to: &str, unsubscribe: &str) -> Option<Envelope> {
    let address = sure(EmailAddress::parse("mond@mail.lunaria.example"));
    Some(Envelope {
        from: From { name: DisplayName::parse(name).ok()?, address: address.clone() },
        to: EmailAddress::parse(to).unwrap_or(address),
        reply_to: EmailAddress::parse(reply_to).ok(),
        unsubscribe: UnsubscribeLink::parse(unsubscribe)
            .unwrap_or_else(|_| sure(UnsubscribeLink::parse("https://mail.lunaria.example/u/token"))),
        tags: Tags {
            mail: mail_id(),
            shop: shop_id(),
            contact: contact(),
            enrolment: enrolment(),
            flow: flow_id(),
            step: 0,
            segment: segment(),
            variant: None,
        },
    })
}

/// A mail whose subject and bodies are strangers' texts alone.
fn content(subject: &str, html: &str, text: &str) -> Option<RenderedMail> {
    let template = |name: &str| format!("{{{{ {name} }}}}");
    let mail = PublishedMail {
        name: sure(MailName::parse("plain")),
        variants: vec![PublishedVariant {
            key: variant(),
            subject: template("contact.first_name"),
            preheader: String::new(),
            html: template("order.number"),
            text: template("order.date"),
        }],
    };
    let mut data = full_data();
    data.contact.first_name = subject.to_owned();
    data.order.number = html.to_owned();
    data.order.date = text.to_owned();
    sure(MailRenderer::new(&mail)).render(&variant(), &data).ok()
}

/// What a mailer hands on by itself is printable ASCII in one line.
fn check_values(mail: &OutgoingMail) {
    let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    assert!(printable(&mail.from_header()), "{}", mail.from_header());
    for (name, value) in mail.headers() {
        assert!(printable(&value) && (1..=MAX_VALUE).contains(&value.len()), "{name}: {value}");
    }
    for (name, value) in mail.tags() {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        assert!(value.bytes().all(plain) && value.len() <= 256, "{name}={value}");
    }
}

/// Lines end with CRLF alone, are ASCII and not too long.
fn check_lines(bytes: &[u8]) {
    let text = sure(std::str::from_utf8(bytes));
    assert!(text.is_ascii(), "not ASCII");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n', '\0'])), "a line end alone");
    assert!(lines.iter().all(|line| line.len() <= MAX_LINE), "a line is too long");
}

fn check_message(bytes: &[u8], mail: &OutgoingMail) {
    let Some(message) = MessageParser::new().parse(bytes) else {
        unreachable!("no message: {}", String::from_utf8_lossy(bytes));
    };
    let envelope = mail.envelope();
    // Message-ID, Date, From, To, Subject, three of the list, MIME-Version, Content-Type.
    let expected = 10 + usize::from(envelope.reply_to.is_some());
    assert_eq!(message.headers().len(), expected, "{}", String::from_utf8_lossy(bytes));
    let from = message.from().and_then(Address::first);
    assert_eq!(from.and_then(|from| from.address()), Some(envelope.from.address.expose()));
    assert_eq!(from.and_then(|from| from.name()), Some(envelope.from.name.as_str()));
    assert_eq!(addresses(message.to()), [envelope.to.expose()]);
    let reply_to: Vec<&str> = envelope.reply_to.iter().map(EmailAddress::expose).collect();
    assert_eq!(addresses(message.reply_to()), reply_to);
    assert_eq!(message.subject(), Some(mail.content().subject()));
    check_list(&message, mail);
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    assert_eq!(lines(message.body_html(0)), lines(Some(mail.content().html().into())));
    assert_eq!(lines(message.body_text(0)), lines(Some(mail.content().text().into())));
}

fn addresses<'a>(address: Option<&'a Address<'a>>) -> Vec<&'a str> {
    address.into_iter().flat_map(Address::iter).filter_map(|address| address.address()).collect()
}

fn check_list(message: &Message<'_>, mail: &OutgoingMail) {
    let found = message.header_raw("List-Unsubscribe").map(str::trim).map(str::to_owned);
    assert_eq!(found, Some(format!("<{}>", mail.envelope().unsubscribe.as_str())));
    assert!(!matches!(message.header("List-Unsubscribe-Post"), None | Some(HeaderValue::Empty)));
}

/// Transport may change how lines end, and nothing else.
fn lines(body: Option<std::borrow::Cow<'_, str>>) -> Option<Vec<String>> {
    let body = body?.replace("\r\n", "\n").replace('\r', "\n");
    Some(body.trim_end_matches('\n').split('\n').map(str::to_owned).collect())
}
