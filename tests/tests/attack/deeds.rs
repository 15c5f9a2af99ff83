//! What shops and people do, again and again until it is heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{PoolId, ShopId};
use nachklang_simulation::history::{Deed, Outcome, Purchase as Bought};
use nachklang_tests::ses::Mail;
use nachklang_tests::stack::Order;

use super::Told;
use super::cast::{Buyer, Purchase, Role, SHOP};
use super::queues::UPLOADS;
use super::stage::Attack;

/// Shops and schedulers try again; so often here, which is less often than they do.
pub const TRIES: usize = 60;
pub const PAUSE: Duration = Duration::from_millis(150);
/// The last day of every code.
pub const CODES_END: &str = "2027-12-31";
/// The pool of the shop's currency.
pub const POOL: &str = "thanks-chf";
const REFILL: &str = "coupons/thanks-chf/2026-12.csv";
const REFILLED: u32 = 40;
/// How long the news of a dead mailbox may be on its way before somebody buys again.
const NEWS: Duration = Duration::from_secs(6);

impl Attack {
    /// Tells of a purchase until it is taken.
    pub async fn buys(&self, buyer: &Buyer, purchase: &Purchase) -> Told {
        let bought = Bought {
            order: purchase.key.clone(),
            contact: Some(self.person(buyer)?),
            placed_at: purchase.placed_at,
            revision: purchase.placed_at,
            may_be_mailed: true,
        };
        self.tell(&purchase.webhook, Deed::Buy(bought)).await
    }

    pub async fn cancels(&self, buyer: &Buyer) -> Told {
        let (webhook, order) = buyer.cancels()?;
        self.tell(&webhook, Deed::Cancel { order }).await
    }

    async fn tell(&self, webhook: &Order, deed: Deed) -> Told {
        let asked = Timestamp::now();
        for _ in 0..TRIES {
            let answer = self.stack.post(webhook).await?;
            match answer.status {
                200 => {
                    self.log.note(asked, deed, Outcome::Done);
                    return Ok(());
                }
                500.. => tokio::time::sleep(PAUSE).await,
                // Parked, or refused: bad weather is no reason for either.
                status => bail!("a good webhook is answered with {status}: {}", answer.body),
            }
        }
        bail!("a webhook is never taken")
    }

    pub async fn unsubscribes(self: Arc<Self>, buyer: Buyer) -> Told {
        let mail = self.mail_to(&buyer).context("who says no has a mail")?;
        let path = unsubscribe_path(&mail)?;
        let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let asked = Timestamp::now();
        for _ in 0..TRIES {
            let answer = self.stack.ask("POST", &path, &form, b"List-Unsubscribe=One-Click").await?;
            match answer.status {
                200 => {
                    self.objects(&buyer, asked, Outcome::Done)?;
                    return Ok(());
                }
                500.. => tokio::time::sleep(PAUSE).await,
                status => bail!("a click is answered with {status}: {}", answer.body),
            }
        }
        bail!("nobody hears her no")
    }

    /// The operator has her erased, until it is done.
    pub async fn is_erased(self: Arc<Self>, buyer: Buyer) -> Told {
        let asked = Timestamp::now();
        for _ in 0..TRIES {
            if self.stack.person_data("erase", &buyer.shopper.email).await.is_ok() {
                let deed = Deed::Erase { shop: ShopId::parse(SHOP)?, contact: self.person(&buyer)? };
                self.log.note(asked, deed, Outcome::Done);
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("she is never erased")
    }

    /// Waits a moment until it is stored that mailboxes are dead and people angry. What is not stored by then may be at
    /// any moment.
    pub async fn hear_of_the_gone(&self) -> Told {
        let until = Instant::now() + NEWS;
        for (buyer, mail) in self.gone() {
            while !self.is_suppressed(&buyer).await? && Instant::now() < until {
                tokio::time::sleep(PAUSE).await;
            }
            let outcome = if self.is_suppressed(&buyer).await? { Outcome::Done } else { Outcome::Unknown };
            self.objects(&buyer, mail.accepted_at, outcome)?;
        }
        Ok(())
    }

    /// Whose first mail came later than that is gone at some moment after it.
    pub fn note_the_late_gone(&self) -> Told {
        for (buyer, mail) in self.gone() {
            if !self.log.holds(&self.objection(&buyer)?) {
                self.objects(&buyer, mail.accepted_at, Outcome::Unknown)?;
            }
        }
        Ok(())
    }

    /// Those whose mailboxes are dead and who are angry, with their first mail, if it has come.
    fn gone(&self) -> Vec<(Buyer, Mail)> {
        let buyers = [Role::Bounces, Role::Complains].into_iter().flat_map(|role| self.playing(role));
        buyers.filter_map(|buyer| Some((buyer.clone(), self.mail_to(&buyer)?))).collect()
    }

    fn objects(&self, buyer: &Buyer, asked: Timestamp, outcome: Outcome) -> Told {
        self.log.note(asked, self.objection(buyer)?, outcome);
        Ok(())
    }

    fn objection(&self, buyer: &Buyer) -> anyhow::Result<Deed> {
        Ok(Deed::Object { shop: ShopId::parse(SHOP)?, contact: self.person(buyer)? })
    }

    async fn is_suppressed(&self, buyer: &Buyer) -> anyhow::Result<bool> {
        Ok(self.stack.contact(&buyer.shopper).await?.suppressed.is_some())
    }

    /// The shop uploads more codes. What five readers have not finished in the storm lies among the dead letters: it is put
    /// back once, and not uploaded again, for no upload may be lost.
    pub async fn refill(&self) -> Told {
        let codes = refilled_codes()?;
        let rows = codes.iter().map(|code| format!("{},{CODES_END}\n", code.expose())).collect::<String>();
        let asked = Timestamp::now();
        let at = self.stack.upload(REFILL, format!("Coupon Code,Expires\n{rows}").into_bytes()).await?;
        let report = match self.stack.report(REFILL, at).await {
            Ok(report) => report,
            Err(_) => {
                self.put_back(UPLOADS).await?;
                self.stack.report(REFILL, at).await?
            }
        };
        ensure!(report.get("state").is_some_and(|state| state == "taken"), "codes are not taken: {report:#}");
        self.log.note(asked, Deed::Import { pool: PoolId::parse(POOL)?, codes }, Outcome::Done);
        Ok(())
    }
}

/// The codes that the shop brings when the first have run out.
pub fn refilled_codes() -> anyhow::Result<Vec<CouponCode>> {
    let code = |number: u32| CouponCode::parse(&format!("MERCI-NEXT-{number:04}"));
    Ok((1..=REFILLED).map(code).collect::<Result<_, _>>()?)
}

fn unsubscribe_path(mail: &Mail) -> anyhow::Result<String> {
    let message = mail.parsed()?;
    let header = message.header_raw("List-Unsubscribe").context("a List-Unsubscribe")?;
    let link: String = header.split_whitespace().collect();
    let path = link.strip_prefix("<https://mail.lunaria.example").and_then(|link| link.strip_suffix('>'));
    path.map(str::to_owned).with_context(|| format!("no link of the portal: {link}"))
}
