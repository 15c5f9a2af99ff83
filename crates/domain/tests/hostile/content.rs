//! A mail's data with one hostile text wherever a stranger can write, and the message made of it.

use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, MailId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::mail::data::{
    BoughtData, ContactData, CouponData, MailData, OrderData, ProductData, ShopData, UrlData,
};
use nachklang_domain::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use nachklang_domain::mail::render::RenderedMail;
use nachklang_domain::secret::SecretBytes;

use crate::mails::key;

/// The data of a mail to somebody of this name who bought something of this title.
pub(crate) fn data(text: &str) -> MailData {
    let key = key();
    MailData {
        language: key.language,
        segment: key.segment,
        shop: shop(),
        contact: ContactData { first_name: text.to_owned() },
        order: OrderData { number: text.to_owned(), date: "10 November 2026".to_owned() },
        bought: vec![bought(text), bought("Charm Moon")],
        products: vec![product(text), product("Karma Bead")],
        coupon: Some(coupon()),
        urls: UrlData {
            unsubscribe: "https://mail.lunaria.example/u/token?l=en&k=1".to_owned(),
            view_shop: "https://lunaria.example/".to_owned(),
        },
    }
}

fn shop() -> ShopData {
    ShopData {
        name: "Lunaria".to_owned(),
        website: "https://lunaria.example/".to_owned(),
        privacy_url: "https://lunaria.example/privacy".to_owned(),
        imprint: vec!["Lunaria Example GmbH".to_owned()],
        postal: "Mondgasse 7, 12345 Beispielstadt".to_owned(),
        legal_notice: "You bought from us; you may object at any time.".to_owned(),
    }
}

fn bought(title: &str) -> BoughtData {
    BoughtData {
        title: title.to_owned(),
        quantity: 1,
        image: "https://cdn.lunaria.example/bought.jpg".to_owned(),
        link: "https://lunaria.example/bought".to_owned(),
    }
}

fn product(title: &str) -> ProductData {
    ProductData {
        title: title.to_owned(),
        image: "https://cdn.lunaria.example/product.jpg?w=600&h=600".to_owned(),
        link: "https://lunaria.example/product?utm_source=nachklang&utm_medium=email".to_owned(),
        price: "£12.34".to_owned(),
        old_price: String::new(),
        saving_percent: 0,
    }
}

fn coupon() -> CouponData {
    CouponData {
        code: "THANKS-1".to_owned(),
        valid_until: "24 November 2026".to_owned(),
        benefit: "Free shipping".to_owned(),
        link: "https://lunaria.example/".to_owned(),
    }
}

/// The message as it is sent; `None` when the name can be no sender's.
pub(crate) fn message(rendered: RenderedMail, sender: &str) -> Option<Vec<u8>> {
    let mail = OutgoingMail::new(rendered, envelope(sender)?).unwrap();
    let id = mail.message_id().unwrap();
    Some(mail.to_eml(&id, "2026-11-22T07:30:00Z".parse().unwrap()))
}

fn envelope(sender: &str) -> Option<Envelope> {
    let (shop, flow) = (ShopId::parse("uk").unwrap(), FlowId::parse("after-sales").unwrap());
    let order = OrderKey {
        shop: shop.clone(),
        source: Source::parse("api").unwrap(),
        number: OrderNumber::parse("LU-1").unwrap(),
    };
    let to = EmailAddress::parse("anna@example.com").unwrap();
    let contact = ContactId::of(&to, &SecretBytes::new(b"key".to_vec()));
    let enrolment = EnrolmentId::of(&flow, contact, &order);
    Some(Envelope {
        from: From {
            name: DisplayName::parse(sender).ok()?,
            address: EmailAddress::parse("hello@mail.lunaria.example").unwrap(),
        },
        to,
        reply_to: None,
        unsubscribe: UnsubscribeLink::parse("https://mail.lunaria.example/u/token").unwrap(),
        tags: Tags {
            mail: MailId::of(&flow, "1", 1, enrolment),
            shop,
            contact,
            enrolment,
            flow,
            step: 0,
            segment: key().segment,
            variant: None,
        },
    })
}
