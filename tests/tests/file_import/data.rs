//! Feeds, lists, coupon codes, receipts, contacts, parked webhooks, and files out of place.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use file_import::{Again, DataUpload, Place, Took};
use jiff::civil::date;
use nachklang_domain::consent::{LegalBasis, SuppressionReason};
use nachklang_domain::id::{OrderKey, OrderNumber, PoolId, Source};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{Contacts, CouponStock, Ledger, Orders, Products, feed_moment};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::upload::Upload;

use crate::bucket::templates;
use crate::world::{KEY, TestImporter, de, id, import, import_within, importer, noon, plenty, published};

const GOOD: Result<Took, ()> = Ok(Took::Looked { rejected: false });
const BAD: Result<Took, ()> = Ok(Took::Looked { rejected: true });
const FEED: &str = "feeds/de/products.de.xml";

fn german() -> Language {
    Language::parse("de").unwrap()
}

async fn take(importer: &TestImporter, key: &str) -> Result<Took, ()> {
    import(importer, key).await.map_err(|again| panic!("{key}: {again}"))
}

async fn has_receipt(importer: &TestImporter, number: &str) -> bool {
    let key = OrderKey {
        shop: de(),
        source: Source::parse("till").unwrap(),
        number: OrderNumber::parse(number).unwrap(),
    };
    importer.world.load_order(&key).await.unwrap().is_some()
}

fn till(receipts: std::ops::Range<u32>) -> String {
    let mut file = "receipt,timestamp,sku,quantity,unit_price,email\n".to_owned();
    for number in receipts {
        writeln!(file, "R{number},2026-11-20 10:00,CC-001,1,9.00,buyer{number}@example.com").unwrap();
    }
    file
}

#[tokio::test]
async fn what_is_uploaded_before_its_shop_is_taken_in_once_the_shop_is_there() {
    let importer = importer();
    for folder in ["feeds/de", "shops", "flows", "mails"] {
        importer.bucket.upload_templates(folder).unwrap();
    }
    assert_eq!(take(&importer, FEED).await, GOOD);
    assert!(importer.world.product_count(&de(), german()).await.unwrap() > 100);
    assert_eq!(importer.bucket.report(FEED).unwrap()["state"], "published");
    assert_eq!(importer.world.moment(&feed_moment(&de(), german())).await.unwrap(), Some(noon()));
}

#[tokio::test]
async fn feeds_lists_and_codes_are_taken_in_once() {
    let importer = published().await;
    importer.bucket.upload_templates("feeds/de").unwrap();
    importer.bucket.upload_templates("coupons").unwrap();
    let codes = "coupons/thanks-eur/2026-11.csv";
    for key in [FEED, "feeds/de/topsellers.csv", "feeds/de/recommendations.csv", codes] {
        assert_eq!(take(&importer, key).await, GOOD, "{key}");
        assert!(importer.bucket.report(key).is_some(), "{key}");
        importer.bucket.remove(&file_import::report_key(key));
        assert_eq!(take(&importer, key).await, Ok(Took::Nothing), "{key}");
        assert!(importer.bucket.report(key).is_none(), "{key} was read again");
    }
    let pool = PoolId::parse("thanks-eur").unwrap();
    let counts = importer.world.pool_counts(&pool, date(2026, 11, 22)).await.unwrap();
    assert_eq!(counts.free, 300);
}

#[tokio::test]
async fn the_same_file_is_read_again_under_other_shop_files() {
    let importer = published().await;
    importer.bucket.upload(
        "orders/de/till.csv",
        "receipt,when,sku,quantity,unit_price\nR1,2026-11-20 10:00,CC-001,1,9.00\n",
    );
    assert_eq!(take(&importer, "orders/de/till.csv").await, BAD);
    let report = importer.bucket.report("orders/de/till.csv").unwrap();
    assert_eq!(report["state"], "refused", "{report}");
    assert!(report["findings"][0]["problem"].as_str().unwrap().contains("timestamp"), "{report}");
    let shop = String::from_utf8(importer.bucket.bytes("shops/de.toml").unwrap()).unwrap();
    importer.bucket.upload("shops/de.toml", format!("{shop}\n[till.columns]\ntimestamp = \"when\"\n"));
    importer.publish_content().await.unwrap();
    assert_eq!(take(&importer, "orders/de/till.csv").await, GOOD);
    assert!(has_receipt(&importer, "R1").await);
}

