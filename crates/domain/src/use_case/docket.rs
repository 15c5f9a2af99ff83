//! Everything about one mail that a station works on.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Desk, UseCaseError};
use crate::contact::{Contact, KnownOrder};
use crate::coupon::CodeChange;
use crate::decision::{Case, Decision, decide, settle_returns};
use crate::enrolment::{Enrolment, SkipReason, StepRecord, StepState};
use crate::flow::Flow;
use crate::id::{ContactId, OrderKey, ShopId};
use crate::order::Order;
use crate::ports::{Committed, Contacts, MailTask, Orders, PortResult, Version};
use crate::shop::Shop;

/// How surely something is read. A glance is half the price and may be behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Good enough for what is written under the version that it shows, and for handing on.
    Glance,
    /// Sees every write that has returned.
    Sure,
}

impl Reading {
    /// The first attempt is made on a glance. One that it did not lead to anything is made again for sure.
    pub(crate) const fn of_attempt(attempt: u32) -> Self {
        if attempt == 0 { Self::Glance } else { Self::Sure }
    }

    pub(crate) async fn contact<W: Contacts>(
        self,
        world: &W,
        shop: &ShopId,
        id: ContactId,
    ) -> PortResult<Option<(Contact, Version)>> {
        match self {
            Self::Glance => world.glance_contact(shop, id).await,
            Self::Sure => world.load_contact(shop, id).await,
        }
    }

    pub(crate) async fn order<W: Orders>(
        self,
        world: &W,
        key: &OrderKey,
    ) -> PortResult<Option<(Order, Version)>> {
        match self {
            Self::Glance => world.glance_order(key).await,
            Self::Sure => world.load_order(key).await,
        }
    }

    /// A glance that shows less than the contact was told is behind: all is read for sure.
    async fn orders<W: Orders>(
        self,
        world: &W,
        contact: &Contact,
        keys: &[OrderKey],
    ) -> PortResult<Vec<(Order, Version)>> {
        if self == Self::Glance {
            let seen = world.glance_orders(keys).await?;
            let told = |(order, version): &(Order, Version)| contact.is_up_to_date(&order.key, *version);
            if seen.len() == keys.len() && seen.iter().all(told) {
                return Ok(seen);
            }
        }
        world.load_orders(keys).await
    }
}

/// Everything about one mail that a station works on.
#[derive(Debug)]
pub(crate) struct Docket<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) flow: Cow<'a, Flow>,
    pub(crate) contact: Contact,
    pub(crate) version: Version,
    /// Those of the enrolment.
    pub(crate) orders: Vec<Order>,
    /// Her others.
    pub(crate) others: Vec<Order>,
    /// Whether more was told of one of her orders than is stored.
    awaits: bool,
}

/// How long something that she was told may take until it is stored: as long as a function may run that took in a whole file at
/// one time. What is not stored by then broke off, and its source tells it again.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const TELLING: SignedDuration = SignedDuration::from_mins(15);

/// Reads all that is needed to decide about a mail. `None` when there is nothing of that name any more.
pub(crate) async fn open<'a, W>(
    desk: Desk<'a, W>,
    task: &MailTask,
    reading: Reading,
) -> Result<Option<Docket<'a>>, UseCaseError>
where
    W: Orders + Contacts,
{
    let shop = desk.shop(&task.shop)?;
    let found = reading.contact(desk.world, &task.shop, task.contact).await?;
    let Some((contact, version)) = found else {
        return Ok(None);
    };
    let Some(enrolment) = contact.enrolment(task.enrolment) else {
        return Ok(None);
    };
    let read = orders_of(desk.world, &contact, enrolment, reading).await?;
    let awaits = contact.orders.iter().any(|known| is_ahead(known, &read));
    let (orders, others) = hers(&contact, read).into_iter().partition(|order| enrolment.holds(&order.key));
    let flow = flow_of(desk, task);
    Ok(Some(Docket { shop, flow, contact, version, orders, others, awaits }))
}

fn flow_of<'a, W>(desk: Desk<'a, W>, task: &MailTask) -> Cow<'a, Flow> {
    let published = desk.catalog.flows.get(&task.flow).map(Cow::Borrowed);
    published.unwrap_or_else(|| Cow::Owned(Flow::gone(task.flow.clone())))
}

/// Whether more was told of an order than is stored of it.
fn is_ahead(known: &KnownOrder, read: &[(Order, Version)]) -> bool {
    let stored = read.iter().find(|(order, _)| order.key == known.key);
    known.version > stored.map(|(_, version)| *version).unwrap_or_default()
}

/// The orders that she knows and those of an enrolment, as they are now.
async fn orders_of<W: Orders>(
    world: &W,
    contact: &Contact,
    enrolment: &Enrolment,
    reading: Reading,
) -> Result<Vec<(Order, Version)>, UseCaseError> {
    let enrolled = enrolment.orders.iter().map(|enrolled| &enrolled.key);
    let keys: BTreeSet<&OrderKey> = contact.orders.iter().map(|known| &known.key).chain(enrolled).collect();
    let keys: Vec<OrderKey> = keys.into_iter().cloned().collect();
    Ok(reading.orders(world, contact, &keys).await?)
}

