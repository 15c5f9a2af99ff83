//! What products lack, counted instead of listed: a thousand products without a picture are one finding.

use crate::report::FileReport;

/// Something a product lacks without being refused for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    Title,
    Link,
    Image,
    Price,
    PriceUnreadable,
    Sale,
    Lowest,
    Availability,
    Sku,
    LegacyText,
}

const ALL: [Gap; 10] = [
    Gap::Title,
    Gap::Link,
    Gap::Image,
    Gap::Price,
    Gap::PriceUnreadable,
    Gap::Sale,
    Gap::Lowest,
    Gap::Availability,
    Gap::Sku,
    Gap::LegacyText,
];

impl Gap {
    const fn problem(self) -> &'static str {
        match self {
            Self::Title => "have no title",
            Self::Link => "have no page",
            Self::Image => "have no picture",
            Self::Price => "have no price",
            Self::PriceUnreadable => "have a price that cannot be read for sure",
            Self::Sale => "have a sale price that cannot be used",
            Self::Lowest => "have a lowest price of the last 30 days that cannot be read",
            Self::Availability => "do not say whether they can be had",
            Self::Sku => "have an id or number that holds no SKU",
            Self::LegacyText => "are not UTF-8 and were read as Windows-1252",
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Title => "give each a title, or they are never shown",
            Self::Link => "give each a link that begins with https://, or they are never shown",
            Self::Image => "give each an image_link that begins with https://, or they are never shown",
            Self::Price => "give each a price such as 15.00 EUR, or they are never shown",
            Self::PriceUnreadable => "write it like 15.00 EUR; until then they are never shown",
            Self::Sale => {
                "write the price like 15.00 EUR and its window like \
                 2026-11-27T00:00+01:00/2026-11-30T23:59+01:00; until then the regular price is shown"
            }
            Self::Lowest => "write it like 15.00 EUR; until then no old price is struck through",
            Self::Availability => {
                "use in_stock, out_of_stock, preorder or backorder; until then they count as out of stock"
            }
            Self::Sku => {
                "check sku and sku_pattern in the shop's [feed]; orders find these products by their id alone"
            }
            Self::LegacyText => "export the feed as UTF-8 and check the letters ä, é and €",
        }
    }
}

/// How many products have which gap, and where the first one stands.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    found: [Found; ALL.len()],
}

#[derive(Debug, Default, Clone, Copy)]
struct Found {
    count: u64,
    first_line: u64,
}

impl Gaps {
    /// Counts a gap of the product at a line.
    pub(super) fn note(&mut self, gap: Gap, line: u64) {
        if let Some(found) = self.found.get_mut(gap as usize) {
            if found.count == 0 {
                found.first_line = line;
            }
            found.count += 1;
        }
    }

    /// One warning a gap, at the line of the first product that has it.
    pub(super) fn report(&self, report: &mut FileReport) {
        for (gap, Found { count, first_line }) in ALL.into_iter().zip(self.found) {
            if count > 0 {
                report.warning(
                    first_line,
                    format!("{count} products {}; the first stands here", gap.problem()),
                    gap.remedy(),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_gaps_are_one_finding_each() {
        let mut gaps = Gaps::default();
        for line in 10..5_010 {
            gaps.note(Gap::Image, line);
        }
        gaps.note(Gap::LegacyText, 7);
        let mut report = FileReport::new("feeds/de/products.xml");
        gaps.report(&mut report);
        let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [10, 7]);
        let first = report.findings.first().unwrap();
        assert!(first.problem.starts_with("5000 products have no picture"), "{}", first.problem);
    }

    #[test]
    fn each_gap_is_counted_under_its_own_words() {
        for gap in ALL {
            let (mut gaps, mut report) = (Gaps::default(), FileReport::new("x"));
            gaps.note(gap, 1);
            gaps.report(&mut report);
            assert!(report.findings.first().unwrap().problem.contains(gap.problem()), "{gap:?}");
        }
    }
}
