//! Requests of an API Gateway HTTP API (payload format 2.0), and the answers to them.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::borrow::Cow;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a body cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is larger than what is taken.
    #[error("the body is too large")]
    TooLarge,
    /// It is not what the gateway says.
    #[error("the body is no base64, though the gateway says so")]
    Broken,
}

impl Unread {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Broken => 400,
        }
    }
}

/// The bytes that were sent, up to a cap; what is longer is not even decoded.
///
/// # Errors
/// [`Unread`].
pub fn body(request: &ApiGatewayV2httpRequest, cap: usize) -> Result<Cow<'_, [u8]>, Unread> {
    let text = request.body.as_deref().unwrap_or_default();
    if !request.is_base64_encoded {
        return if text.len() > cap { Err(Unread::TooLarge) } else { Ok(text.as_bytes().into()) };
    }
    if text.len() > cap.div_ceil(3) * 4 {
        return Err(Unread::TooLarge);
    }
    let bytes = STANDARD.decode(text).map_err(|_| Unread::Broken)?;
    if bytes.len() > cap { Err(Unread::TooLarge) } else { Ok(bytes.into()) }
}

/// The headers whose values are text, names in lower case. The gateway joins values of one name by commas.
#[must_use]
pub fn headers(request: &ApiGatewayV2httpRequest) -> Vec<(String, String)> {
    let text = request.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    text.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The value of a header; empty when there is none.
#[must_use]
pub fn header<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> &'a str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The HTTP method.
#[must_use]
pub fn method(request: &ApiGatewayV2httpRequest) -> &str {
    request.request_context.http.method.as_str()
}

/// The parts of a path such as `/webhooks/{shop}/{wire}/{topic}`: as the route names them, or else what follows
/// `root` in the raw path. `None` when there are fewer or more.
#[must_use]
pub fn parts<'a, const N: usize>(
    request: &'a ApiGatewayV2httpRequest,
    root: &str,
    names: [&str; N],
) -> Option<[&'a str; N]> {
    let named = names.map(|name| request.path_parameters.get(name).map(String::as_str));
    let named: Vec<&str> = named.into_iter().flatten().collect();
    if let Ok(parts) = named.try_into() {
        return Some(parts);
    }
    // The raw path begins with the stage, unless that is `$default`.
    let (_, rest) = request.raw_path.as_deref()?.split_once(root)?;
    rest.split('/').collect::<Vec<_>>().try_into().ok()
}

/// An answer. A header that cannot stand in HTTP is left out.
#[must_use]
pub fn response<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'static str, &'a str)>,
    body: String,
) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = status.into();
    response.body = Some(Body::Text(body));
    for (name, value) in headers {
        match value.parse() {
            Ok(value) => drop(response.headers.insert(name, value)),
            Err(_) => tracing::error!(name, "a header of an answer is no HTTP"),
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(body: &serde_json::Value, is_base64: bool) -> ApiGatewayV2httpRequest {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/prod/webhooks/ch/api/orders",
            "headers": {"X-Shopify-Topic": "orders/create", "accept-language": "de-CH"},
            "requestContext": {"http": {"method": "POST", "path": "/prod/webhooks/ch/api/orders"}},
            "body": body, "isBase64Encoded": is_base64,
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn a_body_comes_as_it_was_sent_whether_the_gateway_wraps_it_or_not() {
        let sent = "{\"a\": \"ä\"}";
        assert_eq!(body(&request(&json!(sent), false), 100).unwrap().as_ref(), sent.as_bytes());
        let wrapped = STANDARD.encode(sent);
        assert_eq!(body(&request(&json!(wrapped), true), 100).unwrap().as_ref(), sent.as_bytes());
        assert_eq!(body(&request(&json!(null), false), 100).unwrap().as_ref(), b"");
        assert_eq!(body(&request(&json!("%%"), true), 100), Err(Unread::Broken));
    }

    #[test]
    fn a_body_over_the_cap_is_refused_and_one_at_the_cap_is_not() {
        for cap in [9, 10, 11] {
            let (fits, over) = ("x".repeat(cap), "x".repeat(cap + 1));
            assert!(body(&request(&json!(fits), false), cap).is_ok());
            assert_eq!(body(&request(&json!(over), false), cap), Err(Unread::TooLarge));
            assert!(body(&request(&json!(STANDARD.encode(&fits)), true), cap).is_ok());
            assert_eq!(body(&request(&json!(STANDARD.encode(&over)), true), cap), Err(Unread::TooLarge));
        }
        // Far beyond the cap nothing is decoded.
        assert_eq!(body(&request(&json!("%".repeat(100)), true), 10), Err(Unread::TooLarge));
    }

    #[test]
    fn headers_are_found_in_whatever_case_they_came() {
        let request = request(&json!(""), false);
        assert!(headers(&request).contains(&("x-shopify-topic".to_owned(), "orders/create".to_owned())));
        assert_eq!((header(&request, "Accept-Language"), header(&request, "cookie")), ("de-CH", ""));
    }

    #[test]
    fn a_path_is_read_from_the_route_or_behind_the_stage() {
        let mut request = request(&json!(""), false);
        let names = ["shop", "wire", "topic"];
        assert_eq!(parts(&request, "/webhooks/", names), Some(["ch", "api", "orders"]));
        let named = [("shop", "de"), ("wire", "shopify"), ("topic", "orders-paid")];
        request.path_parameters = named.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(parts(&request, "/webhooks/", names), Some(["de", "shopify", "orders-paid"]));
        request.path_parameters.clear();
        for path in ["/webhooks/ch/api", "/webhooks/ch/api/orders/7", "/elsewhere", ""] {
            request.raw_path = Some(path.to_owned());
            assert_eq!(parts(&request, "/webhooks/", names), None, "{path}");
        }
    }

    #[test]
    fn an_answer_is_what_the_gateway_reads() {
        let answer = response(404, [("content-language", "de"), ("x-broken", "a\nb")], "ä".to_owned());
        let answer = serde_json::to_value(answer).unwrap();
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(404), &json!("ä")));
        assert_eq!(answer["headers"], json!({"content-language": "de"}));
        assert_eq!((&answer["isBase64Encoded"], &answer["cookies"]), (&json!(false), &json!([])));
    }
}
