//! What must hold for any bytes that come from outside: one function a door.
//!
//! Each function takes bytes, gives them to the product as the door does, and asserts what the product promises about
//! them. `tests/fuzz/libfuzzer` lets libFuzzer look for bytes that break a promise; `cargo test` gives the functions all
//! bytes that were ever found worth keeping (`corpus/`).

pub mod catalog;
pub mod contact_file;
pub mod coupon_file;
pub mod feed;
pub mod link_token;
pub mod mail_message;
pub mod mail_render;
pub mod mail_template;
pub mod ses_event;
pub mod till_csv;
pub mod webhook_bodies;
pub mod webhook_headers;

mod fixed;
mod input;
mod report;

/// What became of bytes, so that a corpus can be seen to reach both ends of its door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The product took them, or something of them.
    Taken,
    /// The product refused all of them.
    Refused,
}

impl Outcome {
    /// Whether something was taken.
    const fn of(taken: bool) -> Self {
        if taken { Self::Taken } else { Self::Refused }
    }
}

/// A function that asserts what must hold for any bytes at one door.
pub type Check = fn(&[u8]) -> Outcome;

/// Every door by the name of its corpus and of its libFuzzer program.
pub const TARGETS: [(&str, Check); 14] = [
    ("catalog", catalog::check),
    ("contact_file", contact_file::check),
    ("coupon_file", coupon_file::check),
    ("feed_csv", feed::check_table),
    ("feed_gzip", feed::check_gzip),
    ("feed_xml", feed::check_xml),
    ("link_token", link_token::check),
    ("mail_message", mail_message::check),
    ("mail_render", mail_render::check),
    ("mail_template", mail_template::check),
    ("ses_event", ses_event::check),
    ("till_csv", till_csv::check),
    ("webhook_bodies", webhook_bodies::check),
    ("webhook_headers", webhook_headers::check),
];
