//! `/u/{token}`: the way out, for people and for mail programs, without cookies and without a redirect.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use nachklang_domain::portal::Page;
use nachklang_domain::use_case::unsubscribe::{self, Visit, Visitor};

use super::App;

/// Asks whether the mails shall end. Nothing changes.
pub async fn ask(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let visitor = visitor(&token, &headers);
    answer(visitor, asked(&app, visitor).await)
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
) -> Response {
    let visitor = visitor(&token, &headers);
    answer(visitor, ended(&app, visitor).await)
}

async fn asked(app: &App, visitor: Visitor<'_>) -> anyhow::Result<(Visit, Page)> {
    let (site, catalog) = (&app.site, app.site.catalog()?);
    Ok(unsubscribe::ask(&site.store, &catalog, site.link_keys(), visitor, site.now().await?).await?)
}

async fn ended(app: &App, visitor: Visitor<'_>) -> anyhow::Result<(Visit, Page)> {
    let (site, catalog) = (&app.site, app.site.catalog()?);
    Ok(unsubscribe::unsubscribe(&site.store, &catalog, site.link_keys(), visitor, site.now().await?).await?)
}

fn visitor<'a>(token: &'a str, headers: &'a HeaderMap) -> Visitor<'a> {
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Visitor { token, languages: languages.unwrap_or_default() }
}

fn answer(visitor: Visitor<'_>, visit: anyhow::Result<(Visit, Page)>) -> Response {
    let (visit, page) = match visit {
        Ok(visited) => visited,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "an unsubscribe page cannot be shown");
            return shown(&Page::later(visitor.language()));
        }
    };
    match visit {
        Visit::Asked => {}
        Visit::Ended(shop) => tracing::info!(shop = shop.as_str(), "a contact unsubscribed"),
        Visit::Refused(refused) => tracing::info!(%refused, "an unsubscribe link was refused"),
    }
    shown(&page)
}

fn shown(page: &Page) -> Response {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, page.headers().map(|(name, value)| (name, value.to_owned())), page.html.clone()).into_response()
}
