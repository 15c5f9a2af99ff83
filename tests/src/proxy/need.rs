//! What an account must allow a caller for its call: actions of IAM on the resources that the call names.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>, the pages of DynamoDB, SQS,
//! S3 and Secrets Manager. A transaction needs what each of its parts needs. SES is left out: its role names senders.

use serde_json::Value;

use super::message::Call;

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// A table, a queue's address, a secret, a bucket, or `bucket/key`.
    pub resource: String,
}

impl Need {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

/// What a call needs; nothing for a call that is not known.
#[must_use]
pub fn needs(call: &Call) -> Vec<Need> {
    let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default();
    match call.what.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => of_tables(operation, &body),
        Some(("AmazonSQS", operation)) => {
            vec![Need::new(format!("sqs:{}", operation.trim_end_matches("Batch")), text("QueueUrl"))]
        }
        Some(("secretsmanager", operation)) => {
            vec![Need::new(format!("secretsmanager:{operation}"), text("SecretId"))]
        }
        _ if call.what.contains(" /v2/email/") => Vec::new(),
        _ => of_objects(call),
    }
}

fn of_tables(operation: &str, body: &Value) -> Vec<Need> {
    match operation {
        "TransactWriteItems" => parts(body),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| Need::new(format!("dynamodb:{operation}"), table)).collect()
        }
        _ => {
            let table = body["TableName"].as_str().unwrap_or_default();
            vec![Need::new(format!("dynamodb:{operation}"), table)]
        }
    }
}

/// `Put`, `Update`, `Delete`, `ConditionCheck`, each on its table.
fn parts(body: &Value) -> Vec<Need> {
    let items = body["TransactItems"].as_array().into_iter().flatten();
    let parts = items.filter_map(Value::as_object).flatten();
    let need = |(verb, part): (&String, &Value)| {
        Need::new(format!("dynamodb:{verb}Item"), part["TableName"].as_str().unwrap_or_default())
    };
    parts.map(need).collect()
}

fn of_objects(call: &Call) -> Vec<Need> {
    let Some((verb, target)) = call.what.split_once(" /") else { return Vec::new() };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let version = if asks("versionId") { "Version" } else { "" };
    let action = match (verb, path.trim_end_matches('/').contains('/')) {
        ("GET" | "HEAD", true) => format!("s3:GetObject{version}"),
        ("PUT", true) => "s3:PutObject".to_owned(),
        ("DELETE", true) => format!("s3:DeleteObject{version}"),
        ("GET", false) if asks("versions") => "s3:ListBucketVersions".to_owned(),
        ("GET", false) => "s3:ListBucket".to_owned(),
        // Nobody calls anything else; if somebody does, no role allows it.
        _ => format!("s3:{verb}"),
    };
    vec![Need::new(action, path.trim_end_matches('/'))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(what: &str, body: &str) -> Vec<(String, String)> {
        let call = Call::made_up(what, body).unwrap();
        needs(&call).into_iter().map(|need| (need.action, need.resource)).collect()
    }

    #[test]
    fn a_call_needs_its_action_on_what_it_names() {
        for (what, body, action, resource) in [
            ("DynamoDB_20120810.GetItem", r#"{"TableName":"contacts"}"#, "dynamodb:GetItem", "contacts"),
            (
                "DynamoDB_20120810.BatchGetItem",
                r#"{"RequestItems":{"orders":{}}}"#,
                "dynamodb:BatchGetItem",
                "orders",
            ),
            (
                "AmazonSQS.SendMessageBatch",
                r#"{"QueueUrl":"http://q/1/a"}"#,
                "sqs:SendMessage",
                "http://q/1/a",
            ),
            (
                "secretsmanager.GetSecretValue",
                r#"{"SecretId":"key"}"#,
                "secretsmanager:GetSecretValue",
                "key",
            ),
            ("GET /bucket/published/a?x-id=GetObject", "", "s3:GetObject", "bucket/published/a"),
            ("GET /bucket/orders/a?versionId=1", "", "s3:GetObjectVersion", "bucket/orders/a"),
            ("DELETE /bucket/orders/a?versionId=1", "", "s3:DeleteObjectVersion", "bucket/orders/a"),
            ("GET /bucket/?list-type=2&prefix=orders/", "", "s3:ListBucket", "bucket"),
            ("GET /bucket?versions&prefix=orders/", "", "s3:ListBucketVersions", "bucket"),
        ] {
            assert_eq!(needed(what, body), [(action.to_owned(), resource.to_owned())], "{what}");
        }
        assert!(needed("POST /v2/email/outbound-emails", "{}").is_empty());
    }

    #[test]
    fn a_transaction_needs_what_its_parts_need() {
        let body = r#"{"TransactItems":[{"Put":{"TableName":"contacts"}},{"Update":{"TableName":"coupons"}},
            {"ConditionCheck":{"TableName":"orders"}}]}"#;
        let needed = needed("DynamoDB_20120810.TransactWriteItems", body);
        let needed: Vec<(&str, &str)> =
            needed.iter().map(|(action, resource)| (action.as_str(), resource.as_str())).collect();
        assert_eq!(
            needed,
            [
                ("dynamodb:PutItem", "contacts"),
                ("dynamodb:UpdateItem", "coupons"),
                ("dynamodb:ConditionCheckItem", "orders")
            ]
        );
    }
}
