//! The paths of the API.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, Operation};
use super::connection::Scissors;
use super::state::{Reaction, State};

/// The sink's memory; the server and the test share it.
pub(super) type Book = Arc<Mutex<State>>;

/// 40 MB of message are 54 MB of base64.
const LARGEST_BODY: usize = 80 * 1024 * 1024;

pub(super) fn router(book: Book) -> Router {
    use Operation::*;
    let addresses = put(on(PutSuppressedDestination)).get(on(ListSuppressedDestinations));
    let address = get(on(GetSuppressedDestination)).delete(on(DeleteSuppressedDestination));
    Router::new()
        .route("/v2/email/outbound-emails", post(on(SendEmail)))
        .route("/v2/email/account", get(on(GetAccount)))
        .route("/v2/email/suppression/addresses", addresses)
        .route("/v2/email/suppression/addresses/{address}", address)
        .route("/v2/email/identities", post(on(CreateEmailIdentity)))
        .route("/v2/email/identities/{identity}", get(on(GetEmailIdentity)))
        .route("/v2/email/configuration-sets", post(on(CreateConfigurationSet)))
        .route("/v2/email/configuration-sets/{name}", get(on(GetConfigurationSet)))
        .fallback(on(Unknown))
        .method_not_allowed_fallback(on(Unknown))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(book)
}

/// What a handler takes out of the head of a request.
type Head = (ConnectInfo<Scissors>, Option<Path<String>>, Query<Vec<(String, String)>>);

/// A handler for one operation.
fn on(operation: Operation) -> impl Fn(Shared<Book>, Head, Bytes) -> Ready<Response> + Clone {
    move |Shared(book), (ConnectInfo(scissors), resource, Query(query)), body| {
        let resource = resource.map(|Path(resource)| resource);
        ready(respond(&book, &scissors, Call { operation, resource, query, input: read(&body) }))
    }
}

fn respond(book: &Book, scissors: &Scissors, call: Call) -> Response {
    let reaction = book.lock().unwrap_or_else(PoisonError::into_inner).react(call, Timestamp::now());
    match reaction {
        Reaction::Answer(answer) => written(StatusCode::OK, &answer),
        Reaction::Refuse(refusal) => {
            let body = written(refusal.status, &json!({ "message": refusal.message }));
            ([("x-amzn-errortype", refusal.code)], body).into_response()
        }
        Reaction::Cut => {
            scissors.cut();
            StatusCode::OK.into_response()
        }
    }
}

fn written(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

fn read(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
