//! What a browser and the shops see of one machine: the outbox, the recipients' pages, the webhook endpoint.
//!
//! It answers loopback names only. The outbox shows addresses and codes; whoever sits at the machine may see them.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use nachklang_domain::webhook::guard::MAX_BODY;
use tokio::net::TcpListener;

use crate::site::Site;

mod contact;
pub(crate) mod doors;
mod fault;
mod gate;
mod letter;
mod library;
mod list;
mod local_copy;
mod mail;
mod media;
mod order;
mod page;
mod parked;
mod product;
mod staff;
mod unsubscribe;
mod webhook;

use doors::KeptDoors;
use fault::Fault;
use library::Library;

/// Largest body that a recipient's mail program posts; `List-Unsubscribe=One-Click` has 26 bytes, multipart a few more.
const MAX_CLICK: usize = 8 * 1024;

/// What every handler can reach.
#[derive(Debug, Clone)]
struct App {
    site: Arc<Site>,
    doors: Arc<KeptDoors>,
    library: Arc<Library>,
}

/// Everything that is served.
pub fn router(site: Arc<Site>) -> Router {
    let app = App { site, doors: Arc::default(), library: Arc::default() };
    pages()
        .merge(recipient_pages())
        .route(
            "/webhooks/{shop}/{wire}/{topic}",
            post(webhook::receive).layer(DefaultBodyLimit::max(MAX_BODY)),
        )
        .fallback(async || Fault::NotFound)
        .with_state(app)
        .layer(from_fn(gate::loopback_names_only))
}

fn pages() -> Router<App> {
    Router::new()
        .route("/", get(list::show))
        .route("/mails/{id}", get(mail::show))
        .route("/mails/{id}/html", get(mail::html))
        .route("/mails/{id}/eml", get(mail::eml))
        .route("/staff/{name}", get(staff::show))
        .route("/contacts/{shop}/{contact}", get(contact::show))
        .route("/orders/{shop}/{source}/{number}", get(order::show))
        .route("/parked", get(parked::show))
        .route("/style.css", get(page::style))
}

fn recipient_pages() -> Router<App> {
    let unsubscribe = get(unsubscribe::ask).post(unsubscribe::act);
    Router::new()
        .route("/u/{token}", unsubscribe.layer(DefaultBodyLimit::max(MAX_CLICK)))
        .route("/media/{file}", get(media::picture))
}

/// Serves until `shutdown` ends; requests that are under way are finished first.
///
/// # Errors
/// When the listener is not on loopback, or the machine gives it up.
pub async fn serve(
    site: Arc<Site>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has no address")?;
    ensure!(
        address.ip().is_loopback(),
        "the outbox shows addresses and codes: serve it on 127.0.0.1, not on {address}"
    );
    axum::serve(listener, router(site)).with_graceful_shutdown(shutdown).await.context("the server ended")
}

#[cfg(test)]
mod tests;
