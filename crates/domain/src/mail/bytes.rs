//! Looking through whole pages, written so that the compiler takes many bytes at a step.

/// How often a byte stands in a text.
pub(super) fn count(text: &[u8], wanted: u8) -> usize {
    // A sum of a byte's width fits as many lanes as there are bytes, and does not overflow within so short a piece.
    let of_piece = |piece: &[u8]| piece.iter().fold(0_u8, |sum, byte| sum + u8::from(*byte == wanted));
    text.chunks(usize::from(u8::MAX)).map(|piece| usize::from(of_piece(piece))).sum()
}

/// Where the first byte stands that is one of the wanted.
pub(super) fn first_of<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let fits = |byte: &u8| wanted.contains(byte);
    let (steps, rest) = text.as_chunks::<16>();
    // No early end within a step: only then all its bytes are compared at once.
    let step = steps
        .iter()
        .position(|step| step.iter().fold(false, |found, byte| found | wanted_at(&wanted, *byte)));
    match step {
        Some(step) => text.get(step * 16..)?.iter().position(fits).map(|at| step * 16 + at),
        None => rest.iter().position(fits).map(|at| steps.len() * 16 + at),
    }
}

/// Compares with all that is wanted, without a jump.
fn wanted_at<const N: usize>(wanted: &[u8; N], byte: u8) -> bool {
    wanted.iter().fold(false, |found, wanted| found | (byte == *wanted))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_find_what_looking_byte_by_byte_finds(text in "[ab<>&\u{e4}]{0,600}") {
            let bytes = text.as_bytes();
            prop_assert_eq!(count(bytes, b'<'), text.matches('<').count());
            prop_assert_eq!(first_of(bytes, *b"<&"), text.find(['<', '&']));
        }

        #[test]
        fn the_first_is_found_wherever_it_stands(before in 0_usize..100, after in 0_usize..100) {
            let text = [vec![b'a'; before], vec![b'&'; 1 + after]].concat();
            prop_assert_eq!(first_of(&text, *b"<&"), Some(before));
            prop_assert_eq!(first_of(&text, *b"<>"), None);
            prop_assert_eq!(count(&text, b'&'), 1 + after);
        }
    }

    #[test]
    fn more_of_a_byte_than_a_byte_can_count_are_counted() {
        assert_eq!(count(&[b'<'; 1_000], b'<'), 1_000);
    }
}
