//! What a mail shows: the products that fit, as the feed has them on the day it is made.

use anyhow::Context as _;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::feed::SkuPattern;
use nachklang_domain::id::{ProductId, SeriesId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::order::{LineDetails, OrderSnapshot};
use nachklang_domain::ports::{ListKey, ListKind, Orders as _, Products as _};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::receive_order::receive_order;
use nachklang_tests::world::{World, noon};

type Told = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);

/// The shipped flow in which the charm club's mail takes its products from elsewhere.
fn with_products(products: &'static str) -> impl FnOnce(&str) -> String {
    let shipped = r#"products = { source = "topsellers", series = "charm-club", count = 6, at_least = 2 }"#;
    move |flow| {
        assert!(flow.contains(shipped), "the shipped flow has its topsellers");
        flow.replace(shipped, products)
    }
}

async fn one_purchase(world: &World) -> Told {
    world.codes("thanks-eur", &["DANKE-1"], None).await?;
    world.buys("anna", "1", BOUGHT).await?;
    Ok(())
}

/// The day's only mail holds a text.
async fn shows(world: &World, text: &str) -> Told {
    world.run(DUE).await?;
    assert!(world.letter(&world.only_mail()?)?.html.contains(text), "{text}");
    Ok(())
}

fn chosen(story: &MailStory) -> Vec<&str> {
    story.chosen.iter().map(|told| told.product.as_str()).collect()
}

#[tokio::test]
async fn topsellers_without_a_series_are_those_of_the_whole_shop() -> Told {
    let products = r#"products = { source = "topsellers", count = 4, at_least = 2 }"#;
    let world = World::of("de", with_products(products)).await?;
    one_purchase(&world).await?;
    let ids = |ids: [&str; 2]| ids.map(ProductId::parse).into_iter().collect::<Result<Vec<_>, _>>();
    let lists = [
        (ListKey::Series(SeriesId::parse("charm-club")?), ids(["LUN-CC-041", "LUN-CC-081"])?),
        (ListKey::Shop, ids(["LUN-KB-001", "LUN-CC-037"])?),
    ];
    world.site.store.replace_lists(&world.shop()?.id, ListKind::Topsellers, &lists).await?;
    world.run(DUE).await?;
    let story = world.only_mail()?;
    assert_eq!((story.segment.as_str(), chosen(&story)), ("charm-club", vec!["LUN-KB-001", "LUN-CC-037"]));
    Ok(())
}

#[tokio::test]
async fn a_product_on_a_foreign_host_makes_room_for_the_next_one() -> Told {
    let world = World::new().await?;
    one_purchase(&world).await?;
    let picture =
        |name: &str| format!("<g:image_link>https://{name}.lunaria.example/CC-041.png</g:image_link>");
    let elsewhere = picture("media").replace("media.lunaria", "cdn.elsewhere");
    world.feed_again(|feed| feed.replace(&picture("media"), &elsewhere)).await?;
    world.run(DUE).await?;
    let story = world.only_mail()?;
    assert_eq!(story.chosen.len(), 6, "{:?}", story.chosen);
    assert!(!chosen(&story).contains(&"LUN-CC-041"));
    let dropped = story.dropped.iter().find(|told| told.product == "LUN-CC-041");
    assert!(dropped.is_some_and(|told| told.word.contains("link_hosts")), "{:?}", story.dropped);
    Ok(())
}

#[tokio::test]
async fn what_she_bought_is_shown_with_the_picture_that_the_feed_has_now() -> Told {
    let world = World::new().await?;
    one_purchase(&world).await?;
    world.feed_again(|feed| feed.replace("/CC-011.png", "/CC-011-new.png")).await?;
    shows(&world, "CC-011-new.png").await
}

#[tokio::test]
async fn what_she_bought_is_shown_although_it_entered_the_feed_after_she_bought_it() -> Told {
    let world = World::new().await?;
    world.feed_again(|feed| feed.replace("CC-011", "CC-911")).await?;
    one_purchase(&world).await?;
    world.feed_again(|feed| feed).await?;
    shows(&world, "/CC-011.png").await
}

#[tokio::test]
async fn what_she_bought_is_shown_as_it_was_when_the_feed_has_it_no_more() -> Told {
    let world = World::new().await?;
    one_purchase(&world).await?;
    world.feed_again(|feed| feed.replace("CC-011", "CC-911")).await?;
    shows(&world, "/CC-011.png").await
}

