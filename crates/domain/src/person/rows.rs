//! A file of rows without the rows of one person.

use std::io::{self, BufRead as _, Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Trace;
use crate::delimited::decode::Decoder;
use crate::delimited::{DelimitedReader, Header, Next};
use crate::upload::{capped, unpacked};

/// Largest file, packed and unpacked, in bytes: what is left of it is held in memory.
pub const MAX_FILE: u64 = 128 << 20;

/// A file's other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRows {
    /// What is left of the file, line by line as it was, as UTF-8; packed if the file was.
    pub bytes: Vec<u8>,
    /// How many lines are left out.
    pub removed: u64,
}

/// The lines of a file that are about others: without each record that holds the address, and without the records
/// around it that belong to the same receipt. `receipt` finds the column of the receipt number. Lines that are no
/// records are kept unless they hold the address. A file whose name ends in `.gz` is unpacked.
///
/// # Errors
/// When what is packed is broken, or the file holds more than [`MAX_FILE`].
pub fn without_rows(
    name: &str,
    bytes: &[u8],
    trace: &Trace,
    receipt: impl Fn(&Header) -> Option<usize>,
) -> io::Result<OtherRows> {
    let opened = || capped(unpacked(name, bytes), MAX_FILE);
    let hers = records_of(opened(), trace, receipt);
    let mut text = Decoder::new(opened())?;
    let (mut line, mut number, mut left, mut removed) = (Vec::new(), 0, Vec::new(), 0);
    while text.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if hers.contains(number) || trace.is_in(&String::from_utf8_lossy(&line)) {
            removed += 1;
        } else {
            left.append(&mut line);
        }
        line.clear();
    }
    Ok(OtherRows { bytes: packed(name, left)?, removed })
}

/// The counterpart of [`unpacked`].
fn packed(name: &str, text: Vec<u8>) -> io::Result<Vec<u8>> {
    if !name.ends_with(".gz") {
        return Ok(text);
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&text)?;
    packed.finish()
}

/// Where the records begin, and which are hers.
#[derive(Debug, Default)]
struct Records(Vec<Record>);

#[derive(Debug)]
struct Record {
    line: u64,
    receipt: Option<String>,
    hers: bool,
}

impl Records {
    /// Whether a line is part of a record of hers.
    fn contains(&self, line: u64) -> bool {
        let after = self.0.partition_point(|record| record.line <= line);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|record| record.hers)
    }

    /// The records before and after one of hers are hers too, as long as they are of the same receipt. Receipt numbers
    /// may begin anew each day, so the same number elsewhere means nothing.
    fn join_receipts(&mut self) {
        for _ in 0..2 {
            let mut known: Option<String> = None;
            for record in &mut self.0 {
                record.hers = record.hers || (known.is_some() && known == record.receipt);
                known = record.hers.then(|| record.receipt.clone()).flatten();
            }
            self.0.reverse();
        }
    }
}

/// The records of a file; none of one that has no header.
fn records_of(read: impl Read, trace: &Trace, receipt: impl Fn(&Header) -> Option<usize>) -> Records {
    let mut records = Records::default();
    let Ok(mut rows) = DelimitedReader::new(read) else { return records };
    let receipt = receipt(rows.header());
    let columns = rows.header().names().len();
    loop {
        match rows.next_row() {
            Ok(Next::Row(row)) => records.0.push(Record {
                line: row.line(),
                receipt: receipt.map(|at| row.at(at)).filter(|number| !number.is_empty()).map(str::to_owned),
                hers: (0..columns).any(|at| trace.is_in(row.at(at))),
            }),
            Ok(Next::Refused(refused)) => {
                records.0.push(Record { line: refused.line, receipt: None, hers: false });
            }
            Ok(Next::End) | Err(_) => break,
        }
    }
    records.join_receipts();
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::EmailAddress;
    use crate::till::{TillConfig, receipt_column};

    const FILE: &str = "receipt,timestamp,sku,quantity,unit_price,email\n\
        R1,2026-11-02,CC-1,1,9.00,anna@example.com\n\
        R1,2026-11-02,CC-2,1,9.00,\n\
        R2,2026-11-02,CC-1,1,9.00,joanna@example.com\n\
        R3,2026-11-03,CC-3,1,9.00,\n\
        R3,2026-11-03,\"CC\n-4\",1,9.00,ANNA@example.com\n\
        R1,2026-11-04,CC-9,1,9.00,\n\
        broken \"quote\n";
    const OTHERS: &str = "receipt,timestamp,sku,quantity,unit_price,email\n\
        R2,2026-11-02,CC-1,1,9.00,joanna@example.com\n\
        R1,2026-11-04,CC-9,1,9.00,\n\
        broken \"quote\n";

    fn without(name: &str, bytes: &[u8]) -> OtherRows {
        let trace = Trace::of(EmailAddress::parse("anna@example.com").unwrap());
        let config = TillConfig::default();
        without_rows(name, bytes, &trace, |header| receipt_column(header, &config)).unwrap()
    }

    #[test]
    fn her_receipts_go_whole_and_everybody_elses_stay_as_they_were() {
        let others = without("sales.csv", FILE.as_bytes());
        assert_eq!(String::from_utf8(others.bytes).unwrap(), OTHERS);
        assert_eq!(others.removed, 5);
    }

    #[test]
    fn packed_and_foreign_encodings_are_read_like_the_import_reads_them() {
        let others = without("sales.csv.gz", &packed("sales.csv.gz", FILE.into()).unwrap());
        let left = io::read_to_string(unpacked("sales.csv.gz", others.bytes.as_slice())).unwrap();
        assert_eq!((others.removed, left.as_str()), (5, OTHERS));
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(FILE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let others = without("sales.csv", &wide);
        assert_eq!((others.removed, String::from_utf8(others.bytes).unwrap().as_str()), (5, OTHERS));
    }

    #[test]
    fn a_packed_file_that_would_fill_the_memory_is_not_rewritten() {
        let row = [[b'x'; 1023].as_slice(), b"\n"].concat();
        let bomb = packed("sales.csv.gz", row.repeat(usize::try_from(MAX_FILE).unwrap() / 1024 + 1)).unwrap();
        assert!(bomb.len() < 1 << 20);
        let trace = Trace::of(EmailAddress::parse("anna@example.com").unwrap());
        assert!(without_rows("sales.csv.gz", &bomb, &trace, |_| None).is_err());
    }

    #[test]
    fn a_file_without_a_header_or_without_her_is_kept_line_by_line() {
        let lines = "what is this\nanna@example.com was here\nand nobody here\n";
        assert_eq!(without("x.csv", lines.as_bytes()).removed, 1);
        let clean = "email,first_name\nberta@example.com,Berta\n";
        assert_eq!(without("x.csv", clean.as_bytes()), OtherRows { bytes: clean.into(), removed: 0 });
        assert_eq!(without("x.csv", b""), OtherRows { bytes: Vec::new(), removed: 0 });
    }
}
