//! Many rows in one call. What DynamoDB leaves over is written again.

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use nachklang_domain::ports::{PortError, PortResult};

use super::AwsStore;
use super::body::Item;
use super::fault::fault;
use super::retry::Backoff;
use crate::config::Setting;

/// Most rows that one call writes.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const WRITES: usize = 25;
/// So many writing calls are under way at once: one waits for the network while another works.
const IN_FLIGHT: usize = 4;

/// Writes a row, whatever stood there.
pub(super) fn put(item: Item) -> PortResult<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.map_err(|error| unmade().because(error))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Deletes a row, if there is one.
pub(super) fn delete(key: Item) -> PortResult<WriteRequest> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete.map_err(|error| unmade().because(error))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

fn unmade() -> PortError {
    PortError::permanent("a request to DynamoDB could not be made; this is a defect")
}

impl AwsStore {
    /// Writes rows in any order, each at least once. No two of them may have the same key.
    pub(super) async fn write_rows(
        &self,
        doing: &str,
        table: Setting,
        writes: Vec<WriteRequest>,
    ) -> PortResult<()> {
        let table = self.config.get(table)?;
        let calls: Vec<Vec<WriteRequest>> = writes.chunks(WRITES).map(<[_]>::to_vec).collect();
        let calls = calls.into_iter().map(|rows| self.write_call(doing, table, rows));
        stream::iter(calls).buffer_unordered(IN_FLIGHT).try_collect().await
    }

    /// Goes on as long as each pause lets at least one more row through.
    async fn write_call(&self, doing: &str, table: &str, mut rows: Vec<WriteRequest>) -> PortResult<()> {
        let mut backoff = Backoff::default();
        loop {
            let tried = rows.len();
            let call = self.clients.dynamo.batch_write_item().request_items(table, rows).send().await;
            let answer = call.map_err(|error| fault(doing, table, &error))?;
            rows = answer.unprocessed_items.unwrap_or_default().remove(table).unwrap_or_default();
            if rows.is_empty() {
                return Ok(());
            }
            if rows.len() < tried {
                backoff = Backoff::default();
            }
            if !backoff.pause().await {
                return Err(left_over(doing, table));
            }
        }
    }
}

fn left_over(doing: &str, table: &str) -> PortError {
    PortError::transient(format!("cannot {doing} ({table}): it leaves rows over; try again in a moment"))
}
