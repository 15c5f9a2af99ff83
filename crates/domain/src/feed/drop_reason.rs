//! Why a product is not shown, in a type and in words.

use serde::Serialize;

/// Why a product is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The feed does not have it.
    Unknown,
    /// She has it.
    AlreadyBought,
    /// She has another variant of it.
    VariantBought,
    /// Another variant of it is shown.
    VariantChosen,
    /// It is shown already.
    AlreadyChosen,
    /// It cannot be bought now.
    OutOfStock,
    /// No name.
    NoTitle,
    /// No picture.
    NoPicture,
    /// No price above zero.
    NoPrice,
    /// No page.
    NoLink,
    /// Its picture or page is on a host that is none of the shop's.
    ForeignHost,
    /// It would do, but the block has too few.
    TooFewOthers,
}

impl DropReason {
    /// The reason in plain words, for the outbox page.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "not in the product feed",
            Self::AlreadyBought => "already bought",
            Self::VariantBought => "another variant already bought",
            Self::VariantChosen => "another variant is shown",
            Self::AlreadyChosen => "is shown already",
            Self::OutOfStock => "cannot be bought now",
            Self::NoTitle => "has no title in the product feed",
            Self::NoPicture => "has no picture in the product feed",
            Self::NoPrice => "has no price in the product feed",
            Self::NoLink => "has no page in the product feed",
            Self::ForeignHost => "its picture or page is on none of the shop's hosts (link_hosts)",
            Self::TooFewOthers => "too few other products to fill the block",
        }
    }
}
