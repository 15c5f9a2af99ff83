//! What is left when nothing happens any more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::CouponCode;

use super::Ran;
use super::acts::codes;
use super::executor::Executor;
use crate::content::{Upload, changes, promised};
use crate::history::{Change, History, Rest, Rules};
use crate::script::{Action, Script, Timed};

impl Executor {
    /// The history of what happened, and what is left.
    pub(super) fn at_rest(self, script: &Script) -> anyhow::Result<Ran> {
        anyhow::ensure!(self.queues.is_empty(), "tasks are left that nobody works on");
        let rest = Rest {
            mails: self.world.store.mail_rows(),
            codes: self.world.store.code_rows(script.last_day),
            dead_letters: self.queues.dead_letters(),
        };
        let mut inner = self.world.lock();
        let operations = std::mem::take(&mut inner.recorder).into_operations();
        let (struck, calls) = (std::mem::take(&mut inner.struck), std::mem::take(&mut inner.made));
        drop(inner);
        let (code_ends, calm_from) = (code_ends(script)?, calm_from(script));
        let rules = Rules { shops: promised()?, changes: changed(script)?, code_ends, calm_from };
        let history = History { rules, operations, rest };
        Ok(Ran { history, struck, calls, redriven: self.redriven })
    }
}

/// What the script's uploads may have changed.
fn changed(script: &Script) -> anyhow::Result<Vec<Change>> {
    let change = |action: &&Timed<Action>| matches!(action.what, Action::Publish(Upload::Changed));
    let first = script.actions.iter().filter(change).map(|action| action.at).min();
    first.map_or_else(|| Ok(Vec::new()), changes)
}

/// From when on nothing goes wrong and nobody keeps sending off: that may be switched off and on again in the quiet time.
fn calm_from(script: &Script) -> Option<Timestamp> {
    let switched = |what: &Action| if let Action::Switch { stopped } = what { Some(*stopped) } else { None };
    let account = |what: &Action| if let Action::Account { stopped } = what { Some(*stopped) } else { None };
    let [switched, account] = [last_told(script, switched), last_told(script, account)];
    let calm = |told: Option<(Timestamp, bool)>| match told {
        Some((at, true)) if at >= script.quiet_from => None,
        Some((at, _)) => Some(at.max(script.quiet_from)),
        None => Some(script.quiet_from),
    };
    Some(calm(switched)?.max(calm(account)?))
}

fn last_told(script: &Script, told: impl Fn(&Action) -> Option<bool>) -> Option<(Timestamp, bool)> {
    script.actions.iter().rev().find_map(|action| Some((action.at, told(&action.what)?)))
}

/// The last days of the codes that end: of a code that was uploaded twice, the first upload counts.
fn code_ends(script: &Script) -> anyhow::Result<Vec<(CouponCode, Date)>> {
    let mut ends: BTreeMap<String, (CouponCode, Date)> = BTreeMap::new();
    for action in &script.actions {
        if let Action::Import { pool, first, count, ends: Some(last) } = &action.what {
            for code in codes(pool, *first, *count)? {
                ends.entry(code.folded().to_owned()).or_insert((code, *last));
            }
        }
    }
    Ok(ends.into_values().collect())
}
