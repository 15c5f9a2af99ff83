//! Soft edges: masks moved, blurred, and cut to their rims.

use tiny_skia::Mask;

/// From where a rim is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where the light comes from.
    UpperLeft,
    /// Where the shade is.
    LowerRight,
}

/// The mask, so many pixels further right and down.
#[must_use]
pub fn moved(mask: &Mask, right: usize, down: usize) -> Mask {
    let mut moved = mask.clone();
    let width = row_length(mask);
    let back = down * width + right;
    let kept = mask.data().iter();
    moved.data_mut().fill(0);
    moved.data_mut().iter_mut().skip(back).zip(kept).for_each(|(to, from)| *to = *from);
    moved
}

/// The rim of a mask, so many pixels wide.
#[must_use]
pub fn edge(mask: &Mask, width: usize, side: Side) -> Mask {
    let mut rim = mask.clone();
    let inner: Vec<u8> = match side {
        Side::UpperLeft => moved(mask, width, width).data().to_vec(),
        Side::LowerRight => {
            let ahead = width * row_length(mask) + width;
            let kept = mask.data().iter().skip(ahead).copied();
            kept.chain(std::iter::repeat_n(0, ahead)).collect()
        }
    };
    for (value, inner) in rim.data_mut().iter_mut().zip(inner) {
        *value = value.saturating_sub(inner);
    }
    rim
}

/// Smears a mask over its neighbours, so many pixels each way.
pub fn blur(mask: &mut Mask, radius: usize) {
    let width = row_length(mask);
    let rows = smeared_and_turned(mask.data(), width, radius);
    let both = smeared_and_turned(&rows, mask.data().len() / width.max(1), radius);
    mask.data_mut().copy_from_slice(&both);
}

/// Averages along the rows and swaps rows and columns, so that doing it twice covers both directions.
fn smeared_and_turned(data: &[u8], width: usize, radius: usize) -> Vec<u8> {
    let mut turned = vec![0; data.len()];
    let height = data.len() / width.max(1);
    for (row, line) in data.chunks(width.max(1)).enumerate() {
        let column = turned.iter_mut().skip(row).step_by(height.max(1));
        column.zip(averages(line, radius)).for_each(|(to, average)| *to = average);
    }
    turned
}

/// The average around each value; beyond the ends there is nothing.
fn averages(line: &[u8], radius: usize) -> impl Iterator<Item = u8> {
    let window = u32::try_from(2 * radius + 1).unwrap_or(u32::MAX);
    let mut sum: u32 = line.iter().take(radius).map(|value| u32::from(*value)).sum();
    (0..line.len()).map(move |at| {
        sum += line.get(at + radius).map_or(0, |value| u32::from(*value));
        let average = sum / window;
        sum -= at.checked_sub(radius).and_then(|old| line.get(old)).map_or(0, |value| u32::from(*value));
        u8::try_from(average).unwrap_or(u8::MAX)
    })
}

fn row_length(mask: &Mask) -> usize {
    usize::try_from(mask.width()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Mask {
        let mut mask = Mask::new(9, 11).unwrap();
        mask.data_mut()[4 * 9 + 4] = 255;
        mask
    }

    #[test]
    fn a_moved_mask_keeps_its_shape() {
        let mask = moved(&dot(), 2, 1);
        assert_eq!(mask.data()[5 * 9 + 6], 255);
        assert_eq!(mask.data().iter().filter(|value| **value > 0).count(), 1);
    }

    #[test]
    fn blurring_spreads_evenly_in_both_directions() {
        let mut mask = dot();
        assert_eq!(mask.data().len(), 99);
        blur(&mut mask, 1);
        let lit: Vec<usize> = (0..99).filter(|at| mask.data()[*at] > 0).collect();
        assert_eq!(lit, [30, 31, 32, 39, 40, 41, 48, 49, 50]);
        assert!(lit.iter().all(|at| mask.data()[*at] == mask.data()[40]));
    }

    #[test]
    fn the_two_rims_of_a_dot_are_the_dot() {
        assert_eq!(edge(&dot(), 1, Side::UpperLeft).data()[40], 255);
        assert_eq!(edge(&dot(), 1, Side::LowerRight).data()[40], 255);
    }
}
