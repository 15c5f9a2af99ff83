//! Feeds on AWS: whole at every moment, whatever breaks off, and cheap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use aws_sdk_dynamodb::types::AttributeValue;
use nachklang_aws::config::Setting;
use nachklang_aws::store::{AwsStore, Meter};
use nachklang_domain::id::{ProductId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{FeedChange, ListKey, ListKind, PortResult, Products};
use nachklang_domain::product::Product;
use nachklang_tests::aws_world::{AwsWorld, Fate, Wire};
use nachklang_tests::contract::Kept;
use nachklang_tests::contract::fixtures::{product, shop};
use tokio::sync::Notify;

fn german() -> anyhow::Result<Language> {
    Ok(Language::parse("de")?)
}

/// Products with these numbers and titles.
fn feed(rows: &[(u32, &str)]) -> anyhow::Result<Vec<Product>> {
    rows.iter().map(|(number, title)| product(&number.to_string(), title)).collect()
}

async fn publish(store: &AwsStore, feed: &[Product]) -> anyhow::Result<PortResult<FeedChange>> {
    let (de, german) = (shop("de")?, german()?);
    store.discard_staged("de/de").await?;
    for part in feed.chunks(500) {
        store.stage_products(&de, german, "de/de", part).await?;
    }
    Ok(store.publish_staged(&de, german, "de/de").await)
}

/// The products with numbers below ten, by number.
async fn seen(store: &AwsStore) -> anyhow::Result<Vec<Product>> {
    let ids = (0..10).map(|number| ProductId::parse(&number.to_string())).collect::<Result<Vec<_>, _>>()?;
    let mut found = store.products(&shop("de")?, german()?, &ids).await?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

async fn of_sku(store: &AwsStore, sku: &str) -> anyhow::Result<Option<Product>> {
    Ok(store.product_of_line(&shop("de")?, german()?, &[], Some(&Sku::parse(sku)?)).await?)
}

/// Where a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Before a call arrives.
    Before,
    /// After a call has arrived.
    After,
}

/// Publishes until the `at`-th of some calls, then lets the process end; answers whether it came so far.
async fn crash(
    world: &AwsWorld,
    feed: &[Product],
    (calls, at): (&'static str, usize),
    end: End,
) -> anyhow::Result<bool> {
    let (counter, ended) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let told = Arc::clone(&ended);
    let wire = Wire::to(world.endpoint()?, move |call| {
        if !call.what.contains(calls) || counter.fetch_add(1, Ordering::SeqCst) < at {
            return Fate::Pass;
        }
        match end {
            End::Before => Fate::Hang(Arc::clone(&told)),
            End::After => Fate::HangAfter(Arc::clone(&told)),
        }
    })
    .await?;
    let store = world.through(&wire)?.store();
    tokio::select! {
        published = publish(&store, feed) => published?.map(|_| false).map_err(anyhow::Error::from),
        () = ended.notified() => Ok(true),
    }
}

/// Lets as much time pass as a lease takes to end.
async fn end_lease(world: &AwsWorld) -> Kept {
    let update = world.clients.dynamo.update_item().table_name(world.config.get(Setting::Products)?);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = update.key("pk", text("de#de")).key("sk", text("pointer"));
    let ended = AttributeValue::N("1".to_owned());
    update
        .update_expression("SET lease = :ended")
        .expression_attribute_values(":ended", ended)
        .send()
        .await?;
    Ok(())
}

/// Checks that exactly a feed is seen: its products, each under its SKU, and nothing else.
async fn expect_seen(world: &AwsWorld, feed: &[Product], when: &str) -> Kept {
    let store = world.store();
    assert_eq!(seen(&store).await?, feed, "{when}");
    assert_eq!(store.product_count(&shop("de")?, german()?).await?, u64::try_from(feed.len())?, "{when}");
    for sku in ["SKU-1", "SKU-2", "SKU-3", "SKU-4", "SKU-5", "RING-2"] {
        let has_it = |product: &&Product| product.sku.as_ref().is_some_and(|of| of.as_str() == sku);
        assert_eq!(of_sku(&store, sku).await?.as_ref(), feed.iter().find(has_it), "{sku} {when}");
    }
    Ok(())
}

/// Three feeds that differ in every way: titles, SKUs, products that come, go and come again.
fn three_feeds() -> anyhow::Result<[Vec<Product>; 3]> {
    let one = feed(&[(1, "Ring"), (2, "Kette"), (3, "Charm")])?;
    let with_sku = |mut product: Product, sku| -> anyhow::Result<Product> {
        product.sku = Some(Sku::parse(sku)?);
        Ok(product)
    };
    let ring = with_sku(product("1", "Ring")?, "RING-2")?;
    let two = vec![ring, product("2", "Kette, lang")?, product("4", "Armband")?];
    let watch = with_sku(product("5", "Uhr")?, "SKU-4")?;
    let three = vec![product("1", "Ring, neu")?, product("2", "Kette")?, watch];
    Ok([one, two, three])
}

/// Breaks a publication off before each of its calls and publishes the same feed again, or after each of its calls
/// and publishes another one.
async fn break_off_everywhere(end: End) -> Kept {
    let [one, two, three] = three_feeds()?;
    for at in 0.. {
        let Some(world) = AwsWorld::new().await? else { return Ok(()) };
        // The second feed leaves a previous one behind, which the third one has to sweep.
        publish(&world.store(), &three).await??;
        publish(&world.store(), &one).await??;
        if !crash(&world, &two, ("", at), end).await? {
            assert!(at > 8, "a publication makes more than {at} calls");
            return expect_seen(&world, &two, "unbroken").await;
        }
        let when = format!("after {at} calls");
        // Only the last call moves the pointer, and only if it arrived.
        let moved = end == End::After && of_sku(&world.store(), "RING-2").await?.is_some();
        expect_seen(&world, if moved { &two } else { &one }, &when).await?;
        end_lease(&world).await?;
        for next in if end == End::Before { [&two, &one] } else { [&three, &two] } {
            publish(&world.store(), next).await??;
            expect_seen(&world, next, &format!("{when}, once more")).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_publication_that_broke_off_before_a_call_can_be_repeated() -> Kept {
    break_off_everywhere(End::Before).await
}

#[tokio::test]
async fn a_publication_that_broke_off_after_a_call_leaves_nothing_in_the_next_feed() -> Kept {
    break_off_everywhere(End::After).await
}

/// 1,200 rings of one title.
fn rings(title: &str) -> anyhow::Result<Vec<Product>> {
    (0..1_200).map(|number| product(&format!("{number:04}"), title)).collect()
}

#[tokio::test]
async fn a_long_publication_that_broke_off_goes_on_where_it_was() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    publish(&world.store(), &rings("Ring")?).await??;
    // A thousand rows are forty calls; the forty-fourth comes after they were noted as written.
    assert!(crash(&world, &rings("Ring, neu")?, ("BatchWriteItem", 43), End::After).await?);
    end_lease(&world).await?;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let wire = Wire::to(world.endpoint()?, move |call| {
        counted.fetch_add(usize::from(call.what.ends_with("BatchWriteItem")), Ordering::SeqCst);
        Fate::Pass
    })
    .await?;
    let change = publish(&world.through(&wire)?.store(), &rings("Ring, neu")?).await??;
    assert_eq!(change, FeedChange { changed: 1_200, ..FeedChange::default() });
    assert_eq!(calls.load(Ordering::SeqCst), 8, "two hundred rows were left");
    expect_titles(&world, "Ring, neu").await
}

#[tokio::test]
async fn another_feed_after_a_long_publication_that_broke_off_is_written_whole() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    publish(&world.store(), &rings("Ring")?).await??;
    assert!(crash(&world, &rings("Ring, neu")?, ("BatchWriteItem", 43), End::After).await?);
    expect_titles(&world, "Ring").await?;
    end_lease(&world).await?;
    publish(&world.store(), &rings("Kette")?).await??;
    expect_titles(&world, "Kette").await
}

async fn expect_titles(world: &AwsWorld, title: &str) -> Kept {
    let ids: Vec<ProductId> = rings(title)?.into_iter().map(|ring| ring.id).collect();
    let found = world.store().products(&shop("de")?, german()?, &ids).await?;
    assert_eq!(found.len(), 1_200);
    assert!(found.iter().all(|ring| ring.title == title), "{title}");
    Ok(())
}

#[tokio::test]
async fn a_feed_that_another_process_publishes_is_left_to_it() -> Kept {
    let [one, two, three] = three_feeds()?;
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    publish(&world.store(), &one).await??;
    assert!(crash(&world, &two, ("", 5), End::Before).await?);
    let error = publish(&world.store(), &three).await?.err().context("the lease has not ended")?;
    assert!(
        error.is_transient() && error.to_string().contains("another import of it is under way"),
        "{error}"
    );
    expect_seen(&world, &one, "while another one publishes").await
}

#[tokio::test]
async fn who_read_the_old_pointer_sees_the_old_feed_whole() -> Kept {
    let [one, two, three] = three_feeds()?;
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (publisher, reader) = (world.store(), world.store());
    publish(&publisher, &one).await??;
    assert_eq!(reader.list(&shop("de")?, &ListKey::Shop).await?, []);
    reader.products(&shop("de")?, german()?, &[ProductId::parse("77")?]).await?;
    publish(&publisher, &two).await??;
    assert_eq!(seen(&publisher).await?, two);
    assert_eq!(seen(&reader).await?, one);
    publish(&publisher, &three).await??;
    let fresh = world.store();
    assert_eq!((seen(&publisher).await?, seen(&fresh).await?), (three.clone(), three));
    Ok(())
}

#[tokio::test]
async fn who_read_a_pointer_that_is_two_feeds_old_reads_it_again() -> Kept {
    let [one, two, three] = three_feeds()?;
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (publisher, reader) = (world.store(), world.store());
    publish(&publisher, &one).await??;
    reader.products(&shop("de")?, german()?, &[ProductId::parse("77")?]).await?;
    publish(&publisher, &two).await??;
    publish(&publisher, &three).await??;
    assert_eq!(seen(&reader).await?, three);
    Ok(())
}

#[tokio::test]
async fn a_product_that_many_mails_show_is_read_once() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    publish(&world.store(), &feed(&[(1, "Ring"), (2, "Kette")])?).await??;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let wire = Wire::to(world.endpoint()?, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Fate::Pass
    })
    .await?;
    let store = world.through(&wire)?.store();
    let first = seen(&store).await?;
    for _ in 0..50 {
        assert_eq!(seen(&store.clone()).await?, first);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2, "one for the pointer, one for the rows");
    Ok(())
}

#[tokio::test]
async fn an_import_pays_for_the_rows_that_changed() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let mut rows =
        (0..600).map(|number| product(&format!("{number:04}"), "Ring")).collect::<Result<Vec<_>, _>>()?;
    let meter = Arc::new(Meter::default());
    let store = world.store().with_meter(Arc::clone(&meter));
    // A row and the hint from its SKU.
    assert_eq!(publish(&store, &rows).await??.added, 600);
    assert!(meter.total().write >= 1_200.0, "{:?}", meter.total());
    meter.reset();
    rows[17].title = "Ring, neu".to_owned();
    let one = FeedChange { changed: 1, unchanged: 599, ..FeedChange::default() };
    assert_eq!(publish(&store, &rows).await??, one);
    // The row, and three times the pointer: leased, pending, moved.
    assert!(meter.total().write <= 4.0, "{:?}", meter.total());
    meter.reset();
    assert_eq!(publish(&store, &rows).await??, FeedChange { unchanged: 600, ..FeedChange::default() });
    assert!(meter.total().write <= 2.0, "{:?}", meter.total());
    Ok(())
}

