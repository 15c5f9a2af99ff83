//! Requests as API Gateway hands them over, and answers as it reads them.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// A request in payload format 2.0; a body is wrapped in base64 when it is given as such.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub route: Value,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
    pub is_base64: bool,
}

impl Request {
    pub fn event(&self) -> LambdaEvent<ApiGatewayV2httpRequest> {
        let mut headers = json!({
            "accept": "*/*", "content-length": "2400", "content-type": "application/json",
            "host": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", "user-agent": "Shopify-Captain-Hook",
            "x-amzn-trace-id": "Root=1-690b3f00-0123456789abcdef01234567",
            "x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
            "authorization": "Bearer of-another-door",
        });
        for (name, value) in &self.headers {
            headers[*name] = json!(value);
        }
        let event = json!({
            "version": "2.0", "routeKey": format!("{} /route", self.method),
            "rawPath": self.path, "rawQueryString": "", "cookies": ["session=of-another-door"],
            "headers": headers, "pathParameters": self.route,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": self.method, "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7", "userAgent": "Shopify-Captain-Hook"
                },
                "requestId": "TdZqVjXwliAEPtQ=", "routeKey": format!("{} /route", self.method),
                "stage": "$default", "time": "05/Nov/2026:12:00:00 +0000", "timeEpoch": 1_793_880_000_000_i64
            },
            "body": self.body, "isBase64Encoded": self.is_base64
        });
        LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
    }
}

/// An answer as the gateway reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(Value);

impl Reply {
    pub fn of(response: &ApiGatewayV2httpResponse) -> Self {
        Self(serde_json::to_value(response).unwrap())
    }

    pub fn status(&self) -> u64 {
        self.0["statusCode"].as_u64().unwrap()
    }

    pub fn body(&self) -> &str {
        self.0["body"].as_str().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.0["headers"][name].as_str()
    }

    pub fn cookies(&self) -> &Value {
        &self.0["cookies"]
    }
}
