//! The promises, attacked: a number of seeds, every crash point of a small day, and that an attack can be seen again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_simulation::checker::{Invariant, check};
use nachklang_simulation::crash::{
    MEANWHILE, Points, every_call, every_two_calls, one_mail, restless_day, small_day,
};
use nachklang_simulation::display::violation;
use nachklang_simulation::failing::{Failing, MOST_RUNS};
use nachklang_simulation::fault::{Fault, Faults};
use nachklang_simulation::history::{Deed, History, MailRow, Outcome, Stage};
use nachklang_simulation::planted::Planted;
use nachklang_simulation::runner::{Made, Ran, run};
use nachklang_simulation::script::Script;

/// So many methods of the ports the scenarios call: all that the stations need. `docs/GUARANTEES.md` names the others.
const METHODS: usize = 45;

/// The seeds from 0 on.
const SEEDS: u64 = 200;

/// How a test ends.
type Kept = anyhow::Result<()>;

fn broken(history: &History) -> String {
    check(history).iter().map(|violated| violation(history, violated)).collect()
}

#[test]
fn no_history_of_two_hundred_seeds_breaks_an_invariant() -> Kept {
    let mut met = Met::default();
    for seed in 0..SEEDS {
        let script = Script::of(seed)?;
        let ran = run(&script).with_context(|| told_small(&script))?;
        expect_kept(&script, &ran)?;
        assert!(
            ran.history.rest.dead_letters.is_empty(),
            "seed {seed} leaves messages that nobody can work on"
        );
        met.meet(&ran);
    }
    met.expect_everything();
    Ok(())
}

/// Tells a scenario that never comes to rest as small as it gets.
fn told_small(script: &Script) -> String {
    Failing::unfinished(script, MOST_RUNS).map(|small| small.to_string()).unwrap_or_default()
}

/// Tells a history that breaks a promise as small as it gets.
fn expect_kept(script: &Script, ran: &Ran) -> Kept {
    let Some(violated) = check(&ran.history).into_iter().next() else { return Ok(()) };
    let small = Failing::smallest(script, violated.invariant, MOST_RUNS)?.map(|small| small.told());
    anyhow::bail!(
        "cargo run -p nachklang-simulation -- replay --seed {}\n{}",
        script.seed,
        small.unwrap_or_default()
    )
}

/// What the seeds have met: what never happens is not attacked.
#[derive(Default)]
struct Met {
    faults: BTreeMap<&'static str, u32>,
    ends: BTreeSet<Stage>,
    deeds: BTreeMap<&'static str, u32>,
    lost_acceptances: u32,
    redriven: usize,
    /// The methods of the ports that were called, and those that failed at some time.
    methods: [BTreeSet<&'static str>; 2],
    /// How pools did without a code, and a second code for a second step.
    pools: BTreeMap<&'static str, u32>,
}

impl Met {
    fn meet(&mut self, ran: &Ran) {
        for fault in ran.struck.values() {
            *self.faults.entry(name_of_fault(*fault)).or_default() += 1;
        }
        self.redriven += ran.redriven;
        let [called, failed] = &mut self.methods;
        called.extend(ran.calls.iter().map(|made| made.what));
        let struck = ran.calls.iter().filter(|made| ran.struck.contains_key(&made.spot));
        failed.extend(struck.map(|made| made.what));
        self.ends.extend(ran.history.rest.mails.iter().map(|(_, _, mail)| mail.stage));
        for operation in &ran.history.operations {
            *self.deeds.entry(name_of_deed(&operation.deed)).or_default() += 1;
            let lost = matches!(operation.deed, Deed::Accept(_)) && operation.outcome == Outcome::Refused;
            self.lost_acceptances += u32::from(lost);
            self.pools(&operation.deed);
        }
        let skipped = |(shop, _, mail): &&(ShopId, ContactId, MailRow)| {
            shop.as_str() == "ca" && mail.stage == Stage::Skipped && mail.mail.is_none()
        };
        *self.pools.entry("skipped").or_default() +=
            u32::from(ran.history.rest.mails.iter().any(|row| skipped(&row)));
    }

    fn pools(&mut self, deed: &Deed) {
        match deed {
            Deed::Accept(mail) if mail.for_everybody => *self.pools.entry("for everybody").or_default() += 1,
            Deed::Accept(mail) if mail.shop.as_str() == "au" && mail.code.is_none() => {
                *self.pools.entry("without").or_default() += 1;
            }
            Deed::Write(write) => {
                let codes: BTreeSet<_> = write
                    .mails
                    .iter()
                    .filter_map(|row| Some((&row.anchor, row.code.as_ref()?.folded())))
                    .collect();
                let anchors: BTreeSet<_> = codes.iter().map(|(anchor, _)| anchor).collect();
                if codes.len() > anchors.len() {
                    *self.pools.entry("a code in each step").or_default() += 1;
                }
            }
            _ => {}
        }
    }

