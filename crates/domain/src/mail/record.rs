//! A record of the data, as the template engine reads it.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Object;

/// Named values in one allocation; a few names are found faster by looking than by a map.
#[derive(Debug)]
struct Record<const N: usize>([(&'static str, Value); N]);

impl<const N: usize> Object for Record<N> {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        // Most names of a record differ in their first letter, and looking at that is no call.
        let first = key.as_bytes().first();
        let mut fields = self.0.iter();
        let found = fields.find(|(name, _)| name.as_bytes().first() == first && *name == key);
        found.map(|(_, value)| value.clone())
    }

    /// A record is there: `{% if coupon %}` asks for that. The engine would take one that lists no fields for empty.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A record of these fields.
pub(super) fn record<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::from_object(Record(fields))
}
