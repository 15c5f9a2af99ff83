//! Ends the mails of a shop for whoever holds the link of one of them.
//!
//! To look changes nothing, because scanners follow every link of a mail. To ask for the end is an objection, however
//! often it comes and without any form.
//!
//! Source: RFC 8058, sections 3.1 and 3.2.

use jiff::Timestamp;

use super::UseCaseError;
use super::suppress::suppress_in;
use crate::catalog::Catalog;
use crate::consent::SuppressionReason;
use crate::id::ShopId;
use crate::language::Language;
use crate::link::{Link, LinkKeys, LinkRefused, Purpose};
use crate::portal::{Page, preferred};
use crate::ports::Contacts;

/// Somebody at the page behind an unsubscribe link.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The token of the link.
    pub token: &'a str,
    /// The languages that the browser asks for, as the header `Accept-Language` has them.
    pub languages: &'a str,
}

impl Visitor<'_> {
    /// The language of pages that know nothing but the browser.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        preferred(self.languages)
    }
}

/// What a visit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// She was asked; nothing changed.
    Asked,
    /// Her mails of this shop have ended.
    Ended(ShopId),
    /// The link opens nothing.
    Refused(LinkRefused),
}

/// Shows the page that asks.
///
/// # Errors
/// [`UseCaseError`] when the contact cannot be looked up.
pub async fn ask<W: Contacts>(
    world: &W,
    catalog: &Catalog,
    keys: &LinkKeys,
    visitor: Visitor<'_>,
    now: Timestamp,
) -> Result<(Visit, Page), UseCaseError> {
    let link = match keys.open(visitor.token, Purpose::Unsubscribe, now) {
        Ok(link) => link,
        Err(refused) => return Ok(no_such_link(visitor, refused)),
    };
    let language = language(world, catalog, &link).await?;
    let name = catalog.shop(&link.shop).map_or(&catalog.brand.name, |shop| &shop.name);
    Ok((Visit::Asked, Page::ask(language, name)))
}

/// Ends the mails.
///
/// # Errors
/// [`UseCaseError`]; it must be asked for again.
pub async fn unsubscribe<W: Contacts>(
    world: &W,
    catalog: &Catalog,
    keys: &LinkKeys,
    visitor: Visitor<'_>,
    now: Timestamp,
) -> Result<(Visit, Page), UseCaseError> {
    let link = match keys.open(visitor.token, Purpose::Unsubscribe, now) {
        Ok(link) => link,
        Err(refused) => return Ok(no_such_link(visitor, refused)),
    };
    suppress_in(world, &link.shop, link.contact, SuppressionReason::Unsubscribed, now).await?;
    let language = language(world, catalog, &link).await?;
    Ok((Visit::Ended(link.shop), Page::ended(language)))
}

fn no_such_link(visitor: Visitor<'_>, refused: LinkRefused) -> (Visit, Page) {
    (Visit::Refused(refused), Page::no_such_link(visitor.language()))
}

/// The language of her mails.
async fn language<W: Contacts>(
    world: &W,
    catalog: &Catalog,
    link: &Link,
) -> Result<Option<Language>, UseCaseError> {
    let contact = world.load_contact(&link.shop, link.contact).await?;
    let shop = catalog.shop(&link.shop);
    Ok(contact.and_then(|(contact, _)| shop?.language_for(contact.language, contact.country)))
}
