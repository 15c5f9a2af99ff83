//! A wire to the emulator on which calls can go wrong.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A call on the wire.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called: `DynamoDB_20120810.PutItem`, or `PUT /bucket/key?query`.
    pub what: String,
    /// Its body.
    pub body: String,
    head: String,
    raw_body: Vec<u8>,
}

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It arrives, and so does its answer.
    Pass,
    /// It arrives; the connection breaks before the answer does.
    LoseAnswer,
    /// It does not arrive, which is told; nobody answers.
    Hang(Arc<Notify>),
    /// It arrives, and then this is told; nobody answers.
    HangAfter(Arc<Notify>),
    /// It does not arrive; this is answered, with a status.
    Answer(u16, String),
}

type Decide = dyn Fn(&Call) -> Fate + Send + Sync;

/// A wire. It ends when it is dropped.
pub struct Wire {
    endpoint: String,
    serving: JoinHandle<()>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.endpoint)
    }
}

impl Wire {
    /// A wire to an endpoint; `decide` is asked about each call.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn to(
        endpoint: &str,
        decide: impl Fn(&Call) -> Fate + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let upstream = endpoint.strip_prefix("http://").context("a plain endpoint")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let decide: Arc<Decide> = Arc::new(decide);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, decide) = (upstream.clone(), Arc::clone(&decide));
                // A broken connection is what this wire is for; the client tells of it.
                tokio::spawn(async move { carry(client, &upstream, &*decide).await.ok() });
            }
        });
        Ok(Self { endpoint, serving })
    }

    /// Where it begins.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Carries one call; each has a connection of its own.
async fn carry(mut client: TcpStream, upstream: &str, decide: &Decide) -> anyhow::Result<()> {
    let call = read_call(&mut client).await?;
    match decide(&call) {
        Fate::Pass => client.write_all(&forward(&call, upstream).await?).await?,
        Fate::LoseAnswer => drop(forward(&call, upstream).await?),
        Fate::Hang(told) => {
            told.notify_one();
            std::future::pending().await
        }
        Fate::HangAfter(arrived) => {
            forward(&call, upstream).await?;
            arrived.notify_one();
            std::future::pending().await
        }
        Fate::Answer(status, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.0\r\n");
            let rest = format!("content-length: {length}\r\nconnection: close\r\n\r\n{body}");
            client.write_all((head + &rest).as_bytes()).await?;
        }
    }
    Ok(())
}

async fn read_call(client: &mut TcpStream) -> anyhow::Result<Call> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            bail!("no call came");
        }
    };
    let mut raw_body = bytes.split_off(end);
    let head = String::from_utf8(bytes)?;
    let length: usize = header(&head, "content-length").unwrap_or("0").parse()?;
    while raw_body.len() < length {
        if client.read_buf(&mut raw_body).await? == 0 {
            bail!("the call broke off");
        }
    }
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    let what = header(&head, "x-amz-target").unwrap_or(line).to_owned();
    Ok(Call { what, body: String::from_utf8_lossy(&raw_body).into_owned(), head, raw_body })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.lines().find_map(of).map(|(_, value)| value.trim())
}

/// The emulator's whole answer.
async fn forward(call: &Call, upstream: &str) -> anyhow::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    let kept = call.head.trim_end().lines().filter(|line| !line.to_lowercase().starts_with("connection:"));
    let head = kept.chain(["connection: close", "", ""]).collect::<Vec<_>>().join("\r\n");
    server.write_all(head.as_bytes()).await?;
    server.write_all(&call.raw_body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}
