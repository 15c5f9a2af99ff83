//! What the calls to DynamoDB cost, for tests and benchmarks.
//!
//! An interceptor of the client asks each call for its units and sums them up, so that no call can forget to tell.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation as op;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};

/// What calls to one table cost. Units are halves and whole numbers, so their sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
    /// Calls that succeeded.
    pub calls: u64,
}

/// The sums of all calls of a client.
///
/// A call that fails tells no units. DynamoDB bills a failed condition all the same, so [`Meter::failed`] belongs to
/// every reading.
#[derive(Debug, Default)]
pub struct Meter {
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    tables: BTreeMap<String, Units>,
    failed: u64,
}

impl Meter {
    /// The sums by table.
    #[must_use]
    pub fn tables(&self) -> BTreeMap<String, Units> {
        self.with(|sums| sums.tables.clone())
    }

    /// The sums of all tables.
    #[must_use]
    pub fn total(&self) -> Units {
        let add = |sum: Units, one: Units| Units {
            read: sum.read + one.read,
            write: sum.write + one.write,
            calls: sum.calls + one.calls,
        };
        self.tables().into_values().fold(Units::default(), add)
    }

    /// How many calls failed, those with a failed condition among them.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.with(|sums| sums.failed)
    }

    /// Begins anew.
    pub fn reset(&self) {
        self.with(|sums| *sums = Sums::default());
    }

    fn add(&self, kind: Kind, consumed: &ConsumedCapacity) {
        let units = consumed.capacity_units().unwrap_or_default();
        let table = consumed.table_name().unwrap_or_default().to_owned();
        self.with(|sums| {
            let sum = sums.tables.entry(table).or_default();
            sum.calls += 1;
            match kind {
                Kind::Read => sum.read += units,
                Kind::Write => sum.write += units,
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Sums) -> T) -> T {
        work(&mut self.sums.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The client whose calls a meter counts.
pub(super) fn metered(client: &aws_sdk_dynamodb::Client, meter: Arc<Meter>) -> aws_sdk_dynamodb::Client {
    let config = client.config().to_builder().interceptor(Tap(meter));
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
}

#[derive(Debug)]
struct Tap(Arc<Meter>);

/// Asks for the units of the operations that read or write items, and reads them off the answers.
macro_rules! taps {
    ($($kind:ident $module:ident: $input:ident, $output:ident;)+) => {
        fn ask(input: &mut Input) {
            $(if let Some(input) = input.downcast_mut::<op::$module::$input>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
            })+
        }

        fn read(meter: &Meter, output: &Output) {
            $(if let Some(output) = output.downcast_ref::<op::$module::$output>() {
                for consumed in output.consumed_capacity.each() {
                    meter.add(Kind::$kind, consumed);
                }
            })+
        }
    };
}

taps! {
    Read get_item: GetItemInput, GetItemOutput;
    Read batch_get_item: BatchGetItemInput, BatchGetItemOutput;
    Read query: QueryInput, QueryOutput;
    Read scan: ScanInput, ScanOutput;
    Read transact_get_items: TransactGetItemsInput, TransactGetItemsOutput;
    Write put_item: PutItemInput, PutItemOutput;
    Write update_item: UpdateItemInput, UpdateItemOutput;
    Write delete_item: DeleteItemInput, DeleteItemOutput;
    Write batch_write_item: BatchWriteItemInput, BatchWriteItemOutput;
    Write transact_write_items: TransactWriteItemsInput, TransactWriteItemsOutput;
}

/// Some operations tell the units of one table, some those of several.
trait Each {
    fn each(&self) -> impl Iterator<Item = &ConsumedCapacity>;
}

impl Each for Option<ConsumedCapacity> {
    fn each(&self) -> impl Iterator<Item = &ConsumedCapacity> {
        self.iter()
    }
}

impl Each for Option<Vec<ConsumedCapacity>> {
    fn each(&self) -> impl Iterator<Item = &ConsumedCapacity> {
        self.iter().flatten()
    }
}

impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        ask(context.input_mut());
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.output_or_error() {
            Some(Ok(output)) => read(&self.0, output),
            Some(Err(_)) | None => self.0.with(|sums| sums.failed += 1),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::item::key;
    use super::super::scripted::{Answer, Wire};
    use super::*;

    #[tokio::test]
    async fn the_units_of_every_call_are_summed_by_table() {
        let wire = Wire::new(|before, call| {
            assert_eq!(call.body["ReturnConsumedCapacity"], json!("TOTAL"));
            match before {
                0 => Answer::Done(
                    json!({ "ConsumedCapacity": { "TableName": "orders", "CapacityUnits": 0.5 } }),
                ),
                1 => Answer::Done(json!({ "ConsumedCapacity": [
                    { "TableName": "orders", "CapacityUnits": 2.0 },
                    { "TableName": "coupons", "CapacityUnits": 4.0 },
                ] })),
                _ => Answer::Refused("ValidationException", json!({})),
            }
        });
        let meter = Arc::new(Meter::default());
        let client = metered(&wire.client(), meter.clone());
        client.get_item().table_name("orders").set_key(Some(key("a", "b"))).send().await.unwrap();
        client.transact_write_items().set_transact_items(Some(Vec::new())).send().await.unwrap();
        client.put_item().table_name("orders").set_item(Some(key("a", "b"))).send().await.unwrap_err();
        let tables = meter.tables();
        assert_eq!(tables["orders"], Units { read: 0.5, write: 2.0, calls: 2 });
        assert_eq!(tables["coupons"], Units { read: 0.0, write: 4.0, calls: 1 });
        assert_eq!((meter.total(), meter.failed()), (Units { read: 0.5, write: 6.0, calls: 3 }, 1));
        meter.reset();
        assert_eq!((meter.total(), meter.failed()), (Units::default(), 0));
    }
}
