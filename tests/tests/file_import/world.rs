//! An importer over one machine's store.

use std::sync::LazyLock;
use std::time::Duration;

use file_import::{Again, DataUpload, Importer, Pace, Place, Published, Took};
use jiff::Timestamp;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::secret::SecretBytes;
use nachklang_local::store::SqliteStore;

use crate::bucket::MemoryBucket;

pub static KEY: LazyLock<SecretBytes> = LazyLock::new(|| SecretBytes::new(b"a key for tests".to_vec()));

pub type TestImporter = Importer<SqliteStore, MemoryBucket>;

/// When everything happens.
pub fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub fn de() -> ShopId {
    ShopId::parse("de").unwrap()
}

/// The contact id of somebody.
pub fn id(address: &str) -> ContactId {
    ContactId::of(&EmailAddress::parse(address).unwrap(), &KEY)
}

/// Waits as little as it can.
pub fn importer() -> TestImporter {
    let pace = Pace { quiet: Duration::from_millis(1), look: Duration::from_millis(5), looks: 2_000 };
    Importer { world: SqliteStore::in_memory().unwrap(), bucket: MemoryBucket::default(), clock: noon, pace }
}

/// An importer whose shops, flows and mails are those of the starter content.
pub async fn published() -> TestImporter {
    let importer = importer();
    for folder in ["shops", "flows", "mails"] {
        importer.bucket.upload_templates(folder).unwrap();
    }
    assert_eq!(importer.publish_content().await.unwrap(), Published::Now { rejected: 0 });
    importer
}

/// A quarter of an hour, always.
pub fn plenty() -> Duration {
    Duration::from_secs(900)
}

/// Takes in what lies under a key.
pub async fn import(importer: &TestImporter, key: &str) -> Result<Took, Again> {
    import_within(importer, key, plenty, false).await
}

pub async fn import_within(
    importer: &TestImporter,
    key: &str,
    left: impl Fn() -> Duration + Clone + Send + Sync + 'static,
    last_try: bool,
) -> Result<Took, Again> {
    let Place::Data(upload) = Place::of(key) else { panic!("{key} is no data file") };
    let file = DataUpload { key, upload: &upload, at: None, last_try };
    importer.import_data(file, &KEY, left).await
}
