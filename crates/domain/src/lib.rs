//! The business of Nachklang, pure: no AWS, no clock, no environment, no network.
//!
//! Nouns stand one to a file, verbs in [`use_case`]. `now` and randomness are arguments; money is minor units;
//! ids and addresses are types whose `Debug` gives nobody away.

pub mod brand;
pub mod catalog;
pub mod consent;
pub mod contact;
pub mod contact_file;
pub mod coupon;
pub mod decision;
pub mod delimited;
pub mod disposition;
pub mod draft;
pub mod email;
pub mod enrolment;
pub mod experiment;
pub mod feed;
#[cfg(test)]
mod fixtures;
pub mod flow;
pub mod id;
pub mod language;
pub mod link;
pub mod mail;
pub mod mail_event;
pub mod money;
pub mod order;
pub mod person;
pub mod portal;
pub mod ports;
pub mod product;
pub mod report;
pub mod secret;
pub mod segment;
pub mod shop;
pub mod simulation;
pub mod story;
pub mod text;
pub mod till;
pub mod upload;
pub mod use_case;
pub mod webhook;