#[tokio::test]
async fn a_late_event_makes_no_feed_older_and_a_feed_that_is_uploaded_again_is_fresh() {
    let importer = published().await;
    importer.bucket.upload_templates("feeds/de").unwrap();
    let upload = Upload::Products(de(), german());
    for (at, known) in
        [("2026-11-20T05:00:00Z", 20), ("2026-11-21T05:00:00Z", 21), ("2026-11-19T05:00:00Z", 21)]
    {
        let file = DataUpload { key: FEED, upload: &upload, at: at.parse().ok(), last_try: false };
        importer.import_data(file, &KEY, plenty).await.unwrap();
        let moment = importer.world.moment(&feed_moment(&de(), german())).await.unwrap().unwrap();
        assert_eq!(moment.to_string(), format!("2026-11-{known}T05:00:00Z"));
    }
}

#[tokio::test]
async fn a_feed_that_shrank_is_held_until_its_name_says_that_it_may() {
    let importer = published().await;
    let feed = templates("feeds/fr").unwrap().remove("feeds/fr/products.fr.tsv").unwrap();
    let few: Vec<u8> = feed.split_inclusive(|byte| *byte == b'\n').take(20).flatten().copied().collect();
    importer.bucket.upload("feeds/fr/products.fr.tsv", feed);
    assert_eq!(take(&importer, "feeds/fr/products.fr.tsv").await, GOOD);
    importer.bucket.upload("feeds/fr/products.fr.tsv", few.clone());
    assert_eq!(take(&importer, "feeds/fr/products.fr.tsv").await, BAD);
    let report = importer.bucket.report("feeds/fr/products.fr.tsv").unwrap();
    assert_eq!(report["state"], "refused", "{report}");
    importer.bucket.upload("feeds/fr/products.fr.allow-shrink.tsv", few);
    assert_eq!(take(&importer, "feeds/fr/products.fr.allow-shrink.tsv").await, GOOD);
    let (fr, french) = (nachklang_domain::id::ShopId::parse("fr").unwrap(), Language::parse("fr").unwrap());
    assert_eq!(importer.world.product_count(&fr, french).await.unwrap(), 19);
}

#[tokio::test]
async fn a_till_file_that_takes_too_long_goes_on_where_it_stopped() {
    let importer = published().await;
    let key = "orders/de/november.csv";
    importer.bucket.upload(key, till(0..1_200));
    let stopped = import_within(&importer, key, || Duration::ZERO, false).await;
    assert!(matches!(stopped, Err(Again::Unfinished(500))), "{stopped:?}");
    let report = importer.bucket.report(key).unwrap();
    assert_eq!(
        (&report["state"], report["outcome"].as_str().unwrap().contains("goes on")),
        (&"unfinished".into(), true)
    );
    assert!(has_receipt(&importer, "R499").await && !has_receipt(&importer, "R500").await);
    assert_eq!(take(&importer, key).await, GOOD);
    let report = importer.bucket.report(key).unwrap();
    assert_eq!((&report["state"], &report["rows"]), (&"taken".into(), &1_200.into()));
    // What was taken the first time was passed over: else it would be counted as known.
    assert_eq!(report["outcome"], "1200 receipts stored, 0 known before");
    assert!(has_receipt(&importer, "R1199").await);
    assert_eq!(take(&importer, key).await, Ok(Took::Nothing));
}

#[tokio::test]
async fn a_replaced_file_is_read_from_its_beginning() {
    let importer = published().await;
    let key = "orders/de/november.csv";
    importer.bucket.upload(key, till(0..600));
    assert!(import_within(&importer, key, || Duration::ZERO, false).await.is_err());
    importer.bucket.upload(key, till(1_000..1_600));
    assert_eq!(take(&importer, key).await, GOOD);
    assert!(has_receipt(&importer, "R1000").await && has_receipt(&importer, "R1599").await);
}