/// Her orders, with her later returns charged to them. One that turned out to be somebody else's is left out, even if it was
/// told so while a mail was underway, and so is one that she knows has ended before it is stored so.
fn hers(contact: &Contact, mut read: Vec<(Order, Version)>) -> Vec<Order> {
    read.retain(|(order, version)| {
        order.contact == Some(contact.id) && !contact.was_told_of_its_end(order, *version)
    });
    let mut orders: Vec<Order> = read.into_iter().map(|(order, _)| order).collect();
    orders.sort_by(|a, b| age(&a.key).cmp(&age(&b.key)));
    settle_returns(orders)
}

/// Numbers are text that mostly counts up, so the shorter one is the older one.
fn age(key: &OrderKey) -> (usize, &str, &str) {
    (key.number.as_str().len(), key.number.as_str(), key.source.as_str())
}

impl Docket<'_> {
    /// The mail.
    pub(crate) fn step(&self, task: &MailTask) -> Option<&StepRecord> {
        self.contact.step(task.enrolment, task.step)
    }

    /// Whether something is just being told of her orders that may stop a mail or change what it shows.
    pub(crate) fn is_being_told(&self, now: Timestamp) -> bool {
        let ago = self.contact.told_at.map(|at| now.duration_since(at).abs());
        self.awaits && ago.is_some_and(|ago| ago < TELLING)
    }

    /// Decides about a mail that is still only planned; `None` for any other.
    pub(crate) fn decide(&self, task: &MailTask, day: Date) -> Option<Decision<'_>> {
        let step = self.step(task)?;
        (step.state == StepState::Waiting).then(|| self.decide_anew(task, day)).flatten()
    }

    /// Decides about a mail as if it were only planned.
    pub(crate) fn decide_anew(&self, task: &MailTask, day: Date) -> Option<Decision<'_>> {
        let Self { shop, flow, contact, orders, .. } = self;
        let enrolment = contact.enrolment(task.enrolment)?;
        let step = self.step(task)?;
        Some(decide(Case { shop, flow, contact, enrolment, step, orders }, day))
    }

    /// Whether a mail that is planned or claimed goes on: the only outcome that may be decided on a glance.
    pub(crate) fn goes_on(&self, task: &MailTask, day: Date) -> bool {
        let open = matches!(
            self.step(task).map(|step| &step.state),
            Some(StepState::Waiting | StepState::Claimed(_))
        );
        open && matches!(self.decide_anew(task, day), Some(Decision::Send { .. }))
    }

    /// Commits the contact with one mail in another state.
    pub(crate) async fn commit<W: Contacts>(
        &self,
        world: &W,
        task: &MailTask,
        state: StepState,
        codes: &[CodeChange],
    ) -> Result<Committed, UseCaseError> {
        Ok(world.commit(&self.contact.clone().with_state(task, state), self.version, codes).await?)
    }

    /// Ends a planned mail with a reason; `false` when the contact changed meanwhile.
    pub(crate) async fn skip<W: Contacts>(
        &self,
        world: &W,
        task: &MailTask,
        reason: SkipReason,
        at: Timestamp,
    ) -> Result<bool, UseCaseError> {
        Ok(self.commit(world, task, StepState::Skipped { reason, at }, &[]).await? == Committed::Done)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use jiff::civil::date;

    use super::*;
    use crate::fixtures::{bought_on, contact, key};
    use crate::ports::Saved;

    /// Orders whose glance shows them as they were before the last write.
    struct Behind {
        before: (Order, Version),
        now: Order,
    }

    impl Orders for Behind {
        async fn load_order(&self, _: &OrderKey) -> PortResult<Option<(Order, Version)>> {
            Ok(Some((self.now.clone(), self.before.1.next())))
        }

        async fn glance_order(&self, _: &OrderKey) -> PortResult<Option<(Order, Version)>> {
            Ok(Some(self.before.clone()))
        }

        async fn save_order(&self, _: &Order, _: Version) -> PortResult<Saved> {
            Ok(Saved::Conflict)
        }

        async fn load_orders(&self, _: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
            Ok(vec![(self.now.clone(), self.before.1.next())])
        }

        async fn glance_orders(&self, _: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
            Ok(vec![self.before.clone()])
        }
    }

    /// What is believed of an order by somebody who was told of this version.
    fn believed(told: Version) -> Order {
        let before = bought_on("1", date(2026, 3, 1));
        let mut now = before.clone();
        now.cancelled_at = Some(crate::fixtures::noon(date(2026, 3, 2)));
        let mut anna = contact("anna");
        anna.add_order(&key("1"), told);
        let world = Behind { before: (before, Version(1)), now };
        let keys = [key("1")];
        let orders = Reading::Glance.orders(&world, &anna, &keys).now_or_never();
        orders.unwrap().unwrap().remove(0).0
    }

    #[test]
    fn a_glance_that_shows_less_than_she_was_told_is_not_believed() {
        assert!(believed(Version(1)).cancelled_at.is_none(), "it shows what she was told");
        assert!(believed(Version(2)).cancelled_at.is_some());
    }
}
