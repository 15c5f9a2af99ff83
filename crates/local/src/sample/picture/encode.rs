//! Pictures as PNG without an alpha channel, packed as tightly as the format allows: they travel to many mailboxes.
//!
//! Source: <https://www.w3.org/TR/png-3/>, sections 5, 9 and 10.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use tiny_skia::Pixmap;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Eight bits a channel, red green blue, deflate, filters per row, no interlacing.
const FORMAT: [u8; 5] = [8, 2, 0, 0, 0];
/// The mark of a row that is written as it is.
const NO_FILTER: u8 = 0;
/// The bits of a channel that are not told apart.
const STEP: u8 = 3;

/// An opaque picture as PNG; `None` only if it does not fit the format.
///
/// Rows are written as they are: with few colours that packs better than any filter.
#[must_use]
pub fn png(pixmap: &Pixmap) -> Option<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let row_bytes = usize::try_from(pixmap.width()).ok()? * 4;
    for row in pixmap.data().chunks(row_bytes) {
        packed.write_all(&[NO_FILTER]).ok()?;
        packed.write_all(&colours(row)).ok()?;
    }
    let mut file = SIGNATURE.to_vec();
    let size = [pixmap.width().to_be_bytes(), pixmap.height().to_be_bytes()].concat();
    chunk(&mut file, b"IHDR", &[size.as_slice(), &FORMAT].concat())?;
    chunk(&mut file, b"IDAT", &packed.finish().ok()?)?;
    chunk(&mut file, b"IEND", &[])?;
    Some(file)
}

/// The row without its alpha channel. What differs from the background, which begins every row, loses the differences
/// that no eye sees: that halves the file.
fn colours(row: &[u8]) -> Vec<u8> {
    let background = row.get(..3).unwrap_or_default();
    row.chunks(4)
        .filter_map(|pixel| pixel.get(..3))
        .flat_map(|pixel| {
            let step = if pixel == background { 0 } else { STEP };
            pixel.iter().map(move |value| value | step)
        })
        .collect()
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) -> Option<()> {
    let mut check = Crc::new();
    check.update(kind);
    check.update(data);
    file.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    file.extend(check.sum().to_be_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use tiny_skia::Color;

    use super::*;

    #[test]
    fn a_reader_of_png_sees_the_same_pixels_but_for_the_last_bits() {
        let mut pixmap = Pixmap::new(7, 5).unwrap();
        pixmap.fill(Color::WHITE);
        for (at, value) in pixmap.data_mut().iter_mut().enumerate().filter(|(at, _)| at % 4 < 3) {
            *value = u8::try_from(at * 37 % 251).unwrap();
        }
        let read = Pixmap::decode_png(&png(&pixmap).unwrap()).unwrap();
        let same = |(read, drawn): (&u8, &u8)| *read == *drawn || *read == *drawn | STEP;
        assert_eq!(read.data().len(), pixmap.data().len());
        assert!(read.data().iter().zip(pixmap.data()).all(same));
    }
}
