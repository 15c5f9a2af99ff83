//! Contact files: only addresses that can be mailed come in, and none comes out in a report.

use jiff::tz::TimeZone;
use nachklang_domain::contact_file::{ContactFileReader, ContactRow};
use nachklang_domain::delimited::date::DateOrder;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::report::FileReport;
use nachklang_domain::text::is_unsafe;

use crate::Outcome;
use crate::fixed::sure;
use crate::input::Trickle;
use crate::report;

/// Reads a file of people, whole and in small pieces.
pub fn check(data: &[u8]) -> Outcome {
    let Some((rows, told)) = read(data) else {
        return Outcome::Refused;
    };
    report::check(&told, report::lines(data));
    assert_eq!(u64::try_from(rows.len()).ok(), Some(told.accepted));
    let shown = told.to_string();
    for row in &rows {
        let address = row.email.expose();
        assert_eq!(EmailAddress::parse(address).as_ref(), Ok(&row.email));
        assert!(address.is_ascii() && !shown.contains(address), "the report names a person");
        let texts = row.first_name.iter().chain(row.consent.as_ref().map(|proof| &proof.text_version));
        texts.for_each(|text| assert!(text.chars().count() <= 100 && !text.contains(is_unsafe)));
    }
    let outcome = Outcome::of(told.accepted > 0);
    assert_eq!(read(Trickle(data)), Some((rows, told)), "how it arrives changes what it tells");
    outcome
}

fn read<R: std::io::Read>(read: R) -> Option<(Vec<ContactRow>, FileReport)> {
    let zone = sure(TimeZone::get("Europe/Berlin"));
    let mut reader = ContactFileReader::new(read, &zone, DateOrder::Dmy, "contacts/de/crm.csv").ok()?;
    let rows = reader.by_ref().collect::<Result<_, _>>().ok()?;
    Some((rows, reader.finish()))
}
