//! A mail: its source files, its publication, its rendering, and the message that goes out.
//!
//! [`source`] reads what a marketer uploads, [`publish`] checks and compiles it into a [`published::PublishedMail`],
//! [`render`] fills that with one contact's [`data::MailData`], [`message`] makes it a mail that can be sent.

pub mod data;
pub mod locale;
pub mod message;
pub mod publish;
pub mod published;
pub mod render;
pub mod source;
pub mod url;

mod assemble;
mod bounds;
mod bytes;
mod check;
mod cldr;
mod context;
mod eml;
mod engine;
mod expression;
mod findings;
mod header;
mod layout;
mod markup;
mod outline;
mod record;
mod sample;
mod schema;
mod scope;
mod shop_values;
mod syntax;
mod texts;
mod token;
mod trial;
mod writer;

pub use check::MAX_HTML_BYTES;

#[cfg(test)]
mod fixture;
