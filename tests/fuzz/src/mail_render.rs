//! A published mail filled with what strangers wrote: names, titles, order numbers, codes, links.

use std::sync::OnceLock;

use nachklang_domain::id::MailName;
use nachklang_domain::mail::data::{
    BoughtData, ContactData, CouponData, MailData, OrderData, ProductData, ShopData, UrlData,
};
use nachklang_domain::mail::render::{MAX_SUBJECT, MailRenderer, RenderError, RenderedMail};
use nachklang_domain::mail::url::{AllowedHosts, Link};
use nachklang_domain::text::is_unsafe;

use crate::Outcome;
use crate::fixed::{language, segment, sure, variant};
use crate::input::Parts;
use crate::mail_template::{good_files, published};

/// Where links lead that the bytes do not give.
const PAGE: &str = "https://lunaria.example/p?a=1&b=2";
/// Longest text that is put in: titles and names are cut long before.
const MAX_TEXT: usize = 300;

/// Strangers' texts change the words of a mail and never its structure: as many elements and attributes as with
/// harmless texts, one line of subject, no link that leads elsewhere.
pub fn check(data: &[u8]) -> Outcome {
    let (hostile, harmless) = (fill(data, str::to_owned), fill(data, |_| "x".to_owned()));
    let (renderer, key) = (renderer(), variant());
    let plain = sure(renderer.render(&key, &harmless));
    match renderer.render(&key, &hostile) {
        Ok(mail) => {
            check_mail(&mail, &plain, &hostile);
            Outcome::Taken
        }
        Err(RenderError::EmptySubject(_)) => Outcome::Refused,
        Err(error) => unreachable!("harmless texts are rendered, these are not: {error}"),
    }
}

fn renderer() -> &'static MailRenderer {
    static RENDERER: OnceLock<MailRenderer> = OnceLock::new();
    RENDERER.get_or_init(|| {
        let mail = sure(published(&good_files())).mail;
        assert_eq!(mail.name, sure(MailName::parse("topsellers")));
        sure(MailRenderer::new(&mail))
    })
}

fn check_mail(mail: &RenderedMail, plain: &RenderedMail, data: &MailData) {
    assert_eq!(signs(mail.html()), signs(plain.html()), "a text changes the structure");
    let html = mail.html().to_ascii_lowercase();
    assert!(!html.contains("<script") && !html.contains("href=\"javascript:"));
    let subject = mail.subject();
    assert!(subject.chars().count() <= MAX_SUBJECT && !subject.contains(is_unsafe) && !subject.is_empty());
    assert!(!mail.preheader().contains(is_unsafe));
    assert!(mail.text().contains(&data.urls.unsubscribe));
    let words: usize = data.products.iter().map(|product| product.title.len()).sum::<usize>() + 8 * MAX_TEXT;
    assert!(mail.html().len() <= plain.html().len() + 40 * words, "{} bytes", mail.html().len());
}

fn signs(html: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|sign| html.matches(sign).count())
}

/// The data of a full mail.
pub(crate) fn full_data() -> MailData {
    fill(b"Anna\0LU-1\0CODE-1\0Versandkostenfrei\0\0\0\0Mond\0Stern\0", str::to_owned)
}

/// Mail data with strangers' texts where strangers' texts go; `word` may make them harmless, but never empty.
fn fill(data: &[u8], word: fn(&str) -> String) -> MailData {
    let mut parts = Parts::new(data);
    let mut next = || {
        let text: String = parts.text().chars().take(MAX_TEXT).collect();
        if text.is_empty() { text } else { word(&text) }
    };
    MailData {
        language: language(),
        segment: segment(),
        contact: ContactData { first_name: next() },
        order: OrderData { number: next(), date: "2. November 2026".to_owned() },
        coupon: coupon(next(), next()),
        urls: UrlData {
            unsubscribe: "https://mail.lunaria.example/u/token".to_owned(),
            view_shop: link(&next()),
        },
        bought: vec![bought(next(), link(&next()), link(&next()))],
        products: (0..4).map(|_| product(next(), link(&next()), next())).collect(),
        shop: shop(),
    }
}

/// A stranger's link stands in a mail only if it leads to the shop's own hosts.
fn link(text: &str) -> String {
    let hosts = sure(AllowedHosts::parse(["lunaria.example"]));
    Link::parse(text, &hosts).map_or_else(|_| PAGE.to_owned(), |link| link.to_string())
}

fn coupon(code: String, benefit: String) -> Option<CouponData> {
    let valid_until = "31. Dezember 2026".to_owned();
    (!code.is_empty()).then(|| CouponData { code, benefit, valid_until, link: PAGE.to_owned() })
}

fn bought(title: String, image: String, link: String) -> BoughtData {
    let title = if title.is_empty() { "Ring".to_owned() } else { title };
    BoughtData { title, quantity: 2, image, link }
}

fn product(title: String, link: String, price: String) -> ProductData {
    let image = "https://cdn.lunaria.example/p.jpg".to_owned();
    ProductData { title, image, link, old_price: price.clone(), price, saving_percent: 20 }
}

fn shop() -> ShopData {
    ShopData {
        name: "Lunaria".to_owned(),
        website: "https://lunaria.example/".to_owned(),
        privacy_url: "https://lunaria.example/privacy".to_owned(),
        imprint: vec!["Lunaria Schmuck GmbH".to_owned(), "Silberweg 12, 80331 München".to_owned()],
        postal: "Silberweg 12, 80331 München".to_owned(),
        legal_notice: "Du kannst jederzeit widersprechen.".to_owned(),
    }
}
