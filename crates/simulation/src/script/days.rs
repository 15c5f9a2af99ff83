//! Days on which calendars are odd, in some zone.

use jiff::civil::{Date, date};

/// Some days before each: clocks go forward or back in Europe, America or New Zealand, years end, February is long.
pub(super) const ODD: [Date; 12] = [
    date(2026, 3, 24),
    date(2026, 10, 20),
    date(2026, 12, 24),
    date(2027, 3, 9),
    date(2026, 11, 1),
    date(2028, 2, 23),
    date(2026, 9, 21),
    date(2027, 3, 30),
    date(2027, 12, 27),
    date(2026, 6, 14),
    date(2027, 10, 25),
    date(2028, 12, 22),
];
