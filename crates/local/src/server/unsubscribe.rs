//! `/u/{token}`: the way out, for people and for mail programs.
//!
//! A GET shows a page with a button and changes nothing, because scanners follow every link of a mail. A POST acts,
//! however often it comes, without cookies and without a redirect.
//!
//! Source: RFC 8058, sections 3.1 and 3.2.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::language::Language;
use nachklang_domain::link::{Link, Purpose};
use nachklang_domain::ports::Contacts;
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::suppress::{Reach, suppress};
use serde::Serialize;

use super::page;
use super::{App, Fault};

mod words;

use words::Words;

/// What the recipient sees.
#[derive(Debug, Serialize)]
struct Leaf {
    lang: &'static str,
    title: String,
    text: &'static str,
    /// The button; `None` when there is nothing left to press.
    button: Option<&'static str>,
}

/// Asks whether the mails shall end. Nothing changes.
pub async fn ask(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let now = app.site.now().await?;
    let Some(link) = open(&app, &token, now) else {
        return no_such_link(&headers);
    };
    let (words, name) = addressed(&app, &link).await?;
    let leaf = Leaf {
        lang: words.lang,
        title: words.ask_title.replace("{shop}", &name),
        text: words.ask_text,
        button: Some(words.button),
    };
    shown(StatusCode::OK, &leaf)
}

/// Ends the mails.
///
/// The body is read and not looked at: an objection needs no form. RFC 8058 sends `List-Unsubscribe=One-Click` as a
/// form or multipart, the page's button the same.
pub async fn act(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    _body: Bytes,
) -> Result<Response, Fault> {
    let now = app.site.now().await?;
    let Some(link) = open(&app, &token, now) else {
        return no_such_link(&headers);
    };
    end_mails(&app, &link, now).await?;
    tracing::info!(shop = link.shop.as_str(), "a contact unsubscribed");
    let (words, _) = addressed(&app, &link).await?;
    let leaf =
        Leaf { lang: words.lang, title: words.done_title.to_owned(), text: words.done_text, button: None };
    shown(StatusCode::OK, &leaf)
}

fn open(app: &App, token: &str, now: Timestamp) -> Option<Link> {
    let opened = app.site.link_keys().open(token, Purpose::Unsubscribe, now);
    opened.inspect_err(|refused| tracing::info!(%refused, "an unsubscribe link was refused")).ok()
}

async fn end_mails(app: &App, link: &Link, now: Timestamp) -> anyhow::Result<()> {
    let catalog = app.site.catalog()?;
    let desk = app.site.desk(&catalog);
    let reach = Reach::Shop(link.shop.clone());
    Ok(suppress(desk, link.contact, &reach, SuppressionReason::Unsubscribed, now).await?)
}

/// The words in the recipient's language, and the name of the shop that she knows.
async fn addressed(app: &App, link: &Link) -> Result<(&'static Words, String), Fault> {
    let catalog = app.site.catalog()?;
    let contact = app.site.store.load_contact(&link.shop, link.contact).await?;
    let shop = catalog.shop(&link.shop);
    let language = contact.and_then(|(contact, _)| shop?.language_for(contact.language, contact.country));
    let name = shop.map_or(&catalog.brand.name, |shop: &Shop| &shop.name);
    Ok((Words::of(language), name.clone()))
}

/// The same for every link that opens nothing, whatever is wrong with it.
fn no_such_link(headers: &HeaderMap) -> Result<Response, Fault> {
    let words = Words::of(preferred(headers));
    let leaf =
        Leaf { lang: words.lang, title: words.bad_title.to_owned(), text: words.bad_text, button: None };
    shown(StatusCode::NOT_FOUND, &leaf)
}

/// The first language that the browser asks for (RFC 9110, section 12.5.4).
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let wanted = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let first = wanted.split([',', ';', '-']).next()?;
    Language::parse(first.trim()).ok()
}

fn shown(status: StatusCode, leaf: &Leaf) -> Result<Response, Fault> {
    let html: Html<String> = page::render_alone(page::UNSUBSCRIBE, leaf)?;
    Ok((status, html).into_response())
}
