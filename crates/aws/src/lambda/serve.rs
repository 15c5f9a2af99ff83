//! How a function starts and takes its events.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use futures::FutureExt as _;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::log;
use crate::clients::Clients;
use crate::config::{Config, Function};
use crate::site::Site;

/// The `main` of a function: one thread, as Lambda hands over one event at a time.
pub fn run<E, R>(
    function: Function,
    handle: impl AsyncFn(&Site, LambdaEvent<E>) -> Result<R, Error>,
) -> ExitCode
where
    E: DeserializeOwned,
    R: Serialize,
{
    log::start(variable);
    let served = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(function, handle)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = function.name(), error = error.to_string(), "the function ended");
            ExitCode::FAILURE
        }
    }
}

/// Opens the site and takes events until Lambda ends the process. Nothing goes over the network before the first one.
///
/// # Errors
/// When the environment lacks something, or Lambda does not answer.
pub async fn serve<E, R>(
    function: Function,
    handle: impl AsyncFn(&Site, LambdaEvent<E>) -> Result<R, Error>,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    R: Serialize,
{
    let config = Arc::new(Config::from_lookup(&function.needs(), variable)?);
    let clients = Clients::new(&config, variable);
    clients.make_ready(&config);
    let site = Site::open(config, clients);
    let (site, handle) = (&site, &handle);
    lambda_runtime::run(service_fn(|event| contained(handle, site, event))).await
}

/// A panic is answered without its words: they may hold a person's data.
async fn contained<E, R>(
    handle: &impl AsyncFn(&Site, LambdaEvent<E>) -> Result<R, Error>,
    site: &Site,
    event: LambdaEvent<E>,
) -> Result<R, Error> {
    // On the heap: futures nested so deep are more than the compiler lays out in one piece.
    let handled = AssertUnwindSafe(Box::pin(handle(site, event))).catch_unwind().await;
    handled.unwrap_or_else(|_panic| Err("the function panicked: the log says where".into()))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;

    use super::*;
    use crate::config::Setting;

    fn site() -> Site {
        let value = |name: &str| {
            Some(if name == "AWS_REGION" { "eu-central-1" } else { "prod" }.to_owned())
                .filter(|_| !name.starts_with("AWS_ENDPOINT"))
        };
        let config = Arc::new(Config::from_lookup(&[Setting::Stage], value).unwrap());
        let clients = Clients::new(&config, |_| None);
        Site::open(config, clients)
    }

    async fn handle(_: &Site, event: LambdaEvent<String>) -> Result<String, Error> {
        match event.payload.as_str() {
            "panic" => panic!("with mira@example.com"),
            "fail" => Err("it failed".into()),
            payload => Ok(payload.to_owned()),
        }
    }

    async fn answer(payload: &str) -> Result<String, String> {
        let event = LambdaEvent::new(payload.to_owned(), Context::default());
        contained(&handle, &site(), event).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_panic_is_answered_without_its_words() {
        assert_eq!(answer("panic").await, Err("the function panicked: the log says where".to_owned()));
        assert_eq!(answer("fail").await, Err("it failed".to_owned()));
        assert_eq!(answer("good").await, Ok("good".to_owned()));
    }
}
