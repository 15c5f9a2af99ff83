//! Signed but unreadable webhooks are kept, listed and read again once their cause is mended.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use nachklang_local::sample::orders::{Topic, online_orders};
use sha2::Sha256;

use crate::world::World;

/// The program while it serves; it ends with this value.
pub struct Server {
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

pub fn serve(world: &World) -> Server {
    let mut child = world.command("serve --port 0").stderr(Stdio::null()).spawn().unwrap();
    let (mut line, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
    out.read_line(&mut line).unwrap();
    let base = line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
    assert!(base.starts_with("http://127.0.0.1:"), "{line:?}");
    Server { child, _out: out, base }
}

/// The secret that the program made for a shop's order API.
pub fn secret(world: &World) -> Vec<u8> {
    let text = std::fs::read_to_string(world.data().join("secrets.toml")).unwrap();
    let secrets: toml::Table = toml::from_str(&text).unwrap();
    let secret = secrets["order-api-it"].as_str().unwrap();
    STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap()
}

/// Posts a body to the order API of the shop it, signed as Standard Webhooks say; answers the status.
pub fn post(server: &Server, key: &[u8], id: &str, body: &str) -> u16 {
    let now = jiff::Timestamp::now().as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{now}.{body}").as_bytes());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let sent = agent
        .post(format!("{}/webhooks/it/api/orders", server.base))
        .header("webhook-id", id)
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        .send(body);
    sent.unwrap().status().as_u16()
}

/// A sample order of the shop it, by its number.
pub fn sample() -> (String, String) {
    let messages = online_orders();
    let orders = messages.iter().filter(|message| message.shop == "it" && message.topic == Topic::Order);
    let number = |body: &str| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["order"]["number"].as_str().map(str::to_owned)
    };
    orders.filter_map(|message| Some((number(&message.body)?, message.body.clone()))).next().unwrap()
}

#[test]
fn an_unreadable_webhook_is_kept_whole_and_read_again_once_it_can_be_read() {
    let world = World::new();
    world.must("publish");
    world.must("parked").must_say("nothing is parked");
    let (number, good) = sample();
    let bad = good.replacen("\"order\":{", "\"order\":{\"surprise\":\"anna.geheim@example.com\",", 1);
    let server = serve(&world);
    let key = secret(&world);
    assert_eq!(post(&server, b"not the secret", "m-0", &bad), 401);
    assert_eq!(post(&server, &key, "m-1", &bad), 202);
    let rows = world.must("parked --json").json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "what is not signed is not kept: {rows}");
    assert_eq!((&rows[0]["shop"], &rows[0]["bytes"]), (&"it".into(), &bad.len().into()));
    assert!(
        rows[0]["reason"].as_str().unwrap().contains("an unknown field")
            && !rows.to_string().contains("geheim"),
        "{rows}"
    );

    let told = world.run("parked --replay all --json");
    assert!(!told.ok && told.json()[0]["replayed"] == false, "{}", told.out);
    assert!(!world.run("parked --replay 77").ok, "nothing has this number");
    assert!(!world.run(&format!("explain {number}")).ok, "nothing is stored of what cannot be read");

    // Stands for a program that has learned the field.
    let database = rusqlite::Connection::open(world.data().join("nachklang.sqlite")).unwrap();
    database.execute("UPDATE parked SET body = ?1", [good.as_bytes()]).unwrap();
    let told = world.must("parked --replay all --json").json();
    assert_eq!(told[0]["replayed"], true, "{told}");
    world.must("parked").must_say("nothing is parked");
    assert_eq!(world.explain(&number)["order"], format!("it/api/{number}"));
    assert_eq!(post(&server, &key, "m-2", &good), 200);
    assert_eq!(world.status()["orders"], 1, "the same order twice is one order");
}
