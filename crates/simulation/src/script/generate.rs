//! Makes a scenario out of a seed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use nachklang_domain::id::ShopId;
use nachklang_domain::shop::Shop;

use super::days::ODD;
use super::{Action, Script, Timed, Weather};
use crate::content::{HOLDING, catalog};
use crate::dice::Dice;
use crate::fault::Faults;

/// So many days long something happens.
pub(super) const LIVELY: u64 = 12;
/// So many quiet days follow: more than any mail may still wait.
const QUIET: i32 = 22;

/// A mail shows six lines. More orders of one person could stand in one mail unseen.
const MOST_ORDERS: u64 = 6;

/// A scenario in the making.
pub(super) struct Maker {
    pub(super) dice: Dice,
    pub(super) first: Date,
    pub(super) start: Timestamp,
    pub(super) shops: Vec<&'static Shop>,
    pub(super) people: u64,
    /// How many orders are each person's.
    bought: BTreeMap<u64, u64>,
    /// The shop and the day on which nearly all buy, if there is one: so that they meet at the last codes.
    pub(super) crowd: Option<(&'static Shop, u64)>,
    /// Whether all that is told of an order, and all that happens at a run, falls into the same second.
    hasty: bool,
    actions: Vec<Timed<Action>>,
}

impl Script {
    /// The scenario of a seed.
    ///
    /// # Errors
    /// When the content of the scenarios is broken.
    pub fn of(seed: u64) -> anyhow::Result<Self> {
        let dice = Dice::new(seed).named("script");
        let first = *dice.named("first day").one_of(&ODD).context("there are odd days")?;
        let start = first.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        let others = dice.named("which shops").happens(250);
        let is_taken = |shop: &&Shop| HOLDING.contains(&shop.id.as_str()) != others;
        let shops: Vec<&Shop> = catalog()?.shops.values().filter(is_taken).collect();
        let ids = shops.iter().map(|shop| shop.id.clone()).collect();
        let crowd = dice.named("crowd").happens(400);
        let people = dice.named("people").between(1, if crowd { 8 } else { 4 });
        let crowd = crowd.then(|| dice.named("whose crowd").one_of(&shops).copied()).flatten();
        let crowd = crowd.map(|shop| (shop, dice.named("crowded day").below(LIVELY / 2)));
        let hasty = dice.named("hasty").happens(200);
        let (bought, actions) = (BTreeMap::new(), Vec::new());
        let mut maker = Maker { dice, first, start, shops, people, bought, crowd, hasty, actions };
        maker.fill()?;
        let quiet_from = start.checked_add(SignedDuration::from_hours(24 * i64::try_from(LIVELY)? + 12))?;
        Ok(Self {
            seed,
            start,
            quiet_from,
            shops: ids,
            last_day: first.checked_add((i32::try_from(LIVELY)? + QUIET).days())?,
            actions: maker.sorted(),
            faults: Faults::Often(*dice.named("faults").one_of(&[0, 5, 15, 30, 60]).unwrap_or(&15)),
            weather: weather(dice.named("weather")),
            planted: None,
        })
    }
}

fn weather(dice: Dice) -> Weather {
    Weather {
        twice: *dice.named("twice").one_of(&[0, 50, 200, 500]).unwrap_or(&0),
        late: *dice.named("late").one_of(&[0, 50, 200]).unwrap_or(&0),
        events: dice.named("events").happens(850),
        split_over: dice.named("split").one_of(&[None, Some(0), Some(2)]).copied().flatten(),
    }
}

impl Maker {
    fn fill(&mut self) -> anyhow::Result<()> {
        for order in 0..u32::try_from(self.dice.named("orders").between(1, 12.min(4 * self.people)))? {
            self.order(order)?;
        }
        self.codes()?;
        self.runs()?;
        self.objections()?;
        self.operators()
    }

