//! Makes the mail of a claim: gathers what it shows, chooses its products, renders it, addresses it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{Timestamp, ToSpan};

use super::plan_due::Docket;
use super::{Desk, UseCaseError};
use crate::enrolment::Claim;
use crate::feed::selection::{Block, Bought, Candidates, Provenance, Selection, Wanted, select};
use crate::flow::{Flow, ProductSource};
use crate::id::{MailId, ProductId, SeriesId};
use crate::language::Language;
use crate::link::{Link, LinkKeys, Purpose};
use crate::mail::data::{
    BoughtData, ContactData, CouponData, MailData, OrderData, ProductData, ShopData, UrlData,
};
use crate::mail::locale::Locale;
use crate::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use crate::mail::published::{PublishedMail, VariantKey};
use crate::mail::render::MailRenderer;
use crate::mail::url::{AllowedHosts, Link as ShopLink, Utm};
use crate::order::{Line, Order};
use crate::ports::{Content, ListKey, MailTask, Products};
use crate::product::Product;
use crate::shop::Shop;
use crate::story::{MailStory, Told};

/// How long an unsubscribe link works: longer than anybody keeps a mail.
const LINK_DAYS: i64 = 3 * 365;
/// More bought lines are not shown.
const MAX_BOUGHT: usize = 6;
/// So many lists of recommendations are looked at, those of the first bought lines.
const MAX_SOURCES: usize = 4;

/// Everything that makes and takes mails.
#[derive(Debug)]
pub struct Postbox<'a, M> {
    /// The mail service, and the journal.
    pub mailer: &'a M,
    /// The keys of the links in mails.
    pub keys: &'a LinkKeys,
    /// The mails, parsed.
    pub shelf: &'a MailShelf,
}

impl<M> Clone for Postbox<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Postbox<'_, M> {}

/// Parsed mails by version; a version never changes, so it is parsed once.
#[derive(Debug, Default)]
pub struct MailShelf(Mutex<HashMap<String, Arc<MailRenderer>>>);

