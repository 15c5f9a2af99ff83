//! What the domain asks of the outside world. Each method's MUSTs are the contract that every implementation is
//! tested against.
//!
//! All futures are `Send`; all errors say whether trying again can help.

mod content;
mod due;
mod error;
mod mailer;
mod notes;
mod products;
mod records;
mod sending;
mod stock;

pub use content::{Content, Ledger, NewContent, RunStart, feed_moment};
pub use due::{DUE_SHARDS, DueEntry, DueList, DuePage, MailTask, Parts, Queues, ShardTask};
pub use error::{PortError, PortResult};
pub use mailer::{Journal, Mailer, SendError, Settlement};
pub use notes::{Leases, Notes};
pub use products::{FeedChange, ListKey, ListKind, Products};
pub use records::{Committed, Contacts, OrderSearch, Orders, Saved, Version};
pub use sending::{Halt, Sending, Standstill};
pub use stock::{AddedCode, CouponStock};
