//! Nachklang on one machine: SQLite, files, an outbox that a browser shows.

pub mod bucket;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod explanation;
pub mod file;
pub mod intake;
pub mod notice;
pub mod outbox;
pub mod pump;
pub mod sample;
pub mod sample_data;
pub mod secrets;
pub mod server;
pub mod shopfront;
pub mod site;
pub mod store;
pub mod summary;
pub mod uploads;
