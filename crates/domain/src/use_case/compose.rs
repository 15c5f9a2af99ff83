//! Makes the mail of a claim: gathers what it shows, chooses its products, renders it, addresses it.

use jiff::{Timestamp, ToSpan};

use super::docket::Docket;
use super::{Desk, UseCaseError};
use crate::enrolment::Claim;
use crate::feed::selection::{Provenance, Selection};
use crate::id::{MailId, ProductId};
use crate::link::{Link, LinkKeys, Purpose};
use crate::mail::message::{DisplayName, Envelope, From, OutgoingMail, Tags, UnsubscribeLink};
use crate::mail::published::VariantKey;
use crate::order::{Line, Order};
use crate::ports::{Content, MailTask, Products};
use crate::story::{MailStory, Told};

mod choice;
mod pen;
mod shelf;

use choice::choose_products;
use pen::Pen;
pub use shelf::MailShelf;

/// How long an unsubscribe link works: longer than anybody keeps a mail.
const LINK_DAYS: i64 = 3 * 365;

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
    let (selection, products) = choose_products(desk, docket, claim, now).await?;
    let pen = Pen::new(docket.shop, &docket.flow, claim)?;
    let unsubscribe = unsubscribe_url(postbox.keys, &desk.catalog.brand.portal, docket, claim.mail, now);
    let data = pen.data(docket, claim, &products, &unsubscribe, now);
    let key = VariantKey { language: claim.language, segment: claim.segment.clone(), form: claim.address };
    let rendered = renderer.render(&key, &data).map_err(unmakeable)?;
    let envelope = envelope(docket, task, claim, &unsubscribe)?;
    let mail = OutgoingMail::new(rendered, envelope).map_err(unmakeable)?;
    Ok(Composed { mail, story: story(docket, task, claim, &selection, now) })
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
            contact: task.contact,
            enrolment: task.enrolment,
            flow: docket.flow.id.clone(),
            step: task.step,
            segment: claim.segment.clone(),
            variant: docket.contact.enrolment(task.enrolment).and_then(|enrolment| enrolment.variant.clone()),
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
    let expires = now.checked_add((LINK_DAYS * 24).hours()).unwrap_or(Timestamp::MAX);
    let (shop, contact) = (docket.shop.id.clone(), docket.contact.id);
    let link = Link { purpose: Purpose::Unsubscribe, shop, contact, mail: Some(mail), expires };
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
    let told = |product: &ProductId, word: &str| Told { product: product.to_string(), word: word.to_owned() };
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
        chosen: selection.chosen.iter().map(|(id, from)| told(id, provenance_words(*from))).collect(),
        dropped: selection.dropped.iter().map(|(id, why)| told(id, why.words())).collect(),
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

fn kept_lines(orders: &[Order]) -> impl Iterator<Item = (&Order, &Line)> {
    let alive = orders.iter().filter(|order| order.dead().is_none());
    alive.flat_map(|order| order.kept_lines().map(move |line| (order, line)))
}
