//! Takes what shops tell about orders: `POST /webhooks/{shop}/{wire}/{topic}`.
//!
//! The size is looked at first, then the signature, then the content. What is signed and cannot be taken is kept in the
//! bucket below `parked/`. Neither the log nor an answer holds anything of a body or of headers.

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{chain, http, now};
use nachklang_aws::site::Site;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::use_case::park::names_somebody_erased;
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_domain::use_case::{Desk, Taken, UseCaseError};
use nachklang_domain::webhook::guard::MAX_BODY;
use nachklang_domain::webhook::{
    Answer, Doors, Headers, ParkedWebhook, Received, WebhookError, WebhookRequest, verify_and_parse,
};

/// Below this folder of the bucket stands what could not be taken.
const PARKED: &str = "parked/webhooks";
/// The answer to a signature that is refused.
const UNSIGNED: u16 = 401;

/// Takes a webhook.
///
/// # Errors
/// Never: the sender always gets an answer.
pub async fn handle(
    site: &Site,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let metrics = site.metrics();
    let answer = take(site, &event.payload, &metrics).await.unwrap_or_else(|error| {
        tracing::error!(error = chain(&error), "a webhook cannot be stored");
        Answer::again()
    });
    metrics.flush();
    Ok(http::response(answer.status, [("content-type", "application/json")], answer.body))
}

async fn take(
    site: &Site,
    request: &ApiGatewayV2httpRequest,
    metrics: &Metrics,
) -> Result<Answer, UseCaseError> {
    let body = match http::body(request, MAX_BODY) {
        Ok(body) => body,
        Err(unread) => {
            refused(unread.status(), metrics);
            return Ok(Answer::unread(unread.status()));
        }
    };
    // A path of another shape opens no door.
    let parts = http::parts(request, "/webhooks/", ["shop", "wire", "topic"]);
    let [shop, wire, topic] = parts.unwrap_or_default();
    let headers = http::headers(request);
    let request = WebhookRequest { shop, wire, topic, headers: Headers::new(&headers), body: &body };
    answer(site, &request, metrics).await
}

async fn answer(
    site: &Site,
    request: &WebhookRequest<'_>,
    metrics: &Metrics,
) -> Result<Answer, UseCaseError> {
    let catalog = site.catalog().await?;
    match read(site, &catalog, request).await? {
        Ok(received) => store(site, &catalog, request, &received, metrics).await,
        Err(error) if error.is_parked() => {
            park(site, &catalog, request, &error.to_string(), metrics).await?;
            Ok(Answer::refused(&error))
        }
        Err(error) => {
            refused(error.status(), metrics);
            Ok(Answer::refused(&error))
        }
    }
}

/// Verifies and parses. What is refused is looked at once more if the secrets have changed meanwhile: whoever signs with a
/// new one is not told for minutes that it is wrong. Whether there is such a shop makes no difference.
async fn read(
    site: &Site,
    catalog: &Arc<Catalog>,
    request: &WebhookRequest<'_>,
) -> PortResult<Result<Received, WebhookError>> {
    let doors = site.doors(catalog).await?;
    let through =
        |doors: &Doors| verify_and_parse(request, doors.endpoint(request.shop, request.wire), now());
    match through(&doors) {
        Err(error) if error.status() == UNSIGNED => {
            let anew = site.doors_anew(catalog).await?;
            Ok(if Arc::ptr_eq(&doors, &anew) { Err(error) } else { through(&anew) })
        }
        read => Ok(read),
    }
}

/// Stores what was told. What can never be stored as things are is parked, so that the shop need not tell it again and
/// again; anything else it tells again.
async fn store(
    site: &Site,
    catalog: &Arc<Catalog>,
    request: &WebhookRequest<'_>,
    received: &Received,
    metrics: &Metrics,
) -> Result<Answer, UseCaseError> {
    let contact_key = site.contact_key().await?;
    let desk = Desk { world: &site.store, catalog, contact_key: &contact_key };
    match receive_orders(desk, &received.events, now()).await {
        Ok(Taken { stored, known, .. }) => {
            let (shop, wire) = (request.shop, request.wire);
            tracing::info!(shop, wire, stored, known, "webhook taken");
            Ok(Answer::taken(stored, known))
        }
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            park(site, catalog, request, &error.to_string(), metrics).await?;
            Ok(Answer::kept())
        }
    }
}

/// Keeps the whole request, so that it can be read again once the cause is mended, unless it names somebody whose data
/// was erased. Only what is signed comes here.
async fn park(
    site: &Site,
    catalog: &Catalog,
    request: &WebhookRequest<'_>,
    reason: &str,
    metrics: &Metrics,
) -> Result<(), UseCaseError> {
    let parked = ParkedWebhook::new(request, reason).ok_or_else(unparkable)?;
    let file = serde_json::to_vec_pretty(&parked).map_err(|_| unparkable())?;
    let contact_key = site.contact_key().await?;
    let desk = Desk { world: &site.store, catalog, contact_key: &contact_key };
    if names_somebody_erased(desk, &parked.shop, request.body).await? {
        let (shop, wire) = (request.shop, request.wire);
        tracing::warn!(shop, wire, "webhook not kept: it names somebody whose data was erased");
        return Ok(());
    }
    let id = parked.id();
    let key = format!("{PARKED}/{}/{id}.json", parked.shop);
    site.store.put_object(&key, file, "application/json").await?;
    tracing::warn!(shop = request.shop, wire = request.wire, id, reason, "webhook parked");
    metrics.count("WebhookParked", 1);
    Ok(())
}

fn refused(status: u16, metrics: &Metrics) {
    tracing::warn!(status, "webhook refused");
    metrics.count("WebhookRejected", 1);
}

fn unparkable() -> PortError {
    PortError::permanent("what cannot be taken cannot be parked either: it is no text, or its shop has no id")
}
