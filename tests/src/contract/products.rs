use nachklang_domain::id::{ProductId, SeriesId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{FeedChange, ListKey, ListKind, Products};
use nachklang_domain::product::Product;

use super::Kept;
use super::fixtures::{product, shop};

fn german() -> anyhow::Result<Language> {
    Ok(Language::parse("de")?)
}

fn ids(ids: &[&str]) -> anyhow::Result<Vec<ProductId>> {
    ids.iter().map(|id| Ok(ProductId::parse(id)?)).collect()
}

/// Stages and publishes a German feed of the German shop.
async fn publish(store: &impl Products, import: &str, feed: &[Product]) -> anyhow::Result<FeedChange> {
    store.stage_products(&shop("de")?, german()?, import, feed).await?;
    Ok(store.publish_staged(&shop("de")?, german()?, import).await?)
}

async fn seen(store: &impl Products, id: &str) -> anyhow::Result<Option<Product>> {
    let found = store.products(&shop("de")?, german()?, &ids(&[id])?).await?;
    Ok(found.into_iter().next())
}

pub async fn an_unpublished_feed_is_invisible(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    publish(store, "first", &[product("1", "Ring")?]).await?;
    let next = [product("1", "Ring, neu")?, product("2", "Kette")?];
    store.stage_products(&de, language, "second", &next).await?;
    assert_eq!(seen(store, "1").await?, Some(product("1", "Ring")?));
    assert_eq!(seen(store, "2").await?, None);
    assert_eq!(store.product_count(&de, language).await?, 1);
    let by_sku = store.product_of_line(&de, language, &[], Some(&Sku::parse("SKU-2")?)).await?;
    assert_eq!(by_sku, None);
    Ok(())
}

pub async fn a_published_feed_is_seen_whole(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    store.stage_products(&de, language, "first", &[product("1", "Ring")?]).await?;
    store.stage_products(&de, language, "first", &[product("2", "Kette")?]).await?;
    store.publish_staged(&de, language, "first").await?;
    let mut found = store.products(&de, language, &ids(&["2", "7", "1"])?).await?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, [product("1", "Ring")?, product("2", "Kette")?]);
    assert_eq!(store.product_count(&de, language).await?, 2);
    Ok(())
}

pub async fn publishing_writes_changed_rows_only(store: &impl Products) -> Kept {
    let first = [product("1", "Ring")?, product("2", "Kette")?, product("3", "Charm")?];
    let second = [product("1", "Ring")?, product("2", "Kette, lang")?, product("4", "Armband")?];
    let all_new = FeedChange { added: 3, ..FeedChange::default() };
    assert_eq!(publish(store, "first", &first).await?, all_new);
    let one_each = FeedChange { added: 1, changed: 1, removed: 1, unchanged: 1 };
    assert_eq!(publish(store, "second", &second).await?, one_each);
    let nothing = FeedChange { unchanged: 3, ..FeedChange::default() };
    assert_eq!(publish(store, "third", &second).await?, nothing);
    assert_eq!(seen(store, "2").await?, Some(product("2", "Kette, lang")?));
    Ok(())
}

pub async fn what_a_feed_no_longer_has_is_gone(store: &impl Products) -> Kept {
    publish(store, "first", &[product("1", "Ring")?, product("2", "Kette")?]).await?;
    publish(store, "second", &[product("2", "Kette")?]).await?;
    assert_eq!(seen(store, "1").await?, None);
    assert_eq!(seen(store, "2").await?, Some(product("2", "Kette")?));
    Ok(())
}

pub async fn feeds_of_shops_and_languages_are_apart(store: &impl Products) -> Kept {
    let feeds = [("de", "de"), ("de", "en"), ("at", "de")];
    for (name, language) in feeds {
        let (shop, language) = (shop(name)?, Language::parse(language)?);
        let import = format!("{name}-{language}");
        let title = format!("Ring {import}");
        store.stage_products(&shop, language, &import, &[product("1", &title)?]).await?;
        store.publish_staged(&shop, language, &import).await?;
    }
    for (name, language) in feeds {
        let found = store.products(&shop(name)?, Language::parse(language)?, &ids(&["1"])?).await?;
        assert_eq!(found, [product("1", &format!("Ring {name}-{language}"))?]);
    }
    Ok(())
}

pub async fn imports_do_not_mix(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    publish(store, "first", &[product("1", "Ring")?, product("2", "Kette")?]).await?;
    let left_behind = [product("2", "Kette")?, product("9", "Alt")?];
    store.stage_products(&de, language, "left-behind", &left_behind).await?;
    let change = publish(store, "second", &[product("1", "Ring")?]).await?;
    let removed_only = FeedChange { removed: 1, unchanged: 1, ..FeedChange::default() };
    assert_eq!(change, removed_only);
    assert_eq!((seen(store, "2").await?, seen(store, "9").await?), (None, None));
    Ok(())
}

pub async fn a_published_import_is_used_up(store: &impl Products) -> Kept {
    publish(store, "daily", &[product("1", "Ring")?]).await?;
    publish(store, "daily", &[product("2", "Kette")?]).await?;
    assert_eq!(seen(store, "1").await?, None);
    assert_eq!(seen(store, "2").await?, Some(product("2", "Kette")?));
    Ok(())
}