#[tokio::test]
async fn a_bucket_that_breaks_off_is_no_fault_of_the_file() {
    let mut importer = published().await;
    let key = "orders/de/november.csv";
    importer.bucket.upload(key, till(0..600));
    importer.bucket.breaks_after = Some(10_000);
    assert!(matches!(import(&importer, key).await, Err(Again::BrokenOff)));
    assert!(importer.bucket.report(key).is_none());
    importer.bucket.breaks_after = None;
    assert_eq!(take(&importer, key).await, GOOD);
    assert!(has_receipt(&importer, "R599").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_are_told_of_a_file_one_reads_it() {
    let importer = published().await;
    let key = "orders/de/november.csv";
    importer.bucket.upload(key, till(0..600));
    let other = importer.clone();
    let second = tokio::spawn(async move { import(&other, key).await.unwrap() });
    let first = import(&importer, key).await.unwrap();
    let mut took = [first, second.await.unwrap()];
    took.sort_by_key(|took| *took == Took::Nothing);
    assert_eq!(took, [Took::Looked { rejected: false }, Took::Nothing]);
    assert_eq!(importer.bucket.report(key).unwrap()["outcome"], "600 receipts stored, 0 known before");
}

#[tokio::test]
async fn a_file_of_a_shop_that_is_not_there_says_so_and_is_tried_again() {
    let mut importer = published().await;
    importer.pace.looks = 3;
    let key = "orders/xx/till.csv";
    importer.bucket.upload(key, till(0..1));
    assert!(matches!(import(&importer, key).await, Err(Again::NoShop)));
    let report = importer.bucket.report(key).unwrap();
    assert!(report["findings"][0]["remedy"].as_str().unwrap().contains("shops/xx.toml"), "{report}");
    assert_eq!(import_within(&importer, key, plenty, true).await.unwrap(), Took::Looked { rejected: true });
}

#[tokio::test]
async fn an_unreadable_file_is_answered_and_not_tried_again() {
    let importer = published().await;
    for (key, bytes) in [
        ("orders/de/till.csv.gz", b"plain text".as_slice()),
        ("orders/de/empty.csv", b""),
        ("contacts/de/crm.csv", b"name\nAnna\n"),
        ("coupons/thanks-eur/x.csv.gz", b"\x1f\x8bcut"),
        ("feeds/de/topsellers.csv", b"\x00\x01"),
        (FEED, b"<rss"),
    ] {
        importer.bucket.upload(key, bytes);
        assert_eq!(take(&importer, key).await, BAD, "{key}");
        let report = importer.bucket.report(key).unwrap();
        assert_eq!(report["state"], "refused", "{report}");
        assert!(!report["findings"][0]["remedy"].as_str().unwrap().is_empty(), "{report}");
        assert_eq!(take(&importer, key).await, Ok(Took::Nothing), "{key}");
    }
}

#[tokio::test]
async fn contacts_bring_consents_and_suppressions_and_a_suppression_stays() {
    let importer = published().await;
    importer.bucket.upload(
        "contacts/de/crm.csv",
        "email,first_name,language,consent_at,consent_text,suppressed\n\
         anna@example.com,Anna,de,2026-11-01 10:00,newsletter-3,no\n\
         berta@example.com,Berta,de,2026-11-01 10:00,newsletter-3,yes\n",
    );
    assert_eq!(take(&importer, "contacts/de/crm.csv").await, GOOD);
    let (anna, _) = importer.world.load_contact(&de(), id("anna@example.com")).await.unwrap().unwrap();
    assert_eq!(anna.first_name.as_deref(), Some("Anna"));
    assert!(matches!(anna.basis, Some(LegalBasis::Consent(_))) && anna.suppressed.is_none());
    let (berta, version) =
        importer.world.load_contact(&de(), id("berta@example.com")).await.unwrap().unwrap();
    assert_eq!(berta.suppressed.map(|suppressed| suppressed.reason), Some(SuppressionReason::Manual));
    assert!(berta.email.is_none() && berta.first_name.is_none(), "no data is kept that must not be used");
    importer
        .bucket
        .upload("contacts/de/later.csv", "email,suppressed\nberta@example.com,no\nanna@example.com,\n");
    assert_eq!(take(&importer, "contacts/de/later.csv").await, GOOD);
    let (berta, _) = importer.world.load_contact(&de(), id("berta@example.com")).await.unwrap().unwrap();
    assert!(berta.suppressed.is_some());
    let (again, now) = importer.world.load_contact(&de(), id("anna@example.com")).await.unwrap().unwrap();
    assert_eq!(again, anna);
    assert_eq!(now, version, "what says nothing new is not written");
}

#[tokio::test]
async fn a_file_out_of_place_is_told_where_files_belong() {
    let importer = published().await;
    let Place::Nowhere(problem) = Place::of("order/till.csv") else { panic!("it belongs nowhere") };
    importer.misplaced("order/till.csv", problem).await.unwrap();
    let report = importer.bucket.report("order/till.csv").unwrap();
    assert!(report["findings"][0]["problem"].as_str().unwrap().contains("orders/<shop>/"), "{report}");
}

fn parked(topic: &str, body: &str) -> String {
    serde_json::json!({
        "shop": "it", "wire": "api", "topic": topic, "reason": "order.surprise is unknown", "headers": [], "body": body,
    })
    .to_string()
}

/// A sample order of the shop it.
fn sample() -> (OrderNumber, String) {
    use nachklang_local::sample::orders::{Topic, online_orders};
    let messages = online_orders();
    let mut orders = messages.iter().filter(|message| message.shop == "it" && message.topic == Topic::Order);
    let body = orders.find(|message| message.body.contains("\"order\"")).unwrap().body.clone();
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    (OrderNumber::parse(json["order"]["number"].as_str().unwrap()).unwrap(), body)
}

#[tokio::test]
async fn a_parked_webhook_is_read_again_once_it_can_be_read() {
    let importer = published().await;
    let it = nachklang_domain::id::ShopId::parse("it").unwrap();
    let asked = Arc::new(AtomicBool::new(false));
    let secret = |_: &str| {
        asked.store(true, Ordering::Relaxed);
        Some(SecretBytes::new(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_vec()))
    };
    let (number, body) = sample();
    let key = "replay/webhooks/it/0a1b.json";
    let surprised = body.replacen("\"order\":{", "\"order\":{\"surprise\":\"anna.geheim@example.com\",", 1);
    importer.bucket.upload(key, parked("orders", &surprised));
    assert_eq!(importer.replay(key, &it, &KEY, secret).await.unwrap(), Took::Looked { rejected: true });
    let report = importer.bucket.report(key).unwrap().to_string();
    assert!(report.contains("an unknown field") && !report.contains("geheim"), "{report}");
    importer.bucket.upload(key, parked("orders", &body));
    assert_eq!(importer.replay(key, &it, &KEY, secret).await.unwrap(), Took::Looked { rejected: false });
    assert!(asked.load(Ordering::Relaxed));
    let order = OrderKey { shop: it.clone(), source: Source::parse("api").unwrap(), number };
    assert!(importer.world.load_order(&order).await.unwrap().is_some());
    assert_eq!(importer.bucket.report(key).unwrap()["outcome"], "1 events stored, 0 known before");
    // Copied once more, it is known.
    importer.replay(key, &it, &KEY, secret).await.unwrap();
    assert_eq!(importer.bucket.report(key).unwrap()["outcome"], "0 events stored, 1 known before");
}

#[tokio::test]
async fn a_parked_webhook_of_another_shop_is_refused() {
    let importer = published().await;
    let key = "replay/webhooks/de/0a1b.json";
    importer.bucket.upload(key, parked("orders", &sample().1));
    assert_eq!(importer.replay(key, &de(), &KEY, |_| None).await.unwrap(), Took::Looked { rejected: true });
    let report = importer.bucket.report(key).unwrap();
    assert!(report["findings"][0]["problem"].as_str().unwrap().contains("the shop it"), "{report}");
}
