//! One mail, ready to be rendered: the starter mail `topsellers` with six products and a coupon.

#![expect(clippy::expect_used, reason = "a fixture that is broken leaves nothing to measure")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{
    ContactId, EnrolmentId, FlowId, MailId, MailName, OrderKey, OrderNumber, SegmentId, ShopId, Source,
};
use nachklang_domain::language::Language;
use nachklang_domain::mail::data::{
    BoughtData, ContactData, CouponData, MailData, OrderData, ProductData, ShopData, UrlData,
};
use nachklang_domain::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use nachklang_domain::mail::publish::{Demand, publish};
use nachklang_domain::mail::published::{AddressForm, PublishedMail, VariantKey};
use nachklang_domain::mail::render::MailRenderer;
use nachklang_domain::mail::source::MailSource;
use nachklang_domain::secret::SecretBytes;

const LANGUAGES: [&str; 5] = ["de", "en", "es", "fr", "it"];

/// Publishes the starter mail.
#[must_use]
pub fn published(files: &BTreeMap<String, Vec<u8>>, demand: &Demand) -> PublishedMail {
    let name = MailName::parse("topsellers").expect("a name");
    let source = MailSource::parse(&name, files).expect("the starter mail can be read");
    publish(&source, demand).expect("the starter mail is good").mail
}

/// The files of the starter mail.
#[must_use]
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let languages = LANGUAGES.map(|language| format!("{language}.toml"));
    let names = ["mail.mjml".to_owned(), "mail.txt".to_owned()].into_iter().chain(languages);
    names.map(|name| (name.clone(), template(&format!("mails/topsellers/{name}")))).collect()
}

/// What is asked of it: five languages, two segments, two forms of address.
#[must_use]
pub fn demand() -> Demand {
    let language = |tag| Language::parse(tag).expect("a language");
    Demand {
        segments: ["charm-club", "karma-beads"].map(segment).to_vec(),
        languages: LANGUAGES.map(language).into(),
        forms: BTreeSet::from([AddressForm::Informal, AddressForm::Formal]),
    }
}

fn segment(name: &str) -> SegmentId {
    SegmentId::parse(name).expect("a segment")
}

/// One version of the mail, parsed, with the data of one reader.
#[derive(Debug)]
pub struct Ready {
    /// The parsed mail.
    pub renderer: MailRenderer,
    /// The version.
    pub key: VariantKey,
    /// The reader's data.
    pub data: MailData,
}

impl Ready {
    /// The German mail in its formal address.
    #[must_use]
    pub fn new() -> Self {
        let renderer = MailRenderer::new(&published(&files(), &demand())).expect("it was published");
        let key = key();
        let data = data(&key);
        let html = renderer.render(&key, &data).expect("it renders").html().len();
        assert!((20_000..90_000).contains(&html), "a full mail has some 40 KB, this one {html} bytes");
        Self { renderer, key, data }
    }

    /// The mail with its address and headers, as the mail service gets it.
    #[must_use]
    pub fn outgoing(&self, envelope: Envelope) -> OutgoingMail {
        let content = self.renderer.render(&self.key, &self.data).expect("it renders");
        OutgoingMail::new(content, envelope).expect("the headers are short")
    }

    /// The mail as one MIME message.
    #[must_use]
    pub fn message(&self, envelope: Envelope) -> Vec<u8> {
        let date: Timestamp = "2026-11-22T07:30:00Z".parse().expect("a date");
        let mail = self.outgoing(envelope);
        let id = mail.message_id().expect("the domain is short");
        mail.to_eml(&id, date)
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self::new()
    }
}

/// The version that is measured.
#[must_use]
pub fn key() -> VariantKey {
    VariantKey {
        language: Language::parse("de").expect("a language"),
        segment: segment("charm-club"),
        form: AddressForm::Formal,
    }
}

