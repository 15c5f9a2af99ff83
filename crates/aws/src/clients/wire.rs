//! Requests of the SDK over HTTP/1.1.
//!
//! The SDK's own client brings HTTP/2 and proxies along, a tenth of each function. AWS's endpoints speak HTTP/1.1, and
//! no function uses a proxy.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper::Uri;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{
    CaptureConnection, HttpConnector as Tcp, HttpInfo, capture_connection,
};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tower_service::Service;

/// A pool of connections, and the requests over them.
#[derive(Debug)]
pub(super) struct Wire(Client<Connecting, SdkBody>);

impl Wire {
    /// No connection yet. Making one may take so long, name and TLS included.
    pub(super) fn new(tls: ClientConfig, within: Duration) -> Self {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        // Without a timer no idle connection is ever closed.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(Connecting { inner, within });
        Self(client)
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move { response(answer.await) })
    }
}

fn response(answer: Result<hyper::Response<Incoming>, ClientError>) -> Result<HttpResponse, ConnectorError> {
    let response = answer.map_err(failure)?.map(SdkBody::from_body_1_x);
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

/// The connection of a request, once it has one. The SDK closes it after an answer that may have harmed it.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extras = hyper::http::Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extras);
    let (addresses, connection) = (extras.get::<HttpInfo>(), connection.clone());
    let mut metadata = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = connection.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    metadata
        .set_local_addr(addresses.map(HttpInfo::local_addr))
        .set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(metadata.build())
}

/// What the SDK must know of a request without an answer, to decide whether another try may help.
fn failure(error: ClientError) -> ConnectorError {
    let network = error.is_connect() || source::<io::Error>(&error).is_some();
    let Some(cause) = source::<hyper::Error>(&error) else {
        return if network {
            ConnectorError::io(error.into())
        } else {
            ConnectorError::other(error.into(), None)
        };
    };
    if cause.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if cause.is_user() {
        ConnectorError::user(error.into())
    } else if network || cause.is_closed() || cause.is_canceled() {
        ConnectorError::io(error.into())
    } else if cause.is_incomplete_message() {
        // The server closed the connection instead of answering.
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error.into(), None)
    }
}

/// The first error of a kind among an error's causes.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(<dyn Error>::downcast_ref)
}

/// Makes connections, and gives up one that takes too long.
#[derive(Debug, Clone)]
struct Connecting {
    inner: HttpsConnector<Tcp>,
    within: Duration,
}

impl Service<Uri> for Connecting {
    type Response = <HttpsConnector<Tcp> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let made = tokio::time::timeout(self.within, self.inner.call(address));
        Box::pin(async move {
            made.await.unwrap_or_else(|_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    const WITHIN: Duration = Duration::from_millis(200);

    /// A server that treats its one connection like this, and its port.
    fn server(treat: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || treat(listener.accept().unwrap().0));
        port
    }

    fn hears(mut stream: &TcpStream) {
        let heard = stream.read(&mut [0; 1024]).unwrap();
        assert!(heard > 0);
    }

    /// What a request ends with, and the connection that it had.
    async fn ask(uri: String) -> (Result<HttpResponse, ConnectorError>, CaptureSmithyConnection) {
        let capture = CaptureSmithyConnection::new();
        let mut request = HttpRequest::new(SdkBody::from("what"));
        request.set_uri(uri).unwrap();
        request.add_extension(capture.clone());
        let wire = Wire::new(super::super::http::tls().unwrap(), WITHIN);
        (wire.call(request).await, capture)
    }

    #[tokio::test]
    async fn an_answer_comes_over_a_known_connection() {
        let port = server(|mut stream| {
            hears(&stream);
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno").unwrap();
        });
        let (answer, connection) = ask(format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(answer.unwrap().status().as_u16(), 404);
        assert_eq!(connection.get().unwrap().remote_addr().unwrap().port(), port);
    }

    #[tokio::test]
    async fn where_nobody_listens_there_is_no_connection() {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let (answer, connection) = ask(format!("http://127.0.0.1:{port}/")).await;
        assert!(answer.unwrap_err().is_io());
        assert!(connection.get().is_none());
    }

    #[tokio::test]
    async fn a_connection_that_is_not_made_in_time_is_given_up() {
        let port = server(|stream| {
            std::thread::sleep(WITHIN * 20);
            drop(stream);
        });
        let (answer, connection) = ask(format!("https://127.0.0.1:{port}/")).await;
        assert!(answer.unwrap_err().is_io());
        assert!(connection.get().is_none());
    }

    #[tokio::test]
    async fn a_connection_closed_without_a_word_is_worth_another_try() {
        let port = server(|stream| hears(&stream));
        let (answer, connection) = ask(format!("http://127.0.0.1:{port}/")).await;
        let error = answer.unwrap_err();
        assert!(error.is_io() || error.as_other() == Some(ErrorKind::TransientError), "{error:?}");
        assert!(connection.get().is_some());
    }
}