    fn expect_everything(&self) {
        assert_eq!(self.faults.len(), 12, "{:?}", self.faults);
        let ends = BTreeSet::from([Stage::Sent, Stage::Failed, Stage::Unknown, Stage::Skipped]);
        assert_eq!(self.ends, ends, "at rest");
        assert_eq!(self.deeds.len(), 10, "{:?}", self.deeds);
        assert!(self.deeds.values().all(|count| *count >= 10), "{:?}", self.deeds);
        assert!(self.lost_acceptances >= 10, "{}", self.lost_acceptances);
        assert!(self.pools.len() == 4 && self.pools.values().all(|count| *count >= 3), "{:?}", self.pools);
        assert!(self.redriven > 0, "nothing was ever set aside");
        let [called, failed] = &self.methods;
        assert_eq!(called, failed, "each method fails at some time");
        assert_eq!(called.len(), METHODS, "{called:?}");
    }
}

fn name_of_fault(fault: Fault) -> &'static str {
    match fault {
        Fault::Refused => "refused",
        Fault::Denied => "denied",
        Fault::AnswerLost => "answer lost",
        Fault::TriedTwice => "tried twice",
        Fault::CrashBefore => "crash before",
        Fault::CrashAfter => "crash after",
        Fault::Behind(_) => "behind",
        Fault::Slow(_) => "slow",
        Fault::LostBefore => "lost before",
        Fault::Rejected => "rejected",
        Fault::AccountStopped => "account stopped",
        Fault::CallerStopped => "caller stopped",
    }
}

fn name_of_deed(deed: &Deed) -> &'static str {
    match deed {
        Deed::Import { .. } => "import",
        Deed::Void { .. } => "void",
        Deed::Buy(_) => "buy",
        Deed::Cancel { .. } => "cancel",
        Deed::GiveBack { .. } => "give back",
        Deed::Object { .. } => "object",
        Deed::Erase { .. } => "erase",
        Deed::NeverSeen { .. } => "never seen",
        Deed::Write(_) => "write",
        Deed::Accept(_) => "accept",
    }
}

fn expect_none_broken(points: &Points, at_least: usize) {
    let told = points.broken.iter().map(|(faults, ran, _)| format!("{faults:?}: {}", broken(&ran.history)));
    assert_eq!(told.collect::<Vec<_>>(), [""; 0]);
    assert!(points.places > 10 && points.runs >= at_least, "{} calls, {} runs", points.places, points.runs);
}

#[test]
fn no_crash_point_of_a_small_day_breaks_an_invariant() -> Kept {
    expect_none_broken(&every_call(&small_day("de", true)?)?, 500);
    // Nothing is told of its mails: what has no answer stays unknown.
    expect_none_broken(&every_call(&small_day("nz", false)?)?, 400);
    Ok(())
}

#[test]
fn no_crash_point_of_a_restless_day_breaks_an_invariant() -> Kept {
    let mut meanwhile = 0;
    for after in MEANWHILE {
        let day = restless_day("de", true, after)?;
        let ran = run(&day)?;
        let ends: BTreeSet<Stage> = ran.history.rest.mails.iter().map(|(_, _, mail)| mail.stage).collect();
        assert!(ends.contains(&Stage::Sent) && ends.contains(&Stage::Skipped), "{ends:?}");
        meanwhile += acts_meanwhile(&ran);
        expect_none_broken(&every_call(&day)?, 600);
    }
    assert!(meanwhile > 20, "the days only look restless: {meanwhile} calls while mails are on their way");
    Ok(())
}

/// How many calls people cause between the first and the last one on the way of the day's mails.
fn acts_meanwhile(ran: &Ran) -> usize {
    let lively: Vec<_> = ran.calls.iter().filter(|made| !made.quiet).collect();
    let on_the_way = |made: &&Made| made.station == "assignment" || made.station == "delivery";
    let first = lively.iter().position(on_the_way).unwrap_or(usize::MAX);
    let last = lively.iter().rposition(on_the_way).unwrap_or(0);
    lively.iter().take(last).skip(first).filter(|made| made.station == "act").count()
}

#[test]
fn no_two_crashes_on_the_way_of_one_mail_break_an_invariant() -> Kept {
    expect_none_broken(&every_two_calls(&one_mail("de", false)?)?, 800);
    Ok(())
}

/// Without this the search could find nothing because it looks nowhere.
#[test]
fn a_mailer_that_tries_again_by_itself_is_found_at_the_call_whose_answer_is_lost() -> Kept {
    let day = Script { planted: Some(Planted::SentAgain), ..one_mail("us", true)? };
    let points = every_call(&day)?;
    let places = points.broken.iter().flat_map(|(faults, ran, broken)| {
        let made = ran.calls.iter().filter(|made| faults.contains_key(&made.spot));
        made.flat_map(|made| broken.iter().map(|violated| (made.what, violated.invariant)))
    });
    assert_eq!(places.collect::<BTreeSet<_>>(), BTreeSet::from([("send", Invariant::I4)]));
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_history() -> Kept {
    for seed in [3, 17, 42] {
        let script = Script::of(seed)?;
        assert_eq!(script, Script::of(seed)?);
        let (first, second) = (run(&script)?, run(&script)?);
        assert_eq!(first.history.operations, second.history.operations, "seed {seed}");
        assert_eq!(first.history.rest, second.history.rest, "seed {seed}");
        assert_eq!((first.struck, first.calls), (second.struck, second.calls), "seed {seed}");
    }
    Ok(())
}

#[test]
fn the_faults_that_struck_bring_the_same_history_again() -> Kept {
    for seed in 0..10 {
        let script = Script::of(seed)?;
        let first = run(&script)?;
        let again = run(&Script { faults: Faults::Exactly(first.struck.clone()), ..script })?;
        assert_eq!(first.history.operations, again.history.operations, "seed {seed}");
        assert_eq!(first.history.rest, again.history.rest, "seed {seed}");
    }
    Ok(())
}

#[test]
fn a_scenario_can_be_read() -> Kept {
    let told = Script::of(17)?.to_string();
    for word in ["seed 17", "the daily run", "are uploaded"] {
        assert!(told.contains(word), "{told}");
    }
    Ok(())
}
