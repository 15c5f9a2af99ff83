//! Stores receipts and people of a file, several at once, and notes how far it came.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::PortError;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Taken;
use nachklang_domain::use_case::import_upload::{Intake, Told, take_told};
use nachklang_domain::use_case::{Desk, UseCaseError};
use serde::{Deserialize, Serialize};

use crate::importer::World;

/// So many are worked on at once. All of them may be one person's: each then waits for the others, and with fewer than
/// a decision may be made anew, none gives up.
const AT_ONCE: usize = 16;
/// What a piece and the report may take: no piece is begun with less time.
const RESERVE: Duration = Duration::from_secs(30);

/// How far a file was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Of which file, under which shop files.
    pub(crate) of: String,
    /// What was taken.
    pub(crate) taken: Taken,
}

impl Progress {
    /// Under which name it is noted.
    pub(crate) fn name(key: &str) -> String {
        format!("progress#{key}")
    }

    /// What was taken of this very file before.
    pub(crate) async fn load<W: World>(world: &W, key: &str, of: &str) -> Result<Taken, PortError> {
        let note = world.recall(&Self::name(key)).await?;
        let progress = note.and_then(|note| serde_json::from_str::<Self>(&note).ok());
        Ok(progress.filter(|progress| progress.of == of).map(|progress| progress.taken).unwrap_or_default())
    }
}

/// Stores what a file tells.
pub(crate) struct CloudIntake<W, L> {
    pub(crate) world: W,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) contact_key: SecretBytes,
    pub(crate) now: Timestamp,
    /// The key of the file, and which version of it.
    pub(crate) key: String,
    pub(crate) of: String,
    /// The time that is left.
    pub(crate) left: L,
}

impl<W: World, L: Fn() -> Duration + Send + Sync> Intake for CloudIntake<W, L> {
    async fn take(&mut self, shop: &ShopId, told: Vec<Told>) -> Result<Taken, UseCaseError> {
        let desk = Desk { world: &self.world, catalog: &self.catalog, contact_key: &self.contact_key };
        let now = self.now;
        let take = |one: Told| async move { take_told(desk, shop, &one, now).await };
        let mut answers = pin!(stream::iter(told).map(take).buffer_unordered(AT_ONCE));
        let mut taken = Taken::default();
        while let Some(answer) = answers.next().await {
            taken.count_told(answer)?;
        }
        Ok(taken)
    }

    async fn goes_on(&mut self, taken: Taken) -> Result<bool, UseCaseError> {
        let progress = Progress { of: self.of.clone(), taken };
        let note = serde_json::to_string(&progress)
            .map_err(|error| PortError::permanent("the progress cannot be noted").because(error))?;
        self.world.remember(&Progress::name(&self.key), &note).await?;
        Ok((self.left)() > RESERVE)
    }
}
