//! What a mail shows: the products that fit, as the feed has them on the day it is made.

use jiff::civil::{Date, date};
use nachklang_domain::id::{ProductId, SeriesId};
use nachklang_domain::ports::{ListKey, ListKind, Products as _};
use nachklang_domain::story::MailStory;
use nachklang_tests::world::World;

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
    world.run(DUE).await?;
    let letter = world.letter(&world.only_mail()?)?;
    assert!(letter.html.contains("CC-011-new.png"));
    Ok(())
}

#[tokio::test]
async fn what_she_bought_is_shown_although_it_entered_the_feed_after_she_bought_it() -> Told {
    let world = World::new().await?;
    world.feed_again(|feed| feed.replace("CC-011", "CC-911")).await?;
    one_purchase(&world).await?;
    world.feed_again(|feed| feed).await?;
    world.run(DUE).await?;
    let letter = world.letter(&world.only_mail()?)?;
    assert!(letter.html.contains("/CC-011.png"));
    Ok(())
}

#[tokio::test]
async fn what_she_bought_is_shown_as_it_was_when_the_feed_has_it_no_more() -> Told {
    let world = World::new().await?;
    one_purchase(&world).await?;
    world.feed_again(|feed| feed.replace("CC-011", "CC-911")).await?;
    world.run(DUE).await?;
    let letter = world.letter(&world.only_mail()?)?;
    assert!(letter.html.contains("/CC-011.png"));
    Ok(())
}
