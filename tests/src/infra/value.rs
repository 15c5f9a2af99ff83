//! Reading JSON values of a template, whatever of the allowed forms they have.

use serde_json::Value;

/// The value of a key, or null.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// A list, or the one value that may stand for it.
pub(super) fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Value::Array(list) => (list.as_slice(), None),
        Value::Null => (&[][..], None),
        single => (&[][..], Some(single)),
    };
    many.iter().chain(one)
}

/// The texts of a list, or the one text that may stand for it.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    each(value).filter_map(Value::as_str)
}

/// The whole number that a value is or spells: SAM and parameters give texts for numbers.
pub(super) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The resource that `Ref` or `Fn::GetAtt` points to.
pub(super) fn target(value: &Value) -> Option<&str> {
    let attribute = || value.get("Fn::GetAtt")?.get(0)?.as_str();
    value.get("Ref").and_then(Value::as_str).or_else(attribute)
}

/// Every text inside a value, with the path to it.
pub(super) fn all_texts(value: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect<'a>(value: &'a Value, path: String, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((path, text)),
        Value::Array(list) => {
            for (at, item) in list.iter().enumerate() {
                collect(item, format!("{path}/{at}"), found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                collect(item, format!("{path}/{key}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
