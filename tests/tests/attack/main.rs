//! The whole stack under attack: the real programs, the emulator, and between them a wire on which calls are cut, refused,
//! throttled and slow, while processes die in the middle of their batches.
//!
//! One run, by one seed; then the weather turns fair, all comes to rest, and the judge of `nachklang-simulation` decides
//! from what was seen from outside whether a promise was broken. Another seed: `NACHKLANG_ATTACK_SEED=7`.

mod cast;
mod day;
mod deeds;
mod permitted;
mod queues;
mod rest;
mod seen;
mod stage;
mod verdict;

use std::sync::OnceLock;

use anyhow::{Context as _, anyhow, ensure};
use nachklang_aws::config::Function;
use nachklang_tests::proxy::{Fault, Lane, can_be_killed};

use verdict::Verdict;

type Told = anyhow::Result<()>;

const SEED: &str = "NACHKLANG_ATTACK_SEED";
const USUAL_SEED: u64 = 23;

/// What every log is searched for: a part of all addresses, of all names and of all codes.
const CANARIES: [&str; 3] = ["sturmwind", "wetterhexe", "merci-"];

#[test]
fn no_fault_on_the_wire_and_no_death_in_mid_batch_breaks_a_promise() -> Told {
    on_the_day(|verdict| {
        ensure!(verdict.violations.is_empty(), "{}{}", verdict.summary(), verdict.violations.join("\n"));
        Ok(())
    })
}

#[test]
fn every_fault_really_happened() -> Told {
    on_the_day(|verdict| {
        let times =
            |lane: Lane, fault: Fault| verdict.happened.get(&(lane, fault)).copied().unwrap_or_default();
        for fault in Fault::ALL.into_iter().filter(|fault| !fault.kills() || can_be_killed()) {
            let all: u64 = Lane::ALL.into_iter().map(|lane| times(lane, fault)).sum();
            ensure!(all > 0, "{fault:?} never happened: {}", verdict.summary());
        }
        // These are the ones that could mail twice.
        for fault in [Fault::CutAfter, Fault::BrokenAfter, Fault::Throttled, Fault::Slow] {
            ensure!(times(Lane::Send, fault) > 0, "{fault:?} never met a mail: {}", verdict.summary());
        }
        if can_be_killed() {
            ensure!(verdict.killed.contains_key("nachklang-mail-delivery"), "{}", verdict.summary());
        }
        Ok(())
    })
}

#[test]
fn nothing_is_left_among_the_dead_letters_once_the_weather_is_fair() -> Told {
    on_the_day(|verdict| {
        ensure!(verdict.at_rest, "the queues are not empty: {}", verdict.summary());
        ensure!(verdict.dead_letters == 0, "{}", verdict.summary());
        Ok(())
    })
}

#[test]
fn no_function_calls_what_its_role_would_refuse() -> Told {
    on_the_day(|verdict| {
        ensure!(verdict.refused.is_empty(), "{}", verdict.refused.join("\n"));
        ensure!(
            !can_be_killed() || verdict.callers == Function::ALL.len(),
            "{} functions called",
            verdict.callers
        );
        Ok(())
    })
}

#[test]
fn the_day_was_a_whole_one() -> Told {
    on_the_day(|verdict| {
        ensure!(verdict.mails >= 45, "too few mails for a judgement: {}", verdict.summary());
        ensure!(verdict.held >= 1, "nobody waited for codes: {}", verdict.summary());
        ensure!(verdict.unknown >= 1, "the end of no mail was unknown: {}", verdict.summary());
        ensure!(verdict.objections >= 4, "nobody objected: {}", verdict.summary());
        ensure!(verdict.erasures == 4, "somebody was not erased: {}", verdict.summary());
        ensure!(
            verdict.contacts_stored == verdict.contacts_known,
            "strangers are stored: {}",
            verdict.summary()
        );
        Ok(())
    })
}

#[test]
fn no_log_and_no_dead_letter_tells_of_a_person_or_a_code_in_bad_weather() -> Told {
    on_the_day(|verdict| {
        let leak = verdict.leak.as_deref();
        leak.map_or(Ok(()), |leak| Err(anyhow!("{leak}")))
    })
}

/// The day is played once, by whichever promise asks first.
fn on_the_day(judge: impl FnOnce(&Verdict) -> Told) -> Told {
    static DAY: OnceLock<Result<Option<Verdict>, String>> = OnceLock::new();
    let played = DAY.get_or_init(|| play().map_err(|error| format!("{error:#}")));
    match played {
        Ok(Some(verdict)) => judge(verdict),
        Ok(None) => Ok(()),
        Err(error) => Err(anyhow!("{error}")),
    }
}

fn play() -> anyhow::Result<Option<Verdict>> {
    let seed = match std::env::var(SEED) {
        Ok(text) => text.parse().with_context(|| format!("{SEED} is a whole number"))?,
        Err(_) => USUAL_SEED,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let Some(attack) = stage::Attack::prepare(seed).await? else { return Ok(None) };
        match attack.play().await {
            Ok(at_rest) => verdict::reach(&attack, at_rest).await.map(Some),
            Err(error) => {
                let said = attack.stack.last_words().await;
                Err(error.context(format!("seed {seed}. The functions said last:\n{said}")))
            }
        }
    })
}