pub async fn a_discarded_import_never_shows(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    store.stage_products(&de, language, "first", &[product("9", "Alt")?]).await?;
    store.discard_staged("first").await?;
    publish(store, "first", &[product("1", "Ring")?]).await?;
    assert_eq!(seen(store, "9").await?, None);
    assert_eq!(store.product_count(&de, language).await?, 1);
    Ok(())
}

pub async fn publishing_again_never_empties_the_shop(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    publish(store, "first", &[product("1", "Ring")?]).await?;
    for import in ["first", "never-staged"] {
        match store.publish_staged(&de, language, import).await {
            Ok(change) => assert_eq!((change.added, change.changed, change.removed), (0, 0, 0)),
            Err(error) => assert!(!error.is_transient(), "trying again does not help"),
        }
        assert_eq!(seen(store, "1").await?, Some(product("1", "Ring")?));
    }
    Ok(())
}

pub async fn a_line_is_found_by_its_most_exact_id_before_its_sku(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    publish(store, "first", &[product("1", "Ring")?, product("2", "Kette")?]).await?;
    let sku = Sku::parse("SKU-2")?;
    let unknown = Sku::parse("SKU-9")?;
    for (line_ids, sku, title) in [
        (ids(&["2", "1"])?, None, Some("Kette")),
        (ids(&["7", "1", "2"])?, Some(&sku), Some("Ring")),
        (ids(&["7"])?, Some(&sku), Some("Kette")),
        (ids(&[])?, Some(&unknown), None),
        (ids(&["7"])?, None, None),
    ] {
        let found = store.product_of_line(&de, language, &line_ids, sku).await?;
        assert_eq!(found.as_ref().map(|product| product.title.as_str()), title);
    }
    Ok(())
}

pub async fn a_changed_sku_is_found_under_the_new_one_only(store: &impl Products) -> Kept {
    let (de, language) = (shop("de")?, german()?);
    let mut ring = product("1", "Ring")?;
    publish(store, "first", &[ring.clone()]).await?;
    ring.sku = Some(Sku::parse("NEW-1")?);
    publish(store, "second", &[ring.clone()]).await?;
    let old = store.product_of_line(&de, language, &[], Some(&Sku::parse("SKU-1")?)).await?;
    let new = store.product_of_line(&de, language, &[], Some(&Sku::parse("NEW-1")?)).await?;
    assert_eq!((old, new), (None, Some(ring)));
    Ok(())
}

fn series(name: &str) -> anyhow::Result<ListKey> {
    Ok(ListKey::Series(SeriesId::parse(name)?))
}

pub async fn lists_keep_their_order_and_an_unknown_one_is_empty(store: &impl Products) -> Kept {
    let de = shop("de")?;
    let lists = [(series("moon")?, ids(&["3", "1", "2"])?), (ListKey::Shop, ids(&["9", "8"])?)];
    store.replace_lists(&de, ListKind::Topsellers, &lists).await?;
    assert_eq!(store.list(&de, &series("moon")?).await?, ids(&["3", "1", "2"])?);
    assert_eq!(store.list(&de, &ListKey::Shop).await?, ids(&["9", "8"])?);
    assert!(store.list(&de, &series("sun")?).await?.is_empty());
    assert!(store.list(&shop("at")?, &ListKey::Shop).await?.is_empty());
    Ok(())
}

pub async fn replacing_lists_leaves_no_old_one(store: &impl Products) -> Kept {
    let (de, at) = (shop("de")?, shop("at")?);
    for shop in [&de, &at] {
        let lists = [(series("moon")?, ids(&["1"])?), (series("sun")?, ids(&["2"])?)];
        store.replace_lists(shop, ListKind::Topsellers, &lists).await?;
    }
    let lists = [(series("sun")?, ids(&["3"])?)];
    assert_eq!(store.list_count(&de, ListKind::Topsellers).await?, 2);
    store.replace_lists(&de, ListKind::Topsellers, &lists).await?;
    assert_eq!(store.list_count(&de, ListKind::Topsellers).await?, 1);
    assert_eq!(store.list_count(&de, ListKind::Recommendations).await?, 0);
    assert!(store.list(&de, &series("moon")?).await?.is_empty());
    assert_eq!(store.list(&de, &series("sun")?).await?, ids(&["3"])?);
    assert_eq!(store.list(&at, &series("moon")?).await?, ids(&["1"])?);
    Ok(())
}

pub async fn replacing_one_kind_of_lists_leaves_the_other(store: &impl Products) -> Kept {
    let de = shop("de")?;
    let goes_with = ListKey::Product(ProductId::parse("1")?);
    let recommended = [(goes_with.clone(), ids(&["2"])?)];
    store.replace_lists(&de, ListKind::Recommendations, &recommended).await?;
    let topsellers = [(ListKey::Shop, ids(&["3"])?)];
    store.replace_lists(&de, ListKind::Topsellers, &topsellers).await?;
    store.replace_lists(&de, ListKind::Topsellers, &[]).await?;
    assert_eq!(store.list(&de, &goes_with).await?, ids(&["2"])?);
    assert!(store.list(&de, &ListKey::Shop).await?.is_empty());
    Ok(())
}
