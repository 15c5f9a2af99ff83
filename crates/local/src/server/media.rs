//! `/media/{sku}.png`: the product pictures of the starter content.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Fault;

/// Edge of a picture in pixels: twice the widest place that a mail has for it, for fine screens.
const EDGE: u32 = 640;

/// A picture.
pub async fn picture(Path(file): Path<String>) -> Result<Response, Fault> {
    let sku = file.strip_suffix(".png").ok_or(Fault::NotFound)?.to_owned();
    let drawn = tokio::task::spawn_blocking(move || draw(&sku)).await;
    let png = drawn.map_err(anyhow::Error::from)?.ok_or(Fault::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "image/png"),
        // A SKU's picture changes only with the program.
        (CACHE_CONTROL, "max-age=3600"),
    ];
    Ok((headers, png).into_response())
}

fn draw(sku: &str) -> Option<Vec<u8>> {
    crate::sample::picture::png(sku, EDGE)
}