impl MailShelf {
    /// The renderer of a version.
    ///
    /// # Errors
    /// [`UseCaseError`] when the version is not stored or cannot be read.
    pub async fn renderer<W: Content>(
        &self,
        world: &W,
        version: &str,
    ) -> Result<Arc<MailRenderer>, UseCaseError> {
        if let Some(known) = self.lock().get(version) {
            return Ok(Arc::clone(known));
        }
        let stored = world
            .content(version)
            .await?
            .ok_or_else(|| UseCaseError::NoMail(version.to_owned()))?;
        let published: PublishedMail = serde_json::from_slice(&stored).map_err(unmakeable)?;
        let renderer = Arc::new(MailRenderer::new(&published).map_err(unmakeable)?);
        self.lock().insert(version.to_owned(), Arc::clone(&renderer));
        Ok(renderer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<MailRenderer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unmakeable(error: impl std::fmt::Display) -> UseCaseError {
    UseCaseError::Unmakeable(error.to_string())
}

/// A mail and why it looks so.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) mail: OutgoingMail,
    pub(crate) story: MailStory,
}

/// Makes the mail of a claim.
pub(crate) async fn compose<W: Products + Content, M>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    now: Timestamp,
) -> Result<Composed, UseCaseError> {
    let renderer = postbox.shelf.renderer(desk.world, &claim.version).await?;
    let (selection, shown) = choose_products(desk, docket, claim, now).await?;
    let pen = Pen::new(docket.shop, docket.flow, claim)?;
    let unsubscribe = unsubscribe_url(postbox.keys, &desk.catalog.brand.portal, docket, claim.mail, now);
    let data = pen.data(docket, claim, &shown, &unsubscribe, now);
    let key = VariantKey {
        language: claim.language,
        segment: claim.segment.clone(),
        form: claim.address,
    };
    let rendered = renderer.render(&key, &data).map_err(unmakeable)?;
    let envelope = envelope(docket, task, claim, &unsubscribe)?;
    let mail = OutgoingMail::new(rendered, envelope).map_err(unmakeable)?;
    Ok(Composed {
        mail,
        story: story(docket, task, claim, &selection, now),
    })
}

fn envelope(
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    unsubscribe: &str,
) -> Result<Envelope, UseCaseError> {
    let sender = &docket.shop.sender;
    let to = docket.contact.email.clone();
    Ok(Envelope {
        from: From {
            name: DisplayName::parse(&sender.name).map_err(unmakeable)?,
            address: sender.address.clone(),
        },
        to: to.ok_or_else(|| unmakeable("the contact has no address"))?,
        reply_to: sender.reply_to.clone(),
        unsubscribe: UnsubscribeLink::parse(unsubscribe).map_err(unmakeable)?,
        tags: Tags {
            mail: claim.mail,
            shop: docket.shop.id.clone(),
            flow: docket.flow.id.clone(),
            segment: claim.segment.clone(),
            variant: docket
                .contact
                .enrolment(task.enrolment)
                .and_then(|enrolment| enrolment.variant.clone()),
        },
    })
}

fn unsubscribe_url(
    keys: &LinkKeys,
    portal: &url::Url,
    docket: &Docket<'_>,
    mail: MailId,
    now: Timestamp,
) -> String {
    let expires = now
        .checked_add((LINK_DAYS * 24).hours())
        .unwrap_or(Timestamp::MAX);
    let (shop, contact) = (docket.shop.id.clone(), docket.contact.id);
    let link = Link {
        purpose: Purpose::Unsubscribe,
        shop,
        contact,
        mail: Some(mail),
        expires,
    };
    format!("{portal}u/{}", keys.sign(&link))
}

fn story(
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    selection: &Selection,
    now: Timestamp,
) -> MailStory {
    let enrolment = docket.contact.enrolment(task.enrolment);
    let told = |product: &ProductId, word: &str| Told {
        product: product.to_string(),
        word: word.to_owned(),
    };
    MailStory {
        mail: claim.mail,
        shop: docket.shop.id.clone(),
        contact: docket.contact.id,
        flow: docket.flow.id.clone(),
        orders: docket.orders.iter().map(|order| order.key.clone()).collect(),
        segment: claim.segment.clone(),
        variant: enrolment.and_then(|enrolment| enrolment.variant.clone()),
        name: claim.name.clone(),
        version: claim.version.clone(),
        language: claim.language,
        coupon: claim.coupon.clone(),
        chosen: selection
            .chosen
            .iter()
            .map(|(id, from)| told(id, provenance_words(*from)))
            .collect(),
        dropped: selection
            .dropped
            .iter()
            .map(|(id, why)| told(id, why.words()))
            .collect(),
        made_at: now,
    }
}

const fn provenance_words(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::RecommendedToCustomer => "recommended to this customer",
        Provenance::RecommendedForProduct => "recommended for what was bought",
        Provenance::SeriesTopseller => "topseller of the series",
        Provenance::CategoryTopseller => "topseller of the category",
        Provenance::ShopTopseller => "topseller of the shop",
    }
}

/// Chooses the products of a mail; answers them as the feed has them now, in the order in which they are shown.
async fn choose_products<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    claim: &Claim,
    now: Timestamp,
) -> Result<(Selection, Vec<Product>), UseCaseError> {
    let segment = docket
        .flow
        .segments
        .iter()
        .find(|segment| segment.id == claim.segment);
    let Some(segment) = segment else {
        return Err(UseCaseError::Unmakeable(format!("no segment {}", claim.segment)));
    };
    let lists = lists(desk, docket, &segment.products, claim.language).await?;
    let bought = bought(&docket.orders);
    let mut wanted_ids: Vec<ProductId> = lists.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
    wanted_ids.extend(bought.ids.iter().cloned());
    wanted_ids.sort();
    wanted_ids.dedup();
    let products = products(desk, docket.shop, claim.language, &wanted_ids).await?;
    let candidates: Vec<Candidates<'_>> = lists
        .iter()
        .map(|(provenance, ids)| Candidates {
            provenance: *provenance,
            ids,
        })
        .collect();
    let (ProductSource::Topsellers { count, at_least, .. }
    | ProductSource::Recommendations { count, at_least, .. }) = segment.products;
    let wanted = Wanted {
        lists: &candidates,
        bought: &bought,
        now,
        count,
        minimum: at_least,
    };
    let selection = select(&wanted, |id| products.get(id));
    let shown = match selection.block {
        Block::Shown => selection
            .chosen
            .iter()
            .filter_map(|(id, _)| products.get(id).cloned())
            .collect(),
        Block::DroppedTooFew => Vec::new(),
    };
    Ok((selection, shown))
}

