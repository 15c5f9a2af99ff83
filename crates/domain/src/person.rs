//! One person: what is known of her in plain words, and where she is named.

mod record;
mod rows;
mod trace;

pub use record::{
    CouponRecord, LineRecord, MailRecord, OrderRecord, PersonRecord, ProfileRecord, PurchaseRecord,
    ShopRecord,
};
pub use rows::{MAX_FILE, OtherRows, without_rows};
pub use trace::{Trace, addresses_in};
