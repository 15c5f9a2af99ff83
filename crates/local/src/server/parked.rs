//! `/parked`: signed requests that could not be read, and why; not what they say.

use axum::extract::State;
use axum::response::Html;
use serde::Serialize;

use super::page::{self, Moment};
use super::{App, Fault};

#[derive(Debug, Serialize)]
struct Row {
    id: u64,
    shop: String,
    wire: String,
    reason: String,
    at: Moment,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
}

/// The list.
pub async fn show(State(app): State<App>) -> Result<Html<String>, Fault> {
    let catalog = app.site.catalog().ok();
    let parked = app.site.store.parked().await?;
    let rows = parked.into_iter().map(|parked| Row {
        id: parked.id,
        at: page::moment(parked.at, &parked.shop, catalog.as_deref()),
        shop: parked.shop.to_string(),
        wire: parked.wire,
        reason: parked.reason,
        bytes: parked.bytes,
    });
    let list = List { rows: rows.collect() };
    Ok(page::render("Parked requests", page::PARKED, &list)?)
}
