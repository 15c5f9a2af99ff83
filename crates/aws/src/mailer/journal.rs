//! The story of a mail as one line of the log, without code, address and name.

use nachklang_domain::coupon::Origin;
use nachklang_domain::story::{MailStory, Told};

/// Writes why a mail looks as it does.
pub(super) fn note(story: &MailStory) {
    let (coupon, pool) = coupon(story);
    tracing::info!(
        mail.id = %story.mail,
        mail.name = %story.name,
        mail.version = story.version,
        mail.language = %story.language,
        shop = %story.shop,
        contact = %story.contact,
        flow = %story.flow,
        segment = %story.segment,
        variant = story.variant.as_ref().map(tracing::field::display),
        orders = story.orders.len(),
        coupon,
        coupon.pool = pool,
        coupon.valid_until = story.coupon.as_ref().map(|grant| tracing::field::display(grant.valid_until)),
        products.chosen = told(&story.chosen),
        products.dropped = told(&story.dropped),
        "a mail is made"
    );
}

fn coupon(story: &MailStory) -> (&'static str, Option<&str>) {
    match story.coupon.as_ref().map(|grant| &grant.origin) {
        None => ("none", None),
        Some(Origin::Generic) => ("generic", None),
        Some(Origin::Stock { pool, .. }) => ("own", Some(pool.as_str())),
    }
}

/// `CC-011: topseller of the series; …`
fn told(products: &[Told]) -> String {
    let each: Vec<String> = products.iter().map(|told| format!("{}: {}", told.product, told.word)).collect();
    each.join("; ")
}
