//! The pages.

use std::collections::BTreeSet;

use nachklang_domain::coupon::{CouponCode, Grant, Origin};
use nachklang_domain::id::{ContactId, FlowId, MailId, MailName, SegmentId};
use nachklang_domain::language::Language;
use nachklang_domain::ports::Journal as _;
use nachklang_domain::story::{MailStory, Told};

use super::machine::{Machine, ch, order_body, templates};
use crate::{clock, pump, uploads};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7777 }}";

/// A machine on which one order was mailed; and the mail.
async fn mailed(title: &str, first_name: &str) -> (Machine, MailStory) {
    let machine = Machine::start().await;
    let site = &machine.site;
    for folder in ["feeds/ch/topsellers.csv", "feeds/ch/products.de.xml", "coupons"] {
        import(&machine, folder).await;
    }
    clock::set(&site.store, "2026-11-02T10:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(machine.order(&order_body("CH-1", title, first_name)).await.status, 200);
    for day in ["2026-11-04T07:00:00Z", "2026-11-14T07:00:00Z"] {
        let now = day.parse().unwrap();
        clock::set(&site.store, now).await.unwrap();
        pump::run_day(site, &ch(), now).await.unwrap();
    }
    let mut stories = site.outbox.stories().unwrap();
    assert_eq!(stories.len(), 1);
    (machine, stories.remove(0))
}

async fn import(machine: &Machine, path: &str) {
    if path == "coupons" {
        uploads::import_folder(&machine.site, &templates(), path).await.unwrap();
        return;
    }
    let upload = nachklang_domain::upload::Upload::of(path).unwrap();
    uploads::import(&machine.site, &upload, &templates().join(path), false, &mut || {}).await.unwrap();
}

/// A mail that was accepted, as far as the list looks at it.
async fn keep(machine: &Machine, number: u32, segment: &str, language: &str) -> MailStory {
    let story = MailStory {
        mail: MailId::parse(&format!("{number:032x}")).unwrap(),
        shop: ch(),
        contact: ContactId::parse(&"c0".repeat(16)).unwrap(),
        flow: FlowId::parse("after-sales").unwrap(),
        orders: Vec::new(),
        segment: SegmentId::parse(segment).unwrap(),
        variant: None,
        name: MailName::parse("topsellers").unwrap(),
        version: "v".to_owned(),
        language: Language::parse(language).unwrap(),
        coupon: Some(Grant {
            code: CouponCode::parse("MOON-0001").unwrap(),
            valid_until: "2026-12-01".parse().unwrap(),
            origin: Origin::Generic,
        }),
        chosen: Vec::new(),
        dropped: vec![Told { product: HOSTILE.to_owned(), word: HOSTILE.to_owned() }],
        made_at: jiff::Timestamp::from_second(1_793_610_720 + i64::from(number)).unwrap(),
    };
    machine.site.outbox.note(&story).await.unwrap();
    let eml = format!("From: a@example.com\r\nSubject: mail {number} {HOSTILE}\r\n\r\n{HOSTILE}\r\n");
    crate::file::write_whole(&machine.site.outbox.eml(story.mail), eml.as_bytes()).unwrap();
    story
}

/// All addresses that a page links to on this machine.
fn links(html: &str) -> BTreeSet<String> {
    let unescaped = html.replace("&#x2f;", "/").replace("&amp;", "&");
    let hrefs = unescaped.split("href=\"/").skip(1);
    hrefs.filter_map(|rest| Some(format!("/{}", rest.split('"').next()?))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mails_page_tells_what_the_file_holds_and_why() {
    let (machine, story) = mailed("Charm Stern", "Mira").await;
    let page = machine.get(&format!("/mails/{}", story.mail)).await;
    assert_eq!(page.status, 200);
    let code = story.coupon.as_ref().unwrap().code.expose();
    for shown in [
        code,
        "mira@example.com",
        "List-Unsubscribe=One-Click",
        "charm-club",
        "topseller of the series",
        "thanks-chf",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert_eq!(page.body.matches("<iframe sandbox=").count(), 2);
    assert!(!page.body.contains("<em>missing</em>"));
    for link in links(&page.body) {
        assert_eq!(machine.get(&link).await.status, 200, "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_download_is_the_kept_file_byte_for_byte() {
    let (machine, story) = mailed("Charm Stern", "Mira").await;
    let kept = std::fs::read(machine.site.outbox.eml(story.mail)).unwrap();
    let reply = machine.get(&format!("/mails/{}/eml", story.mail)).await;
    assert!(reply.body.as_bytes() == kept);
    assert_eq!(reply.header("content-type"), Some("message/rfc822"));
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unsubscribe_link_of_a_mail_works_on_this_machine() {
    let (machine, story) = mailed("Charm Stern", "Mira").await;
    let html = machine.get(&format!("/mails/{}/html", story.mail)).await;
    let link = links(&html.body).into_iter().find(|link| link.starts_with("/u/")).unwrap();
    assert!(machine.get(&link).await.body.contains("Abmelden"));
    assert_eq!(machine.post(&link, &[], b"List-Unsubscribe=One-Click").await.status, 200);
    assert!(machine.is_suppressed(story.contact).await);
    let contact = machine.get(&format!("/contacts/ch/{}", story.contact)).await;
    assert!(contact.body.contains("the buyer unsubscribed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_its_frame_can_run_nothing_and_finds_its_pictures_here() {
    let (machine, story) = mailed("Charm Stern", "Mira").await;
    let html = machine.get(&format!("/mails/{}/html", story.mail)).await;
    let policy = html.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script")
    );
    assert!(html.body.contains("src=\"/media/CC-001.png\"") && !html.body.contains("src=\"https://media."));
    let picture = machine.get("/media/CC-001.png").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    assert_eq!(machine.get("/media/NO-SUCH.png").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_title_reaches_no_page_as_markup() {
    let (machine, story) = mailed(HOSTILE, HOSTILE).await;
    keep(&machine, 7, "charm-club", "de").await;
    let seven = format!("/mails/{:032x}", 7);
    let mail = format!("/mails/{}", story.mail);
    let contact = format!("/contacts/ch/{}", story.contact);
    for path in ["/", &seven, &mail, &format!("{mail}/html"), &contact, "/orders/ch/api/CH-1"] {
        let page = machine.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"), "{path}");
        assert!(!page.body.contains("54439"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_a_hundred_mails_a_page_newest_first() {
    let machine = Machine::start().await;
    for number in 0..101 {
        keep(&machine, number, "charm-club", "de").await;
    }
    let (first, second) = (machine.get("/").await, machine.get("/?page=2").await);
    assert_eq!(first.body.matches("<th scope=\"row\">").count(), 100);
    assert_eq!(second.body.matches("<th scope=\"row\">").count(), 1);
    assert!(first.body.find("mail 100 ").unwrap() < first.body.find("mail 99 ").unwrap());
    assert!(second.body.contains("mail 0 ") && !first.body.contains("mail 0 "));
    assert!(links(&first.body).contains("/?page=2"));
    assert_eq!(machine.get("/?page=0&shop=").await.body, first.body);
    assert_eq!(machine.get("/?page=99999999999999999999").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_narrows_the_list_and_counts_what_each_other_choice_would_show() {
    let machine = Machine::start().await;
    for (number, segment, language) in
        [(1, "charm-club", "de"), (2, "charm-club", "fr"), (3, "karma-beads", "fr")]
    {
        keep(&machine, number, segment, language).await;
    }
    let page = machine.get("/?segment=charm-club&language=fr").await;
    assert!(
        page.body.contains("mail 2 ") && !page.body.contains("mail 1 ") && !page.body.contains("mail 3 ")
    );
    for (value, count) in [("de", 1), ("karma-beads", 1), ("charm-club", 1), ("fr", 1)] {
        let counted = format!("<span>{value}</span> <span class=\"count\">{count}</span>");
        assert!(page.body.contains(&counted), "{counted}");
    }
    assert!(links(&page.body).contains("/?segment=karma-beads&language=fr"));
    assert!(machine.get("/?segment=none").await.body.contains("No mail fits"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_story_is_lost_is_still_shown() {
    let machine = Machine::start().await;
    let story = keep(&machine, 5, "charm-club", "de").await;
    let file = machine.site.outbox.eml(story.mail).with_extension("json");
    std::fs::write(file, "{").unwrap();
    let path = format!("/mails/{}", story.mail);
    assert!(links(&machine.get("/").await.body).contains(&path));
    let page = machine.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("cannot be read") && page.body.contains("mail 5 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_to_staff_are_shown_and_no_name_leads_out_of_their_folder() {
    let machine = Machine::start().await;
    let eml = b"From: a@example.com\r\nTo: staff@example.com\r\nSubject: Low stock\r\n\r\nUpload codes.\r\n";
    machine.site.outbox.keep_notice("2026-11-04-low", eml).unwrap();
    assert!(machine.get("/").await.body.contains("Low stock"));
    assert!(machine.get("/staff/2026-11-04-low").await.body.contains("Upload codes."));
    for path in [
        "/staff/..%2F..%2Fsecrets.toml",
        "/staff/none",
        "/mails/..%2Fstaff%2F2026-11-04-low/eml",
        "/mails/zz",
    ] {
        assert_eq!(machine.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_forbids_scripts_frames_of_strangers_and_sniffing() {
    let machine = Machine::start().await;
    for path in ["/", "/parked", "/none", "/u/none", "/style.css", "/contacts/ch/none"] {
        let reply = machine.get(path).await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(!reply.body.contains("<script") && !reply.body.contains("style=\""), "{path}");
    }
}

#[tokio::test]
async fn nobody_but_this_machine_is_served() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let site = std::sync::Arc::new(crate::site::Site::open(folder.path()).await.unwrap());
    let served = crate::server::serve(site, listener, std::future::ready(())).await;
    assert!(served.unwrap_err().to_string().contains("127.0.0.1"));
}
