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

/// An opaque picture as PNG; `None` only if it does not fit the format.
#[must_use]
pub fn png(pixmap: &Pixmap) -> Option<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let width = usize::try_from(pixmap.width()).ok()?;
    let mut above = vec![0; width * 3];
    for row in pixmap.data().chunks(width * 4) {
        let row: Vec<u8> = row
            .chunks(4)
            .flat_map(|pixel| pixel.iter().take(3))
            .copied()
            .collect();
        packed.write_all(&filtered(&row, &above)).ok()?;
        above = row;
    }
    let mut file = SIGNATURE.to_vec();
    let size = [pixmap.width().to_be_bytes(), pixmap.height().to_be_bytes()].concat();
    chunk(&mut file, b"IHDR", &[size.as_slice(), &FORMAT].concat())?;
    chunk(&mut file, b"IDAT", &packed.finish().ok()?)?;
    chunk(&mut file, b"IEND", &[])?;
    Some(file)
}

/// The row as differences to its neighbours, by whichever filter leaves least.
fn filtered(row: &[u8], above: &[u8]) -> Vec<u8> {
    let sub = differences(1, row, above, |left, _, _| left);
    let up = differences(2, row, above, |_, up, _| up);
    let paeth = differences(4, row, above, paeth);
    [sub, up, paeth]
        .into_iter()
        .min_by_key(|row| weight(row))
        .unwrap_or_default()
}

fn differences(filter: u8, row: &[u8], above: &[u8], guess: fn(u8, u8, u8) -> u8) -> Vec<u8> {
    let shifted = |values: &[u8]| [0_u8; 3].into_iter().chain(values.to_vec());
    let neighbours = shifted(row).zip(above).zip(shifted(above));
    let values = row.iter().zip(neighbours);
    std::iter::once(filter)
        .chain(values.map(|(value, ((left, up), corner))| value.wrapping_sub(guess(left, *up, corner))))
        .collect()
}

/// The neighbour nearest to left + up - corner (PNG, section 9.4).
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let (to_left, to_up, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if to_left <= to_up && to_left <= to_corner {
        left
    } else if to_up <= to_corner {
        up
    } else {
        corner
    }
}

/// Small differences in either direction weigh little.
fn weight(row: &[u8]) -> u32 {
    row.iter()
        .map(|value| u32::from((*value).min(value.wrapping_neg())))
        .sum()
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
    fn a_reader_of_png_sees_the_same_pixels() {
        let mut pixmap = Pixmap::new(7, 5).unwrap();
        pixmap.fill(Color::WHITE);
        for (at, value) in pixmap
            .data_mut()
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| at % 4 < 3)
        {
            *value = u8::try_from(at * 37 % 251).unwrap();
        }
        let read = Pixmap::decode_png(&png(&pixmap).unwrap()).unwrap();
        assert_eq!(read.data(), pixmap.data());
    }
}
