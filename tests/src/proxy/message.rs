//! Messages of HTTP/1.1, as far as a wire must know them to carry them whole.

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";
/// Lines of a head that are about one connection or one length, which the wire writes itself.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "expect", "keep-alive"];

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

impl Call {
    /// Another body under the same head.
    pub fn replace_body(&mut self, body: String) {
        self.raw_body = body.clone().into_bytes();
        self.body = body;
    }

    #[cfg(test)]
    pub(super) fn made_up(what: &str, body: &str) -> anyhow::Result<Self> {
        let (what, body, raw_body) = (what.to_owned(), body.to_owned(), body.as_bytes().to_vec());
        Ok(Self { what, body, head: String::new(), raw_body })
    }

    /// The next call of a connection; `None` once the caller has closed it. What was read beyond it stays in `inbox`.
    pub(super) async fn read(client: &mut TcpStream, inbox: &mut Vec<u8>) -> anyhow::Result<Option<Self>> {
        let Some(end) = read_head(client, inbox).await? else { return Ok(None) };
        let beyond = inbox.split_off(end);
        let head = String::from_utf8(std::mem::replace(inbox, beyond))?;
        let length: usize = header(&head, "content-length").unwrap_or("0").parse()?;
        while inbox.len() < length {
            if client.read_buf(inbox).await? == 0 {
                bail!("the call broke off");
            }
        }
        let beyond = inbox.split_off(length);
        let raw_body = std::mem::replace(inbox, beyond);
        let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
        let what = header(&head, "x-amz-target").unwrap_or(line).to_owned();
        let body = String::from_utf8_lossy(&raw_body).into_owned();
        Ok(Some(Self { what, body, head, raw_body }))
    }

    /// Carries the call on a connection of its own and waits for the whole answer.
    pub(super) async fn forward(&self, upstream: &str) -> anyhow::Result<Answer> {
        let mut server = TcpStream::connect(upstream).await?;
        let length = format!("content-length: {}", self.raw_body.len());
        let kept = self.head.trim_end().lines().filter(|line| !is_of_the_connection(line));
        let head =
            kept.chain([length.as_str(), "connection: close", "", ""]).collect::<Vec<_>>().join("\r\n");
        server.write_all(head.as_bytes()).await?;
        server.write_all(&self.raw_body).await?;
        let mut bytes = Vec::new();
        server.read_to_end(&mut bytes).await?;
        Answer::of(bytes)
    }
}

/// An answer on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it was sent.
    pub body: Vec<u8>,
    head: String,
}

impl Answer {
    /// An answer in JSON that nobody upstream gave.
    pub(super) fn made_up(status: u16, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.0\r\n");
        let head = format!("{head}content-length: {}\r\n\r\n", body.len());
        Self { status, body: body.as_bytes().to_vec(), head }
    }

    fn of(mut bytes: Vec<u8>) -> anyhow::Result<Self> {
        let end = position_of_blank_line(&bytes).context("half an answer")?;
        let body = bytes.split_off(end);
        let head = String::from_utf8(bytes)?;
        let status = head.split_whitespace().nth(1).context("an answer has a status")?.parse()?;
        Ok(Self { status, body, head })
    }

    /// Whether the caller can tell where it ends, so that the connection may go on.
    pub(super) fn is_framed(&self) -> bool {
        header(&self.head, "content-length").is_some()
            || header(&self.head, "transfer-encoding").is_some()
            || self.status == 204
    }

    /// As it is written to the caller.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let goes_on = |line: &&str| !self.is_framed() || header(line, "connection").is_none();
        let head = self.head.trim_end().lines().filter(goes_on).collect::<Vec<_>>().join("\r\n");
        [head.as_bytes(), BLANK_LINE, &self.body].concat()
    }
}

/// Reads until a head is complete; answers where it ends.
async fn read_head(client: &mut TcpStream, inbox: &mut Vec<u8>) -> anyhow::Result<Option<usize>> {
    loop {
        if let Some(end) = position_of_blank_line(inbox) {
            return Ok(Some(end));
        }
        if client.read_buf(inbox).await? == 0 {
            return Ok(None);
        }
    }
}

fn position_of_blank_line(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(BLANK_LINE.len()).position(|four| four == BLANK_LINE);
    found.map(|at| at + BLANK_LINE.len())
}

fn is_of_the_connection(line: &str) -> bool {
    OF_THE_CONNECTION.iter().any(|name| header(line, name).is_some())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.lines().find_map(of).map(|(_, value)| value.trim())
}
