//! An HTTP server that answers SES's requests as a test tells it, and keeps what came.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How a request is answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// A status, the error type of the header (or nothing), the body.
    Json(u16, &'static str, Value),
    /// A status and a body that is no JSON.
    Text(u16, &'static str),
    /// The connection is closed without a word.
    Cut,
    /// The connection is held until the client closes it.
    Silence,
}

impl Answer {
    pub(super) fn accepted() -> Self {
        Self::Json(200, "", json!({"MessageId": "0102018f-accepted"}))
    }

    pub(super) fn refused(status: u16, error: &'static str, message: &str) -> Self {
        Self::Json(status, error, json!({"message": message}))
    }

    pub(super) fn account(change: impl FnOnce(&mut Value)) -> Self {
        let mut account = json!({
            "DedicatedIpAutoWarmupEnabled": false,
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": true,
            "SendingEnabled": true,
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 1000.0, "SentLast24Hours": 3.0},
        });
        change(&mut account);
        Self::Json(200, "", account)
    }
}

/// A server on a port of its own, until the test ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Stub(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    mails: VecDeque<Answer>,
    account: Option<Answer>,
    came: Vec<(String, Value)>,
}

impl Stub {
    /// Starts it; answers where it listens.
    pub(super) fn start() -> (Self, String) {
        let stub = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = stub.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (serving, connection) = (serving.clone(), connection.unwrap());
                std::thread::spawn(move || serving.serve(connection));
            }
        });
        (stub, url)
    }

    /// How the next mail is answered; without a word it is accepted.
    pub(super) fn next_mail(&self, answer: Answer) {
        self.0.lock().unwrap().mails.push_back(answer);
    }

    /// How the account is described from now on.
    pub(super) fn account(&self, answer: Answer) {
        self.0.lock().unwrap().account = Some(answer);
    }

    /// The mails that came, whatever was answered.
    pub(super) fn mails(&self) -> Vec<Value> {
        self.came("/v2/email/outbound-emails")
    }

    /// How often the account was asked for.
    pub(super) fn looks(&self) -> usize {
        self.came("/v2/email/account").len()
    }

    fn came(&self, path: &str) -> Vec<Value> {
        let script = self.0.lock().unwrap();
        script.came.iter().filter(|(at, _)| at == path).map(|(_, body)| body.clone()).collect()
    }

    fn serve(&self, connection: TcpStream) {
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        let mut writer = connection;
        while let Some((path, body)) = request(&mut reader) {
            match self.answer(&path, body) {
                Answer::Json(status, error, body) => respond(&mut writer, status, error, &body.to_string()),
                Answer::Text(status, body) => respond(&mut writer, status, "", body),
                Answer::Cut => return,
                Answer::Silence => {
                    drop(reader.read(&mut [0]));
                    return;
                }
            }
        }
    }

    fn answer(&self, path: &str, body: Value) -> Answer {
        let mut script = self.0.lock().unwrap();
        script.came.push((path.to_owned(), body));
        if path == "/v2/email/account" {
            script.account.clone().unwrap_or_else(|| Answer::account(|_| ()))
        } else {
            script.mails.pop_front().unwrap_or_else(Answer::accepted)
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Value)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or_default()))
}

fn respond(writer: &mut TcpStream, status: u16, error: &str, body: &str) {
    let length = body.len();
    let error = if error.is_empty() { String::new() } else { format!("x-amzn-errortype: {error}\r\n") };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{error}content-length: {length}\r\n\r\n"
    );
    // A client that has given up does not read it.
    drop(writer.write_all((head + body).as_bytes()));
}
