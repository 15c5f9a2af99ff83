//! Takes in what a webhook or a piece of a file told, all of it or nothing.

use jiff::Timestamp;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ShopId;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::use_case::Taken;
use nachklang_domain::use_case::UseCaseError;
use nachklang_domain::use_case::import_upload::{Intake, Told, take_told};
use nachklang_domain::use_case::receive_order::receive_orders;

use crate::site::Site;

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

/// Takes in the receipts or people of a file. A piece shares one wait for the disk; a webhook that comes meanwhile
/// waits for no more than that.
pub struct FileIntake<'a> {
    /// The world.
    pub site: &'a Site,
    /// The shops.
    pub catalog: &'a Catalog,
    /// The time.
    pub now: Timestamp,
    /// Hears of each that was taken.
    pub progress: &'a mut (dyn FnMut() + Send),
}

impl std::fmt::Debug for FileIntake<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileIntake")
    }
}

impl Intake for FileIntake<'_> {
    async fn take(&mut self, shop: &ShopId, told: Vec<Told>) -> Result<Taken, UseCaseError> {
        let batch = self.site.store.begin_batch().await?;
        let desk = self.site.desk_on(batch.store(), self.catalog);
        let mut taken = Taken::default();
        for one in &told {
            taken.count_told(take_told(desk, shop, one, self.now).await)?;
            (self.progress)();
        }
        batch.commit().await?;
        Ok(taken)
    }

    async fn goes_on(&mut self, _taken: Taken) -> Result<bool, UseCaseError> {
        Ok(true)
    }
}
