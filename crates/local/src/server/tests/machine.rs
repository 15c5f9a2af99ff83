//! One machine that serves, and requests to it, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nachklang_domain::draft::Draft;
use nachklang_domain::id::{ContactId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::link::{Link, Purpose};
use nachklang_domain::ports::{Contacts as _, Orders as _};
use nachklang_domain::use_case::publish::publish_draft;
use sha2::Sha256;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::bucket;
use crate::site::Site;

/// The starter content, read once for all tests.
static DRAFT: LazyLock<Draft> = LazyLock::new(|| bucket::read(&templates()).unwrap());

pub fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

pub struct Machine {
    pub site: Arc<Site>,
    pub address: SocketAddr,
    _stop: oneshot::Sender<()>,
    _folder: TempDir,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<String>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.headers.iter().find_map(|line| line.strip_prefix(&start))
    }
}

impl Machine {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Arc::new(Site::open(folder.path()).await.unwrap());
        publish_draft(&site.store, &DRAFT).await.unwrap();
        site.set_catalog(DRAFT.catalog.clone().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(crate::server::serve(Arc::clone(&site), listener, async {
            stopped.await.unwrap_or_default();
        }));
        Self { site, address, _stop: stop, _folder: folder }
    }

    /// Sends bytes and reads the answer to its end.
    pub async fn exchange(&self, request: Vec<u8>) -> Reply {
        let address = self.address;
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            // A server that waits for ever fails its test instead of holding up all others.
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            // A server that has refused stops reading; what it answered can still be read.
            stream.write_all(&request).unwrap_or_default();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap_or_default();
            answer
        });
        parse(&answer.await.unwrap())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.exchange(get_as(path, "localhost")).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> Reply {
        self.exchange(request("POST", path, "localhost", headers, body)).await
    }

    /// Posts to the order API of shop `ch`, signed now.
    pub async fn order(&self, body: &[u8]) -> Reply {
        let headers = self.signature(body, Timestamp::now());
        self.post("/webhooks/ch/api/orders", &headers, body).await
    }

    /// The headers of Standard Webhooks.
    pub fn signature(&self, body: &[u8], at: Timestamp) -> Vec<(&'static str, String)> {
        let secret = self.site.secrets.webhook("order-api-ch").unwrap();
        let key = STANDARD.decode(&secret.expose()["whsec_".len()..]).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("msg-1.{}.", at.as_second()).as_bytes());
        mac.update(body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        vec![
            ("webhook-id", "msg-1".to_owned()),
            ("webhook-timestamp", at.as_second().to_string()),
            ("webhook-signature", format!("v1,{signature}")),
        ]
    }

    pub async fn is_stored(&self, number: &str) -> bool {
        let key = OrderKey {
            shop: ch(),
            source: Source::parse("api").unwrap(),
            number: OrderNumber::parse(number).unwrap(),
        };
        self.site.store.load_order(&key).await.unwrap().is_some()
    }

    pub async fn is_suppressed(&self, contact: ContactId) -> bool {
        let stored = self.site.store.load_contact(&ch(), contact).await.unwrap();
        stored.is_some_and(|(contact, _)| contact.suppressed.is_some())
    }

    /// A link as it stands in a mail to this contact.
    pub fn token(&self, contact: ContactId, purpose: Purpose, expires: &str) -> String {
        self.site.link_keys().sign(&Link {
            purpose,
            shop: ch(),
            contact,
            mail: None,
            expires: expires.parse().unwrap(),
        })
    }
}

pub fn ch() -> ShopId {
    ShopId::parse("ch").unwrap()
}

/// A paid order of the order API.
pub fn order_body(number: &str, title: &str, first_name: &str) -> Vec<u8> {
    let order = serde_json::json!({ "order": {
        "number": number, "revision": "2026-11-02T09:12:00Z", "placed_at": "2026-11-02T09:10:00Z",
        "channel": "online", "payment": "paid", "currency": "CHF",
        "customer": {"email": "mira@example.com", "first_name": first_name, "language": "de", "country": "CH"},
        "lines": [{"id": "1", "sku": "CC-001", "title": title, "quantity": 1, "unit_price": "39.00"}],
    }});
    order.to_string().into_bytes()
}

pub fn get_as(path: &str, host: &str) -> Vec<u8> {
    request("GET", path, host, &[], b"")
}

pub fn request(method: &str, path: &str, host: &str, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    head += &format!("content-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// The date is left out: it differs between two answers that are the same.
fn parse(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    Reply {
        status: status.unwrap_or(0),
        headers: lines.filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect(),
        body: body.to_owned(),
    }
}
