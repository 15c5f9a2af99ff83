//! `export-coupons` and `void-coupons`.

use std::path::Path;
use std::process::ExitCode;

use nachklang_domain::contact::{Contact, HeldCoupon};
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::coupon::file::CouponFileReader;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{PoolId, ShopId};
use nachklang_domain::ports::CouponStock as _;
use serde::Serialize;

use super::{answer, open, say};
use crate::cli::Place;
use crate::uploads::unpacked;

/// A code in somebody's hands, as the CRM takes it.
#[derive(Debug, Serialize)]
struct Row {
    shop: String,
    contact: String,
    email: String,
    edition: String,
    pool: String,
    code: String,
    granted_on: String,
    valid_until: String,
    shop_expiry: String,
    state: &'static str,
    mail: String,
}

/// Writes every held code; as CSV on standard output, or as JSON.
pub(super) async fn export(place: &Place, shop: Option<&ShopId>) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let mut rows: Vec<Row> = Vec::new();
    let take = |contact: Contact| {
        if shop.is_none_or(|shop| *shop == contact.shop) {
            rows.extend(contact.coupons.iter().map(|held| row(&contact, held)));
        }
    };
    site.store.all_contacts(take).await?;
    rows.sort_by(|a, b| (&a.shop, &a.granted_on, &a.code).cmp(&(&b.shop, &b.granted_on, &b.code)));
    if place.json {
        say(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        let mut csv = csv::Writer::from_writer(std::io::stdout());
        rows.iter().try_for_each(|row| csv.serialize(row))?;
        csv.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(contact: &Contact, held: &HeldCoupon) -> Row {
    Row {
        shop: contact.shop.to_string(),
        contact: contact.id.to_string(),
        email: harmless(contact.email.as_ref().map_or("", |address| address.expose())),
        edition: held.edition.to_string(),
        pool: held.pool.to_string(),
        code: harmless(held.code.expose()),
        granted_on: held.granted_on.to_string(),
        valid_until: held.valid_until.to_string(),
        shop_expiry: held.expires.map(|day| day.to_string()).unwrap_or_default(),
        state: state(contact, held),
        mail: held.mail.to_string(),
    }
}

fn state(contact: &Contact, held: &HeldCoupon) -> &'static str {
    let mut steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
    match steps
        .find(|step| step.state.claim().is_some_and(|claim| claim.mail == held.mail))
        .map(|step| &step.state)
    {
        Some(StepState::Sent { .. }) => "sent",
        Some(StepState::Unknown { .. }) => "quarantined",
        _ => "claimed",
    }
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"). Editions that
/// divide by semicolons begin a cell after each.
fn harmless(cell: &str) -> String {
    let parts =
        cell.split(';').map(|part| if is_formula(part) { format!("'{part}") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join(";")
}

/// Blanks before the sign are passed over by spreadsheets, and full-width signs count in Asian editions.
fn is_formula(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[derive(Serialize)]
struct Voided {
    listed: usize,
    voided: u64,
}

/// Takes the free codes of a file out of use.
pub(super) async fn void(place: &Place, pool: &PoolId, file: &Path) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let reader = CouponFileReader::new(unpacked(file)?, "codes")?;
    let codes: Vec<CouponCode> = reader.map(|row| row.map(|row| row.code)).collect::<Result<_, _>>()?;
    let result = Voided { listed: codes.len(), voided: site.store.void_codes(pool, &codes).await? };
    answer(place, &result, || {
        format!("{} of {} codes were free and are out of use now", result.voided, result.listed)
    })?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_an_export_is_a_formula() {
        let cells = include_str!("../../../domain/tests/hostile/payloads/cells.jsonl").lines();
        let cells: Vec<String> = cells.map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(cells.len() > 15);
        for cell in cells {
            for part in harmless(&cell).split(';') {
                let first = part.chars().find(|c| !c.is_whitespace()).unwrap_or('x');
                assert!(!"=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first), "{cell:?}: {part:?}");
            }
        }
        for cell in ["DANKE-1", "anna+shop@example.com", "10% = 1", "", ";"] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