    fn sorted(mut self) -> Vec<Timed<Action>> {
        self.actions.sort_by_key(|action| action.at);
        self.actions
    }

    pub(super) fn add(&mut self, at: Timestamp, what: Action) {
        self.actions.push(Timed { at, what });
    }

    /// A moment of the lively days; often shortly around a shop's sending hour, where most happens.
    pub(super) fn moment(&self, dice: Dice) -> anyhow::Result<Timestamp> {
        let day = self.day(dice.named("day").below(LIVELY))?;
        let shop = dice.named("whose hour").one_of(&self.shops).context("there are shops")?;
        if dice.named("at the hour").happens(500) {
            return self.while_it_runs(dice, shop.send_moment(day));
        }
        let seconds = i64::try_from(dice.named("second").below(86_400))?;
        Ok(shop.send_moment(day).checked_add(SignedDuration::from_secs(seconds))?)
    }

    /// When something is bought.
    pub(super) fn buying_moment(&self, dice: Dice) -> anyhow::Result<Timestamp> {
        match self.crowd {
            Some((shop, day)) if dice.named("on the day").happens(800) => {
                let seconds = i64::try_from(dice.named("second").below(14 * 3_600))?;
                Ok(shop.send_moment(self.day(day)?).checked_add(SignedDuration::from_secs(seconds))?)
            }
            _ => self.moment(dice),
        }
    }

    /// True in so many of a thousand cases; in haste, in twice as many.
    pub(super) fn happens(&self, dice: Dice, of_thousand: u64) -> bool {
        dice.happens(if self.hasty { 2 * of_thousand } else { of_thousand })
    }

    fn day(&self, number: u64) -> anyhow::Result<Date> {
        Ok(self.first.checked_add(i32::try_from(number)?.days())?)
    }

    /// A moment about that of a run: mostly in the seconds in which its mails are on their way.
    pub(super) fn while_it_runs(&self, dice: Dice, run: Timestamp) -> anyhow::Result<Timestamp> {
        let dice = dice.named("around");
        let close = dice.named("close").happens(750);
        let millis = if close || self.hasty { dice.below(3_000) } else { dice.below(180_000) };
        Ok(run.checked_add(SignedDuration::from_millis(i64::try_from(millis)?))?)
    }

    /// Some time after a moment: at once, within minutes, or within days.
    pub(super) fn after(&self, dice: Dice, at: Timestamp) -> anyhow::Result<Timestamp> {
        let millis = match dice.named("how soon").below(4) {
            _ if self.hasty && dice.named("at once").happens(800) => dice.below(1_500),
            0 => dice.below(100),
            1 => dice.below(600_000),
            2 => dice.below(86_400_000),
            _ => dice.below(6 * 86_400_000),
        };
        Ok(at.checked_add(SignedDuration::from_millis(i64::try_from(millis)?))?)
    }

    /// The first shop, whose flow has two steps, most often: there is most to go wrong.
    pub(super) fn shop(&self, dice: Dice) -> anyhow::Result<ShopId> {
        if let Some((shop, _)) = self.crowd.filter(|_| dice.named("in the crowd").happens(850)) {
            return Ok(shop.id.clone());
        }
        let shops = self.shops.iter().chain(self.shops.first()).map(|shop| &shop.id).collect::<Vec<_>>();
        Ok((*dice.one_of(&shops).context("there are shops")?).clone())
    }

    /// Somebody of whom a mail can still show all orders; else who has bought least.
    pub(super) fn person(&mut self, dice: Dice) -> anyhow::Result<u32> {
        let drawn = dice.named("person").below(self.people);
        let bought = |person: &u64| self.bought.get(person).copied().unwrap_or(0);
        let fewest = || (0..self.people).min_by_key(bought).unwrap_or(drawn);
        let person = if bought(&drawn) < MOST_ORDERS { drawn } else { fewest() };
        *self.bought.entry(person).or_default() += 1;
        Ok(u32::try_from(person)?)
    }
}
