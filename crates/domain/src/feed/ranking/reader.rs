//! Reads a ranking file from the first byte to the report.

use std::io::Read;

use crate::feed::config::FeedContext;
use crate::feed::error::{FeedError, RowFault};
use crate::feed::input;
use crate::feed::table::Table;
use crate::id::ProductId;
use crate::report::FileReport;

use super::group::{CameTooLate, ListKey, Lists};
use super::row::Row;
use super::shape::Shape;
use super::{RankingRow, RecommendationRow, TopsellerRow};

/// The lists of a topseller or recommendation file, told by its header.
///
/// A file sorted by its first column is a stream; another one is gathered in up to 16 MiB. A bad row is refused in the
/// report and the file goes on. After an `Err` nothing follows, and what came before must not be published.
pub struct RankingReader<R: Read> {
    table: Table<R>,
    shape: Shape,
    lists: Lists,
    report: FileReport,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// The file has ended; lists are still in hand.
    Ended,
    Broken,
}

impl<R: Read> RankingReader<R> {
    /// Opens a ranking file.
    ///
    /// # Errors
    /// [`FeedError`] when the file is empty, cannot be read, or its header makes no ranking.
    pub fn new(read: R, context: &FeedContext) -> Result<Self, FeedError> {
        let (head, text) = input::open(read, context.limits)?;
        let table = Table::open(&head, text, context.limits)?;
        Ok(Self {
            shape: Shape::of(table.header())?,
            table,
            lists: Lists::new(),
            report: FileReport::new(&context.file),
            state: State::Reading,
        })
    }

    /// Whether the file holds topsellers; recommendations otherwise.
    #[must_use]
    pub fn is_topsellers(&self) -> bool {
        self.shape.is_topsellers()
    }

    /// The report. A file that was not read to its end is reported as such.
    #[must_use]
    pub fn finish(mut self) -> FileReport {
        if self.state == State::Reading {
            self.report.error(0, "the file was not read to its end", "read it again; nothing was changed");
        }
        self.report
    }

    fn next_list(&mut self) -> Result<Option<RankingRow>, FeedError> {
        loop {
            if let Some((key, products)) = self.lists.take(self.state == State::Ended) {
                return Ok(Some(list(key, products)));
            }
            if self.state == State::Ended {
                return Ok(None);
            }
            if self.table.next_row()? {
                self.take_row();
            } else {
                self.state = State::Ended;
            }
        }
    }

    fn take_row(&mut self) {
        self.report.rows += 1;
        match self.add_row() {
            Ok(()) => self.report.accepted += 1,
            Err(fault) => self.report.reject_row(self.table.line(), fault.problem, fault.remedy),
        }
    }

    fn add_row(&mut self) -> Result<(), RowFault> {
        let row = Row { table: &self.table, shape: &self.shape, number: self.report.rows };
        row.check_fit()?;
        let (key, ranked) = (row.key()?, row.ranked()?);
        if ranked.invalid > 0 {
            self.report.warning(
                self.table.line(),
                format!("{} ids in this row are not valid and were left out", ranked.invalid),
                "divide the ids by pipes; each is at most 128 bytes long",
            );
        }
        self.lists.add(key, ranked.products).map_err(|CameTooLate| RowFault {
            problem: "the row came long after the others of its list".to_owned(),
            remedy: "sort the file by its first column",
        })
    }
}

impl<R: Read> Iterator for RankingReader<R> {
    type Item = Result<RankingRow, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Broken {
            return None;
        }
        let next = self.next_list();
        if let Err(error) = &next {
            self.state = State::Broken;
            self.report.error(error.line(), error.to_string(), error.remedy());
        }
        next.transpose()
    }
}

