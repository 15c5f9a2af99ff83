//! A scenario that breaks a promise, made small enough to be read.

use anyhow::Context as _;

use crate::checker::{Invariant, Violation, check};
use crate::display::{everything, violation};
use crate::fault::{Fault, Faults, Spot};
use crate::history::History;
use crate::runner::{Ran, run};
use crate::script::{Action, Script, Timed};
use crate::shrink::shrink;

/// So often a scenario is run to make it small.
pub const MOST_RUNS: usize = 400;

/// A scenario that breaks a promise.
#[derive(Debug, Clone)]
pub struct Failing {
    /// What is left of it.
    pub script: Script,
    /// What happened in it.
    pub history: History,
    /// The promise that it breaks.
    pub violation: Violation,
}

/// What can be left out of a scenario.
#[derive(Debug, Clone)]
enum Part {
    Action(Timed<Action>),
    Fault(Spot, Fault),
}

impl Failing {
    /// Leaves out what a scenario does not need to break an invariant: actions, and the faults that struck in it.
    /// `None` when it does not break it.
    ///
    /// # Errors
    /// When the content of the scenarios is broken.
    pub fn smallest(script: &Script, invariant: Invariant, most_runs: usize) -> anyhow::Result<Option<Self>> {
        let Some((ran, _)) = broken(script, invariant) else { return Ok(None) };
        let parts = parts(script, &ran);
        let shrunk = shrink(&parts, most_runs, |parts| broken(&made_of(script, parts), invariant).is_some());
        let script = made_of(script, &shrunk.items);
        let (ran, violation) = broken(&script, invariant).context("a scenario runs as it ran before")?;
        Ok(Some(Self { script, history: ran.history, violation }))
    }

    /// What is left of a scenario that never comes to rest: the actions that it needs for that. `None` when it does.
    #[must_use]
    pub fn unfinished(script: &Script, most_runs: usize) -> Option<Script> {
        run(script).is_err().then(|| fewest_actions(script, most_runs, |script| run(script).is_err()))
    }

    /// The violation, the scenario, and all that happened in it.
    #[must_use]
    pub fn told(&self) -> String {
        format!(
            "{}\n{}\n{}",
            violation(&self.history, &self.violation),
            self.script,
            everything(&self.history)
        )
    }
}

fn fewest_actions(script: &Script, most_runs: usize, fails: impl Fn(&Script) -> bool) -> Script {
    let with = |actions: &[Timed<Action>]| Script { actions: actions.to_vec(), ..script.clone() };
    with(&shrink(&script.actions, most_runs, |actions| fails(&with(actions))).items)
}

/// How a scenario ran that breaks an invariant. One that does not come to its end breaks none.
fn broken(script: &Script, invariant: Invariant) -> Option<(Ran, Violation)> {
    let ran = run(script).ok()?;
    let found = check(&ran.history).into_iter().find(|violation| violation.invariant == invariant)?;
    Some((ran, found))
}

fn parts(script: &Script, ran: &Ran) -> Vec<Part> {
    let faults = ran.struck.iter().map(|(spot, fault)| Part::Fault(*spot, *fault));
    script.actions.iter().cloned().map(Part::Action).chain(faults).collect()
}

fn made_of(script: &Script, parts: &[Part]) -> Script {
    let (mut actions, mut faults) = (Vec::new(), std::collections::BTreeMap::new());
    for part in parts {
        match part {
            Part::Action(action) => actions.push(action.clone()),
            Part::Fault(spot, fault) => {
                faults.insert(*spot, *fault);
            }
        }
    }
    Script { actions, faults: Faults::Exactly(faults), ..script.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted::hunt::hunt;
    use crate::planted::{Planted, SEEDS};

    #[test]
    fn a_planted_fault_is_shown_by_a_handful_of_actions() {
        let (fault, invariant) = (Planted::ContactVersion, Invariant::I4);
        let caught = hunt(0..SEEDS, Some(fault), &[invariant]).unwrap().unwrap();
        let script = Script { planted: Some(fault), ..Script::of(caught.seed).unwrap() };
        let small = Failing::smallest(&script, invariant, MOST_RUNS).unwrap().unwrap();
        assert_eq!(small.violation.invariant, invariant);
        assert!(small.script.actions.len() * 4 < script.actions.len(), "{}", small.told());
        assert!(small.told().contains("was accepted 2 times"));
    }

    #[test]
    fn a_scenario_that_never_ends_is_left_with_the_actions_that_it_needs() {
        let buys = |script: &Script| {
            script.actions.iter().filter(|action| matches!(action.what, Action::Buy(_))).count()
        };
        let script = Script::of(0).unwrap();
        assert!(buys(&script) > 2 && script.actions.len() > buys(&script));
        let left = fewest_actions(&script, MOST_RUNS, |script| buys(script) >= 2);
        assert_eq!((buys(&left), left.actions.len()), (2, 2));
    }

    #[test]
    fn a_scenario_that_keeps_its_promises_is_not_made_small() {
        assert!(Failing::unfinished(&Script::of(0).unwrap(), 10).is_none());
        assert!(Failing::smallest(&Script::of(0).unwrap(), Invariant::I4, 10).unwrap().is_none());
    }
}
