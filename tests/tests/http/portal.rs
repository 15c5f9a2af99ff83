//! Where recipients end the mails.

use std::sync::atomic::Ordering;

use nachklang_aws::config::{Function, Setting};
use nachklang_aws::site::Site;
use nachklang_domain::id::ShopId;
use nachklang_domain::link::{Link, LinkKey, LinkKeys, Purpose};
use serde_json::json;

use crate::gateway::{Reply, Request};
use crate::world::{LINK_KEY, World, contact_id, pass_seconds};

type Kept = anyhow::Result<()>;

fn token(purpose: Purpose, expires: &str) -> String {
    token_with(LinkKey { id: 1, secret: LINK_KEY.to_owned().into() }, purpose, expires)
}

fn token_with(key: LinkKey, purpose: Purpose, expires: &str) -> String {
    LinkKeys::new(key, Vec::new()).unwrap().sign(&Link {
        purpose,
        shop: ShopId::parse("ch").unwrap(),
        contact: contact_id("mira@example.com").unwrap(),
        mail: None,
        expires: expires.parse().unwrap(),
    })
}

fn good() -> String {
    token(Purpose::Unsubscribe, "2099-01-01T00:00:00Z")
}

fn request(method: &'static str, token: &str) -> Request {
    Request {
        method,
        path: format!("/u/{token}"),
        route: json!({ "token": token }),
        headers: vec![("accept-language", "fr-CH,fr;q=0.9".to_owned())],
        body: json!(null),
        is_base64: false,
    }
}

async fn visit(site: &Site, request: &Request) -> Reply {
    Reply::of(&recipient_portal::handle(site, request.event()).await.unwrap())
}

async fn is_suppressed(world: &World) -> anyhow::Result<bool> {
    Ok(world.contact("ch", "mira@example.com").await?.is_some_and(|contact| contact.suppressed.is_some()))
}

#[tokio::test]
async fn a_get_asks_and_changes_nothing() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::RecipientPortal)?;
    let page = visit(&site, &request("GET", &good())).await;
    assert_eq!((page.status(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body().contains("<form method=\"post\">"), "{}", page.body());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!is_suppressed(&world).await?);
    Ok(())
}

#[tokio::test]
async fn a_post_ends_the_mails_however_often_and_with_whatever_body_it_comes() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::RecipientPortal)?;
    let first = visit(&site, &request("POST", &good())).await;
    assert!(is_suppressed(&world).await?);
    assert_eq!((first.status(), first.header("location"), first.cookies()), (200, None, &json!([])));
    let one_click = Request {
        body: json!("TGlzdC1VbnN1YnNjcmliZT1PbmUtQ2xpY2s="),
        is_base64: true,
        ..request("POST", &good())
    };
    let unrouted = Request { route: json!(null), ..request("POST", &good()) };
    for again in [one_click, unrouted] {
        assert_eq!(visit(&site, &again).await, first);
    }
    Ok(())
}

#[tokio::test]
async fn every_link_that_opens_nothing_gets_the_same_answer() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::RecipientPortal)?;
    let none = visit(&site, &request("POST", "none")).await;
    assert_eq!((none.status(), none.header("content-language")), (404, Some("fr")));
    let forged = format!("{}AAAA", &good()[..good().len() - 4]);
    let expired = token(Purpose::Unsubscribe, "2020-01-01T00:00:00Z");
    let other = token(Purpose::Preferences, "2099-01-01T00:00:00Z");
    for token in [forged, expired, other, good()[..20].to_owned(), String::new()] {
        assert_eq!(visit(&site, &request("POST", &token)).await, none);
        assert_eq!(visit(&site, &request("GET", &token)).await, none);
    }
    assert!(!is_suppressed(&world).await?);
    Ok(())
}

#[tokio::test]
async fn a_link_of_a_key_that_was_just_added_opens_within_half_a_minute() -> Kept {
    const ADDED: &str = "another link key of thirty-two bytes or more";
    let Some(world) = World::new().await? else { return Ok(()) };
    let (site, asked, _wire) = world.site_that_counts(Function::RecipientPortal).await?;
    let key = LinkKey { id: 2, secret: ADDED.to_owned().into() };
    let added = token_with(key, Purpose::Unsubscribe, "2099-01-01T00:00:00Z");
    assert_eq!(visit(&site, &request("GET", &good())).await.status(), 200);
    world.change_secret(Setting::LinkKeys, &json!({ "1": LINK_KEY, "2": ADDED })).await?;
    pass_seconds(29);
    assert_eq!(visit(&site, &request("POST", &added)).await.status(), 404);
    pass_seconds(1);
    assert_eq!(visit(&site, &request("POST", &added)).await.status(), 200);
    assert!(is_suppressed(&world).await?);
    assert_eq!(visit(&site, &request("GET", &good())).await.status(), 200, "the old one goes on");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    Ok(())
}

#[tokio::test]
async fn forged_links_let_keys_be_looked_for_once_in_half_a_minute() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let (site, asked, _wire) = world.site_that_counts(Function::RecipientPortal).await?;
    let forged = format!("{}AAAA", &good()[..good().len() - 4]);
    for looks in 1..=3 {
        for _ in 0..5 {
            assert_eq!(visit(&site, &request("POST", &forged)).await.status(), 404);
        }
        assert_eq!(asked.load(Ordering::Relaxed), looks);
        pass_seconds(30);
    }
    Ok(())
}

#[tokio::test]
async fn other_methods_are_refused_and_change_nothing() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let site = world.site(Function::RecipientPortal)?;
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS"] {
        let reply = visit(&site, &request(method, &good())).await;
        assert_eq!((reply.status(), reply.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    assert!(!is_suppressed(&world).await?);
    Ok(())
}

#[tokio::test]
async fn a_page_that_cannot_be_shown_now_says_so_in_the_readers_language() -> Kept {
    let Some(world) = World::new().await? else { return Ok(()) };
    let gone = [(Setting::Contacts.variable(), "no-such-table")];
    let site = world.site_with(Function::RecipientPortal, &gone)?;
    for method in ["GET", "POST"] {
        let page = visit(&site, &request(method, &good())).await;
        assert_eq!((page.status(), page.header("content-language")), (503, Some("fr")), "{method}");
        assert!(!page.body().contains("no-such-table"));
    }
    Ok(())
}

/// Visits a site with a good and a forged link; answers the tokens.
pub async fn of_every_kind(site: &Site) -> Vec<String> {
    let tokens = vec![good(), format!("{}AAAA", &good()[..good().len() - 4])];
    for token in &tokens {
        visit(site, &request("GET", token)).await;
        visit(site, &request("POST", token)).await;
    }
    tokens
}
