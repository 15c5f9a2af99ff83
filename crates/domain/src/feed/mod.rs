//! Product feeds, topsellers, recommendations: what a shop uploads about its products, and the choice among them for
//! a mail.
//!
//! A file is read as a stream under caps ([`FeedLimits`]). A bad row is refused in the report and the file goes on; a
//! broken file ends with a [`FeedError`] and the last good version stays.

mod attribute;
mod budget;
mod config;
mod drop_reason;
mod error;
mod gap;
mod input;
mod item;
mod mapping;
mod offer;
mod plain_text;
mod price;
pub mod ranking;
mod reader;
mod seen;
pub mod selection;
mod shrink;
mod table;
mod xml;

pub use config::{FeedConfig, FeedContext, FeedLimits, SkuPattern, Split};
pub use error::{FeedError, Limit};
pub use reader::ProductFeedReader;
pub use shrink::{ShrinkVerdict, check_shrink};
