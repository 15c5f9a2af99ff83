//! Till files: one row per line item, grouped by receipt number, as tills and merchandise systems export them.
//!
//! A receipt may come in several pieces and files, days late, and twice: what it gives is the same. See
//! [`reader::TillReader`] for how rows become orders.

mod buyer;
pub mod config;
mod country;
mod error;
mod layout;
mod line_id;
pub mod reader;
mod receipt;
pub mod returned;
mod row;

pub use self::config::{ReceiptScope, TillConfig, TillField};
pub use self::error::TillError;
pub use self::layout::receipt_column;
pub use self::reader::{TillContext, TillReader};
