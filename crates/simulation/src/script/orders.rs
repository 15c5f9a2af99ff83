//! What the shops of a scenario tell about their orders.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::generate::Maker;
use super::{Action, Purchase};
use crate::content::promised;
use crate::dice::Dice;

impl Maker {
    /// All that is told of an order: the purchase, its corrections, its end, each once or more often, in any order.
    pub(super) fn order(&mut self, order: u32) -> anyhow::Result<()> {
        let dice = self.dice.named("order").of(u64::from(order));
        let placed_at = self.buying_moment(dice.named("placed"))?;
        let purchase = Purchase {
            shop: self.shop(dice.named("shop"))?,
            order,
            person: Some(self.person(dice)?).filter(|_| !dice.named("nobody").happens(40)),
            placed_at,
            revision: placed_at,
            paid: !self.happens(dice.named("unpaid"), 150),
            test: dice.named("test").happens(30),
            told: !dice.named("not told").happens(40),
        };
        self.corrections(dice, &purchase)?;
        self.tell(dice.named("buy"), placed_at, &Action::Buy(purchase.clone()))?;
        let ended = self.soon_or_at_a_run(dice.named("ended"), &purchase, placed_at)?;
        let shop = purchase.shop;
        if self.happens(dice.named("cancelled"), 180) {
            self.tell(dice.named("cancel"), ended, &Action::Cancel { shop: shop.clone(), order })?;
        }
        if self.happens(dice.named("returned"), 180) {
            let pieces = u32::try_from(dice.named("pieces").between(1, 2))?;
            let back = |refund, pieces| Action::Return { shop: shop.clone(), order, refund, pieces };
            self.tell(dice.named("return"), ended, &back(1, pieces))?;
            if pieces == 1 && dice.named("returned in two").happens(500) {
                let later = self.after(dice.named("later"), ended)?;
                self.tell(dice.named("second return"), later, &back(2, 1))?;
            }
        }
        Ok(())
    }

    /// Later revisions: paid at last, or with the address of somebody else.
    fn corrections(&mut self, dice: Dice, purchase: &Purchase) -> anyhow::Result<()> {
        let mut known = purchase.clone();
        if !known.paid && dice.named("pays").happens(800) {
            known = self.correct(dice.named("paid"), Purchase { paid: true, ..known })?;
        }
        if self.happens(dice.named("corrected"), 200) {
            let person = Some(self.person(dice.named("other"))?);
            self.correct(dice.named("address"), Purchase { person, ..known })?;
        }
        Ok(())
    }

    /// Some time after the purchase, or just when one of its mails is on its way.
    fn soon_or_at_a_run(&self, dice: Dice, of: &Purchase, least: Timestamp) -> anyhow::Result<Timestamp> {
        let shop = self.shops.iter().find(|shop| shop.id == of.shop).context("the shop is one of them")?;
        let rules = promised()?.into_iter().find(|rules| rules.shop == of.shop);
        let days = rules.map(|rules| rules.days).unwrap_or_default();
        match dice.named("whose run").one_of(&days).filter(|_| dice.named("at a run").happens(500)) {
            Some(days) => {
                let due = shop.local_date(of.placed_at).checked_add(i32::from(*days).days())?;
                Ok(self.while_it_runs(dice, shop.send_moment(due))?.max(least))
            }
            None => self.after(dice, least),
        }
    }

    fn correct(&mut self, dice: Dice, next: Purchase) -> anyhow::Result<Purchase> {
        let least = next.revision.checked_add(SignedDuration::from_secs(1))?;
        let revision = self.soon_or_at_a_run(dice.named("revision"), &next, least)?;
        let next = Purchase { revision, ..next };
        self.tell(dice, revision, &Action::Buy(next.clone()))?;
        Ok(next)
    }

    /// Tells something at least once, at the moment or some time after it.
    fn tell(&mut self, dice: Dice, at: Timestamp, what: &Action) -> anyhow::Result<()> {
        let copies = [1, 1, 1, 2, 3];
        for copy in 0..*dice.named("copies").one_of(&copies).unwrap_or(&1) {
            let dice = dice.of(copy);
            let at = if self.happens(dice.named("late"), 400) { self.after(dice, at)? } else { at };
            self.add(at, what.clone());
        }
        Ok(())
    }
}
