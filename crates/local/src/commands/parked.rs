//! `parked`: webhooks that were signed but unreadable, and their replay after a fix.

use std::process::ExitCode;

use anyhow::Context as _;
use nachklang_domain::webhook::{Doors, read_verified};
use serde::Serialize;

use super::{answer, open};
use crate::cli::Place;
use crate::server::doors;
use crate::site::Site;
use crate::store::Parked;

/// A parked request, without what it says.
#[derive(Debug, Serialize)]
struct Row {
    id: u64,
    shop: String,
    wire: String,
    since: String,
    bytes: u64,
    reason: String,
    replayed: bool,
}

/// Lists the parked requests; replays one or all of them first when asked.
pub(super) async fn run(place: &Place, replay: Option<&str>) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let wanted = replay
        .filter(|id| *id != "all")
        .map(|id| id.parse::<u64>().context("--replay takes a number or all"));
    let wanted = wanted.transpose()?;
    let doors = doors::make(&site.secrets, &*site.catalog()?);
    let mut rows = Vec::new();
    let all = site.store.parked().await?;
    let is_there = |wanted: u64| all.iter().any(|parked| parked.id == wanted);
    anyhow::ensure!(
        wanted.is_none_or(is_there),
        "no request with this number is parked: `nachklang parked` lists them"
    );
    for parked in all {
        let asked = replay.is_some() && wanted.is_none_or(|id| id == parked.id);
        let outcome = if asked { Some(again(&site, &doors, &parked).await?) } else { None };
        rows.push(row(parked, outcome));
    }
    answer(place, &rows, || words(&rows))?;
    let failed =
        replay.is_some() && rows.iter().any(|row| !row.replayed && wanted.is_none_or(|id| id == row.id));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Reads a parked request anew. Its signature was verified when it came, so only its content is looked at.
async fn again(site: &Site, doors: &Doors, parked: &Parked) -> anyhow::Result<Result<(), String>> {
    let request = site.store.parked_body(parked.id).await?.context("a parked request is gone")?;
    let headers: serde_json::Value = serde_json::from_str(request.headers.as_deref().unwrap_or("null"))?;
    let topic = headers.get("topic").and_then(serde_json::Value::as_str).unwrap_or_default();
    let Some(endpoint) = doors.endpoint(parked.shop.as_str(), &parked.wire) else {
        return Ok(Err(format!("the shop {} has no endpoint of this kind any more", parked.shop)));
    };
    let received = match read_verified(topic, &request.body, endpoint) {
        Ok(received) => received,
        Err(error) => return Ok(Err(error.to_string())),
    };
    crate::intake::take(site, &received.events).await?;
    site.store.unpark(parked.id).await?;
    Ok(Ok(()))
}

fn row(parked: Parked, outcome: Option<Result<(), String>>) -> Row {
    let replayed = matches!(outcome, Some(Ok(())));
    let reason = outcome.and_then(Result::err).unwrap_or(parked.reason);
    Row {
        id: parked.id,
        shop: parked.shop.to_string(),
        wire: parked.wire,
        since: parked.at.to_string(),
        bytes: parked.bytes,
        reason,
        replayed,
    }
}

fn words(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "nothing is parked".to_owned();
    }
    let line = |row: &Row| {
        let state = if row.replayed { "replayed".to_owned() } else { row.reason.clone() };
        format!("{}  {}/{}  {}  {} bytes  {state}\n", row.id, row.shop, row.wire, row.since, row.bytes)
    };
    rows.iter().map(line).collect()
}
