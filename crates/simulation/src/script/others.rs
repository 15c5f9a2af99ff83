//! What happens in a scenario beside its orders: codes, runs, people, operators.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use nachklang_domain::id::{PoolId, ShopId};
use nachklang_domain::shop::Shop;

use super::Action;
use super::generate::{LIVELY, Maker};
use crate::content::{HOLDING, Upload, pool_of};
use crate::dice::Dice;

impl Maker {
    /// Each pool is filled some times with few codes, and some are taken back.
    pub(super) fn codes(&mut self) -> anyhow::Result<()> {
        let shops: Vec<ShopId> = self.shops.iter().map(|shop| shop.id.clone()).collect();
        for shop in shops {
            let Some(pool) = pool_of(&shop)? else { continue };
            let dice = self.dice.named("codes").named(pool.as_str());
            let mut first = 0;
            // What a shop does that does not wait for codes is seen only where they run out.
            let most =
                if !HOLDING.contains(&shop.as_str()) && dice.named("dry").happens(500) { 1 } else { 4 };
            for fill in 0..dice.named("fills").between(1, 4).min(most) {
                first += self.fill_up(dice.of(fill), &pool, first)?;
            }
            if dice.named("void").happens(300) {
                let at = self.moment(dice.named("voided"))?;
                let count = u32::try_from(dice.named("count").between(1, 3))?;
                self.add(at, Action::Void { pool: pool.clone(), first: 0, count });
            }
        }
        Ok(())
    }

    fn fill_up(&mut self, dice: Dice, pool: &PoolId, first: u32) -> anyhow::Result<u32> {
        let count = u32::try_from(dice.named("count").between(1, 4))?;
        let days = i32::try_from(dice.named("end").between(15, 60))?.days();
        let ends = dice.named("ends").happens(300).then(|| self.first.checked_add(days)).transpose()?;
        let at = if dice.named("from the start").happens(500) { self.start } else { self.moment(dice)? };
        for copy in 0..dice.named("copies").between(1, 2) {
            // The same file again: at once, or days later, when some of its codes are long in somebody's hands.
            let at = if copy == 0 { at } else { self.after(dice.named("again").of(copy), at)? };
            self.add(at, Action::Import { pool: pool.clone(), first, count, ends });
        }
        Ok(count)
    }

    /// The schedule fires each day: on time or late, once or twice, or not at all for some days.
    pub(super) fn runs(&mut self) -> anyhow::Result<()> {
        for shop in self.shops.clone() {
            let dice = self.dice.named("runs").named(shop.id.as_str());
            let missed_from = dice.named("missed").below(2 * LIVELY);
            let missed = missed_from..missed_from + dice.named("missed days").between(1, 5);
            for day in (0..LIVELY).filter(|day| !missed.contains(day)) {
                self.run(dice.of(day), shop, self.first.checked_add(i32::try_from(day)?.days())?)?;
            }
        }
        Ok(())
    }

    fn run(&mut self, dice: Dice, shop: &Shop, day: Date) -> anyhow::Result<()> {
        let on_time = shop.send_moment(day);
        let late = match dice.named("late").below(10) {
            0 => dice.between(0, 18 * 3_600_000),
            _ => dice.below(1_500),
        };
        let at = on_time.checked_add(SignedDuration::from_millis(i64::try_from(late)?))?;
        self.add(at, Action::Run { shop: shop.id.clone() });
        if dice.named("twice").happens(250) {
            let again = self.after(dice.named("again"), at)?;
            self.add(again, Action::Run { shop: shop.id.clone() });
        }
        Ok(())
    }

    /// Some say no, some want to be forgotten.
    pub(super) fn objections(&mut self) -> anyhow::Result<()> {
        for person in 0..u32::try_from(self.people)? {
            let dice = self.dice.named("person").of(u64::from(person));
            if self.happens(dice.named("unsubscribes"), 250) {
                let (at, shop) = (self.moment(dice.named("no"))?, self.shop(dice.named("whose"))?);
                self.add(at, Action::Unsubscribe { shop, person });
            }
            if self.happens(dice.named("erased"), 120) {
                let (at, shop) = (self.moment(dice.named("forget"))?, self.shop(dice.named("by whom"))?);
                let shop = Some(shop).filter(|_| !dice.named("by all").happens(300));
                self.add(at, Action::Erase { shop, person });
            }
        }
        Ok(())
    }

    /// The switch, the account, new content and broken content.
    pub(super) fn operators(&mut self) -> anyhow::Result<()> {
        for (name, often) in [("switch", 250), ("account", 200)] {
            let dice = self.dice.named(name);
            if dice.happens(often) {
                let off = self.moment(dice.named("off"))?;
                // Whoever turns it back has seen that it was turned.
                let on = self.after(dice.named("on"), off)?.max(off.checked_add(1.minute())?);
                let action = |stopped| match name {
                    "switch" => Action::Switch { stopped },
                    _ => Action::Account { stopped },
                };
                self.add(off, action(true));
                self.add(on, action(false));
            }
        }
        for number in 0..2_u32 {
            let dice = self.dice.named(&format!("feed {number}"));
            if dice.happens(400) {
                let (at, shop) = (self.moment(dice.named("uploaded"))?, self.shop(dice.named("whose"))?);
                let products = u32::try_from(dice.named("products").between(2, 6))?;
                self.add(at, Action::Feed { shop, products });
            }
        }
        if self.dice.named("pools").happens(300) {
            let at = self.moment(self.dice.named("looked at"))?;
            self.add(at, Action::Watch);
        }
        let uploads =
            [(Upload::Reworded, 300), (Upload::Broken, 200), (Upload::Changed, 250), (Upload::First, 100)];
        for (upload, often) in uploads {
            let dice = self.dice.named(&format!("{upload:?}"));
            if dice.happens(often) {
                let at = self.moment(dice.named("uploaded"))?;
                self.add(at, Action::Publish(upload));
            }
        }
        Ok(())
    }
}
