//! What is left in the tables and queues.

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use jiff::Zoned;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{ContactId, MailId, PoolId};
use nachklang_domain::ports::MailTask;
use nachklang_simulation::history::{CodeRow, CodeState, MailTaskRef, Rest};
use nachklang_tests::stack::Stack;

use super::seen::rows_due;
use super::stage::Attack;

/// The dead-letter queues of the mails' way.
const OF_MAILS: [&str; 2] = ["AssignmentDeadLetters", "DeliveryDeadLetters"];

type Item = std::collections::HashMap<String, AttributeValue>;

/// Reads all of it.
pub async fn left(attack: &Attack) -> anyhow::Result<Rest> {
    let today = Zoned::now().date();
    let mut rest = Rest { codes: codes(&attack.stack).await?, ..Rest::default() };
    for buyer in &attack.buyers {
        // Somebody of whom nothing was stored has no mails; a judge finds that.
        if let Ok(contact) = attack.stack.contact(&buyer.shopper).await {
            let (shop, id) = (contact.shop.clone(), contact.id);
            rest.mails.extend(rows_due(&contact, today).into_iter().map(|row| (shop.clone(), id, row)));
        }
    }
    for queue in OF_MAILS {
        for body in attack.stack.bodies(queue).await? {
            let MailTask { shop, contact, flow, step, .. } = serde_json::from_str(&body)?;
            rest.dead_letters.push(MailTaskRef { contact, shop, flow, step });
        }
    }
    Ok(rest)
}

/// How many people are stored.
pub async fn count_contacts(stack: &Stack) -> anyhow::Result<usize> {
    let scan = stack.clients.dynamo.scan().table_name(stack.output("ContactsTableName")?);
    let counted = scan.select(Select::Count).send().await?;
    Ok(usize::try_from(counted.count())?)
}

async fn codes(stack: &Stack) -> anyhow::Result<Vec<CodeRow>> {
    let (mut rows, mut from) = (Vec::new(), None);
    loop {
        let scan = stack.clients.dynamo.scan().table_name(stack.output("CouponsTableName")?);
        let page = scan.set_exclusive_start_key(from).send().await?;
        for item in page.items() {
            rows.extend(code_row(item)?);
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(rows);
        }
    }
}

/// A code of the stock; the table also notes under each code that it is known.
fn code_row(item: &Item) -> anyhow::Result<Option<CodeRow>> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let Some(pool) = text("pk").and_then(|key| key.strip_prefix("stock#")) else { return Ok(None) };
    let (pool, _) = pool.rsplit_once('#').context("a shard of a pool")?;
    Ok(Some(CodeRow {
        pool: PoolId::parse(pool)?,
        code: CouponCode::parse(text("code").context("a code is kept as given")?)?,
        state: state(text("state").context("a code has a state")?)?,
        holder: text("holder").map(|holder| holder_of(holder)).transpose()?,
    }))
}

fn state(word: &str) -> anyhow::Result<CodeState> {
    Ok(match word {
        "free" => CodeState::Free,
        "released" => CodeState::Released,
        "claimed" => CodeState::Claimed,
        "quarantined" => CodeState::Quarantined,
        "void" => CodeState::Void,
        _ => bail!("{word} is no state of a code"),
    })
}

fn holder_of(text: &str) -> anyhow::Result<(ContactId, MailId)> {
    let mut parts = text.split('#').skip(1);
    let mut next = || parts.next().context("a holder is a shop, a person and a mail");
    Ok((ContactId::parse(next()?)?, MailId::parse(next()?)?))
}
