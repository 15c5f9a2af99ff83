//! The log of these functions tells nothing about anybody.

use std::io::Write;
use std::sync::{Arc, Mutex};

use nachklang_aws::config::Function;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;
use crate::{portal, webhook};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_tells_what_was_done_and_nothing_of_bodies_headers_or_tokens() -> anyhow::Result<()> {
    let Some(world) = World::new().await? else { return Ok(()) };
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(log.clone());
    let _logged = tracing::subscriber::set_default(subscriber.finish());
    let canaries = webhook::of_every_kind(&world.site(Function::ShopWebhook)?).await;
    let tokens = portal::of_every_kind(&world.site(Function::RecipientPortal)?).await;
    let said = log.text();
    for line in
        ["webhook taken", "webhook refused", "webhook parked", "a contact unsubscribed", "link was refused"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let people = ["mira", "jonas", "example.com", "Ohrstecker", "barter", "another-door"].map(str::to_owned);
    for canary in people.into_iter().chain(canaries).chain(tokens) {
        assert!(!said.contains(&canary), "{canary}: {said}");
    }
    Ok(())
}
