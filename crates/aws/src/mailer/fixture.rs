//! One mail of the jewellery brand "Lunaria", for the mailer's tests.

use nachklang_domain::coupon::{CouponCode, Grant, Origin};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{
    ContactId, EnrolmentId, FlowId, MailId, MailName, OrderKey, OrderNumber, PoolId, SegmentId, ShopId,
    Source,
};
use nachklang_domain::language::Language;
use nachklang_domain::mail::data::{ContactData, MailData, OrderData, ShopData, UrlData};
use nachklang_domain::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use nachklang_domain::mail::published::{AddressForm, PublishedMail, PublishedVariant, VariantKey};
use nachklang_domain::mail::render::{MailRenderer, RenderedMail};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::story::{MailStory, Told};

pub(super) const SUBJECT: &str = "Grüße vom Mond 🌙";
pub(super) const HTML: &str = "<p>Grüße &amp; Küsse</p>";
pub(super) const TEXT: &str = "Grüße & Küsse";

fn order() -> OrderKey {
    OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("api").unwrap(),
        number: OrderNumber::parse("LU-1").unwrap(),
    }
}

fn key() -> VariantKey {
    VariantKey {
        language: Language::parse("de").unwrap(),
        segment: SegmentId::parse("charm-club").unwrap(),
        form: AddressForm::Informal,
    }
}

pub(super) fn mail() -> OutgoingMail {
    OutgoingMail::new(rendered(), envelope()).unwrap()
}

fn rendered() -> RenderedMail {
    let variant = PublishedVariant {
        key: key(),
        subject: SUBJECT.to_owned(),
        preheader: String::new(),
        html: HTML.to_owned(),
        text: TEXT.to_owned(),
    };
    let mail = PublishedMail { name: MailName::parse("charms").unwrap(), variants: vec![variant] };
    MailRenderer::new(&mail).unwrap().render(&key(), &data()).unwrap()
}

fn data() -> MailData {
    let text = str::to_owned;
    MailData {
        language: key().language,
        segment: key().segment,
        shop: ShopData {
            name: text("Lunaria"),
            website: text("https://de.lunaria.example/"),
            privacy_url: text("https://de.lunaria.example/datenschutz"),
            imprint: vec![text("Lunaria Schmuck GmbH")],
            postal: text("Silberweg 12, 80331 München"),
            legal_notice: text("Du kannst jederzeit widersprechen."),
        },
        contact: ContactData { first_name: text("Anna") },
        order: OrderData { number: text("LU-1"), date: text("1. März 2026") },
        bought: Vec::new(),
        products: Vec::new(),
        coupon: None,
        urls: UrlData {
            unsubscribe: text("https://mail.lunaria.example/u/token"),
            view_shop: text("https://x.example"),
        },
    }
}

fn envelope() -> Envelope {
    let to = EmailAddress::parse("anna@example.com").unwrap();
    let contact = ContactId::of(&to, &SecretBytes::new(b"key".to_vec()));
    let flow = FlowId::parse("after-sales").unwrap();
    let enrolment = EnrolmentId::of(&flow, contact, &order());
    Envelope {
        from: From {
            name: DisplayName::parse("Lunaria Löwe").unwrap(),
            address: EmailAddress::parse("post@de.lunaria.example").unwrap(),
        },
        to,
        reply_to: Some(EmailAddress::parse("service@lunaria.example").unwrap()),
        unsubscribe: UnsubscribeLink::parse("https://mail.lunaria.example/u/token").unwrap(),
        tags: Tags {
            mail: MailId::of(&flow, "2026", 0, enrolment),
            shop: order().shop,
            contact,
            enrolment,
            flow,
            step: 0,
            segment: key().segment,
            variant: None,
        },
    }
}

pub(super) fn story() -> MailStory {
    let tags = envelope().tags;
    let told = |product: &str, word: &str| Told { product: product.to_owned(), word: word.to_owned() };
    MailStory {
        mail: tags.mail,
        shop: tags.shop,
        contact: tags.contact,
        flow: tags.flow,
        orders: vec![order()],
        segment: tags.segment,
        variant: tags.variant,
        name: MailName::parse("charms").unwrap(),
        version: "5feceb66".to_owned(),
        language: key().language,
        coupon: Some(Grant {
            code: CouponCode::parse("DANKE-7Q4X").unwrap(),
            valid_until: "2026-03-27".parse().unwrap(),
            origin: Origin::Stock { pool: PoolId::parse("thanks-eur").unwrap(), expires: None },
        }),
        chosen: vec![told("CC-011", "topseller of the series"), told("CC-012", "topseller of the shop")],
        dropped: vec![told("CC-013", "out of stock")],
        made_at: "2026-03-13T06:30:00Z".parse().unwrap(),
    }
}
