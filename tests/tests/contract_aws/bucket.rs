//! The bucket: large objects are streamed, small ones are bounded.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use nachklang_domain::ports::Content as _;
use nachklang_tests::aws_world::{AwsWorld, Fate, Wire};
use nachklang_tests::contract::Kept;

/// Bytes that differ wherever one looks.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

#[tokio::test]
async fn a_large_object_is_read_whole_by_a_thread_that_blocks() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    for length in [0, 1, (2 << 20) - 1, 2 << 20, (7 << 20) + 3] {
        let bytes = noise(length);
        store.put_object("feeds/de/products.de.csv", bytes.clone(), "text/csv").await?;
        let found = store.find_object("feeds/de/products.de.csv").await?.context("it was put")?;
        assert_eq!(found.size, u64::try_from(length)?);
        let mut reader = store.open_object(&found).await;
        let handle = tokio::runtime::Handle::current();
        let read = tokio::task::spawn_blocking(move || {
            // As an import reads: a blocking reader inside a future.
            handle.block_on(async move {
                let mut read = Vec::new();
                reader.read_to_end(&mut read).map(|_| read)
            })
        });
        assert!(read.await?? == bytes, "{length} bytes");
    }
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_replaced_while_it_is_read_is_not_mixed() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    store.put_object("orders/de/till.csv", noise(9 << 20), "text/csv").await?;
    let found = store.find_object("orders/de/till.csv").await?.context("it was put")?;
    store.put_object("orders/de/till.csv", vec![0; 9 << 20], "text/csv").await?;
    let mut reader = store.open_object(&found).await;
    let read = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new())).await?;
    let error = read.err().context("the object is another one now")?;
    let told = error.to_string();
    assert!(told.contains("it was replaced or deleted meanwhile") && !told.contains("till.csv"), "{told}");
    Ok(())
}

#[tokio::test]
async fn what_is_larger_than_its_cap_is_refused() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    store.put_object("mails/thanks/de.toml", noise(100), "text/plain").await?;
    assert_eq!(store.get_object("mails/thanks/de.toml", 100).await?, Some(noise(100)));
    let error = store.get_object("mails/thanks/de.toml", 99).await.err().context("too large")?;
    assert!(!error.is_transient() && error.to_string().contains("more than 99 bytes"), "{error}");
    assert_eq!(store.get_object("mails/thanks/en.toml", 99).await?, None);
    assert_eq!(store.find_object("mails/thanks/en.toml").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_folder_is_listed_up_to_a_limit() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let store = world.store();
    for name in ["b", "a", "c"] {
        store.put_object(&format!("mails/thanks/{name}"), noise(3), "text/plain").await?;
    }
    store.put_object("flows/after-sales.toml", noise(3), "text/plain").await?;
    let keys = async |limit| -> anyhow::Result<Vec<String>> {
        let listed = store.list_objects("mails/", limit).await?;
        assert!(listed.iter().all(|object| object.size == 3));
        Ok(listed.into_iter().map(|object| object.key).collect())
    };
    assert_eq!(keys(9).await?, ["mails/thanks/a", "mails/thanks/b", "mails/thanks/c"]);
    assert_eq!(keys(2).await?, ["mails/thanks/a", "mails/thanks/b"]);
    Ok(())
}

#[tokio::test]
async fn published_content_is_fetched_once() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let version = world.store().publish("mail", "thanks", b"one").await?;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let wire = Wire::to(world.endpoint()?, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Fate::Pass
    })
    .await?;
    let store = world.through(&wire)?.store();
    for _ in 0..3 {
        assert_eq!(store.clone().content(&version).await?.as_deref(), Some(b"one".as_slice()));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    Ok(())
}
