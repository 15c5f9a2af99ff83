use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{Content, NewContent};

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

pub async fn what_belongs_together_is_published_together(store: &impl Content) -> Kept {
    store.publish("mail", "thanks", b"old").await?;
    // More than one transaction of DynamoDB holds.
    let names = (0..120).map(|number| format!("mail-{number:03}")).chain(["thanks".to_owned()]);
    let of_mail = |name: String| NewContent { kind: "mail", bytes: name.clone().into_bytes(), name };
    let mut contents: Vec<NewContent> = names.map(of_mail).collect();
    contents.push(NewContent { kind: "catalog", name: "brand".to_owned(), bytes: b"shops".to_vec() });
    let versions = store.publish_all(&contents).await?;
    assert_eq!(versions, contents.iter().map(|new| content_hash(&new.bytes)).collect::<Vec<_>>());
    for (new, version) in contents.iter().zip(versions) {
        assert_eq!(store.content(&version).await?.as_ref(), Some(&new.bytes), "{}", new.name);
        assert_eq!(store.active(new.kind, &new.name).await?, Some(version), "{}", new.name);
    }
    assert!(store.publish_all(&[]).await?.is_empty());
    Ok(())
}

pub async fn publishing_together_what_is_active_changes_nothing(store: &impl Content) -> Kept {
    let contents = [b"one", b"two"].map(|bytes| NewContent {
        kind: "mail",
        name: "thanks".to_owned(),
        bytes: bytes.to_vec(),
    });
    let (first, second) = (&contents[..1], &contents[1..]);
    let version = store.publish_all(first).await?;
    assert_eq!(store.publish_all(first).await?, version);
    assert_eq!(store.active("mail", "thanks").await?.as_slice(), version);
    store.publish_all(second).await?;
    assert_eq!(store.publish_all(first).await?, version);
    assert_eq!(store.active("mail", "thanks").await?.as_slice(), version);
    Ok(())
}

pub async fn a_glance_finds_the_active_version_or_an_earlier_one(store: &impl Content) -> Kept {
    assert_eq!(store.glance_active("mail", "thanks").await?, None);
    let first = store.publish("mail", "thanks", b"one").await?;
    assert_eq!(store.glance_active("mail", "thanks").await?, Some(first.clone()));
    let second = store.publish("mail", "thanks", b"two").await?;
    let glanced = store.glance_active("mail", "thanks").await?;
    assert!([Some(first), Some(second)].contains(&glanced), "{glanced:?}");
    Ok(())
}