#[tokio::test]
async fn a_feed_that_does_not_fit_into_memory_is_sorted_in_runs() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let wire = Wire::to(world.endpoint()?, move |call| {
        if call.what.starts_with("PUT /") && call.what.contains("/staging/") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        // The rows themselves are of no interest here, and many.
        let rows = call.what.ends_with("BatchWriteItem");
        if rows { Fate::Answer(200, r#"{"UnprocessedItems":{}}"#.to_owned()) } else { Fate::Pass }
    })
    .await?;
    let store = world.through(&wire)?.store();
    let title = "Halskette ".repeat(650);
    let number = |at: u32| (at * 7_919) % 5_000;
    let rows =
        (0..5_000).map(|at| product(&number(at).to_string(), &title)).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(publish(&store, &rows).await??, FeedChange { added: 5_000, ..FeedChange::default() });
    assert!(runs.load(Ordering::SeqCst) > 20, "two runs of a dozen parts and more");
    let sorted: Vec<Product> = {
        let mut sorted = rows;
        sorted.sort_by(|a, b| b.id.cmp(&a.id));
        sorted
    };
    let unchanged = FeedChange { unchanged: 5_000, ..FeedChange::default() };
    assert_eq!(publish(&store, &sorted).await??, unchanged);
    assert!(store.list_objects("staging/", 9).await?.is_empty(), "nothing is left of the runs");
    Ok(())
}

#[tokio::test]
async fn a_list_is_kept_with_its_kind() -> Kept {
    let Some(world) = AwsWorld::new().await? else { return Ok(()) };
    let (store, de) = (world.store(), shop("de")?);
    let wrong = store.replace_lists(&de, ListKind::Recommendations, &[(ListKey::Shop, Vec::new())]).await;
    assert!(!wrong.err().context("topsellers are no recommendations")?.is_transient());
    Ok(())
}
