//! Makes a failing case small: what it does not need to fail is left out.
//!
//! Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28 (2002): only the
//! complements are tried, for a single part of a script seldom fails on its own.

/// A list that still fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk<T> {
    /// What is left.
    pub items: Vec<T>,
    /// How often it was run.
    pub runs: usize,
    /// Whether no single item more can be left out; otherwise the runs were used up before.
    pub smallest: bool,
}

/// Leaves out as many items as it can while the rest still fails, in at most so many runs. The order stays.
///
/// The whole list must fail; `fails` must answer the same for the same list.
pub fn shrink<T: Clone>(items: &[T], most_runs: usize, mut fails: impl FnMut(&[T]) -> bool) -> Shrunk<T> {
    let mut shrunk = Shrunk { items: items.to_vec(), runs: 0, smallest: false };
    let mut size = items.len().div_ceil(2);
    while size > 0 {
        let before = shrunk.items.len();
        if !sweep(&mut shrunk, size, most_runs, &mut fails) {
            return shrunk;
        }
        // At single items a sweep is repeated as long as it finds something: what was needed may be so no more.
        size = match (size, shrunk.items.len() < before) {
            (1, true) => 1,
            _ => size / 2,
        };
    }
    shrunk.smallest = true;
    shrunk
}

/// Tries once to leave out each run of `size` items, from the end: late items seldom matter. `false` when the runs are
/// used up.
fn sweep<T: Clone>(
    shrunk: &mut Shrunk<T>,
    size: usize,
    most_runs: usize,
    fails: &mut impl FnMut(&[T]) -> bool,
) -> bool {
    let mut end = shrunk.items.len();
    while end > 0 {
        if shrunk.runs >= most_runs {
            return false;
        }
        let start = end.saturating_sub(size);
        let kept = shrunk.items.iter().enumerate().filter(|(at, _)| !(start..end).contains(at));
        let candidate: Vec<T> = kept.map(|(_, item)| item.clone()).collect();
        shrunk.runs += 1;
        if fails(&candidate) {
            shrunk.items = candidate;
        }
        end = start;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_far_items_cause_is_left_with_these_two() {
        let items: Vec<u32> = (0..500).collect();
        let shrunk = shrink(&items, 1_000, |items| items.contains(&7) && items.contains(&431));
        assert_eq!((shrunk.items, shrunk.smallest), (vec![7, 431], true));
        assert!(shrunk.runs < 120, "{} runs", shrunk.runs);
    }

    #[test]
    fn no_more_runs_are_made_than_allowed_and_what_is_left_still_fails() {
        let items: Vec<u32> = (0..500).collect();
        let mut runs = 0;
        let shrunk = shrink(&items, 10, |items| {
            runs += 1;
            items.contains(&7)
        });
        assert_eq!((runs, shrunk.runs, shrunk.smallest), (10, 10, false));
        assert!(shrunk.items.contains(&7) && shrunk.items.len() < 500);
    }

    #[test]
    fn a_case_that_fails_whatever_it_holds_is_left_empty() {
        assert!(shrink(&[1, 2, 3], 100, |_| true).items.is_empty());
        assert!(shrink::<u8>(&[], 100, |_| true).smallest);
    }

    proptest! {
        #[test]
        fn no_single_item_of_the_smallest_can_be_left_out(
            items in prop::collection::vec(0_u8..20, 0..40),
            needed in prop::collection::vec(0_u8..20, 0..4),
        ) {
            let fails = |items: &[u8]| needed.iter().all(|item| items.contains(item));
            prop_assume!(fails(&items));
            let shrunk = shrink(&items, 10_000, fails);
            prop_assert!(shrunk.smallest && fails(&shrunk.items));
            for at in 0..shrunk.items.len() {
                let mut without = shrunk.items.clone();
                without.remove(at);
                prop_assert!(!fails(&without));
            }
        }
    }
}
