//! The deployed stack: the project's own template and programs, moved by real webhooks, uploads, clicks and messages. The calendar is
//! turned in the tables; most runs are called as the schedule calls them, and what SES tells is published to its topic.
//!
//! All scenarios share one deployment and run side by side, each with customers of its own, mostly with a shop of its own.

mod canary;
mod ends;
mod mails;
mod orders;
mod person;
mod trouble;
mod uploads;

use nachklang_tests::stack::Shopper;

type Told = anyhow::Result<()>;

/// A customer: `local` is also what no log may hold.
fn shopper(shop: &'static str, local: &str, first_name: &'static str, language: &'static str) -> Shopper {
    Shopper { shop, email: format!("{local}@example.com"), first_name, language }
}
