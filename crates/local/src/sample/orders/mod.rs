//! Orders of the brand's customers: files of tills, and messages of online shops.

mod api;
mod basket;
mod history;
mod moment;
pub mod online;
mod people;
mod purchase;
mod receipt;
mod shopify;
pub mod till;

pub use online::{OnlineOrder, Topic, online_orders};
