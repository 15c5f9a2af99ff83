//! Nachklang on one machine: SQLite, files, an outbox that a browser shows.

pub mod bucket;
pub mod clock;
pub mod file;
pub mod notice;
pub mod outbox;
pub mod pump;
pub mod sample;
pub mod secrets;
pub mod server;
pub mod site;
pub mod store;
pub mod uploads;
