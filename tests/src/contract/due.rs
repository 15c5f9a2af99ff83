use std::collections::HashSet;

use jiff::civil::Date;
use nachklang_domain::id::{EnrolmentId, FlowId};
use nachklang_domain::ports::{DUE_SHARDS, DueEntry, DueList, MailTask};

use super::Kept;
use super::fixtures::{LATER, TODAY, TOMORROW, order_key, person, shop};

fn entry(day: Date, first_due: Date, name: &str, step: u32) -> anyhow::Result<DueEntry> {
    let (flow, contact) = (FlowId::parse("after-sales")?, person(name)?);
    Ok(DueEntry {
        day,
        first_due,
        task: MailTask {
            shop: shop("de")?,
            contact,
            enrolment: EnrolmentId::of(&flow, contact, &order_key("de", "shopify", "1001")?),
            flow,
            step,
        },
    })
}

/// All entries of a day and shard, page by page.
async fn all(store: &impl DueList, shop_name: &str, day: Date, shard: u32) -> anyhow::Result<Vec<DueEntry>> {
    let (shop, mut entries, mut from) = (shop(shop_name)?, Vec::new(), None::<String>);
    loop {
        let page = store.due_page(&shop, day, shard, from.as_deref()).await?;
        entries.extend(page.entries);
        from = page.next;
        if from.is_none() {
            return Ok(entries);
        }
    }
}

pub async fn putting_a_due_entry_again_changes_nothing(store: &impl DueList) -> Kept {
    let anna = entry(TODAY, TODAY, "anna", 0)?;
    for _ in 0..3 {
        store.put_due(&[anna.clone(), anna.clone()]).await?;
    }
    let shard = anna.task.shard();
    assert_eq!(all(store, "de", TODAY, shard).await?, [anna]);
    assert_eq!(store.due_counts(&shop("de")?, TODAY, 1).await?, [1]);
    Ok(())
}

pub async fn a_page_holds_its_own_shop_day_and_shard_only(store: &impl DueList) -> Kept {
    let anna = entry(TODAY, TODAY, "anna", 0)?;
    let mut austrian = anna.clone();
    austrian.task.shop = shop("at")?;
    let tomorrow = entry(TOMORROW, TODAY, "anna", 0)?;
    store.put_due(&[anna.clone(), austrian.clone(), tomorrow.clone()]).await?;
    let shard = anna.task.shard();
    assert_eq!(all(store, "de", TODAY, shard).await?, [anna]);
    assert_eq!(all(store, "at", TODAY, shard).await?, [austrian]);
    assert_eq!(all(store, "de", TOMORROW, shard).await?, [tomorrow]);
    for other in (0..DUE_SHARDS).filter(|other| *other != shard) {
        assert!(all(store, "de", TODAY, other).await?.is_empty());
    }
    Ok(())
}

pub async fn entries_come_by_the_day_on_which_they_first_were_due(store: &impl DueList) -> Kept {
    let days: [Date; 4] = [TODAY, "2025-12-31".parse()?, "2026-03-09".parse()?, "2026-03-10".parse()?];
    for (step, first_due) in (0..).zip(days) {
        store.put_due(&[entry(TODAY, first_due, "anna", step)?]).await?;
    }
    let shard = entry(TODAY, TODAY, "anna", 0)?.task.shard();
    let entries = all(store, "de", TODAY, shard).await?;
    let steps: Vec<u32> = entries.iter().map(|entry| entry.task.step).collect();
    assert_eq!(steps, [1, 2, 3, 0]);
    Ok(())
}

pub async fn pages_together_hold_every_entry_once(store: &impl DueList) -> Kept {
    let mut entries = Vec::new();
    for step in 0..2_500 {
        entries.push(entry(TODAY, TODAY, "anna", step)?);
    }
    for part in entries.chunks(500) {
        store.put_due(part).await?;
    }
    let shard = entry(TODAY, TODAY, "anna", 0)?.task.shard();
    let found = all(store, "de", TODAY, shard).await?;
    let distinct: HashSet<u32> = found.iter().map(|entry| entry.task.step).collect();
    assert_eq!((found.len(), distinct.len()), (2_500, 2_500));
    Ok(())
}

pub async fn the_counts_tell_each_day(store: &impl DueList) -> Kept {
    for name in ["anna", "berta", "carla", "dora"] {
        store.put_due(&[entry(TODAY, TODAY, name, 0)?]).await?;
    }
    store.put_due(&[entry(LATER, LATER, "anna", 0)?]).await?;
    let counts = store.due_counts(&shop("de")?, TODAY, 15).await?;
    let expected: Vec<u64> = (0..15)
        .map(|day| [(0, 4), (14, 1)].iter().find(|(at, _)| *at == day).map_or(0, |(_, n)| *n))
        .collect();
    assert_eq!(counts, expected);
    assert!(store.due_counts(&shop("de")?, TODAY, 0).await?.is_empty());
    Ok(())
}
