//! `POST /webhooks/{shop}/{wire}/{topic}`: what shops tell about orders.
//!
//! Neither the log nor an answer holds anything of a body.

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nachklang_domain::id::ShopId;
use nachklang_domain::use_case::import_upload::Taken;
use nachklang_domain::webhook::{
    Endpoint, Headers, Received, WebhookError, WebhookRequest, Wire, verify_and_parse,
};
use serde_json::json;

use super::App;
use crate::intake;
use crate::store::ParkedRequest;

/// What is posted: whose, in which wire format, about what.
type Place = (String, String, String);

/// What was posted.
struct Post {
    place: Place,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// Takes a webhook. Its body is read up to the cap and no further.
pub async fn receive(
    State(app): State<App>,
    Path(place): Path<Place>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejected) => return refused(rejected.status(), "the body is too large, or broke off"),
    };
    let post = Post { place, headers: pairs(&headers), body };
    take(&app, &post).await.unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "a webhook cannot be stored");
        refused(StatusCode::SERVICE_UNAVAILABLE, "not stored: send it again in a moment")
    })
}

async fn take(app: &App, post: &Post) -> anyhow::Result<Response> {
    // The signature's age is judged by the machine's own clock: senders sign with theirs.
    let read = verify(app, post, Timestamp::now());
    match read {
        Ok(received) => {
            let Taken { stored, known } = intake::take(&app.site, &received.events).await?;
            let (shop, wire) = (&post.place.0, &post.place.1);
            tracing::info!(shop, wire, stored, known, "webhook taken");
            Ok(answer(StatusCode::OK, &json!({ "stored": stored, "known": known })))
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status())?;
            if error.is_parked() {
                park(app, post, &error).await?;
            } else {
                tracing::warn!(status = status.as_u16(), "webhook refused");
            }
            Ok(refused(status, &error.answer()))
        }
    }
}

fn verify(app: &App, post: &Post, now: Timestamp) -> Result<Received, WebhookError> {
    let (shop, wire, topic) = &post.place;
    let endpoints = app.site.catalog().ok().map(|catalog| app.doors.of(&app.site, &catalog));
    let door = ShopId::parse(shop).ok().zip(Wire::from_path(wire));
    let endpoint: Option<&Endpoint> = door.and_then(|door| endpoints.as_ref()?.get(&door));
    let request =
        WebhookRequest { shop, wire, topic, headers: Headers::new(&post.headers), body: &post.body };
    verify_and_parse(&request, endpoint, now)
}

/// Keeps the whole request, so that it can be read again once the cause is mended.
async fn park(app: &App, post: &Post, error: &WebhookError) -> anyhow::Result<()> {
    let (shop, wire, topic) = &post.place;
    let shop = ShopId::parse(shop).context("only what is signed is parked")?;
    let request = ParkedRequest {
        headers: Some(json!({ "topic": topic, "headers": post.headers }).to_string()),
        body: post.body.to_vec(),
    };
    let now = app.site.now().await?;
    let reason = error.to_string();
    let id = app.site.store.park(&shop, wire, &request, &reason, now).await?;
    tracing::warn!(shop = shop.as_str(), wire, id, "webhook parked: see /parked");
    Ok(())
}

/// The headers that are text, without those that open doors elsewhere.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| *name != AUTHORIZATION && *name != COOKIE);
    kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}

fn refused(status: StatusCode, words: &str) -> Response {
    answer(status, &json!({ "error": words }))
}

fn answer(status: StatusCode, json: &serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}
