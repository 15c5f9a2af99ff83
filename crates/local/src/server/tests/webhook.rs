//! The webhook endpoint.

use jiff::{Timestamp, ToSpan as _};
use nachklang_domain::webhook::guard::MAX_BODY;

use super::machine::{Machine, order_body, request};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_webhook_twice_stores_one_order() {
    let machine = Machine::start().await;
    let body = order_body("CH-1", "Charm", "Mira");
    let (first, second) = (machine.order(&body).await, machine.order(&body).await);
    assert_eq!((first.status, first.body.as_str()), (200, r#"{"known":0,"stored":1}"#));
    assert_eq!((second.status, second.body.as_str()), (200, r#"{"known":1,"stored":0}"#));
    assert!(machine.is_stored("CH-1").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_shop_and_wrong_signature_get_the_same_answer() {
    let machine = Machine::start().await;
    let body = order_body("CH-2", "Charm", "Mira");
    let signed = machine.signature(&body, Timestamp::now());
    let foreign = machine.signature(b"another body", Timestamp::now());
    let wrong = machine.post("/webhooks/ch/api/orders", &foreign, &body).await;
    assert_eq!(wrong.status, 401);
    for path in ["/webhooks/nowhere/api/orders", "/webhooks/ch/fax/orders", "/webhooks/No%20Shop/api/orders"]
    {
        assert_eq!(machine.post(path, &signed, &body).await, wrong, "{path}");
    }
    assert_eq!(machine.post("/webhooks/ch/api/orders", &[], &body).await, wrong);
    assert!(!machine.is_stored("CH-2").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_signature_is_refused_and_nothing_stored() {
    let machine = Machine::start().await;
    let body = order_body("CH-3", "Charm", "Mira");
    let old = machine.signature(&body, Timestamp::now() - 10.minutes());
    assert_eq!(machine.post("/webhooks/ch/api/orders", &old, &body).await.status, 401);
    assert!(!machine.is_stored("CH-3").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_clock_judges_a_signature_and_the_virtual_one_the_order() {
    let machine = Machine::start().await;
    let virtual_day = "2031-11-02T10:00:00Z".parse().unwrap();
    crate::clock::set(&machine.site.store, virtual_day).await.unwrap();
    assert_eq!(machine.order(&order_body("CH-4", "Charm", "Mira")).await.status, 200);
    let signed_by_it = machine.signature(b"{}", virtual_day);
    assert_eq!(machine.post("/webhooks/ch/api/orders", &signed_by_it, b"{}").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_topic_that_nobody_reads_is_not_found() {
    let machine = Machine::start().await;
    let body = order_body("CH-5", "Charm", "Mira");
    let signed = machine.signature(&body, Timestamp::now());
    assert_eq!(machine.post("/webhooks/ch/api/parcels", &signed, &body).await.status, 404);
    assert!(!machine.is_stored("CH-5").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_cap_is_refused_and_nothing_stored() {
    let machine = Machine::start().await;
    let mut body = order_body("CH-6", "Charm", "Mira");
    body.resize(MAX_BODY + 1, b' ');
    assert_eq!(machine.order(&body).await.status, 413);
    assert!(!machine.is_stored("CH-6").await);
    body.truncate(MAX_BODY);
    assert_eq!(machine.order(&body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_tell_its_length_is_cut_off_at_the_cap() {
    let machine = Machine::start().await;
    let mut bytes = request("POST", "/webhooks/ch/api/orders", "localhost", &[], b"");
    let text = String::from_utf8(bytes).unwrap();
    bytes = text.replace("content-length: 0", "transfer-encoding: chunked").into_bytes();
    for _ in 0..=MAX_BODY / 0x4000 {
        bytes.extend(b"4000\r\n");
        bytes.extend([b' '; 0x4000]);
        bytes.extend(b"\r\n");
    }
    // The last chunk never comes.
    assert_eq!(machine.exchange(bytes).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_means_no_one_thing_is_refused_and_not_kept() {
    let machine = Machine::start().await;
    let bomb = "[".repeat(100_000);
    let twice = String::from_utf8(order_body("CH-7", "Charm", "Mira")).unwrap();
    let twice = twice.replacen("{\"order\":", "{\"order\":{},\"order\":", 1);
    for body in [bomb.as_bytes(), twice.as_bytes(), b"{\"order\": \"\xff\"}", b"not json"] {
        assert_eq!(machine.order(body).await.status, 400);
    }
    assert!(!machine.is_stored("CH-7").await);
    assert!(machine.site.store.parked().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_but_unreadable_body_is_parked_whole() {
    let machine = Machine::start().await;
    let body = br#"{"order": {"customer": {"email": "mira@example.com"}, "payment": "barter"}}"#;
    let reply = machine.order(body).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    let parked = machine.site.store.parked().await.unwrap();
    let [parked] = parked.as_slice() else { panic!("{parked:?}") };
    let kept = machine.site.store.parked_body(parked.id).await.unwrap().unwrap();
    assert_eq!(kept.body, body);
    assert!(kept.headers.unwrap().contains("webhook-signature"));
    let page = machine.get("/parked").await;
    assert!(page.body.contains("api") && !page.body.contains("mira"), "{}", page.body);
    assert!(!parked.reason.contains("mira") && !reply.body.contains("mira"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_header_is_refused() {
    let machine = Machine::start().await;
    let body = order_body("CH-8", "Charm", "Mira");
    let signed = machine.signature(&body, Timestamp::now());
    for host in ["evil.example", "localhost.evil.example", "192.168.1.7:8025", ""] {
        let post = request("POST", "/webhooks/ch/api/orders", host, &signed, &body);
        assert_eq!(machine.exchange(post).await.status, 403, "{host}");
        for path in ["/", "/u/token", "/style.css", "/parked", "/nothing"] {
            let reply = machine.exchange(super::machine::get_as(path, host)).await;
            assert_eq!(reply.status, 403, "{host} {path}");
        }
    }
    let absolute = super::machine::get_as("http://evil.example/", "localhost");
    assert_eq!(machine.exchange(absolute).await.status, 403);
    assert!(!machine.is_stored("CH-8").await);
    let port = format!("127.0.0.1:{}", machine.address.port());
    assert_eq!(machine.exchange(super::machine::get_as("/", &port)).await.status, 200);
}