/// Tells the first shop of a world a purchase, changed; answers what is stored of its first line.
async fn first_line(
    world: &World,
    catalog: &Catalog,
    change: impl FnOnce(&mut OrderSnapshot),
) -> anyhow::Result<LineDetails> {
    let mut event = world.purchase("anna", "1", BOUGHT)?;
    change(event.snapshot.as_mut().context("it has a snapshot")?);
    let desk = Desk { world: &world.site.store, catalog, contact_key: world.site.contact_key() };
    receive_order(desk, &event, noon(BOUGHT)?).await?;
    let stored = world.site.store.load_order(&event.key).await?;
    let lines = stored.and_then(|(order, _)| order.snapshot).map(|snapshot| snapshot.lines);
    Ok(lines.and_then(|lines| lines.into_iter().next()).context("it has a line")?.details)
}

#[tokio::test]
async fn a_buyer_whose_language_has_no_feed_gets_what_the_shops_first_one_tells() -> Told {
    let world = World::of("uk", str::to_owned).await?;
    let german = Language::parse("de")?;
    let details =
        first_line(&world, &*world.site.catalog()?, |snapshot| snapshot.language = Some(german)).await?;
    assert!(details.image.is_some_and(|image| image.ends_with("/CC-011.png")));
    Ok(())
}

#[tokio::test]
async fn a_line_that_names_the_id_within_the_feeds_ids_is_found_where_the_feed_cuts_it_out() -> Told {
    let world = World::new().await?;
    let mut catalog = (*world.site.catalog()?).clone();
    let by_id = |snapshot: &mut OrderSnapshot| {
        for line in &mut snapshot.lines {
            (line.product_ids, line.sku) = (ProductId::parse("CC-011").into_iter().collect(), None);
        }
    };
    assert_eq!(first_line(&world, &catalog, by_id).await?.product, None, "nothing is cut");
    for shop in catalog.shops.values_mut() {
        shop.feed.sku_pattern = Some(SkuPattern::default());
    }
    // The same line as before: a later message finds what the first did not.
    let later = |snapshot: &mut OrderSnapshot| {
        by_id(snapshot);
        snapshot.revision = snapshot.revision.checked_add(1.second()).unwrap_or(snapshot.revision);
    };
    let found = first_line(&world, &catalog, later).await?.product;
    assert_eq!(found, Some(ProductId::parse("LUN-CC-011")?));
    Ok(())
}

#[tokio::test]
async fn what_the_feed_told_stays_when_the_order_is_told_anew_after_the_product_left_it() -> Told {
    let world = World::new().await?;
    let catalog = world.site.catalog()?;
    let before = first_line(&world, &catalog, |_| ()).await?;
    world.feed_again(|feed| feed.replace("CC-011", "CC-911")).await?;
    let after = first_line(&world, &catalog, |snapshot| {
        snapshot.delivered_at = Some(snapshot.placed_at);
        snapshot.revision = snapshot.revision.checked_add(1.second()).unwrap_or(snapshot.revision);
    });
    assert_eq!(after.await?, before);
    assert!(before.product.is_some() && before.image.is_some());
    Ok(())
}

#[tokio::test]
async fn what_she_bought_long_ago_is_not_recommended() -> Told {
    let world = World::new().await?;
    world.codes("thanks-eur", &["DANKE-1"], None).await?;
    let mut long_ago = world.purchase("anna", "1", date(2026, 9, 1))?;
    let lines = &mut long_ago.snapshot.as_mut().context("it has a snapshot")?.lines;
    lines.first_mut().context("it has a line")?.sku = Sku::parse("CC-041").ok();
    world.tell(&long_ago, noon(date(2026, 9, 1))?).await?;
    world.run(date(2026, 9, 13)).await?;
    world.buys("anna", "2", BOUGHT).await?;
    world.run(DUE).await?;
    let mails = world.mails_to("anna")?;
    let last = mails.iter().max_by_key(|mail| mail.made_at).context("she got a mail")?;
    assert_eq!((mails.len(), last.orders.len()), (2, 1));
    assert!(!chosen(last).contains(&"LUN-CC-041"), "{:?}", chosen(last));
    Ok(())
}