/// The products in the mail's language; in the shop's default language where it has no feed of its own (never in
/// another shop, so never in another currency).
async fn products<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    language: Language,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Product>, UseCaseError> {
    let mut found = desk.world.products(&shop.id, language, ids).await?;
    let default = shop
        .languages
        .first()
        .copied()
        .filter(|default| found.is_empty() && *default != language);
    if let Some(default) = default {
        found = desk.world.products(&shop.id, default, ids).await?;
    }
    Ok(found
        .into_iter()
        .map(|product| (product.id.clone(), product))
        .collect())
}

type Lists = Vec<(Provenance, Vec<ProductId>)>;

/// The lists of a segment, most fitting first.
async fn lists<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    source: &ProductSource,
    language: Language,
) -> Result<Lists, UseCaseError> {
    let mut lists = Lists::new();
    for (provenance, key) in list_keys(docket, source, language) {
        lists.push((provenance, desk.world.list(&docket.shop.id, &key).await?));
    }
    Ok(lists)
}

fn list_keys(docket: &Docket<'_>, source: &ProductSource, language: Language) -> Vec<(Provenance, ListKey)> {
    let (orders, mut keys) = (&docket.orders, Vec::new());
    if matches!(source, ProductSource::Recommendations { .. }) {
        let customer = customer_number(orders).map(ListKey::Customer);
        keys.extend(customer.map(|key| (Provenance::RecommendedToCustomer, key)));
        let products = bought_ids(orders)
            .into_iter()
            .take(MAX_SOURCES)
            .map(ListKey::Product);
        keys.extend(products.map(|key| (Provenance::RecommendedForProduct, key)));
    }
    let (ProductSource::Topsellers { series, .. } | ProductSource::Recommendations { series, .. }) = source;
    let series = series
        .clone()
        .or_else(|| bought_series(orders))
        .map(ListKey::Series);
    keys.extend(series.map(|key| (Provenance::SeriesTopseller, key)));
    // A series mail shows its series only; anything else is filled up from the category and the whole shop.
    if !matches!(source, ProductSource::Topsellers { series: Some(_), .. }) {
        let category = bought_category(orders).map(ListKey::Category);
        keys.extend(category.map(|key| (Provenance::CategoryTopseller, key)));
        let shop = [
            ListKey::Country(docket.shop.country),
            ListKey::Language(language),
            ListKey::Shop,
        ];
        keys.extend(shop.map(|key| (Provenance::ShopTopseller, key)));
    }
    keys
}

fn customer_number(orders: &[Order]) -> Option<String> {
    let alive = orders.iter().filter(|order| order.dead().is_none());
    alive
        .filter_map(|order| order.snapshot.as_ref())
        .find_map(|snapshot| snapshot.customer_number.clone())
}

/// The category of the first bought product that has one, by the shop's own type before Google's.
fn bought_category(orders: &[Order]) -> Option<String> {
    kept_lines(orders).find_map(|(_, line)| {
        let own = Some(line.details.product_type.join(" > ")).filter(|path| !path.is_empty());
        own.or_else(|| line.details.category.clone())
    })
}

fn kept_lines(orders: &[Order]) -> impl Iterator<Item = (&Order, &Line)> {
    let alive = orders.iter().filter(|order| order.dead().is_none());
    alive.flat_map(|order| order.kept_lines().map(move |line| (order, line)))
}

fn bought_ids(orders: &[Order]) -> Vec<ProductId> {
    kept_lines(orders)
        .filter_map(|(_, line)| line.details.product.clone())
        .collect()
}

fn bought_series(orders: &[Order]) -> Option<SeriesId> {
    kept_lines(orders).find_map(|(_, line)| line.details.series.clone())
}

/// What is not to be recommended: what she bought, and all the more what she gave back.
fn bought(orders: &[Order]) -> Bought {
    let lines = || {
        orders
            .iter()
            .filter_map(|order| order.snapshot.as_ref())
            .flat_map(|snapshot| &snapshot.lines)
    };
    Bought {
        ids: lines().filter_map(|line| line.details.product.clone()).collect(),
        skus: lines().filter_map(|line| line.sku.clone()).collect(),
        groups: std::collections::BTreeSet::new(),
    }
}

