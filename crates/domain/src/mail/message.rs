//! A mail that can be sent: rendered, addressed, with the headers that mailbox providers ask of bulk senders.

use jiff::Timestamp;

pub use super::header::{DisplayName, InvalidHeader, MessageId, UnsubscribeLink};

use super::eml;
use super::header::value;
use super::render::RenderedMail;
use crate::email::EmailAddress;
use crate::id::{ContactId, EnrolmentId, FlowId, MailId, SegmentId, ShopId, VariantId};

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The name that customers know.
    pub name: DisplayName,
    /// An address of a domain that may send for the shop.
    pub address: EmailAddress,
}

/// The names of the tags by which an event tells which mail it is about.
pub mod tag {
    /// The message.
    pub const MAIL: &str = "mail_id";
    /// The market.
    pub const SHOP: &str = "shop";
    /// The person.
    pub const CONTACT: &str = "contact";
    /// The enrolment.
    pub const ENROLMENT: &str = "enrolment";
    /// The flow.
    pub const FLOW: &str = "flow";
    /// The step of the flow.
    pub const STEP: &str = "step";
}

/// What identifies a mail in the provider's events, so that an event finds its mail without an index. Slugs, numbers
/// and hexadecimal digits: all fit an SES tag (`[A-Za-z0-9_-]`, at most 256 characters).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// The message.
    pub mail: MailId,
    /// The market.
    pub shop: ShopId,
    /// The person, as a keyed hash.
    pub contact: ContactId,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// The flow.
    pub flow: FlowId,
    /// The step of the flow, from 0.
    pub step: u32,
    /// The segment of the basket.
    pub segment: SegmentId,
    /// The way of an experiment, if the flow has one.
    pub variant: Option<VariantId>,
}

/// To whom, from whom, and how to object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who sends.
    pub from: From,
    /// Who gets it; without a name, for the name is a stranger's text.
    pub to: EmailAddress,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<EmailAddress>,
    /// Where one click ends the mails.
    pub unsubscribe: UnsubscribeLink,
    /// What identifies it.
    pub tags: Tags,
}

/// A mail that can be handed to a mailer. It can only be made of a rendered mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    envelope: Envelope,
    content: RenderedMail,
    list_id: String,
}

impl OutgoingMail {
    /// Addresses a rendered mail.
    ///
    /// # Errors
    /// [`InvalidHeader`] if a header would be longer than SES takes.
    pub fn new(content: RenderedMail, envelope: Envelope) -> Result<Self, InvalidHeader> {
        let list_id = value("List-Id", &list_id(&envelope))?;
        Ok(Self { envelope, content, list_id })
    }

    /// Sender, recipient and tags.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Subject, HTML and text.
    #[must_use]
    pub const fn content(&self) -> &RenderedMail {
        &self.content
    }

    /// `Name <address>` with the name encoded, for a mailer that takes the sender as one ASCII text (RFC 2047).
    #[must_use]
    pub fn from_header(&self) -> String {
        eml::mailbox(&self.envelope.from)
    }

