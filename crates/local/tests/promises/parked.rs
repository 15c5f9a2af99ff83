//! Signed but unreadable webhooks are kept, listed and read again once their cause is mended.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::world::World;

/// The program while it serves; it ends with this value.
struct Server {
    child: Child,
    // Kept open: the program ends when nobody reads what it says.
    _out: BufReader<ChildStdout>,
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn serve(world: &World) -> Server {
    let mut child = world
        .command("serve --port 0")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut line, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
    out.read_line(&mut line).unwrap();
    let base = line
        .split_whitespace()
        .last()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    assert!(base.starts_with("http://127.0.0.1:"), "{line:?}");
    Server { child, _out: out, base }
}

/// The secret that the program made for a shop's order API.
fn secret(world: &World) -> Vec<u8> {
    let text = std::fs::read_to_string(world.data().join("secrets.toml")).unwrap();
    let secrets: toml::Table = toml::from_str(&text).unwrap();
    let secret = secrets["order-api-uk"].as_str().unwrap();
    STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap()
}

/// Posts a body to the order API of the shop uk, signed as Standard Webhooks say; answers the status.
fn post(server: &Server, key: &[u8], id: &str, body: &str) -> u16 {
    let now = jiff::Timestamp::now().as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{now}.{body}").as_bytes());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let sent = agent
        .post(format!("{}/webhooks/uk/api/orders", server.base))
        .header("webhook-id", id)
        .header("webhook-timestamp", now.to_string())
        .header(
            "webhook-signature",
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())),
        )
        .send(body);
    sent.unwrap().status().as_u16()
}

const UNREADABLE: &str = r#"{"order":{"number":"W-1","surprise":"anna.geheim@example.com"}}"#;

#[test]
fn an_unreadable_webhook_is_kept_and_a_replay_tells_what_is_still_wrong() {
    let world = World::new();
    world.must("publish");
    world.must("parked").must_say("nothing is parked");
    let server = serve(&world);
    let key = secret(&world);
    assert_eq!(
        post(&server, b"not the secret at all, not at all", "m-0", UNREADABLE),
        401
    );
    assert_eq!(post(&server, &key, "m-1", UNREADABLE), 202);
    let rows = world.must("parked --json").json();
    assert_eq!(
        rows.as_array().map(Vec::len),
        Some(1),
        "what is not signed is not kept: {rows}"
    );
    assert_eq!(
        (&rows[0]["shop"], &rows[0]["bytes"]),
        (&"uk".into(), &UNREADABLE.len().into())
    );
    assert!(!rows.to_string().contains("geheim"), "{rows}");
    let told = world.run("parked --replay all --json");
    assert!(!told.ok && told.json()[0]["replayed"] == false, "{}", told.out);
    assert_eq!(
        world.must("parked --json").json().as_array().map(Vec::len),
        Some(1)
    );
    assert!(!world.run("parked --replay 77").ok || world.run("parked --replay 77").said("77"));
}
