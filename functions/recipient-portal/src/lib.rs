//! Where recipients end the mails: `/u/{token}`. GET shows a page and changes nothing, POST acts.
//!
//! There is no redirect and no cookie; the body of a POST is not looked at, for an objection needs no form.
//!
//! Source: RFC 8058, sections 3.1 and 3.2.

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::{chain, http, now};
use nachklang_aws::site::Site;
use nachklang_domain::link::{LinkKeys, LinkRefused};
use nachklang_domain::portal::Page;
use nachklang_domain::use_case::UseCaseError;
use nachklang_domain::use_case::unsubscribe::{Visit, Visitor, ask, unsubscribe};

/// What somebody at the page wants.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Look,
    End,
}

/// Shows the page, or ends the mails.
///
/// # Errors
/// Never: the visitor always gets an answer.
pub async fn handle(
    site: &Site,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let request = &event.payload;
    let wish = match http::method(request) {
        "GET" => Wish::Look,
        "POST" => Wish::End,
        _ => return Ok(http::response(405, [("allow", "GET, POST")], String::new())),
    };
    let [token] = http::parts(request, "/u/", ["token"]).unwrap_or_default();
    let visitor = Visitor { token, languages: http::header(request, "accept-language") };
    let page = visit(site, wish, visitor).await.unwrap_or_else(|error| {
        tracing::error!(error = chain(&error), "an unsubscribe page cannot be shown");
        Page::later(visitor.language())
    });
    Ok(http::response(page.status, page.headers(), page.html.clone()))
}

async fn visit(site: &Site, wish: Wish, visitor: Visitor<'_>) -> Result<Page, UseCaseError> {
    let (catalog, keys) = (site.catalog().await?, site.link_keys().await?);
    let with = async |keys: &LinkKeys| match wish {
        Wish::Look => ask(&site.store, &catalog, keys, visitor, now()).await,
        Wish::End => unsubscribe(&site.store, &catalog, keys, visitor, now()).await,
    };
    let (mut visit, mut page) = with(&keys).await?;
    // The key may have been added after this process has read them: a mail that is signed with it may be here already.
    if matches!(visit, Visit::Refused(LinkRefused::Forged)) {
        let anew = site.link_keys_anew().await?;
        if !Arc::ptr_eq(&keys, &anew) {
            (visit, page) = with(&anew).await?;
        }
    }
    note(&visit);
    Ok(page)
}

fn note(visit: &Visit) {
    match visit {
        Visit::Asked => {}
        Visit::Ended(shop) => tracing::info!(shop = shop.as_str(), "a contact unsubscribed"),
        Visit::Refused(refused) => tracing::info!(%refused, "an unsubscribe link was refused"),
    }
}
