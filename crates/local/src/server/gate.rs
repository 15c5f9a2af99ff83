//! Who may ask, and what a browser may do with the answer.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a page may load: itself only, and no script at all.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// Answers requests that name this machine by a loopback name, and no others.
///
/// A page of a stranger can make a browser ask this machine under the stranger's name (DNS rebinding) and read the
/// answer. The name in `Host` gives that away.
pub async fn loopback_names_only(request: Request, next: Next) -> Response {
    let mut response = if names_loopback(&request) {
        next.run(request).await
    } else {
        let refusal = "Only localhost is answered here.\n";
        (StatusCode::FORBIDDEN, refusal).into_response()
    };
    protect(&mut response);
    response
}

/// A request names its host once; in absolute form (RFC 9112, section 3.2.2) twice, and both must be ours.
fn names_loopback(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host: Option<Authority> = host.to_str().ok().and_then(|host| host.parse().ok());
    let ours = |authority: &Authority| is_loopback(authority.host());
    host.as_ref().is_some_and(ours) && request.uri().authority().is_none_or(ours)
}

/// `localhost` and what lies below it (RFC 6761, section 6.3), 127.0.0.0/8, `[::1]`.
fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    let v6 = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || v6.is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback()))
}

/// A handler may have set a policy of its own.
fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for ours in ["localhost", "LocalHost", "mail.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback(ours), "{ours}");
        }
        for foreign in [
            "",
            "localhost.example",
            "127.0.0.1.example",
            "notlocalhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
            "::1",
            "2130706433",
        ] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
