//! The samples that every version of a mail is rendered with before it is published.

use super::data::{
    BoughtData, ContactData, CouponData, MAX_BOUGHT, MAX_PRODUCTS, MailData, OrderData, ProductData,
    ShopData, UrlData,
};
use super::published::VariantKey;

/// A sample and what it stands for.
pub(super) struct Sample {
    /// What is special about it, for a finding.
    pub name: String,
    /// The data.
    pub data: MailData,
    /// Whether its texts are hostile.
    pub hostile: bool,
}

/// What a stranger might put into a name or a title: markup, attribute ends, template tags, line breaks, long words.
const HOSTILE: &str =
    "\"'><script>alert(1)</script>{{ shop.name }}{% if %}\r\nBcc: x@example.com<img src=x onerror=1>&";

/// How much a sample shows.
#[derive(Clone, Copy)]
struct Shown {
    bought: usize,
    products: usize,
    struck: bool,
}

/// As much as a mail can show, so that the size that is checked is that of a full mail.
const FULL: Shown = Shown { bought: MAX_BOUGHT, products: MAX_PRODUCTS, struck: true };
/// From a full row to nothing; what a coupon or a name changes is seen with few products as with many.
const SHOWN: [Shown; 3] = [
    Shown { bought: MAX_BOUGHT, products: 2, struck: true },
    Shown { bought: 2, products: 1, struck: false },
    Shown { bought: 1, products: 0, struck: false },
];

/// Every shape the data can have: with and without coupon, name, products, struck prices and pictures of what was
/// bought. The first is full and harmless, the last has the same shape and hostile texts.
pub(super) fn samples(key: &VariantKey) -> Vec<Sample> {
    let mut samples = vec![sample(key, true, true, FULL)];
    for coupon in [true, false] {
        for name in [true, false] {
            for shown in SHOWN {
                samples.push(sample(key, coupon, name, shown));
            }
        }
    }
    samples.push(hostile(key));
    samples
}

fn sample(key: &VariantKey, coupon: bool, name: bool, shown: Shown) -> Sample {
    let with = |yes: bool| if yes { "with" } else { "without" };
    let mut data = plain(key, shown);
    if !coupon {
        data.coupon = None;
    }
    if !name {
        data.contact.first_name = String::new();
        strip_links(&mut data);
    }
    Sample {
        name: format!(
            "{} coupon, {} first name, {} bought, {} products, {} struck price",
            with(coupon),
            with(name),
            shown.bought,
            shown.products,
            with(shown.struck)
        ),
        data,
        hostile: false,
    }
}

fn strip_links(data: &mut MailData) {
    for item in &mut data.bought {
        item.image.clear();
        item.link.clear();
    }
}

fn plain(key: &VariantKey, shown: Shown) -> MailData {
    MailData {
        language: key.language,
        segment: key.segment.clone(),
        shop: shop(),
        contact: ContactData { first_name: "Maximiliane".to_owned() },
        order: OrderData { number: "LU-2026-10042".to_owned(), date: "24.12.2026".to_owned() },
        bought: (1..).take(shown.bought).map(bought).collect(),
        products: (0..shown.products).map(|at| product(at, shown.struck)).collect(),
        coupon: Some(coupon()),
        urls: UrlData {
            unsubscribe: "https://mail.example.com/u/unsubscribe-token?l=xx&k=1".to_owned(),
            view_shop: "https://shop.example.com/?utm_source=nachklang&utm_medium=email".to_owned(),
        },
    }
}

fn shop() -> ShopData {
    ShopData {
        name: "Lunaria & Co.".to_owned(),
        website: "https://shop.example.com/".to_owned(),
        privacy_url: "https://shop.example.com/privacy".to_owned(),
        imprint: vec![
            "Lunaria Example GmbH".to_owned(),
            "Mondgasse 7, 12345 Beispielstadt".to_owned(),
            "Amtsgericht Beispielstadt HRB 12345".to_owned(),
        ],
        postal: "Lunaria Example GmbH, Mondgasse 7, 12345 Beispielstadt".to_owned(),
        legal_notice: "You get this mail because you bought from us; you may object at any time.".to_owned(),
    }
}

fn bought(quantity: u32) -> BoughtData {
    BoughtData {
        title: format!("Karma Beads bracelet with {quantity} charms"),
        quantity,
        image: "https://cdn.example.com/images/bought.jpg?width=600&crop=center".to_owned(),
        link: "https://shop.example.com/products/bought?utm_source=nachklang&utm_medium=email".to_owned(),
    }
}

fn product(at: usize, struck: bool) -> ProductData {
    ProductData {
        title: format!("Suggested product with a rather long title, number {at}"),
        image: format!("https://cdn.example.com/images/product-{at}.jpg?width=600&crop=center"),
        link: format!(
            "https://shop.example.com/products/{at}?utm_source=nachklang&utm_medium=email&utm_campaign=sample"
        ),
        price: "1.234,56\u{a0}€".to_owned(),
        old_price: if struck { "2.345,67\u{a0}€".to_owned() } else { String::new() },
        saving_percent: if struck { 47 } else { 0 },
    }
}

fn coupon() -> CouponData {
    CouponData {
        code: "SAMPLE-CODE-0001".to_owned(),
        valid_until: "31.12.2026".to_owned(),
        benefit: "Free shipping".to_owned(),
        link: "https://shop.example.com/discount/SAMPLE-CODE-0001".to_owned(),
    }
}

/// The first sample with hostile texts in every field that a stranger can fill.
fn hostile(key: &VariantKey) -> Sample {
    let mut data = plain(key, FULL);
    data.contact.first_name = HOSTILE.to_owned();
    data.order.number = HOSTILE.to_owned();
    data.bought.iter_mut().for_each(|item| item.title = HOSTILE.to_owned());
    data.products.iter_mut().for_each(|item| item.title = HOSTILE.to_owned());
    Sample { name: "hostile name and titles".to_owned(), data, hostile: true }
}
