//! The log of these functions tells nothing about anybody.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use nachklang_aws::config::Function;

use crate::world::World;
use crate::{portal, webhook};

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread, on which one test runs.
struct OfThread;

impl Write for OfThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to log, for all threads: what one thread alone listens to may be missed when another one says it first.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let log =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(|| OfThread);
        tracing::subscriber::set_global_default(log.finish()).unwrap();
    });
}

#[tokio::test]
async fn the_log_tells_what_was_done_and_nothing_of_bodies_headers_or_tokens() -> anyhow::Result<()> {
    let Some(world) = World::new().await? else { return Ok(()) };
    listen();
    let canaries = webhook::of_every_kind(&world.site(Function::ShopWebhook)?).await;
    let tokens = portal::of_every_kind(&world.site(Function::RecipientPortal)?).await;
    let said = String::from_utf8(LOG.take())?;
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
