//! Shops, flows and mails.

use std::collections::BTreeSet;

use file_import::Published;
use nachklang_domain::ports::Content;

use crate::bucket::templates;
use crate::world::{importer, published};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_uploads_is_published_once_and_every_file_says_so() {
    let importer = importer();
    for folder in ["shops", "flows", "mails"] {
        importer.bucket.upload_templates(folder).unwrap();
    }
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let importer = importer.clone();
        uploads.spawn(async move { importer.publish_content().await.unwrap() });
    }
    let published = uploads.join_all().await;
    let now = published.iter().filter(|done| **done == Published::Now { rejected: 0 }).count();
    let before = published.iter().filter(|done| **done == Published::Before).count();
    assert_eq!((now, before), (1, 19));
    let mut versions = BTreeSet::new();
    for folder in ["shops", "flows", "mails"] {
        for key in templates(folder).unwrap().into_keys() {
            let report = importer.bucket.report(&key).unwrap_or_else(|| panic!("no report about {key}"));
            assert_eq!(report["state"], "published", "{report}");
            versions.insert(report["version"].as_str().unwrap().to_owned());
        }
    }
    let catalog = importer.world.active("catalog", "brand").await.unwrap().unwrap();
    let mails = importer.world.all_active("mail").await.unwrap();
    let active: BTreeSet<String> = mails.into_iter().map(|(_, version)| version).chain([catalog]).collect();
    assert_eq!(versions, active);
}

#[tokio::test]
async fn a_broken_mail_leaves_the_version_before_in_use_until_it_is_mended() {
    let importer = published().await;
    let active = importer.world.all_active("mail").await.unwrap();
    let catalog = importer.world.active("catalog", "brand").await.unwrap();
    let mail = "mails/topsellers/mail.mjml";
    importer.bucket.edit(mail, "{{ t.subject }}", "{{ nonsense.name }}").unwrap();
    let Published::Now { rejected } = importer.publish_content().await.unwrap() else { panic!("it changed") };
    assert!(rejected > 0);
    assert_eq!(importer.world.all_active("mail").await.unwrap(), active);
    assert_eq!(importer.world.active("catalog", "brand").await.unwrap(), catalog);
    let report = importer.bucket.report(mail).unwrap();
    assert_eq!((&report["state"], &report["findings"][0]["line"]), (&"refused".into(), &3.into()));
    let finding = &report["findings"][0];
    assert!(finding["problem"].as_str().unwrap().contains("nonsense"), "{finding}");
    assert!(finding["remedy"].as_str().unwrap().contains("use one of"), "{finding}");
    assert_eq!(importer.bucket.report("mails/topsellers/de.toml").unwrap()["state"], "waiting");
    // The other mail is as good as before and needs the same: it stays in use.
    assert_eq!(importer.bucket.report("mails/recommendations/de.toml").unwrap()["state"], "published");
    importer.bucket.edit(mail, "{{ nonsense.name }}", "{{ t.subject }}").unwrap();
    assert_eq!(importer.publish_content().await.unwrap(), Published::Now { rejected: 0 });
    let mended = importer.bucket.report(mail).unwrap();
    assert_eq!((&mended["state"], &mended["findings"]), (&"published".into(), &serde_json::json!([])));
}

#[tokio::test]
async fn a_broken_flow_is_named_and_a_file_that_is_gone_is_said_to_be_gone() {
    let importer = published().await;
    let catalog = importer.world.active("catalog", "brand").await.unwrap();
    importer.bucket.upload("flows/again.toml", "edition = ");
    importer.publish_content().await.unwrap();
    let report = importer.bucket.report("flows/again.toml").unwrap();
    assert_eq!((&report["state"], &report["findings"][0]["line"]), (&"refused".into(), &1.into()));
    assert_eq!(importer.bucket.report("shops/de.toml").unwrap()["state"], "waiting");
    assert_eq!(importer.world.active("catalog", "brand").await.unwrap(), catalog);
    importer.bucket.remove("flows/again.toml");
    assert_eq!(importer.publish_content().await.unwrap(), Published::Now { rejected: 0 });
    let gone = importer.bucket.report("flows/again.toml").unwrap();
    assert_eq!((&gone["state"], &gone["findings"]), (&"gone".into(), &serde_json::json!([])));
    assert_eq!(importer.bucket.report("shops/de.toml").unwrap()["state"], "published");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_named_and_nothing_is_read() {
    let importer = published().await;
    let active = importer.world.all_active("mail").await.unwrap();
    let large = "mails/topsellers/picture.png";
    importer.bucket.upload(large, vec![0; (2 << 20) + 1]);
    assert_eq!(importer.publish_content().await.unwrap(), Published::Now { rejected: 1 });
    let report = importer.bucket.report(large).unwrap();
    assert!(report["findings"][0]["problem"].as_str().unwrap().contains("more than"), "{report}");
    assert_eq!(importer.world.all_active("mail").await.unwrap(), active);
}
