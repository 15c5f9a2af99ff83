use nachklang_domain::id::content_hash;
use nachklang_domain::ports::Content;

use super::Kept;

pub async fn the_version_is_the_hash_of_the_content(store: &impl Content) -> Kept {
    let bytes = b"<mjml>\x00\xff</mjml>";
    let version = store.publish("mail", "thanks", bytes).await?;
    assert_eq!(version, content_hash(bytes));
    assert_eq!(store.content(&version).await?.as_deref(), Some(bytes.as_slice()));
    assert_eq!(store.active("mail", "thanks").await?, Some(version.clone()));
    assert_eq!(store.publish("mail", "welcome", bytes).await?, version);
    Ok(())
}

pub async fn every_version_is_kept(store: &impl Content) -> Kept {
    let first = store.publish("mail", "thanks", b"one").await?;
    let second = store.publish("mail", "thanks", b"two").await?;
    assert_eq!(store.active("mail", "thanks").await?, Some(second.clone()));
    assert_eq!(store.content(&first).await?.as_deref(), Some(b"one".as_slice()));
    assert_eq!(store.content(&second).await?.as_deref(), Some(b"two".as_slice()));
    Ok(())
}

pub async fn publishing_old_content_again_makes_it_active(store: &impl Content) -> Kept {
    let first = store.publish("mail", "thanks", b"one").await?;
    store.publish("mail", "thanks", b"two").await?;
    assert_eq!(store.publish("mail", "thanks", b"one").await?, first);
    assert_eq!(store.active("mail", "thanks").await?, Some(first));
    Ok(())
}

pub async fn names_of_a_kind_are_listed_sorted(store: &impl Content) -> Kept {
    let thanks = store.publish("mail", "thanks", b"one").await?;
    let again = store.publish("mail", "again", b"two").await?;
    store.publish("flow", "after-sales", b"three").await?;
    let expected = [("again".to_owned(), again), ("thanks".to_owned(), thanks)];
    assert_eq!(store.all_active("mail").await?, expected);
    assert!(store.all_active("shop").await?.is_empty());
    Ok(())
}

pub async fn what_was_never_published_is_absent(store: &impl Content) -> Kept {
    store.publish("mail", "thanks", b"one").await?;
    assert_eq!(store.active("mail", "welcome").await?, None);
    assert_eq!(store.active("flow", "thanks").await?, None);
    assert_eq!(store.content(&content_hash(b"two")).await?, None);
    Ok(())
}
