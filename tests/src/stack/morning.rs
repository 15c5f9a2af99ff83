//! The next morning, without waiting for it.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{DUE_SHARDS, DueEntry, DueList as _, Ledger as _};
use nachklang_domain::use_case::plan_due::run_day;
use nachklang_domain::use_case::publish::active_catalog;
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::{ShopRun, Stack};

/// The schedules of the template, by the time zone that they run.
const SCHEDULES: [(&str, &str); 2] =
    [("Europe/Berlin", "DailyRunSchedule"), ("Europe/London", "SecondDailyRunSchedule")];

impl Stack {
    /// Lets the next day come for a shop and calls the schedule of its time zone; answers how the shop's run ended.
    ///
    /// An order that comes today is looked at tomorrow at the earliest (docs/adr/0003), and the functions go by the real
    /// clock alone. So instead of the clock, what is stored of the calendar moves: what is to be looked at on the next
    /// days is due now, as if it had been stored yesterday, and the shop's last run was yesterday's. Nothing else is
    /// touched: the mail's own dates are in its contact, and lie in the past because the purchase does.
    ///
    /// # Errors
    /// When the run fails, or the zone has no schedule.
    pub async fn morning(&self, shop: &str) -> anyhow::Result<ShopRun> {
        let _alone = self.morning.lock().await;
        let schedule = self.turn_the_page(shop).await?;
        self.call(schedule, shop).await
    }

    /// As [`Stack::morning`], for a shop whose last run was so many days ago.
    ///
    /// # Errors
    /// As [`Stack::morning`].
    pub async fn morning_after(&self, shop: &str, days: i32) -> anyhow::Result<ShopRun> {
        let _alone = self.morning.lock().await;
        let schedule = self.turn_the_page(shop).await?;
        let (id, catalog) = (ShopId::parse(shop)?, self.catalog().await?);
        let today = run_day(catalog.shops.get(&id).context("the shop is published")?, Timestamp::now());
        self.last_run_was(&id, today.checked_sub(days.days())?).await?;
        self.call(schedule, shop).await
    }

    /// Calls the schedule again, on the same day.
    ///
    /// # Errors
    /// As [`Stack::morning`].
    pub async fn same_day_again(&self, shop: &str) -> anyhow::Result<ShopRun> {
        let _alone = self.morning.lock().await;
        let (shop_id, catalog) = (ShopId::parse(shop)?, self.catalog().await?);
        self.call(schedule_of(&catalog, &shop_id)?, shop).await
    }

    /// As [`Stack::morning`], but the emulator's scheduler calls, some seconds later. Answers when the run is completed.
    ///
    /// # Errors
    /// As [`Stack::morning`].
    pub async fn morning_by_scheduler(&self, shop: &str) -> anyhow::Result<()> {
        let _alone = self.morning.lock().await;
        let schedule = self.turn_the_page(shop).await?;
        self.fire_schedule(schedule).await?;
        self.wait_for("the scheduler's call", async || Ok(self.has_run_today(shop).await?.then_some(())))
            .await
    }

    /// Whether the shop's run of the day is completed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn has_run_today(&self, shop: &str) -> anyhow::Result<bool> {
        let (shop, catalog) = (ShopId::parse(shop)?, self.catalog().await?);
        let day = run_day(catalog.shops.get(&shop).context("the shop is published")?, Timestamp::now());
        Ok(self.store.last_completed(&shop).await? >= Some(day))
    }

    /// As if every shop had been run yesterday: a shop's first run of all looks 400 days back, which takes the emulator a
    /// quarter of a minute each.
    pub(super) async fn all_ran_yesterday(&self) -> anyhow::Result<()> {
        for shop in self.catalog().await?.shops.values() {
            self.last_run_was(&shop.id, run_day(shop, Timestamp::now()).yesterday()?).await?;
        }
        Ok(())
    }

    /// While it is held, nobody stops sending or holds up a queue.
    pub async fn undisturbed(&self) -> RwLockReadGuard<'_, ()> {
        self.sending.read().await
    }

    /// While it is held, no other scenario sends.
    pub async fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.sending.write().await
    }

    /// The published shops and flows.
    ///
    /// # Errors
    /// When there are none.
    pub async fn catalog(&self) -> anyhow::Result<Catalog> {
        active_catalog(&self.store).await?.context("shops are published")
    }

    /// What is to be looked at for a shop on the coming days.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn due_from(&self, shop: &ShopId, first: Date) -> anyhow::Result<Vec<DueEntry>> {
        let mut entries = Vec::new();
        for day in first.series(1.day()).take(3) {
            for shard in 0..DUE_SHARDS {
                entries.extend(self.store.due_page(shop, day, shard, None).await?.entries);
            }
        }
        Ok(entries)
    }

    /// Makes tomorrow today, as [`Stack::morning`] says; answers the schedule that runs the shop. No run of the shop may
    /// be under way.
    ///
    /// # Errors
    /// When the store does not answer, or the zone has no schedule.
    pub async fn turn_the_page(&self, shop: &str) -> anyhow::Result<&'static str> {
        let (id, catalog) = (ShopId::parse(shop)?, self.catalog().await?);
        let shop = catalog.shops.get(&id).context("the shop is published")?;
        let now = Timestamp::now();
        let (day, next) = (run_day(shop, now), shop.local_date(now).tomorrow()?);
        let entries = self.due_from(&id, next).await?;
        let entries: Vec<DueEntry> = entries.into_iter().map(|entry| DueEntry { day, ..entry }).collect();
        self.store.put_due(&entries).await?;
        self.last_run_was(&id, day.yesterday()?).await?;
        schedule_of(&catalog, &id)
    }

    async fn last_run_was(&self, shop: &ShopId, day: Date) -> anyhow::Result<()> {
        let update = self.clients.dynamo.update_item().table_name(self.output("SettingsTableName")?);
        let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
        let update = update.key("pk", text(format!("run#{shop}"))).key("sk", text("run".to_owned()));
        let update = update.update_expression("SET completed = :day");
        update.expression_attribute_values(":day", text(day.to_string())).send().await?;
        Ok(())
    }

    async fn call(&self, schedule: &str, shop: &str) -> anyhow::Result<ShopRun> {
        let runs = self.call_schedule(schedule).await?;
        let known: BTreeSet<String> = runs.iter().map(|run| run.shop.to_string()).collect();
        let run = runs.into_iter().find(|run| run.shop.as_str() == shop);
        run.with_context(|| format!("{schedule} ran {known:?} and not {shop}"))
    }
}

fn schedule_of(catalog: &Catalog, shop: &ShopId) -> anyhow::Result<&'static str> {
    let zone =
        catalog.shops.get(shop).and_then(|shop| shop.zone().iana_name()).context("a shop has a zone")?;
    let found = SCHEDULES.iter().find(|(name, _)| *name == zone);
    found.map(|(_, schedule)| *schedule).with_context(|| format!("no schedule for {zone}"))
}
