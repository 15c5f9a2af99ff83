//! The way out.

use nachklang_domain::id::ContactId;
use nachklang_domain::link::Purpose;

use super::machine::{Machine, request};

const LATER: &str = "2099-01-01T00:00:00Z";

fn contact() -> ContactId {
    ContactId::parse(&"c0".repeat(16)).unwrap()
}

fn form() -> [(&'static str, String); 1] {
    [("content-type", "application/x-www-form-urlencoded".to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_never_unsubscribes() {
    let machine = Machine::start().await;
    let path = format!("/u/{}", machine.token(contact(), Purpose::Unsubscribe, LATER));
    for method in ["GET", "HEAD"] {
        let reply = machine.exchange(request(method, &path, "localhost", &[], b"")).await;
        assert_eq!(reply.status, 200);
    }
    let page = machine.get(&path).await;
    assert!(page.body.contains("<form method=\"post\">"), "{}", page.body);
    assert!(!machine.is_suppressed(contact()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_unsubscribes_however_often_and_in_whatever_form_it_comes() {
    let machine = Machine::start().await;
    let path = format!("/u/{}", machine.token(contact(), Purpose::Unsubscribe, LATER));
    let multipart = [("content-type", "multipart/form-data; boundary=b".to_owned())];
    let part =
        b"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let first = machine.post(&path, &form(), b"List-Unsubscribe=One-Click").await;
    assert!(machine.is_suppressed(contact()).await);
    assert_eq!(first.status, 200);
    assert!(first.header("location").is_none() && first.header("set-cookie").is_none());
    assert_eq!(machine.post(&path, &multipart, part).await, first);
    assert_eq!(machine.post(&path, &[], b"").await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_that_opens_nothing_gets_the_same_answer() {
    let machine = Machine::start().await;
    let good = machine.token(contact(), Purpose::Unsubscribe, LATER);
    let forged = format!("{}{}", &good[..good.len() - 4], "AAAA");
    let expired = machine.token(contact(), Purpose::Unsubscribe, "2020-01-01T00:00:00Z");
    let other = machine.token(contact(), Purpose::Preferences, LATER);
    let none = machine.post("/u/none", &form(), b"List-Unsubscribe=One-Click").await;
    assert_eq!(none.status, 404);
    for token in [forged, expired, other, good[..20].to_owned()] {
        let path = format!("/u/{token}");
        assert_eq!(machine.post(&path, &form(), b"List-Unsubscribe=One-Click").await, none);
        assert_eq!(machine.get(&path).await.body, none.body);
    }
    assert!(!machine.is_suppressed(contact()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_link_is_explained_in_the_readers_language() {
    let machine = Machine::start().await;
    let german = [("accept-language", "de-CH,de;q=0.9,en;q=0.5".to_owned())];
    let reply = machine.exchange(request("GET", "/u/none", "localhost", &german, b"")).await;
    assert!(reply.body.contains("<html lang=\"de\">"), "{}", reply.body);
}
