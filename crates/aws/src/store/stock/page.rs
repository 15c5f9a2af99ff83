//! Pages of a query over one partition of the stock.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::PortResult;

use super::super::body::Item;
use super::super::codes::partition;
use super::super::fault::fault;
use super::super::item::text;

/// What a query asks for: expressions with their names and values.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    /// Completes the sentence "cannot …".
    pub doing: &'static str,
    /// Which part of the partition, as a condition on `sk`; all of it when there is none.
    pub range: Option<&'static str>,
    /// Which items are returned; the others are read and paid for all the same.
    pub filter: Option<&'static str>,
    /// Which attributes are returned; when there are none, items are counted only.
    pub attributes: &'static [&'static str],
    /// Attributes that the filter names, each as `#name`.
    pub names: &'static [&'static str],
    /// Values that range and filter name, each as `:name`.
    pub values: Vec<(&'static str, String)>,
}

/// Queries of the stock's table. They are not consistent: half the price, and what they tell is a hint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pages<'a> {
    /// The client.
    pub client: &'a Client,
    /// The table.
    pub table: &'a str,
}

/// One page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The items, if they were asked for.
    pub items: Vec<Item>,
    /// How many items the filter let through.
    pub count: u64,
    /// How many items were read.
    pub read: u64,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Item>,
}

impl Pages<'_> {
    /// The page of at most `limit` items, or of a megabyte, that begins at `start`.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) async fn page(
        &self,
        (pool, shard): (&PoolId, u32),
        ask: &Ask,
        start: Option<Item>,
        limit: Option<i32>,
    ) -> PortResult<Page> {
        let condition =
            ask.range.map_or_else(|| "pk = :pk".to_owned(), |range| format!("pk = :pk AND {range}"));
        let query = self
            .client
            .query()
            .table_name(self.table)
            .key_condition_expression(condition)
            .set_filter_expression(ask.filter.map(str::to_owned))
            .set_expression_attribute_names(names(ask))
            .set_expression_attribute_values(Some(values(ask, partition(pool, shard))))
            .set_exclusive_start_key(start)
            .set_limit(limit);
        let query = match projection(ask) {
            Some(projection) => query.projection_expression(projection),
            None => query.select(Select::Count),
        };
        let answer = query.send().await.map_err(|error| fault(ask.doing, self.table, &error))?;
        Ok(Page::of(answer))
    }
}

impl Page {
    fn of(answer: QueryOutput) -> Self {
        let number = |number: i32| u64::try_from(number).unwrap_or_default();
        Self {
            count: number(answer.count),
            read: number(answer.scanned_count),
            next: answer.last_evaluated_key.filter(|key| !key.is_empty()),
            items: answer.items.unwrap_or_default(),
        }
    }
}

fn projection(ask: &Ask) -> Option<String> {
    let names: Vec<String> = ask.attributes.iter().map(|name| format!("#{name}")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn names(ask: &Ask) -> Option<HashMap<String, String>> {
    let all = ask.attributes.iter().chain(ask.names);
    let names: HashMap<String, String> = all.map(|name| (format!("#{name}"), (*name).to_owned())).collect();
    (!names.is_empty()).then_some(names)
}

fn values(ask: &Ask, pk: String) -> HashMap<String, AttributeValue> {
    let given = ask.values.iter().map(|(name, value)| (format!(":{name}"), text(value)));
    given.chain([(":pk".to_owned(), text(pk))]).collect()
}
