//! The alert as a mail to staff.

use anyhow::Context as _;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use nachklang_domain::brand::Brand;
use nachklang_domain::coupon::runway::PoolAlert;
use nachklang_domain::use_case::watch_pools::RaisedAlert;

/// The mail about an alert, complete.
///
/// # Errors
/// When it cannot be written.
pub fn eml(brand: &Brand, alert: &RaisedAlert, now: Timestamp) -> anyhow::Result<Vec<u8>> {
    let to: Vec<&str> = brand.staff.iter().map(|address| address.expose()).collect();
    let domain = brand.portal.host_str().unwrap_or("localhost");
    let from = format!("nachklang@{domain}");
    let message = MessageBuilder::new()
        .from((brand.name.as_str(), from.as_str()))
        .to(to)
        .subject(format!("Coupon pool {}: {}", alert.pool, headline(alert)))
        .date(now.as_second())
        .message_id(format!("{}-{}-{}@{domain}", alert.pool, alert.alert.as_str(), now.as_second()))
        .text_body(body(alert));
    message.write_to_vec().context("the alert cannot be written as a mail")
}

fn headline(alert: &RaisedAlert) -> String {
    let health = &alert.health;
    match alert.alert {
        PoolAlert::LowStock => format!("only {} codes left", health.available),
        PoolAlert::LowPercent => format!("only {} of {} codes left", health.available, health.imported),
        PoolAlert::ShortRunway => format!("codes last {} more days", health.runway_days.unwrap_or(0)),
        PoolAlert::NearExpiry => format!("{} free codes end soon", health.near_expiry),
    }
}

fn body(alert: &RaisedAlert) -> String {
    let health = &alert.health;
    let runway = health
        .runway_days
        .map_or_else(|| "for ever (none is used)".to_owned(), |days| format!("{days} days"));
    format!(
        "The coupon pool {} needs a look: {}.\r\n\r\n\
         Free codes: {} of {}\r\nThey last: {runway}\r\nFree codes that end soon: {}\r\n\r\n\
         Upload a file with new codes to coupons/{}/. Until then mails wait, or do what their flow says.\r\n\
         This notice comes once; it comes again after the pool was filled and ran low anew.\r\n",
        alert.pool,
        headline(alert),
        health.available,
        health.imported,
        health.near_expiry,
        alert.pool
    )
}
