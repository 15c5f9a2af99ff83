//! What Nachklang does, one verb a file.

pub mod assign_coupon;
mod claim;
pub(crate) mod code_change;
pub mod compose;
pub mod deliver_mail;
mod docket;
mod due_day;
pub mod erase;
pub mod export_person;
pub mod import_contacts;
pub mod import_coupons;
pub mod import_feed;
pub mod import_till;
pub mod import_upload;
mod line_product;
pub mod look;
#[cfg(test)]
mod memory;
pub(crate) mod next_look;
pub mod park;
pub mod plan_due;
pub mod plan_shard;
pub mod postpone;
pub mod preview_due;
pub mod publish;
pub mod receive_order;
pub mod record_event;
pub mod suppress;
mod taken;
pub mod unsubscribe;
pub mod watch_pools;

pub use taken::Taken;

use crate::catalog::Catalog;
use crate::id::ShopId;
use crate::ports::PortError;
use crate::secret::SecretBytes;
use crate::shop::Shop;

/// How often a decision is made anew because somebody else wrote first. More means something is wrong.
pub(crate) const MAX_CONFLICTS: u32 = 20;

/// What every use case needs: the outside world and what the brand has configured.
#[derive(Debug)]
pub struct Desk<'a, W> {
    /// The ports.
    pub world: &'a W,
    /// The brand, its shops and flows.
    pub catalog: &'a Catalog,
    /// The key of the contact ids.
    pub contact_key: &'a SecretBytes,
}

impl<W> Clone for Desk<'_, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Desk<'_, W> {}

/// Why a use case did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// The outside world failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A shop that is not configured.
    #[error("there is no shop {0}: upload shops/{0}.toml")]
    NoShop(ShopId),
    /// A mail that is not published.
    #[error("the mail {0} is not published: upload mails/{0} and look at its report")]
    NoMail(String),
    /// A mail that cannot be rendered or sent as it is.
    #[error("the mail cannot be made: {0}")]
    Unmakeable(String),
    /// Others wrote first, again and again.
    #[error("too many others change the same contact or order at once")]
    TooManyConflicts,
}

impl UseCaseError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient(),
            // Others were busy with the same person: they are done in a moment.
            Self::TooManyConflicts => true,
            // Somebody must upload something first; the task is parked until then.
            Self::NoShop(_) | Self::NoMail(_) | Self::Unmakeable(_) => false,
        }
    }

    /// Whether a single order or person was too large to be stored; others can be.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        matches!(self, Self::Port(error) if error.is_too_large())
    }
}

impl<'a, W> Desk<'a, W> {
    pub(crate) fn shop(&self, id: &ShopId) -> Result<&'a Shop, UseCaseError> {
        self.catalog.shop(id).ok_or_else(|| UseCaseError::NoShop(id.clone()))
    }
}
