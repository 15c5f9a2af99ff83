//! Nachklang on one machine: SQLite, files, an outbox that a browser shows.

pub mod sample;
pub mod store;
