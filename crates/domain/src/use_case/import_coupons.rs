//! Takes in a file of coupon codes: row by row, each code once and for ever.

use std::io::Read;

use super::{Desk, UseCaseError};
use crate::coupon::file::{CouponFileReader, CouponRow};
use crate::id::PoolId;
use crate::ports::{AddedCode, CouponStock};
use crate::report::FileReport;

/// So many codes are written at once.
const BATCH: usize = 500;

/// Reads a coupon file into a pool.
///
/// # Errors
/// [`UseCaseError`] of the store; a bad file is no error but a report.
pub async fn import_coupons<W: CouponStock>(
    desk: Desk<'_, W>,
    pool: &PoolId,
    file: &str,
    read: impl Read + Send,
) -> Result<FileReport, UseCaseError> {
    let mut reader = match CouponFileReader::new(read, file) {
        Ok(reader) => reader,
        Err(error) => {
            let mut report = FileReport::new(file);
            report.error(0, error.to_string(), "save the file as CSV with the codes in the first column");
            return Ok(report);
        }
    };
    let mut known = Vec::new();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = reader.next() {
        match row {
            Ok(row) => batch.push(row),
            Err(error) => {
                add(desk, pool, &mut batch, &mut known).await?;
                let mut report = judge(reader.finish(), pool, &known);
                report.error(
                    0,
                    error.to_string(),
                    "upload the file again; codes that were taken are not taken twice",
                );
                return Ok(report);
            }
        }
        if batch.len() == BATCH {
            add(desk, pool, &mut batch, &mut known).await?;
        }
    }
    add(desk, pool, &mut batch, &mut known).await?;
    Ok(judge(reader.finish(), pool, &known))
}

async fn add<W: CouponStock>(
    desk: Desk<'_, W>,
    pool: &PoolId,
    batch: &mut Vec<CouponRow>,
    known: &mut Vec<(u64, AddedCode)>,
) -> Result<(), UseCaseError> {
    let answers = desk.world.add_codes(pool, batch).await?;
    let lines = batch.drain(..).map(|row| row.line);
    known.extend(lines.zip(answers).filter(|(_, answer)| *answer != AddedCode::Added));
    Ok(())
}

/// Moves the codes that the stock knew already from taken to unchanged or refused.
fn judge(mut report: FileReport, pool: &PoolId, known: &[(u64, AddedCode)]) -> FileReport {
    for (line, answer) in known {
        report.accepted = report.accepted.saturating_sub(1);
        match answer {
            AddedCode::Added => {}
            AddedCode::KnownHere => report.unchanged += 1,
            AddedCode::KnownIn(other) => {
                let problem = format!("the code is in the pool {other} already");
                report.reject_row(*line, problem, format!("make another code for the pool {pool}"));
            }
        }
    }
    report
}
