//! A product feed as XML: RSS 2.0 or Atom 1.0 with Google's namespace.
//!
//! Source: <https://support.google.com/merchants/answer/14987622>.

use super::offer::Offer;
use super::table::attributes;
use crate::sample::language::Lang;
use crate::sample::shop::Shop;

const GOOGLE: &str = "http://base.google.com/ns/1.0";
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
/// When the feed says that it was made.
const MADE: &str = "2026-11-02T04:00:00Z";

/// The feed as RSS 2.0.
#[must_use]
pub fn rss(shop: &Shop, lang: Lang, offers: &[Offer]) -> String {
    let home = home(shop, lang);
    let items: String = offers.iter().map(|offer| element("item", rss_name, offer)).collect();
    format!(
        "{HEAD}\n<rss version=\"2.0\" xmlns:g=\"{GOOGLE}\">\n<channel>\n<title>Lunaria {}</title>\n\
         <link>{home}</link>\n<description>Lunaria</description>\n{items}</channel>\n</rss>\n",
        shop.country
    )
}

/// The feed as Atom 1.0.
#[must_use]
pub fn atom(shop: &Shop, lang: Lang, offers: &[Offer]) -> String {
    let home = home(shop, lang);
    let entries: String = offers.iter().map(|offer| element("entry", google_name, offer)).collect();
    format!(
        "{HEAD}\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"{GOOGLE}\">\n<title>Lunaria {}</title>\n\
         <link rel=\"alternate\" href=\"{home}\"/>\n<id>{home}</id>\n<updated>{MADE}</updated>\n{entries}</feed>\n",
        shop.country
    )
}

fn home(shop: &Shop, lang: Lang) -> String {
    format!("https://{}.lunaria.example/{}/", shop.id, lang.code())
}

/// The RSS elements of the same meaning are used where RSS has them.
fn rss_name(attribute: &str) -> String {
    match attribute {
        "title" | "description" | "link" => attribute.to_owned(),
        _ => google_name(attribute),
    }
}

fn google_name(attribute: &str) -> String {
    format!("g:{attribute}")
}

/// One product; attributes without a value are left out.
fn element(name: &str, attribute_name: fn(&str) -> String, offer: &Offer) -> String {
    let attributes: String = attributes(offer)
        .filter(|(_, value)| !value.is_empty())
        .map(|(attribute, value)| {
            let tag = attribute_name(attribute);
            format!("<{tag}>{}</{tag}>\n", escaped(&value))
        })
        .collect();
    format!("<{name}>\n{attributes}</{name}>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
