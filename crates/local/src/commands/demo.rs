//! The show without a command: a week of purchases, two weeks of waiting, the mails.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::run::{DaysReport, run_date};
use super::serve::{announce, listen, serve};
use super::{answer, check, content, progress};
use crate::bucket::{self, entries, folders, name_of};
use crate::cli::{Place, Show};
use crate::sample::orders::{OnlineOrder, online_orders};
use crate::site::Site;
use crate::summary::{Summary, summary};
use crate::uploads::{import, import_folder, upload_at};

/// The first day of the sample purchases.
const FIRST: Date = date(2026, 11, 2);
/// The days that pass: the purchases' five, then two weeks.
const DAYS: i32 = 19;

/// What the shops' and tills' messages brought.
#[derive(Debug, Default, Serialize)]
struct Received {
    webhooks: u64,
    stored: u64,
    duplicates: u64,
    refused: u64,
    till_receipts: u64,
    till_duplicates: u64,
}

#[derive(Debug, Serialize)]
struct Story {
    received: Received,
    #[serde(flatten)]
    summary: Summary,
    cancelled: u64,
    stuck: Vec<String>,
}

/// Plays the whole story and serves it.
pub(super) async fn run(place: &Place, show: &Show) -> anyhow::Result<ExitCode> {
    if show.fresh {
        throw_away(&place.data)?;
    }
    let bucket = content(place)?;
    let site = Arc::new(Site::open(&place.data).await?);
    check::publish_into(&site, bucket::read(&bucket)?).await?;
    import_folder(&site, &bucket, "feeds").await?;
    import_folder(&site, &bucket, "coupons").await?;
    let listener = listen(show.port).await?;
    let story = play(&site, &bucket).await?;
    answer(place, &story, || story.words())?;
    if show.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    announce(&listener)?;
    serve(site, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Only a folder of ours is thrown away.
fn throw_away(data: &Path) -> anyhow::Result<()> {
    if !data.exists() {
        return Ok(());
    }
    // Hidden files count: a folder with nothing but a repository in it is not empty.
    let ours = data.join("nachklang.sqlite").exists() || std::fs::read_dir(data)?.next().is_none();
    anyhow::ensure!(ours, "{} does not look like a data folder: remove it yourself", data.display());
    std::fs::remove_dir_all(data).with_context(|| format!("cannot remove {}", data.display()))
}

/// Day by day: the morning's mails, then the day's webhooks, then the evening's till files.
async fn play(site: &Arc<Site>, bucket: &Path) -> anyhow::Result<Story> {
    let shop_side = Shopfront::open(site).await?;
    let (mut received, mut runs) = (Received::default(), DaysReport::default());
    let already = crate::clock::set_time(&site.store).await?;
    let orders = online_orders();
    let bar = progress("days", u64::try_from(DAYS).ok());
    for day in FIRST.series(1.day()).take(usize::try_from(DAYS)?) {
        let evening = day.tomorrow()?.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        let passed = already.is_some_and(|already| already >= evening);
        if !passed {
            run_date(site, day, &mut runs).await?;
        }
        for order in orders.iter().filter(|order| on_day(order, day)) {
            shop_side.send(site, order, !passed, &mut received).await?;
        }
        if !passed {
            crate::clock::set(&site.store, evening).await?;
        }
        till_files(site, bucket, day, &mut received).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    shop_side.close().await?;
    let summary = summary(site).await?;
    let cancelled = summary.skipped.get("cancelled").copied().unwrap_or(0);
    Ok(Story { received, summary, cancelled, stuck: runs.stuck })
}

fn on_day(order: &OnlineOrder, day: Date) -> bool {
    order.at.to_zoned(jiff::tz::TimeZone::UTC).date() == day
}

/// Takes in the till files of a day: `orders/<shop>/<day>.csv`.
async fn till_files(site: &Site, bucket: &Path, day: Date, received: &mut Received) -> anyhow::Result<()> {
    for shop in folders(&bucket.join("orders"))? {
        for file in entries(&shop)?
            .into_iter()
            .filter(|file| name_of(file).is_some_and(|n| n.starts_with(&day.to_string())))
        {
            let imported = import(site, &upload_at(&file)?, &file, false, &mut || {}).await?;
            received.till_receipts += imported.taken.stored;
            received.till_duplicates += imported.taken.known;
        }
    }
    Ok(())
}

/// The shops' side of the webhooks: signs like a shop and posts over loopback.
struct Shopfront {
    base: String,
    server: tokio::task::JoinHandle<anyhow::Result<()>>,
    stop: tokio::sync::oneshot::Sender<()>,
}

impl Shopfront {
    async fn open(site: &Arc<Site>) -> anyhow::Result<Self> {
        let listener = listen(0).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let site = Arc::clone(site);
        let server = tokio::spawn(async move {
            crate::server::serve(site, listener, async {
                stopped.await.unwrap_or_default();
            })
            .await
        });
        Ok(Self { base, server, stop })
    }

    async fn send(
        &self,
        site: &Site,
        order: &OnlineOrder,
        on_time: bool,
        received: &mut Received,
    ) -> anyhow::Result<()> {
        if on_time {
            let now = crate::clock::now(&site.store).await?.max(order.at);
            crate::clock::set(&site.store, now).await?;
        }
        let request = crate::shopfront::signed(site, order, &self.base, Timestamp::now())?;
        let answer = tokio::task::spawn_blocking(move || request.post()).await??;
        received.webhooks += 1;
        received.stored += answer.stored;
        received.duplicates += answer.known;
        received.refused += u64::from(answer.status != 200);
        Ok(())
    }

    async fn close(self) -> anyhow::Result<()> {
        // The server may have ended by itself; its own result says why.
        self.stop.send(()).unwrap_or_default();
        self.server.await?
    }
}

impl Story {
    fn words(&self) -> String {
        let Received { webhooks, stored, duplicates, refused, till_receipts, till_duplicates } =
            &self.received;
        let mut text = format!(
            "received: {webhooks} webhooks ({stored} told something new, {duplicates} duplicates, {refused} refused or parked), \
             {till_receipts} till receipts ({till_duplicates} more known before)\ncancelled: {} orders\n\n{}",
            self.cancelled,
            self.summary.words()
        );
        for stuck in &self.stuck {
            text += &format!("\nstuck: {stuck}");
        }
        text
    }
}
