//! The contract of the ports, kept by the store of one machine.

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::ports::{
    Committed, Contacts, Content, CouponStock, Ledger, MailTask, Orders, Products, Sending, Version,
};
use nachklang_local::store::{QueueName, SqliteStore};
use nachklang_tests::contract::{Kept, fixtures, parts, queues};

mod sqlite {
    use super::SqliteStore;

    nachklang_tests::contract_suite!(std::future::ready(SqliteStore::in_memory().map(Some)));
}

mod outbox {
    use nachklang_domain::ports::Mailer;
    use nachklang_local::outbox::Outbox;
    use nachklang_tests::contract::mailer::Post;

    struct Folder {
        outbox: Outbox,
        _folder: tempfile::TempDir,
    }

    impl Post for Folder {
        fn mailer(&self) -> &impl Mailer {
            &self.outbox
        }

        fn arrived(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
            let mails = self.outbox.accepted()?.into_iter();
            mails
                .map(|id| Ok((format!("{id}@outbox.localhost"), std::fs::read(self.outbox.eml(id))?)))
                .collect()
        }

        /// A mail is accepted once its file has its name, and nothing lies between that and the answer.
        fn lose_the_next_answer(&self) -> bool {
            false
        }
    }

    async fn new() -> anyhow::Result<Option<Folder>> {
        let folder = tempfile::tempdir()?;
        Ok(Some(Folder { outbox: Outbox::new(folder.path()), _folder: folder }))
    }

    nachklang_tests::mailer_suite!(new());
}

async fn drain(store: &SqliteStore, station: queues::Station) -> anyhow::Result<Vec<MailTask>> {
    let queue = match station {
        queues::Station::Assignment => QueueName::Assignment,
        queues::Station::Delivery => QueueName::Delivery,
    };
    let mut tasks = Vec::new();
    while let Some(received) = store.take(queue, Timestamp::UNIX_EPOCH, SignedDuration::MAX).await? {
        store.done(received.id).await?;
        tasks.push(received.task);
    }
    Ok(tasks)
}

#[tokio::test]
async fn a_task_arrives_where_it_was_handed_to() -> Kept {
    queues::a_task_arrives_where_it_was_handed_to(&SqliteStore::in_memory()?, drain).await
}

#[tokio::test]
async fn a_part_arrives_where_it_goes_on() -> Kept {
    let drain = async |store: &SqliteStore| {
        let mut parts = Vec::new();
        while let Some(received) = store.take_part(Timestamp::UNIX_EPOCH, SignedDuration::MAX).await? {
            store.done(received.id).await?;
            parts.push(received.task);
        }
        Ok(parts)
    };
    parts::a_part_arrives_where_it_goes_on(&SqliteStore::in_memory()?, drain).await
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() -> Kept {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("nachklang.sqlite");
    let pool = fixtures::pool("spring")?;
    let order = fixtures::order("1001", "anna")?;
    let product = fixtures::product("1", "Ring")?;
    let (de, german) = (fixtures::shop("de")?, nachklang_domain::language::Language::parse("de")?);
    let (contact, version) = {
        let store = SqliteStore::open(&file)?;
        store.save_order(&order, Version(0)).await?;
        store.add_codes(&pool, &fixtures::rows(&["LUNA-1", "LUNA-2"])?).await?;
        let (contact, committed) = fixtures::claim(&store, "anna", &pool, "LUNA-1", fixtures::TODAY).await?;
        assert_eq!(committed, Committed::Done);
        store.stage_products(&de, german, "first", std::slice::from_ref(&product)).await?;
        store.publish_staged(&de, german, "first").await?;
        store.finish_run(&de, fixtures::TODAY).await?;
        store.set_stopped(true).await?;
        (contact, store.publish("mail", "thanks", b"one").await?)
    };
    let store = SqliteStore::open(&file)?;
    assert_eq!(store.load_order(&order.key).await?, Some((order, Version(1))));
    let loaded = store.load_contact(&contact.shop, contact.id).await?;
    assert_eq!(loaded, Some((contact, Version(1))));
    let counts = store.pool_counts(&pool, fixtures::TODAY).await?;
    assert_eq!((counts.free, counts.claimed), (1, 1));
    let found = store.products(&de, german, std::slice::from_ref(&product.id)).await?;
    assert_eq!(found, [product]);
    assert_eq!(store.active("mail", "thanks").await?, Some(version));
    assert_eq!(store.sending().await?, Sending::Off);
    Ok(())
}
