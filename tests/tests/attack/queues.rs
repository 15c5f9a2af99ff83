//! The queues, and how all comes to rest.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use nachklang_domain::id::ShopId;

use super::Told;
use super::cast::{Role, SHOP};
use super::day::each;
use super::deeds::PAUSE;
use super::stage::Attack;

/// The queue of what was uploaded, and where its messages go that nobody could work on.
pub const UPLOADS: (&str, &str) = ("UploadsQueue", "UploadsDeadLetters");
/// All queues, likewise.
const QUEUES: [(&str, &str); 5] = [
    ("PlanningQueue", "PlanningDeadLetters"),
    ("AssignmentQueue", "AssignmentDeadLetters"),
    ("DeliveryQueue", "DeliveryDeadLetters"),
    ("EventsQueue", "EventsDeadLetters"),
    UPLOADS,
];
/// After that much fair weather no handover is under way any more: the slowest answer of SES takes less.
const CALM: Duration = Duration::from_secs(7);
/// What failed four times in the storm comes again after a minute at most, if the first pause is a second.
const TO_REST: Duration = Duration::from_secs(150);

impl Attack {
    /// Works off what lies in the queues, dead or alive; answers whether nothing is left.
    pub async fn drain(&self, within: Duration) -> anyhow::Result<bool> {
        let (until, mut empty) = (Instant::now() + within, 0);
        while Instant::now() < until {
            let mut left = 0;
            for way in QUEUES {
                self.put_back(way).await?;
                left += self.stack.messages(way.0).await?;
            }
            empty = if left == 0 { empty + 1 } else { 0 };
            if empty == 3 {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// Puts the dead letters of a queue back, as an operator does who has read why they lie there.
    pub async fn put_back(&self, (queue, dead): (&str, &str)) -> Told {
        let attributes = self.stack.redrive(dead, queue).await?;
        self.redriven.fetch_add(attributes.len(), Ordering::Relaxed);
        self.attributes.lock().unwrap_or_else(PoisonError::into_inner).extend(attributes);
        Ok(())
    }

    /// The weather is fair: what is under way ends, leases end, the next day comes, and nothing is left to do.
    pub async fn come_to_rest(self: &Arc<Self>) -> anyhow::Result<bool> {
        let calm = Instant::now() + CALM;
        self.drain(CALM).await?;
        tokio::time::sleep(calm.saturating_duration_since(Instant::now())).await;
        let shop = ShopId::parse(SHOP)?;
        for person in self.people.values() {
            self.stack.handover_ends(&shop, *person).await?;
        }
        self.drain(TO_REST).await?;
        // Nobody waits for the day on which their mails would be due.
        each(self.playing(Role::JustBought), |buyer| {
            let this = Arc::clone(self);
            async move { this.cancels(&buyer).await }
        })
        .await?;
        self.morning().await?;
        self.drain(TO_REST).await
    }
}
