//! Makes a scenario out of a seed.

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use nachklang_domain::id::ShopId;
use nachklang_domain::shop::Shop;

use super::days::ODD;
use super::{Action, Script, Timed, Weather};
use crate::content::catalog;
use crate::dice::Dice;
use crate::fault::Faults;

/// So many days long something happens.
pub(super) const LIVELY: u64 = 12;
/// So many quiet days follow: more than any mail may still wait.
const QUIET: i32 = 22;

/// A scenario in the making.
pub(super) struct Maker {
    pub(super) dice: Dice,
    pub(super) first: Date,
    pub(super) start: Timestamp,
    pub(super) shops: Vec<&'static Shop>,
    pub(super) people: u64,
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
        let shops = catalog()?.shops.values().collect();
        let people = dice.named("people").between(1, 4);
        let mut maker = Maker { dice, first, start, shops, people, actions: Vec::new() };
        maker.fill()?;
        let quiet_from = start.checked_add(SignedDuration::from_hours(24 * i64::try_from(LIVELY)? + 12))?;
        Ok(Self {
            seed,
            start,
            quiet_from,
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
        for order in 0..u32::try_from(self.dice.named("orders").between(1, 12))? {
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
        let day = self.first.checked_add(i32::try_from(dice.named("day").below(LIVELY))?.days())?;
        let shop = dice.named("whose hour").one_of(&self.shops).context("there are shops")?;
        if dice.named("at the hour").happens(500) {
            let around = i64::try_from(dice.named("around").below(240_000))? - 60_000;
            return Ok(shop.send_moment(day).checked_add(SignedDuration::from_millis(around))?);
        }
        let seconds = i64::try_from(dice.named("second").below(86_400))?;
        Ok(shop.send_moment(day).checked_add(SignedDuration::from_secs(seconds))?)
    }

    /// Some time after a moment: at once, within minutes, or within days.
    pub(super) fn after(dice: Dice, at: Timestamp) -> anyhow::Result<Timestamp> {
        let millis = match dice.named("how soon").below(4) {
            0 => dice.below(100),
            1 => dice.below(600_000),
            2 => dice.below(86_400_000),
            _ => dice.below(6 * 86_400_000),
        };
        Ok(at.checked_add(SignedDuration::from_millis(i64::try_from(millis)?))?)
    }

    /// The first shop, whose flow has two steps, most often: there is most to go wrong.
    pub(super) fn shop(&self, dice: Dice) -> anyhow::Result<ShopId> {
        let shops = self.shops.iter().chain(self.shops.first()).map(|shop| &shop.id).collect::<Vec<_>>();
        Ok((*dice.one_of(&shops).context("there are shops")?).clone())
    }

    pub(super) fn person(&self, dice: Dice) -> anyhow::Result<u32> {
        Ok(u32::try_from(dice.named("person").below(self.people))?)
    }
}