    /// The headers beyond sender, recipient and subject; name and value are printable ASCII.
    ///
    /// `List-Unsubscribe` and `List-Unsubscribe-Post` belong together (RFC 8058); `List-Id` is RFC 2919. No
    /// `Auto-Submitted`: RFC 3834 means it for answers and service mails, not for mail to a list.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 3] {
        let unsubscribe = self.envelope.unsubscribe.as_str();
        [
            ("List-Unsubscribe", format!("<{unsubscribe}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ("List-Id", self.list_id.clone()),
        ]
    }

    /// The tags by which events find the mail again.
    #[must_use]
    pub fn tags(&self) -> Vec<(&'static str, String)> {
        let tags = &self.envelope.tags;
        let mut pairs = vec![
            (tag::MAIL, tags.mail.to_string()),
            (tag::SHOP, tags.shop.to_string()),
            (tag::CONTACT, tags.contact.to_string()),
            (tag::ENROLMENT, tags.enrolment.to_string()),
            (tag::FLOW, tags.flow.to_string()),
            (tag::STEP, tags.step.to_string()),
            ("segment", tags.segment.to_string()),
        ];
        pairs.extend(tags.variant.iter().map(|variant| ("variant", variant.to_string())));
        pairs
    }

    /// The id that this mail has wherever no mailer gives it another one; the same for the same mail.
    ///
    /// # Errors
    /// [`InvalidHeader::MessageId`] if the sender's domain is longer than an id may be.
    pub fn message_id(&self) -> Result<MessageId, InvalidHeader> {
        let domain = self.envelope.from.address.domain();
        MessageId::parse(&format!("{}@{domain}", self.envelope.tags.mail))
    }

    /// The whole message (RFC 5322, MIME multipart/alternative), the same bytes for the same arguments.
    #[must_use]
    pub fn to_eml(&self, message_id: &MessageId, date: Timestamp) -> Vec<u8> {
        eml::write(self, message_id, date)
    }
}

/// `after-sales.de.lunaria.example`, stable per flow and shop, so that a reader's filter finds it again. Gmail asks for
/// one that a person can read.
fn list_id(envelope: &Envelope) -> String {
    let (flow, shop) = (&envelope.tags.flow, &envelope.tags.shop);
    format!("<{flow}.{shop}.{}>", envelope.from.address.domain())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use mail_parser::{MessageParser, MimeHeaders};
    use proptest::prelude::*;

    use super::super::fixture;
    use super::super::published::AddressForm;
    use super::super::render::MailRenderer;
    use super::*;

    fn envelope(name: &str) -> Envelope {
        let order = crate::id::OrderKey {
            shop: ShopId::parse("de").unwrap(),
            source: crate::id::Source::parse("api").unwrap(),
            number: crate::id::OrderNumber::parse("LU-1").unwrap(),
        };
        let flow = FlowId::parse("after-sales").unwrap();
        let address = EmailAddress::parse("anna@example.com").unwrap();
        let contact = crate::id::ContactId::of(&address, &crate::secret::SecretBytes::new(b"key".to_vec()));
        let enrolment = crate::id::EnrolmentId::of(&flow, contact, &order);
        Envelope {
            from: From {
                name: DisplayName::parse(name).unwrap(),
                address: EmailAddress::parse("mond@mail.lunaria.example").unwrap(),
            },
            to: address,
            reply_to: Some(EmailAddress::parse("service@lunaria.example").unwrap()),
            unsubscribe: UnsubscribeLink::parse("https://mail.lunaria.example/u/token").unwrap(),
            tags: Tags {
                mail: MailId::of(&flow, "1", 1, enrolment),
                shop: order.shop,
                contact,
                enrolment,
                flow,
                step: 0,
                segment: SegmentId::parse("charm-club").unwrap(),
                variant: Some(VariantId::parse("day-2").unwrap()),
            },
        }
    }

    fn content(subject: &str) -> RenderedMail {
        RenderedMail {
            subject: crate::text::clean_line(subject, 150),
            preheader: String::new(),
            html: "<p>Grüße &amp; Küsse</p>".to_owned(),
            text: "Grüße & Küsse\n".to_owned(),
            cut: false,
        }
    }

    fn eml(content: RenderedMail, name: &str) -> Vec<u8> {
        let mail = OutgoingMail::new(content, envelope(name)).unwrap();
        let id = mail.message_id().unwrap();
        mail.to_eml(&id, "2026-12-24T07:30:00Z".parse().unwrap())
    }

    fn header_count(bytes: &[u8]) -> usize {
        MessageParser::new().parse(bytes).unwrap().headers().len()
    }

    #[test]
    fn no_line_of_a_body_ends_with_a_cr_alone() {
        let text = "Mond\rund\r\nSterne\0\n".to_owned();
        let bytes = eml(RenderedMail { html: text.clone(), text, ..content("Mond") }, "Lunaria");
        let message = String::from_utf8(bytes).unwrap();
        assert_eq!(message.matches("Mond\r\nund\r\nSterne\r\n").count(), 2, "{message}");
        assert!(message.split("\r\n").all(|line| !line.contains(['\r', '\n', '\0'])));
    }

    #[test]
    fn a_body_that_holds_the_boundary_parts_no_message() {
        let id = envelope("Lunaria").tags.mail;
        let text = format!("one\n--=_{id}\ntwo\n--=_{id}_1--\nthree");
        let html = format!("--=_{id}_2--");
        let bytes =
            eml(RenderedMail { html: html.clone(), text: text.clone(), ..content("Mond") }, "Lunaria");
        let message = MessageParser::new().parse(&bytes).unwrap();
        assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), text);
        assert_eq!(message.body_html(0).unwrap(), html);
    }

    #[test]
    fn a_whole_mail_reads_back_as_it_was_rendered() {
        let mail = fixture::publish_files(&fixture::files()).unwrap().mail;
        let key = fixture::key("de", "charm-club", AddressForm::Informal);
        let rendered = MailRenderer::new(&mail).unwrap().render(&key, &fixture::data(&key)).unwrap();
        let bytes = eml(rendered.clone(), "Lunaria Löwe");
        let message = MessageParser::new().parse(&bytes).unwrap();
        let unix = |text: &str| text.replace("\r\n", "\n");
        assert_eq!(message.subject(), Some(rendered.subject()));
        assert_eq!(unix(&message.body_html(0).unwrap()), rendered.html());
        assert_eq!(unix(&message.body_text(0).unwrap()), rendered.text());
        assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Lunaria Löwe"));
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("anna@example.com"));
        assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("service@lunaria.example"));
        assert!(message.is_content_type("multipart", "alternative"));
    }

    #[test]
    fn a_message_is_the_same_bytes_each_time() {
        let text = String::from_utf8(eml(content("Grüße vom Mond 🌙"), "Lunaria & Söhne")).unwrap();
        assert_eq!(text, String::from_utf8(eml(content("Grüße vom Mond 🌙"), "Lunaria & Söhne")).unwrap());
        assert_snapshot!(text.replace("\r\n", "\n"));
    }

    #[test]
    fn lines_are_short_and_ascii_whatever_is_rendered() {
        let mut long = content(&"Ä🌙 lang ".repeat(18));
        long.html = format!("<p>{}</p>\n.\nFrom here", "ä".repeat(3_000));
        long.text = format!("{}\n.\nFrom here\t \n", "x".repeat(3_000));
        let bytes = eml(long, &"Ü".repeat(64));
        assert!(bytes.is_ascii());
        for line in String::from_utf8(bytes).unwrap().split("\r\n") {
            assert!(line.len() <= 78 && !line.contains(['\r', '\n']), "{line}");
        }
    }

    #[test]
    fn bulk_mail_can_be_ended_with_one_click() {
        let mail = OutgoingMail::new(content("x"), envelope("Lunaria")).unwrap();
        assert_eq!(
            mail.headers(),
            [
                ("List-Unsubscribe", "<https://mail.lunaria.example/u/token>".to_owned()),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
                ("List-Id", "<after-sales.de.mail.lunaria.example>".to_owned()),
            ]
        );
        let bytes = String::from_utf8(eml(content("x"), "Lunaria")).unwrap();
        for (name, value) in mail.headers() {
            assert_eq!(bytes.matches(&format!("\r\n{name}: {value}\r\n")).count(), 1, "{name}");
        }
        assert!(!bytes.contains("Auto-Submitted"));
    }

    #[test]
    fn tags_hold_only_what_ses_takes() {
        let mail = OutgoingMail::new(content("x"), envelope("Lunaria")).unwrap();
        let tags = mail.tags();
        assert_eq!(
            tags.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["mail_id", "shop", "contact", "enrolment", "flow", "step", "segment", "variant"]
        );
        for (name, value) in tags {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
            assert!(name.bytes().chain(value.bytes()).all(fits) && value.len() <= 256, "{name}={value}");
        }
    }

    #[test]
    fn the_sender_is_one_ascii_text() {
        let header = |name| OutgoingMail::new(content("x"), envelope(name)).unwrap().from_header();
        assert_eq!(header("Lunaria"), "\"Lunaria\" <mond@mail.lunaria.example>");
        let encoded = header("Lunaria Löwe, Söhne; und (viele) weitere Verwandte der Familie Ö");
        assert!(encoded.is_ascii() && !encoded.contains(['\r', '\n']), "{encoded}");
    }

    #[test]
    fn debug_shows_neither_content_nor_links() {
        let mail = OutgoingMail::new(content("Geheim"), envelope("Lunaria")).unwrap();
        let shown = format!("{mail:?}");
        for hidden in ["Geheim", "Küsse", "anna@example.com", "token"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn no_subject_or_name_adds_a_header(
            subject in "(\\PC|\r|\n|\t|\u{0}|:|=\\?utf-8\\?Q\\?|Bcc: x@example\\.com){1,60}",
            name in "(\\PC|\r|\n|\t|\u{0}|\\\\|\\(|,|;|=\\?utf-8\\?B\\?|Bcc:){1,60}",
        ) {
            let Ok(name) = DisplayName::parse(&name) else { return Ok(()) };
            let bytes = eml(content(&subject), name.as_str());
            prop_assert_eq!(header_count(&bytes), header_count(&eml(content("x"), "Lunaria")));
            let message = MessageParser::new().parse(&bytes).unwrap();
            prop_assert_eq!(message.from().unwrap().iter().count(), 1);
            prop_assert_eq!(message.from().unwrap().first().unwrap().address(), Some("mond@mail.lunaria.example"));
            prop_assert!(message.bcc().is_none());
            for line in String::from_utf8(bytes).unwrap().split("\r\n") {
                prop_assert!(line.len() <= 78 && !line.contains(['\r', '\n']), "{}", line);
            }
        }
    }
}
