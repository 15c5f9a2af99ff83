//! What a mail shows, in the form of its market and language.

use jiff::Timestamp;

use super::choice::Shown;
use super::{kept_lines, unmakeable};
use crate::enrolment::Claim;
use crate::flow::Flow;
use crate::language::Language;
use crate::mail::data::{
    BoughtData, ContactData, CouponData, MAX_BOUGHT, MailData, OrderData, ProductData, ShopData, UrlData,
};
use crate::mail::locale::Locale;
use crate::mail::url::{AllowedHosts, Link as ShopLink, Utm};
use crate::order::{Line, Order};
use crate::product::Product;
use crate::shop::Shop;
use crate::story::MailStory;
use crate::text::as_addressed;
use crate::use_case::UseCaseError;
use crate::use_case::docket::Docket;

/// Writes what a mail shows in the form of its market and language.
pub(super) struct Pen<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
    locale: Locale,
    hosts: AllowedHosts,
    utm: Utm,
}

impl<'a> Pen<'a> {
    pub(super) fn new(shop: &'a Shop, flow: &'a Flow, claim: &Claim) -> Result<Self, UseCaseError> {
        let utm = Utm::new("nachklang", "email", &MailStory::campaign(flow), claim.segment.as_str());
        Ok(Self {
            shop,
            flow,
            locale: Locale { language: claim.language, country: Some(shop.country) },
            hosts: shop.hosts().map_err(unmakeable)?,
            utm: utm.map_err(unmakeable)?,
        })
    }

    pub(super) fn data(
        &self,
        docket: &Docket<'_>,
        claim: &Claim,
        products: &Shown,
        unsubscribe: &str,
        now: Timestamp,
    ) -> MailData {
        MailData {
            language: claim.language,
            segment: claim.segment.clone(),
            shop: self.shop(claim.language),
            contact: ContactData {
                first_name: docket.contact.first_name.as_deref().map(as_addressed).unwrap_or_default(),
            },
            order: self.order(&docket.orders),
            bought: kept_lines(&docket.orders)
                .take(MAX_BOUGHT)
                .map(|(order, line)| self.bought(order, line, products.of_line(order, line)))
                .collect(),
            products: products.shown.iter().filter_map(|product| self.product(product, now)).collect(),
            coupon: self.coupon(claim),
            urls: UrlData {
                unsubscribe: unsubscribe.to_owned(),
                view_shop: self.tracked(self.shop.website.as_str()),
            },
        }
    }

    fn shop(&self, language: Language) -> ShopData {
        ShopData {
            name: self.shop.name.clone(),
            website: self.tracked(self.shop.website.as_str()),
            privacy_url: self.shop.privacy_url.to_string(),
            imprint: self.shop.imprint.clone(),
            postal: self.shop.postal.clone(),
            legal_notice: self.shop.legal_notice.get(&language).cloned().unwrap_or_default(),
        }
    }

    fn order(&self, orders: &[Order]) -> OrderData {
        let first = orders.iter().find(|order| order.dead().is_none()).or_else(|| orders.first());
        let placed = first.and_then(|order| order.snapshot.as_ref()).map(|snapshot| snapshot.placed_at);
        OrderData {
            number: first.map(|order| order.key.number.to_string()).unwrap_or_default(),
            date: placed.map(|at| self.locale.date(self.shop.local_date(at))).unwrap_or_default(),
        }
    }

    /// As the feed has it now; as it was when she bought where the feed has it no more.
    fn bought(&self, order: &Order, line: &Line, now: Option<&Product>) -> BoughtData {
        let (image, link) =
            now.map_or((None, None), |product| (product.image.as_deref(), product.link.as_deref()));
        let image = image.or(line.details.image.as_deref()).and_then(|image| self.link(image));
        BoughtData {
            title: line.title.clone(),
            quantity: order.kept(line),
            image: image.map(|image| image.to_string()).unwrap_or_default(),
            link: link.or(line.details.link.as_deref()).map(|link| self.tracked(link)).unwrap_or_default(),
        }
    }

    /// `None` for what no selection chooses: a product without price, picture or page.
    fn product(&self, product: &Product, now: Timestamp) -> Option<ProductData> {
        let price = product.price_at(now)?;
        let old = product.struck_price_at(now);
        Some(ProductData {
            title: product.title.clone(),
            image: self.link(product.image.as_deref()?)?.to_string(),
            link: self.link(product.link.as_deref()?)?.with_utm(&self.utm).to_string(),
            price: self.locale.money(price),
            old_price: old.map(|old| self.locale.money(old)).unwrap_or_default(),
            saving_percent: old.and_then(|old| price.saving_percent(old)).unwrap_or(0),
        })
    }

    fn coupon(&self, claim: &Claim) -> Option<CouponData> {
        let grant = claim.coupon.as_ref()?;
        let benefit = self.flow.coupon.as_ref().and_then(|rule| rule.benefit.get(&claim.language));
        Some(CouponData {
            code: grant.code.expose().to_owned(),
            valid_until: self.locale.date(grant.valid_until),
            benefit: benefit.cloned().unwrap_or_default(),
            link: self.tracked(self.shop.website.as_str()),
        })
    }

    /// The link with its campaign, or nothing when its host is not the shop's.
    fn tracked(&self, link: &str) -> String {
        self.link(link).map(|link| link.with_utm(&self.utm).to_string()).unwrap_or_default()
    }

    fn link(&self, link: &str) -> Option<ShopLink> {
        ShopLink::parse(link, &self.hosts).ok()
    }
}
