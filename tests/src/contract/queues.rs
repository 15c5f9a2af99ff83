use std::collections::HashSet;

use nachklang_domain::id::{EnrolmentId, FlowId};
use nachklang_domain::ports::{MailTask, Queues};

use super::Kept;
use super::fixtures::{order_key, person, shop};

/// Where a queue leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Station {
    /// The coupon assignment.
    Assignment,
    /// The delivery.
    Delivery,
}

pub fn task(name: &str) -> anyhow::Result<MailTask> {
    let (flow, contact) = (FlowId::parse("after-sales")?, person(name)?);
    Ok(MailTask {
        shop: shop("de")?,
        contact,
        enrolment: EnrolmentId::of(&flow, contact, &order_key("de", "shopify", "1001")?),
        flow,
        step: 0,
    })
}

/// The port only hands over; `drain` empties a queue in the implementation's own way.
pub async fn a_task_arrives_where_it_was_handed_to<S: Queues>(
    store: &S,
    drain: impl AsyncFn(&S, Station) -> anyhow::Result<Vec<MailTask>>,
) -> Kept {
    let first: Vec<MailTask> = (0..25).map(|n| task(&format!("buyer{n}"))).collect::<Result<_, _>>()?;
    store.to_assignment(&first).await?;
    store.to_delivery(&[task("anna")?]).await?;
    store.to_delivery(&[]).await?;
    let arrived: HashSet<MailTask> = drain(store, Station::Assignment).await?.into_iter().collect();
    assert_eq!(arrived, first.into_iter().collect());
    let arrived: HashSet<MailTask> = drain(store, Station::Delivery).await?.into_iter().collect();
    assert_eq!(arrived, HashSet::from([task("anna")?]));
    Ok(())
}
