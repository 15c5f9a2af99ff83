//! `serve`: webhooks and the outbox on loopback, and each shop's day at its hour.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::{open, say};
use crate::cli::Place;
use crate::pump::{drain, run_day, watch};
use crate::site::Site;

/// How often the hour is looked at.
const TICK: Duration = Duration::from_secs(30);

/// Serves until Ctrl-C.
pub(super) async fn run(place: &Place, port: u16) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let listener = listen(port).await?;
    announce(&listener)?;
    serve(site, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Listens on loopback only.
pub(super) async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let hint =
        || format!("port {port} is taken: choose another one with --port, or end the program that has it");
    TcpListener::bind(address).await.with_context(hint)
}

/// Says where to look.
pub(super) fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    say(&format!(
        "outbox:   http://{address}/\nwebhooks: http://{address}/webhooks/<shop>/<shopify|api>/<topic>\nCtrl-C ends it."
    ))
}

/// Serves, and runs what is due, until Ctrl-C.
pub(super) async fn serve(site: Arc<Site>, listener: TcpListener) -> anyhow::Result<()> {
    let daily = tokio::spawn(tick(Arc::clone(&site)));
    crate::server::serve(site, listener, async {
        // Without a signal handler there is no Ctrl-C to wait for: serve until the process is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
    .await?;
    daily.abort();
    Ok(())
}

/// Runs each shop once its hour has come. A world on a virtual clock stands still; `nachklang run` moves it.
async fn tick(site: Arc<Site>) {
    loop {
        if let Err(error) = run_due(&site).await {
            tracing::error!(error = format!("{error:#}"), "the day's run failed and will be tried again");
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn run_due(site: &Site) -> anyhow::Result<()> {
    if crate::clock::set_time(&site.store).await?.is_some() {
        return Ok(());
    }
    let (catalog, now) = (site.catalog()?, site.now().await?);
    for shop in catalog.shops.keys() {
        // One shop's trouble must not keep the others from their mails.
        if let Err(error) = run_day(site, shop, now).await {
            tracing::error!(shop = %shop, error = format!("{error:#}"), "the shop's run failed and will be tried again");
        }
    }
    drain(site, &catalog, now, &mut || {}).await?;
    watch(site, now).await?;
    Ok(())
}
