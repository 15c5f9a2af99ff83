//! One row of a ranking file: which list it belongs to and what it puts there.

use std::cmp::Reverse;
use std::io::Read;

use crate::feed::error::RowFault;
use crate::feed::table::Table;
use crate::id::{ProductId, SeriesId};
use crate::language::{Country, Language};
use crate::text::{clean_line, is_unsafe};

use super::group::ListKey;
use super::shape::{Holds, Shape};
use super::weight::{Weight, billionths};
use super::{RecommendationKey, TopsellerScope};

/// Longest customer number, as for every number from outside.
const MAX_CUSTOMER: usize = 128;
/// Longest category.
const MAX_CATEGORY: usize = 750;
/// Most products that one row names: no more than 50 of a list are kept, and each takes a hundred bytes.
const MAX_NAMED: usize = 1_000;
/// Reads a list's rank where a row has none: after all others.
const NO_RANK: i64 = i64::MAX;

/// A row and what its columns mean.
pub(super) struct Row<'a, R: Read> {
    pub(super) table: &'a Table<R>,
    pub(super) shape: &'a Shape,
    /// Counted from 1: what decides between equals.
    pub(super) number: u64,
}

/// The products of a row.
pub(super) struct Ranked {
    pub(super) products: Vec<(Weight, ProductId)>,
    /// Ids that are none.
    pub(super) invalid: usize,
}

impl<R: Read> Row<'_, R> {
    /// Refuses a row that does not fit its header, but for a list that was written without quotes.
    pub(super) fn check_fit(&self) -> Result<(), RowFault> {
        let Some(problem) = self.table.misfit().filter(|_| !self.lists_to_the_end()) else {
            return Ok(());
        };
        let remedy = "quote values that hold the delimiter or a line break";
        Err(RowFault { problem, remedy })
    }

    /// The list that the row belongs to.
    pub(super) fn key(&self) -> Result<ListKey, RowFault> {
        let mut filled = self.shape.keys.iter().filter_map(|(holds, column)| {
            let value = self.table.field(*column);
            let value = value.trim();
            (!value.is_empty()).then(|| (*holds, value.to_owned()))
        });
        let (first, second) = (filled.next(), filled.next());
        match (first, second) {
            (Some((holds, value)), None) => key(holds, &value),
            (None, _) if self.shape.is_topsellers() => Ok(ListKey::Topseller(TopsellerScope::All)),
            (None, _) => Err(RowFault {
                problem: "the row does not say whom or what it is for".to_owned(),
                remedy: "fill the product's or customer's column",
            }),
            (Some(_), Some(_)) => Err(RowFault {
                problem: "the row names more than one of series, category, country and language".to_owned(),
                remedy: "write one row for each list",
            }),
        }
    }

    /// The products with their places.
    pub(super) fn ranked(&self) -> Result<Ranked, RowFault> {
        let (rank, score) = (self.number_in(self.shape.rank)?, self.number_in(self.shape.score)?);
        let weight = |at| Weight {
            rank: rank.unwrap_or(NO_RANK),
            score: Reverse(score.unwrap_or(i64::MIN)),
            place: (self.number, at),
        };
        let texts = self.product_texts();
        let named = texts.len();
        if named > MAX_NAMED {
            return Err(RowFault {
                problem: format!("the row names more than {MAX_NAMED} products"),
                remedy: "name the best 50, the best first",
            });
        }
        let parsed = texts.iter().enumerate().filter_map(|(at, text)| {
            let product = ProductId::parse(text).ok()?;
            Some((weight(at), product))
        });
        let products: Vec<_> = parsed.collect();
        if products.is_empty() {
            return Err(RowFault {
                problem: "the row names no product that is valid".to_owned(),
                remedy: "name products by their id in the feed, or leave the row out",
            });
        }
        Ok(Ranked { invalid: named - products.len(), products })
    }

    fn lists_to_the_end(&self) -> bool {
        self.shape.several && self.shape.products + 1 == self.table.header().len()
    }

    fn number_in(&self, column: Option<usize>) -> Result<Option<i64>, RowFault> {
        let Some(column) = column else { return Ok(None) };
        let value = self.table.field(column);
        let value = value.trim();
        if value.is_empty() {
            return Ok(None);
        }
        billionths(value).map(Some).ok_or_else(|| RowFault {
            problem: "the rank, the score or the number of pieces is no number".to_owned(),
            remedy: "use numbers such as 3 or 0.875",
        })
    }

    fn product_texts(&self) -> Vec<String> {
        if !self.shape.several {
            return vec![self.table.field(self.shape.products).trim().to_owned()];
        }
        let width = if self.lists_to_the_end() { usize::MAX } else { 1 };
        let fields = self.table.fields().skip(self.shape.products).take(width);
        fields.flat_map(|field| divided(&field)).take(MAX_NAMED + 1).collect()
    }
}

/// The parts of a list: by pipes where it has any, else by commas, semicolons, or blanks.
fn divided(list: &str) -> Vec<String> {
    let mark = ['|', ',', ';'].into_iter().find(|mark| list.contains(*mark));
    let is_mark = |c: char| mark.map_or(c.is_whitespace(), |mark| c == mark);
    let parts = list.split(is_mark).map(str::trim).filter(|part| !part.is_empty());
    parts.take(MAX_NAMED + 1).map(str::to_owned).collect()
}

fn key(holds: Holds, value: &str) -> Result<ListKey, RowFault> {
    use {RecommendationKey as For, TopsellerScope as In};
    Ok(match holds {
        Holds::Product => {
            ListKey::Recommendation(ProductId::parse(value).map(For::Product).map_err(invalid)?)
        }
        Holds::Customer => ListKey::Recommendation(customer(value)?),
        Holds::Series => ListKey::Topseller(SeriesId::parse(value).map(In::Series).map_err(invalid)?),
        Holds::Category => ListKey::Topseller(In::Category(clean_line(value, MAX_CATEGORY))),
        Holds::Country => ListKey::Topseller(Country::parse(value).map(In::Country).map_err(invalid)?),
        Holds::Language => ListKey::Topseller(Language::parse(value).map(In::Language).map_err(invalid)?),
    })
}

/// The fault never shows the number: some systems use the address for it.
fn customer(value: &str) -> Result<RecommendationKey, RowFault> {
    if value.len() <= MAX_CUSTOMER && !value.chars().any(is_unsafe) {
        return Ok(RecommendationKey::Customer(value.to_owned()));
    }
    Err(invalid("the customer number is not valid: use 1 to 128 bytes without control characters"))
}

fn invalid(problem: impl std::fmt::Display) -> RowFault {
    RowFault { problem: problem.to_string(), remedy: "correct the name of the list in this row" }
}
