//! Pages: templates filled with what is to be shown, every value escaped.

use anyhow::Context as _;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::{ContactId, MailId, OrderKey, ShopId};
use serde::Serialize;

/// A template.
pub type Template = &'static str;

pub const CONTACT: Template = include_str!("pages/contact.html");
pub const FAULT: Template = include_str!("pages/fault.html");
pub const LIST: Template = include_str!("pages/list.html");
pub const MAIL: Template = include_str!("pages/mail.html");
pub const ORDER: Template = include_str!("pages/order.html");
pub const PARKED: Template = include_str!("pages/parked.html");
pub const STAFF: Template = include_str!("pages/staff.html");
const FRAME: Template = include_str!("pages/frame.html");
const STYLE: &str = include_str!("pages/style.css");

#[derive(Serialize)]
struct Frame<'a> {
    title: &'a str,
    body: &'a str,
}

/// A page of the outbox, within the frame that all of them have.
///
/// # Errors
/// When the template names something that `data` does not have.
pub fn render(title: &str, template: Template, data: &impl Serialize) -> anyhow::Result<Html<String>> {
    let body = fill(template, data)?;
    fill(FRAME, &Frame { title, body: &body }).map(Html)
}

fn fill(template: Template, data: &impl Serialize) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.render_str(template, Serde(data)).context("a page's template does not fit")
}

/// The stylesheet.
pub async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// A moment, for people and for programs.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    iso: String,
    text: String,
}

impl Moment {
    /// As people read it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A moment as the clocks in a shop show it; UTC where the shop is gone.
pub fn moment(at: Timestamp, shop: &ShopId, catalog: Option<&Catalog>) -> Moment {
    let shop = catalog.and_then(|catalog| catalog.shop(shop));
    let local = at.to_zoned(shop.map_or(TimeZone::UTC, |shop| shop.zone().clone()));
    Moment { iso: at.to_string(), text: local.strftime("%Y-%m-%d %H:%M %Z").to_string() }
}

/// A name with the page that tells more about it.
#[derive(Debug, Clone, Serialize)]
pub struct Reference {
    pub name: String,
    pub href: String,
}

/// An order and its page.
pub fn order_reference(key: &OrderKey) -> Reference {
    Reference {
        name: key.to_string(),
        href: format!("/orders/{}/{}/{}", key.shop, key.source, segment(key.number.as_str())),
    }
}

/// A mail and its page.
pub fn mail_reference(id: MailId) -> Reference {
    Reference { name: id.to_string(), href: format!("/mails/{id}") }
}

/// A person and her page.
pub fn contact_reference(shop: &ShopId, id: ContactId) -> Reference {
    Reference { name: id.to_string(), href: format!("/contacts/{shop}/{id}") }
}

/// A text as one segment of a path (RFC 3986, section 2.1): everything but the unreserved is encoded.
pub fn segment(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_escaped_and_a_missing_one_is_an_error() {
        let data = serde_json::json!({ "title": "<script>\"'" });
        let html = fill("<p title=\"{{ title }}\">{{ title }}</p>", &data).unwrap();
        assert!(!html.contains("<script>") && !html.contains("\"'"), "{html}");
        assert!(fill("{{ absent }}", &data).is_err());
    }

    #[test]
    fn a_number_with_a_slash_stays_one_segment() {
        assert_eq!(segment("A/1 #2%é"), "A%2F1%20%232%25%C3%A9");
    }
}
