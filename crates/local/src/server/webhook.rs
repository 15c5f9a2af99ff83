//! `POST /webhooks/{shop}/{wire}/{topic}`: what shops tell about orders.
//!
//! Neither the log nor an answer holds anything of a body.

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nachklang_domain::id::ShopId;
use nachklang_domain::use_case::Taken;
use nachklang_domain::use_case::park::names_somebody_erased;
use nachklang_domain::webhook::{Answer, Headers, Received, WebhookError, WebhookRequest, verify_and_parse};
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
        Err(rejected) => return response(Answer::unread(rejected.status().as_u16())),
    };
    let post = Post { place, headers: pairs(&headers), body };
    let answer = take(&app, &post).await.unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "a webhook cannot be stored");
        Answer::again()
    });
    response(answer)
}

async fn take(app: &App, post: &Post) -> anyhow::Result<Answer> {
    // The signature's age is judged by the machine's own clock: senders sign with theirs.
    let read = verify(app, post, Timestamp::now());
    match read {
        Ok(received) => {
            let Taken { stored, known, .. } = intake::take(&app.site, &received.events).await?;
            let (shop, wire) = (&post.place.0, &post.place.1);
            tracing::info!(shop, wire, stored, known, "webhook taken");
            Ok(Answer::taken(stored, known))
        }
        Err(error) => {
            if error.is_parked() {
                park(app, post, &error).await?;
            } else {
                tracing::warn!(status = error.status(), "webhook refused");
            }
            Ok(Answer::refused(&error))
        }
    }
}

fn verify(app: &App, post: &Post, now: Timestamp) -> Result<Received, WebhookError> {
    let doors = app.site.catalog().ok().map(|catalog| app.doors.of(&app.site, &catalog));
    let (shop, wire, _) = &post.place;
    let endpoint = doors.as_ref().and_then(|doors| doors.endpoint(shop, wire));
    verify_and_parse(&request(post), endpoint, now)
}

fn request(post: &Post) -> WebhookRequest<'_> {
    let (shop, wire, topic) = &post.place;
    WebhookRequest { shop, wire, topic, headers: Headers::new(&post.headers), body: &post.body }
}

/// Keeps the whole request, so that it can be read again once the cause is mended, unless it names somebody whose data
/// was erased.
async fn park(app: &App, post: &Post, error: &WebhookError) -> anyhow::Result<()> {
    let (shop, wire, topic) = &post.place;
    let shop = ShopId::parse(shop).context("only what is signed is parked")?;
    let catalog = app.site.catalog()?;
    if names_somebody_erased(app.site.desk(&catalog), &shop, &post.body).await? {
        tracing::warn!(
            shop = shop.as_str(),
            wire,
            "webhook not kept: it names somebody whose data was erased"
        );
        return Ok(());
    }
    let headers: Vec<_> = request(post).headers.kept().collect();
    let kept = ParkedRequest {
        headers: Some(json!({ "topic": topic, "headers": headers }).to_string()),
        body: post.body.to_vec(),
    };
    let now = app.site.now().await?;
    let reason = error.to_string();
    let id = app.site.store.park(&shop, wire, &kept, &reason, now).await?;
    tracing::warn!(shop = shop.as_str(), wire, id, "webhook parked: see /parked");
    Ok(())
}

/// The headers that are text.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}

fn response(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/json")], answer.body).into_response()
}
