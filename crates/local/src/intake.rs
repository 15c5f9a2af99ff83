//! Takes in what a webhook or a piece of a till file told, all of it or nothing.

use nachklang_domain::order::OrderEvent;
use nachklang_domain::use_case::receive_order::receive_orders;

use crate::site::Site;

pub use nachklang_domain::use_case::receive_order::Taken;

/// Stores all of the events, or none: the sender tells them again as a whole.
///
/// # Errors
/// When the store does not answer.
pub async fn take(site: &Site, events: &[OrderEvent]) -> anyhow::Result<Taken> {
    let catalog = site.catalog()?;
    let now = site.now().await?;
    let batch = site.store.begin_batch().await?;
    let taken = receive_orders(site.desk_on(batch.store(), &catalog), events, now).await?;
    batch.commit().await?;
    Ok(taken)
}
