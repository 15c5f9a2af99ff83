//! Many items at once, by their keys.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use nachklang_domain::ports::{PortError, PortResult};

use super::body::Item;
use super::fault::fault;
use super::retry::Backoff;

/// So many keys a call may name.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const KEYS: usize = 100;

/// What is read from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    /// Completes the sentence "cannot …".
    pub doing: &'static str,
    /// The table.
    pub table: &'a str,
    /// Whether every write that has returned must be seen; costs twice.
    pub consistent: bool,
}

/// The items with these keys, those that exist, in any order. No key may stand there twice.
///
/// # Errors
/// What the table answers; a transient error when it keeps leaving keys out.
pub(super) async fn batch_get(client: &Client, batch: Batch<'_>, keys: Vec<Item>) -> PortResult<Vec<Item>> {
    let mut found = Vec::new();
    for keys in keys.chunks(KEYS) {
        get_all(client, batch, keys.to_vec(), &mut found).await?;
    }
    Ok(found)
}

/// A busy table answers a part of the keys only; the others are asked for again.
async fn get_all(
    client: &Client,
    batch: Batch<'_>,
    keys: Vec<Item>,
    found: &mut Vec<Item>,
) -> PortResult<()> {
    let (mut open, mut backoff) = (keys, Backoff::default());
    loop {
        let (items, left) = get(client, batch, open).await?;
        found.extend(items);
        if left.is_empty() {
            return Ok(());
        }
        if !backoff.pause().await {
            let Batch { doing, table, .. } = batch;
            return Err(PortError::transient(format!(
                "cannot {doing} ({table}): it is busy; try again in a moment"
            )));
        }
        open = left;
    }
}

/// The items that were found, and the keys that were left out.
async fn get(client: &Client, batch: Batch<'_>, keys: Vec<Item>) -> PortResult<(Vec<Item>, Vec<Item>)> {
    let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(batch.consistent).build();
    let asked = asked
        .map_err(|error| PortError::permanent("a call names no keys; this is a defect").because(error))?;
    let answer = client.batch_get_item().request_items(batch.table, asked).send().await;
    let answer = answer.map_err(|error| fault(batch.doing, batch.table, &error))?;
    let items = answer.responses.into_iter().flatten().flat_map(|(_, items)| items).collect();
    let left = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
    Ok((items, left))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::item::key;
    use super::super::scripted::{Answer, Wire};
    use super::*;

    const BATCH: Batch<'_> = Batch { doing: "load orders", table: "orders", consistent: true };

    fn keys(number: usize) -> Vec<Item> {
        (0..number).map(|number| key(format!("de#shopify#{number}"), "order")).collect()
    }

    fn asked(body: &Value) -> Vec<Value> {
        body["RequestItems"]["orders"]["Keys"].as_array().unwrap().clone()
    }

    /// Answers `most` keys a call and leaves out the others.
    fn answering(most: usize) -> Wire {
        Wire::new(move |_, call| {
            assert_eq!(call.body["RequestItems"]["orders"]["ConsistentRead"], json!(true));
            let mut found = asked(&call.body);
            let left = found.split_off(most.min(found.len()));
            let left = if left.is_empty() { json!({}) } else { json!({ "orders": { "Keys": left } }) };
            Answer::Done(json!({ "Responses": { "orders": found }, "UnprocessedKeys": left }))
        })
    }

    #[tokio::test]
    async fn what_a_busy_table_leaves_out_is_asked_for_again() {
        let wire = answering(2);
        let found = batch_get(&wire.client(), BATCH, keys(5)).await.unwrap();
        assert_eq!(found, keys(5));
        assert_eq!(wire.calls().len(), 3);
    }

    #[tokio::test]
    async fn a_table_that_leaves_out_everything_is_asked_a_few_times_only() {
        let wire = answering(0);
        let error = batch_get(&wire.client(), BATCH, keys(1)).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(wire.calls().len(), 7);
    }

    #[tokio::test]
    async fn a_call_names_a_hundred_keys_at_most() {
        let wire = answering(100);
        assert_eq!(batch_get(&wire.client(), BATCH, keys(230)).await.unwrap().len(), 230);
        let sizes: Vec<usize> = wire.calls().iter().map(|call| asked(&call.body).len()).collect();
        assert_eq!(sizes, [100, 100, 30]);
        assert!(batch_get(&answering(1).client(), BATCH, Vec::new()).await.unwrap().is_empty());
    }
}
