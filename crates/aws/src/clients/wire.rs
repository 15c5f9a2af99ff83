//! Requests of the SDK over HTTP/1.1.
//!
//! The SDK's own client brings HTTP/2 and proxies along, a tenth of each function. AWS's endpoints speak HTTP/1.1, and
//! no function uses a proxy.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

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
use hyper_util::client::legacy::{Client, Error as ClientError, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tower_service::Service;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Making a connection, name and TLS included.
    pub(super) connect: Duration,
    /// A connection that nothing used for longer is not used again; `None` where a request may be tried again.
    pub(super) left_alone: Option<Duration>,
}

/// Pools of connections, and the requests over them.
#[derive(Debug)]
pub(super) struct Wire {
    connecting: Connecting,
    left_alone: Option<Duration>,
    pool: Mutex<Pool>,
}

/// Connections that were used last at a moment.
#[derive(Debug)]
struct Pool {
    client: Client<Connecting, SdkBody>,
    used: Moment,
}

/// A moment on both clocks: which of them goes on while a function is frozen nobody promises.
#[derive(Debug, Clone, Copy)]
struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    fn is_longer_ago_than(self, time: Duration) -> bool {
        self.steady.elapsed() > time || self.wall.elapsed().is_ok_and(|ago| ago > time)
    }
}

impl Pool {
    /// No connection yet.
    fn new(connecting: Connecting, left_alone: Option<Duration>) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // Without a timer no idle connection is ever closed.
        builder.pool_timer(TokioTimer::new());
        // One of several may be idle while the others are used.
        if let Some(longest) = left_alone {
            builder.pool_idle_timeout(longest);
        }
        Self { client: builder.build(connecting), used: Moment::now() }
    }
}

impl Wire {
    /// No connection yet.
    pub(super) fn new(tls: ClientConfig, limits: Limits) -> Self {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let connecting = Connecting { inner, within: limits.connect };
        let pool = Mutex::new(Pool::new(connecting.clone(), limits.left_alone));
        Self { connecting, left_alone: limits.left_alone, pool }
    }

    /// Sends a request. What was left alone for too long is dropped first, with all its connections.
    fn request(&self, request: hyper::Request<SdkBody>) -> ResponseFuture {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if self.left_alone.is_some_and(|longest| pool.used.is_longer_ago_than(longest)) {
            *pool = Pool::new(self.connecting.clone(), self.left_alone);
        }
        pool.used = Moment::now();
        pool.client.request(request)
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
        let answer = self.request(request);
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
        let wire =
            Wire::new(super::super::http::tls().unwrap(), Limits { connect: WITHIN, left_alone: None });
        (wire.call(request).await, capture)
    }

    /// Answers whatever comes over whichever connection, and keeps them all open.
    fn patient_server() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                std::thread::spawn(move || {
                    while (&stream).read(&mut [0; 1024]).is_ok_and(|heard| heard > 0) {
                        (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
                    }
                });
            }
        });
        port
    }

    /// The client's ends of the connections over which two requests went, one after the other.
    async fn ends(left_alone: Option<Duration>) -> Vec<std::net::SocketAddr> {
        let uri = format!("http://127.0.0.1:{}/", patient_server());
        let wire = Wire::new(super::super::http::tls().unwrap(), Limits { connect: WITHIN, left_alone });
        let mut ends = Vec::new();
        for _ in 0..2 {
            let capture = CaptureSmithyConnection::new();
            let mut request = HttpRequest::new(SdkBody::from("what"));
            request.set_uri(uri.clone()).unwrap();
            request.add_extension(capture.clone());
            let answer = wire.call(request).await.unwrap();
            aws_smithy_types::byte_stream::ByteStream::new(answer.into_body()).collect().await.unwrap();
            ends.push(capture.get().unwrap().local_addr().unwrap());
            // A connection is idle once its task has seen that the answer was read.
            tokio::task::yield_now().await;
        }
        ends
    }

    #[tokio::test]
    async fn no_request_goes_over_a_connection_that_was_left_alone_for_too_long() {
        let used_again = ends(Some(Duration::from_secs(3_600))).await;
        assert_eq!(used_again[0], used_again[1]);
        let left_alone = ends(Some(Duration::ZERO)).await;
        assert_ne!(left_alone[0], left_alone[1]);
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
