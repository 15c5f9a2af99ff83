//! The log of these functions tells nothing about anybody.

use nachklang_aws::config::Function;
use nachklang_aws::lambda::heard;

use crate::world::World;
use crate::{portal, webhook};

#[tokio::test]
async fn the_log_tells_what_was_done_and_nothing_of_bodies_headers_or_tokens() -> anyhow::Result<()> {
    let Some(world) = World::new().await? else { return Ok(()) };
    heard::listen();
    let canaries = webhook::of_every_kind(&world.site(Function::ShopWebhook)?).await;
    let tokens = portal::of_every_kind(&world.site(Function::RecipientPortal)?).await;
    let said = heard::said();
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
