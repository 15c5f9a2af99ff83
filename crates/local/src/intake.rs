//! Takes in what a webhook or a piece of a till file told, all of it or nothing.

use nachklang_domain::order::OrderEvent;
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};

use crate::site::Site;

/// How many events told something new, and how many were known.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// They told something new.
    pub stored: u64,
    /// They were known, or older than what is known.
    pub known: u64,
}

impl std::ops::AddAssign for Taken {
    fn add_assign(&mut self, more: Self) {
        self.stored += more.stored;
        self.known += more.known;
    }
}

/// Stores all of the events, or none: the sender tells them again as a whole.
///
/// # Errors
/// When the store does not answer.
pub async fn take(site: &Site, events: &[OrderEvent]) -> anyhow::Result<Taken> {
    let catalog = site.catalog()?;
    let now = site.now().await?;
    let batch = site.store.begin_batch().await?;
    let desk = site.desk_on(batch.store(), &catalog);
    let mut taken = Taken::default();
    for event in events {
        match receive_order(desk, event, now).await? {
            Receipt::Stored(_) => taken.stored += 1,
            Receipt::Known => taken.known += 1,
        }
    }
    batch.commit().await?;
    Ok(taken)
}
