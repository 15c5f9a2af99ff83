use std::collections::HashSet;

use jiff::civil::Date;
use nachklang_domain::ports::{Parts, ShardTask};

use super::Kept;
use super::fixtures::{TODAY, TOMORROW, shop};

/// A part of the German shop's run of today.
pub fn part(day: Date, shard: u32, from: Option<&str>) -> anyhow::Result<ShardTask> {
    let from = from.map(str::to_owned);
    Ok(ShardTask { shop: shop("de")?, run_day: TODAY, day, shard, of: 16, from })
}

pub async fn a_part_counts_once_however_often_it_is_through(store: &impl Parts) -> Kept {
    let de = shop("de")?;
    let (first, second) = (part(TODAY, 0, None)?, part(TODAY, 1, Some("further on"))?);
    for (part, through) in [(&first, 1), (&first, 1), (&second, 2), (&first, 2)] {
        assert_eq!(store.finish_part(&de, TODAY, &part.part()).await?, through);
    }
    Ok(())
}

pub async fn many_parts_that_end_at_once_are_all_counted<S>(store: &S) -> Kept
where
    S: Parts + Clone + Send + Sync + 'static,
{
    let mut runners = tokio::task::JoinSet::new();
    for shard in 0..16 {
        let (store, de, name) = (store.clone(), shop("de")?, part(TODAY, shard, None)?.part());
        runners.spawn(async move { store.finish_part(&de, TODAY, &name).await });
    }
    let counts = runners.join_all().await.into_iter().collect::<Result<HashSet<u64>, _>>()?;
    assert_eq!(counts, (1..=16).collect(), "each sees one more, and one of them sees all");
    Ok(())
}

pub async fn the_parts_of_other_runs_and_shops_do_not_count(store: &impl Parts) -> Kept {
    let name = part(TODAY, 0, None)?.part();
    for (shop_name, run_day) in [("de", TODAY), ("at", TODAY), ("de", TOMORROW)] {
        assert_eq!(store.finish_part(&shop(shop_name)?, run_day, &name).await?, 1);
    }
    Ok(())
}

/// The port only hands over; `drain` empties the queue in the implementation's own way.
pub async fn a_part_arrives_where_it_goes_on<S: Parts>(
    store: &S,
    drain: impl AsyncFn(&S) -> anyhow::Result<Vec<ShardTask>>,
) -> Kept {
    let mut parts = Vec::new();
    for shard in 0..25 {
        parts.push(part(TODAY, shard, (shard % 2 == 0).then_some("2026-03-14#after-sales"))?);
    }
    store.to_planning(&parts).await?;
    store.to_planning(&[]).await?;
    let mut arrived = drain(store).await?;
    arrived.sort_by_key(|part| part.shard);
    assert_eq!(arrived, parts);
    Ok(())
}
