//! Takes in a till file: receipt by receipt, each as the order events of its source.

use std::io::Read;

use jiff::Timestamp;

use super::receive_order::{Receipt, receive_order};
use super::{Desk, UseCaseError};
use crate::id::{ShopId, Source};
use crate::ports::{Contacts, DueList, Orders, Products};
use crate::report::FileReport;
use crate::shop::Shop;
use crate::till::{TillContext, TillReader};

/// The source under which receipts are kept.
pub const TILL_SOURCE: &str = "till";

/// What a till file brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TillCounts {
    /// Receipts, or parts of one, that told something new.
    pub stored: u64,
    /// Those that were known.
    pub known: u64,
}

/// What a till file does not say about itself, from the shop file.
#[must_use]
pub fn till_context(shop: &Shop) -> Option<TillContext> {
    Some(TillContext {
        shop: shop.id.clone(),
        source: Source::parse(TILL_SOURCE).ok()?,
        currency: shop.currency,
        time_zone: shop.zone().clone(),
    })
}

/// Reads a till file into a shop. `progress` is called after each receipt.
///
/// # Errors
/// [`UseCaseError`] of the store; a bad file is no error but a report.
pub async fn import_till<W>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    file: &str,
    read: impl Read + Send,
    now: Timestamp,
    mut progress: impl FnMut() + Send,
) -> Result<(TillCounts, FileReport), UseCaseError>
where
    W: Orders + Contacts + DueList + Products,
{
    let shop = desk.shop(shop)?;
    let mut counts = TillCounts::default();
    let Some(context) = till_context(shop) else {
        return Ok((counts, FileReport::new(file)));
    };
    let mut reader = match TillReader::new(read, &shop.till, &context, file) {
        Ok(reader) => reader,
        Err(error) => {
            let mut report = FileReport::new(file);
            report.error(
                0,
                error.to_string(),
                "name the columns in the header, or map them under [till.columns]",
            );
            return Ok((counts, report));
        }
    };
    while let Some(event) = reader.next() {
        match event {
            Ok(event) => match receive_order(desk, &event, now).await? {
                Receipt::Stored(_) => counts.stored += 1,
                Receipt::Known => counts.known += 1,
            },
            Err(error) => {
                let mut report = reader.finish();
                report.error(
                    0,
                    error.to_string(),
                    "upload the file again; what was read is not taken twice",
                );
                return Ok((counts, report));
            }
        }
        progress();
    }
    Ok((counts, reader.finish()))
}