/// The reader's data.
#[must_use]
pub fn data(key: &VariantKey) -> MailData {
    MailData {
        language: key.language,
        segment: key.segment.clone(),
        shop: shop(),
        contact: ContactData { first_name: "Mira".to_owned() },
        order: OrderData { number: "LU-2026-10042".to_owned(), date: "10. November 2026".to_owned() },
        bought: vec![bought("Charm Stern, 925er Silber", 1), bought("Ohrstecker „Mond & Sterne“", 2)],
        products: (1..=6).map(product).collect(),
        coupon: Some(coupon()),
        urls: UrlData {
            unsubscribe: "https://mail.lunaria.example/u/3f9a1c07b2d84e6fa0c5d1e2f3a4b5c6?l=de&k=1"
                .to_owned(),
            view_shop: "https://www.lunaria.example/de/?utm_source=nachklang&utm_medium=email".to_owned(),
        },
    }
}

fn shop() -> ShopData {
    let imprint = [
        "Lunaria Schmuck GmbH, Silberweg 12, 80331 München",
        "Geschäftsführung: Clara Beispiel",
        "Registergericht: Amtsgericht München, HRB 000000",
        "USt-IdNr.: DE000000000",
        "hallo@lunaria.example, +49 89 0000000",
    ];
    ShopData {
        name: "Lunaria".to_owned(),
        website: "https://www.lunaria.example/de/".to_owned(),
        privacy_url: "https://www.lunaria.example/de/datenschutz".to_owned(),
        imprint: imprint.map(str::to_owned).to_vec(),
        postal: "Lunaria Schmuck GmbH, Silberweg 12, 80331 München".to_owned(),
        legal_notice:
            "Sie bekommen diese Mail, weil Sie bei uns gekauft haben und wir Ihnen ähnliche Stücke zeigen \
                       möchten. Sie können dem jederzeit widersprechen."
                .to_owned(),
    }
}

fn bought(title: &str, quantity: u32) -> BoughtData {
    BoughtData {
        title: title.to_owned(),
        quantity,
        image: "https://media.lunaria.example/CC-001.png".to_owned(),
        link: "https://www.lunaria.example/de/p/charm-stern?utm_source=nachklang&utm_medium=email".to_owned(),
    }
}

fn product(number: u32) -> ProductData {
    ProductData {
        title: format!("Charm Nr. {number}, 925er Silber & Zirkonia"),
        image: format!("https://media.lunaria.example/CC-{number:03}.png"),
        link: format!(
            "https://www.lunaria.example/de/p/charm-{number}?utm_source=nachklang&utm_medium=email"
        ),
        price: "34,90\u{a0}€".to_owned(),
        old_price: "42,90\u{a0}€".to_owned(),
        saving_percent: 18,
    }
}

fn coupon() -> CouponData {
    CouponData {
        code: "MOND-7K3Q-XV2P".to_owned(),
        valid_until: "6. Dezember 2026".to_owned(),
        benefit: "Versandkostenfrei bestellen".to_owned(),
        link: "https://www.lunaria.example/discount/MOND-7K3Q-XV2P".to_owned(),
    }
}

/// To whom it goes, from whom, and its tags.
#[must_use]
pub fn envelope() -> Envelope {
    let order = OrderKey {
        shop: ShopId::parse("de").expect("a shop"),
        source: Source::parse("api").expect("a source"),
        number: OrderNumber::parse("LU-2026-10042").expect("a number"),
    };
    let flow = FlowId::parse("after-sales").expect("a flow");
    let to = EmailAddress::parse("mira@example.com").expect("an address");
    let contact = ContactId::of(&to, &SecretBytes::new(b"key".to_vec()));
    let enrolment = EnrolmentId::of(&flow, contact, &order);
    Envelope {
        from: From {
            name: DisplayName::parse("Lunaria").expect("a name"),
            address: EmailAddress::parse("post@lunaria.example").expect("an address"),
        },
        to,
        reply_to: EmailAddress::parse("hallo@lunaria.example").ok(),
        unsubscribe: UnsubscribeLink::parse("https://mail.lunaria.example/u/3f9a1c07b2d84e6f")
            .expect("a link"),
        tags: Tags {
            mail: MailId::of(&flow, "2026", 0, enrolment),
            shop: order.shop,
            contact,
            enrolment,
            flow,
            step: 0,
            segment: segment("charm-club"),
            variant: None,
        },
    }
}

/// A file of the starter content.
fn template(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates").join(path);
    std::fs::read(path).expect("the starter content is part of the repository")
}