fn list(key: ListKey, products: Vec<ProductId>) -> RankingRow {
    match key {
        ListKey::Recommendation(for_) => RankingRow::Recommendation(RecommendationRow { for_, products }),
        ListKey::Topseller(scope) => RankingRow::Topseller(TopsellerRow { scope, products }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::config::FeedLimits;
    use crate::money::Currency;

    fn context() -> FeedContext {
        FeedContext::new(Currency::EUR, "feeds/de/ranking.csv")
    }

    fn read(text: &str) -> (Vec<String>, FileReport) {
        let mut reader = RankingReader::new(text.as_bytes(), &context()).unwrap();
        let rows = reader.by_ref().map(|row| words(&row.unwrap())).collect();
        (rows, reader.finish())
    }

    fn words(row: &RankingRow) -> String {
        let (key, products) = match row {
            RankingRow::Recommendation(row) => (format!("{:?}", row.for_), &row.products),
            RankingRow::Topseller(row) => (format!("{:?}", row.scope), &row.products),
        };
        let products: Vec<&str> = products.iter().map(ProductId::as_str).collect();
        format!("{key}: {}", products.join(" "))
    }

    #[test]
    fn a_row_per_product_lists_its_recommendations_in_order() {
        let (rows, report) =
            read("product_id;recommendations\nR1;K2|O3|K1\nR2;\"K1, K9\"\nR3;K1 K2\nR4;\nR1;O3|K7\n");
        assert_eq!(rows, ["Product(R1): K2 O3 K1 K7", "Product(R2): K1 K9", "Product(R3): K1 K2"]);
        assert_eq!((report.rows, report.accepted, report.rejected), (5, 4, 1));
        assert_eq!(report.findings[0].line, 5);
        assert_eq!(read("product_id,recommendations\nR1,K2,O3,K1\n").0, ["Product(R1): K2 O3 K1"]);
    }

    #[test]
    fn a_row_per_pair_is_ordered_by_rank_then_score_then_place() {
        let (rows, report) = read(
            "product_id,recommended_id,rank,score\nR1,C,3,0.9\nR1,A,1,0.1\nR2,X,,0.5\nR1,B,2,\nR2,Y,,9.8e-1\nR2,Z,first,1\n",
        );
        assert_eq!(rows, ["Product(R1): A B C", "Product(R2): Y X"]);
        assert_eq!((report.accepted, report.rejected, report.findings[0].line), (5, 1, 7));
    }

    #[test]
    fn rows_per_customer_follow_their_accuracy_and_name_nobody() {
        let (rows, _) = read("userId\tproductSKU\taccuracy\tmodel\n4711\tK1\t0.2\tals\n4711\tK2\t0.7\tals\n");
        assert_eq!(rows, ["Customer(…): K2 K1"]);
        let (_, report) = read("userId,productSKU\nanna@example.com,\n");
        assert!(report.has_errors() && !report.to_string().contains("anna"));
    }

    #[test]
    fn topsellers_are_told_apart_by_series_category_country_language_or_none() {
        let (rows, report) = read(
            "series,category,country,language,rank,product_id,units\n\
             luna,,,,2,B,10\nluna,,,,1,A,5\n,Ringe > Gold,,,1,C,\n,,CH,,1,D,\n,,,fr,1,E,\n,,,,1,F,\nluna,,DE,,1,G,\nLuna Gold,,,,1,H,\n",
        );
        assert_eq!(
            rows,
            [
                "Series(SeriesId(luna)): A B",
                "Category(\"Ringe > Gold\"): C",
                "Country(CH): D",
                "Language(fr): E",
                "All: F",
            ]
        );
        assert_eq!((report.accepted, report.rejected), (6, 2));
        assert_eq!(read("product_id,units\nA,5\nB,70\n").0, ["All: B A"]);
    }

    #[test]
    fn a_ranking_file_tells_which_kind_it_is() {
        let is_topsellers =
            |text: &str| RankingReader::new(text.as_bytes(), &context()).unwrap().is_topsellers();
        assert!(is_topsellers("country,product_id\n"));
        assert!(!is_topsellers("product_id,recommended_id\n"));
        assert!(!is_topsellers("userId,productSKU\n"));
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line_and_the_file_goes_on() {
        let long = "x".repeat(129);
        let (rows, report) =
            read(&format!("product_id,recommended_id\n{long},A\nR1,{long}\nR1\nR1,A,B\n,A\nR1,B\n"));
        assert_eq!(rows, ["Product(R1): B"]);
        let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
        assert_eq!((lines, report.rejected), (vec![2, 3, 4, 5, 6], 5));
        let (rows, report) = read(&format!("product_id,recommendations\nR1,A|{long}|B\n"));
        assert_eq!(
            (rows, report.accepted, report.findings.len()),
            (vec!["Product(R1): A B".to_owned()], 1, 1)
        );
    }

    #[test]
    fn a_row_of_a_thousand_products_is_read_and_a_longer_one_refused_alone() {
        let list = |products: usize| (0..products).map(|at| format!("P{at}")).collect::<Vec<_>>().join("|");
        let text = format!("product_id,recommendations\nR1,{}\nR2,{}\nR3,A\n", list(1_000), list(1_001));
        let (rows, report) = read(&text);
        assert_eq!((rows.len(), report.accepted, report.rejected), (2, 2, 1));
        assert_eq!(report.findings[0].problem, "the row names more than 1000 products");
        let columns =
            read(&format!("product_id,recommendations\nR1,{}\nR2,A\n", list(1_001).replace('|', ",")));
        assert_eq!((columns.0.len(), columns.1.rejected), (1, 1));
    }

    #[test]
    fn a_broken_file_ends_with_an_error_and_its_report_says_so() {
        let mut context = context();
        context.limits = FeedLimits { rows: 2, ..FeedLimits::default() };
        let text = "product_id,recommended_id\nR1,A\nR2,A\nR3,A\n";
        let mut reader = RankingReader::new(text.as_bytes(), &context).unwrap();
        assert!(reader.next().unwrap().is_err());
        assert!(reader.next().is_none());
        let report = reader.finish();
        assert_eq!((report.findings.len(), report.findings[0].line), (1, 4));
    }

    #[test]
    fn what_is_no_ranking_is_refused() {
        for text in ["", "<rss/>", "{\"a\":1}", "id,title\n1,Ring\n"] {
            assert!(RankingReader::new(text.as_bytes(), &context()).is_err(), "{text}");
        }
    }
}
