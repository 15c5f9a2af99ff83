//! Names and titles that strangers write.

use std::sync::LazyLock;

use mail_parser::MessageParser;
use nachklang_domain::mail::message::DisplayName;
use nachklang_domain::mail::render::{MailRenderer, RenderedMail};

use crate::content::{data, key, message};
use crate::mails::{Planted, payloads, planted, published};
use crate::measured::{measured, steers};
use crate::page::elements;

fn rendered(text: &str) -> RenderedMail {
    static RENDERER: LazyLock<MailRenderer> =
        LazyLock::new(|| MailRenderer::new(&published(&planted(&Planted::default())).unwrap()).unwrap());
    RENDERER.render(&key(), &data(text)).unwrap()
}

fn header_names(message: &[u8]) -> Vec<String> {
    let parsed = MessageParser::new().parse(message).unwrap();
    parsed.headers().iter().map(|header| header.name().to_owned()).collect()
}

#[test]
fn no_name_or_title_adds_an_element_an_attribute_or_a_link() {
    let plain = elements(rendered("Mira").html());
    assert!(plain.iter().any(|element| element.name == "img"));
    for text in payloads(include_str!("payloads/texts.jsonl")) {
        let (found, _) = measured(|| elements(rendered(&text).html()));
        assert_eq!(found, plain, "{text:.80}");
    }
}

#[test]
fn no_name_or_title_adds_a_header_or_a_recipient() {
    let plain = message(rendered("Mira"), "Lunaria").unwrap();
    for text in payloads(include_str!("payloads/texts.jsonl")) {
        let mail = rendered(&text);
        assert!(!mail.subject().contains(steers), "{text:.80}");
        let (bytes, _) = measured(|| message(mail, "Lunaria").unwrap());
        assert_eq!(header_names(&bytes), header_names(&plain), "{text:.80}");
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let addresses = |header: &mail_parser::Address<'_>| -> Vec<String> {
            header.iter().filter_map(|address| address.address()).map(str::to_owned).collect()
        };
        assert_eq!(addresses(parsed.to().unwrap()), ["anna@example.com"], "{text:.80}");
        assert_eq!(addresses(parsed.from().unwrap()), ["hello@mail.lunaria.example"], "{text:.80}");
        assert!(parsed.cc().is_none() && parsed.bcc().is_none(), "{text:.80}");
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.is_ascii() && line.len() <= 79, "{text:.80}");
        }
    }
}

#[test]
fn no_senders_name_adds_a_header_or_a_recipient() {
    let plain = message(rendered("Mira"), "Lunaria").unwrap();
    for text in payloads(include_str!("payloads/texts.jsonl")) {
        let Some(bytes) = message(rendered("Mira"), &text) else {
            assert!(DisplayName::parse(&text).is_err());
            continue;
        };
        assert_eq!(header_names(&bytes), header_names(&plain), "{text:.80}");
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let from: Vec<_> = parsed.from().unwrap().iter().collect();
        assert_eq!(from.len(), 1, "{text:.80}");
        assert_eq!(from[0].address(), Some("hello@mail.lunaria.example"), "{text:.80}");
        assert!(!from[0].name().unwrap_or_default().contains(steers), "{text:.80}");
    }
}