/// Writes what a mail shows in the form of its market and language.
struct Pen<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
    locale: Locale,
    hosts: AllowedHosts,
    utm: Utm,
}

impl<'a> Pen<'a> {
    fn new(shop: &'a Shop, flow: &'a Flow, claim: &Claim) -> Result<Self, UseCaseError> {
        let hosts = shop
            .website
            .host_str()
            .into_iter()
            .chain(shop.link_hosts.iter().map(String::as_str));
        let utm = Utm::new(
            "nachklang",
            "email",
            &MailStory::campaign(flow),
            claim.segment.as_str(),
        );
        Ok(Self {
            shop,
            flow,
            locale: Locale {
                language: claim.language,
                country: Some(shop.country),
            },
            hosts: AllowedHosts::parse(hosts).map_err(unmakeable)?,
            utm: utm.map_err(unmakeable)?,
        })
    }

    fn data(
        &self,
        docket: &Docket<'_>,
        claim: &Claim,
        shown: &[Product],
        unsubscribe: &str,
        now: Timestamp,
    ) -> MailData {
        MailData {
            language: claim.language,
            segment: claim.segment.clone(),
            shop: self.shop(claim.language),
            contact: ContactData {
                first_name: docket.contact.first_name.clone().unwrap_or_default(),
            },
            order: self.order(&docket.orders),
            bought: kept_lines(&docket.orders)
                .take(MAX_BOUGHT)
                .map(|(order, line)| self.bought(order, line))
                .collect(),
            products: shown
                .iter()
                .filter_map(|product| self.product(product, now))
                .collect(),
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
        let first = orders
            .iter()
            .find(|order| order.dead().is_none())
            .or_else(|| orders.first());
        let placed = first
            .and_then(|order| order.snapshot.as_ref())
            .map(|snapshot| snapshot.placed_at);
        OrderData {
            number: first
                .map(|order| order.key.number.to_string())
                .unwrap_or_default(),
            date: placed
                .map(|at| self.locale.date(self.shop.local_date(at)))
                .unwrap_or_default(),
        }
    }

    fn bought(&self, order: &Order, line: &Line) -> BoughtData {
        BoughtData {
            title: line.title.clone(),
            quantity: order.kept(line),
            image: line
                .details
                .image
                .as_deref()
                .and_then(|image| self.link(image))
                .map(|image| image.to_string())
                .unwrap_or_default(),
            link: line
                .details
                .link
                .as_deref()
                .map(|link| self.tracked(link))
                .unwrap_or_default(),
        }
    }

    /// `None` drops the product: its picture or page is on a host that is not the shop's.
    fn product(&self, product: &Product, now: Timestamp) -> Option<ProductData> {
        let price = product.price_at(now)?;
        let old = product.struck_price_at(now);
        Some(ProductData {
            title: product.title.clone(),
            image: self.link(product.image.as_deref()?)?.to_string(),
            link: self
                .link(product.link.as_deref()?)?
                .with_utm(&self.utm)
                .to_string(),
            price: self.locale.money(price),
            old_price: old.map(|old| self.locale.money(old)).unwrap_or_default(),
            saving_percent: old.and_then(|old| price.saving_percent(old)).unwrap_or(0),
        })
    }

    fn coupon(&self, claim: &Claim) -> Option<CouponData> {
        let grant = claim.coupon.as_ref()?;
        let benefit = self
            .flow
            .coupon
            .as_ref()
            .and_then(|rule| rule.benefit.get(&claim.language));
        Some(CouponData {
            code: grant.code.expose().to_owned(),
            valid_until: self.locale.date(grant.valid_until),
            benefit: benefit.cloned().unwrap_or_default(),
            link: self.tracked(self.shop.website.as_str()),
        })
    }

    /// The link with its campaign, or nothing when its host is not the shop's.
    fn tracked(&self, link: &str) -> String {
        self.link(link)
            .map(|link| link.with_utm(&self.utm).to_string())
            .unwrap_or_default()
    }

    fn link(&self, link: &str) -> Option<ShopLink> {
        ShopLink::parse(link, &self.hosts).ok()
    }
}
