//! `/mails/{id}`: one mail as the recipient sees it, and why it looks so.

use std::path::PathBuf;

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::coupon::{Grant, Origin};
use nachklang_domain::id::MailId;
use nachklang_domain::mail::MAX_HTML_BYTES;
use nachklang_domain::story::MailStory;
use serde::Serialize;

use super::letter::Letter;
use super::page::{self, Moment, Reference};
use super::product::{self, ToldProduct};
use super::{App, Fault, local_copy};
use crate::site::Site;

#[derive(Debug, Serialize)]
struct MailPage {
    id: String,
    letter: Letter,
    html: Option<Size>,
    eml_bytes: usize,
    why: Option<Why>,
}

/// The size of the HTML part against what mail programs show without cutting it off.
#[derive(Debug, Serialize)]
struct Size {
    bytes: usize,
    budget: usize,
    percent: usize,
}

#[derive(Debug, Serialize)]
struct Why {
    at: Moment,
    shop: String,
    contact: Reference,
    orders: Vec<Reference>,
    flow: String,
    mail: String,
    version: String,
    segment: String,
    variant: Option<String>,
    language: String,
    coupon: Option<Coupon>,
    chosen: Vec<ToldProduct>,
    dropped: Vec<ToldProduct>,
}

#[derive(Debug, Serialize)]
struct Coupon {
    code: String,
    valid_until: String,
    /// `None` for the code that everybody has.
    pool: Option<String>,
    expires: Option<String>,
}

/// The page.
pub async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Html<String>, Fault> {
    let id = parse(&id)?;
    let eml = eml_of(&app.site, id).await?;
    let letter = Letter::read(&eml).context("a mail in the outbox cannot be read")?;
    let html = letter.html.as_ref().map(|html| size(html.len()));
    let why = why(&app.site, id).await?;
    let title = letter.subject.clone();
    let data = MailPage { id: id.to_string(), letter, html, eml_bytes: eml.len(), why };
    Ok(page::render(&title, page::MAIL, &data)?)
}

/// The HTML part, to be shown in a frame.
pub async fn html(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = parse(&id)?;
    let letter = Letter::read(&eml_of(&app.site, id).await?);
    let html = letter.and_then(|letter| letter.html).ok_or(Fault::NotFound)?;
    let catalog = app.site.catalog().ok();
    let story = app.site.outbox.story(id).ok().flatten();
    let shop = catalog.as_ref().zip(story).and_then(|(catalog, story)| catalog.shop(&story.shop));
    let policy = [(CONTENT_SECURITY_POLICY, local_copy::policy(shop))];
    Ok((policy, Html(local_copy::of(&html, catalog.as_deref()))).into_response())
}

/// The whole mail, byte for byte as it is kept.
pub async fn eml(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = parse(&id)?;
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.eml\"")),
    ];
    Ok((headers, eml_of(&app.site, id).await?).into_response())
}

fn parse(id: &str) -> Result<MailId, Fault> {
    MailId::parse(id).map_err(|_| Fault::NotFound)
}

async fn eml_of(site: &Site, id: MailId) -> Result<Vec<u8>, Fault> {
    read(site.outbox.eml(id)).await?.ok_or(Fault::NotFound)
}

async fn read(file: PathBuf) -> anyhow::Result<Option<Vec<u8>>> {
    let read = tokio::task::spawn_blocking(move || std::fs::read(file)).await?;
    match read {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("a mail in the outbox cannot be read"),
    }
}

const fn size(bytes: usize) -> Size {
    Size { bytes, budget: MAX_HTML_BYTES, percent: bytes * 100 / MAX_HTML_BYTES }
}

/// A mail whose story is lost is shown without it.
async fn why(site: &Site, id: MailId) -> Result<Option<Why>, Fault> {
    let Some(story) = site.outbox.story(id).ok().flatten() else {
        return Ok(None);
    };
    let [chosen, dropped] = product::told(site, &story).await?;
    let catalog = site.catalog().ok();
    Ok(Some(Why { chosen, dropped, ..told(&story, catalog.as_deref()) }))
}

fn told(story: &MailStory, catalog: Option<&Catalog>) -> Why {
    Why {
        at: page::moment(story.made_at, &story.shop, catalog),
        shop: story.shop.to_string(),
        contact: page::contact_reference(&story.shop, story.contact),
        orders: story.orders.iter().map(page::order_reference).collect(),
        flow: story.flow.to_string(),
        mail: story.name.to_string(),
        version: story.version.clone(),
        segment: story.segment.to_string(),
        variant: story.variant.as_ref().map(ToString::to_string),
        language: story.language.to_string(),
        coupon: story.coupon.as_ref().map(coupon),
        chosen: Vec::new(),
        dropped: Vec::new(),
    }
}

fn coupon(grant: &Grant) -> Coupon {
    let (pool, expires) = match &grant.origin {
        Origin::Stock { pool, expires } => (Some(pool.to_string()), *expires),
        Origin::Generic => (None, None),
    };
    Coupon {
        code: grant.code.expose().to_owned(),
        valid_until: grant.valid_until.to_string(),
        pool,
        expires: expires.map(|day| day.to_string()),
    }
}
