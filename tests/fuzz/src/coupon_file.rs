//! Coupon files: no code twice, no code in a report, every row accounted for.

use std::collections::BTreeSet;

use nachklang_domain::coupon::code::{CouponCode, MAX_CODE};
use nachklang_domain::coupon::file::{CouponFileReader, CouponRow};
use nachklang_domain::report::FileReport;

use crate::Outcome;
use crate::input::Trickle;
use crate::report;

/// Reads a file of codes, whole and in small pieces.
pub fn check(data: &[u8]) -> Outcome {
    let Some((rows, told)) = read(data) else {
        return Outcome::Refused;
    };
    report::check(&told, report::lines(data));
    assert_eq!(u64::try_from(rows.len()).ok(), Some(told.accepted));
    let folded: BTreeSet<&str> = rows.iter().map(|row| row.code.folded()).collect();
    assert_eq!(folded.len(), rows.len(), "a code was taken twice");
    let shown = told.to_string();
    rows.iter().for_each(|row| check_row(row, &shown, report::lines(data)));
    let outcome = Outcome::of(told.accepted > 0);
    assert_eq!(read(Trickle(data)), Some((rows, told)), "how it arrives changes what it tells");
    outcome
}

fn read<R: std::io::Read>(read: R) -> Option<(Vec<CouponRow>, FileReport)> {
    let mut reader = CouponFileReader::new(read, "coupons/thanks/new.csv").ok()?;
    let rows = reader.by_ref().collect::<Result<_, _>>().ok()?;
    Some((rows, reader.finish()))
}

fn check_row(row: &CouponRow, shown: &str, lines: u64) {
    let code = row.code.expose();
    assert!((1..=lines).contains(&row.line));
    assert!((1..=MAX_CODE).contains(&code.chars().count()));
    assert_eq!(CouponCode::parse(code).as_ref(), Ok(&row.code), "a code that was taken is not taken again");
    // Short codes may be words of the report by chance.
    let mixed =
        code.contains(|c: char| c.is_ascii_digit()) && code.contains(|c: char| c.is_ascii_uppercase());
    assert!(!mixed || code.len() < 8 || !shown.contains(code), "the report shows a code");
}
