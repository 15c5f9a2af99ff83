use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::ports::{Halt, Ledger, PortResult, RunStart, Sending};

use super::Kept;
use super::fixtures::{LATER, TODAY, TOMORROW, shop};

/// A moment of the promises' morning.
fn at(minute: i64) -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_second(1_773_475_200 + minute * 60)?)
}

const STARTED: RunStart = RunStart::Started { last_completed: None };

const fn started_after(day: Date) -> RunStart {
    RunStart::Started { last_completed: Some(day) }
}

/// Begins a run of the German shop with a lease of fifteen minutes.
async fn begin(store: &impl Ledger, day: Date, minute: i64) -> anyhow::Result<RunStart> {
    Ok(store.begin_run(&shop("de")?, day, at(minute)?, at(minute + 15)?).await?)
}

pub async fn a_run_lets_one_in_at_a_time(store: &impl Ledger) -> Kept {
    assert_eq!(begin(store, TODAY, 0).await?, STARTED);
    for minute in [0, 5, 14] {
        assert_eq!(begin(store, TODAY, minute).await?, RunStart::Busy, "minute {minute}");
    }
    Ok(())
}

pub async fn of_many_that_begin_at_once_one_runs<S>(store: &S) -> Kept
where
    S: Ledger + Clone + Send + Sync + 'static,
{
    let (shop, now, until) = (shop("de")?, at(0)?, at(15)?);
    let mut runners = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, shop) = (store.clone(), shop.clone());
        runners.spawn(async move { store.begin_run(&shop, TODAY, now, until).await });
    }
    let answers = runners.join_all().await.into_iter().collect::<PortResult<Vec<_>>>()?;
    let running = answers.iter().filter(|answer| **answer == STARTED).count();
    let waiting = answers.iter().filter(|answer| **answer == RunStart::Busy).count();
    assert_eq!((running, waiting), (1, 19));
    Ok(())
}

pub async fn a_run_is_taken_over_when_its_lease_ends(store: &impl Ledger) -> Kept {
    assert_eq!(begin(store, TODAY, 0).await?, STARTED);
    assert_eq!(begin(store, TODAY, 15).await?, STARTED);
    assert_eq!(begin(store, TODAY, 16).await?, RunStart::Busy);
    Ok(())
}

pub async fn a_finished_day_is_not_run_again(store: &impl Ledger) -> Kept {
    begin(store, TODAY, 0).await?;
    store.finish_run(&shop("de")?, TODAY).await?;
    assert_eq!(begin(store, TODAY, 1).await?, RunStart::AlreadyDone);
    assert_eq!(begin(store, TODAY, 999).await?, RunStart::AlreadyDone);
    Ok(())
}

pub async fn the_last_completed_day_is_told(store: &impl Ledger) -> Kept {
    let de = shop("de")?;
    begin(store, TODAY, 0).await?;
    assert_eq!(store.last_completed(&de).await?, None);
    store.finish_run(&de, TODAY).await?;
    assert_eq!(store.last_completed(&de).await?, Some(TODAY));
    assert_eq!(store.last_completed(&shop("at")?).await?, None);
    Ok(())
}

pub async fn a_finished_day_lets_the_next_one_begin(store: &impl Ledger) -> Kept {
    begin(store, TODAY, 0).await?;
    store.finish_run(&shop("de")?, TODAY).await?;
    assert_eq!(begin(store, TOMORROW, 1).await?, started_after(TODAY));
    assert_eq!(begin(store, TOMORROW, 2).await?, RunStart::Busy);
    Ok(())
}

pub async fn the_last_completed_day_never_goes_back(store: &impl Ledger) -> Kept {
    let de = shop("de")?;
    for day in [TOMORROW, TODAY] {
        store.finish_run(&de, day).await?;
    }
    assert_eq!(begin(store, TODAY, 0).await?, RunStart::AlreadyDone);
    assert_eq!(begin(store, TOMORROW, 0).await?, RunStart::AlreadyDone);
    assert_eq!(begin(store, LATER, 0).await?, started_after(TOMORROW));
    Ok(())
}

pub async fn shops_run_beside_each_other(store: &impl Ledger) -> Kept {
    assert_eq!(begin(store, TODAY, 0).await?, STARTED);
    let austrian = store.begin_run(&shop("at")?, TODAY, at(0)?, at(15)?).await?;
    assert_eq!(austrian, STARTED);
    store.finish_run(&shop("at")?, TODAY).await?;
    assert_eq!(begin(store, TODAY, 1).await?, RunStart::Busy);
    Ok(())
}

pub async fn the_stop_switch_stays_as_it_was_set(store: &impl Ledger) -> Kept {
    assert_eq!(store.sending().await?, Sending::On);
    for (stopped, sending) in [
        (true, Sending::Off),
        (true, Sending::Off),
        (false, Sending::On),
        (false, Sending::On),
        (true, Sending::Off),
    ] {
        store.set_stopped(stopped).await?;
        assert_eq!(store.sending().await?, sending);
    }
    Ok(())
}

pub async fn a_halt_is_the_one_noted_last_and_ends_when_somebody_switches(store: &impl Ledger) -> Kept {
    for stopped in [false, true] {
        for (why, minute) in [(Halt::Quota, 60), (Halt::Account, 50), (Halt::Quota, 70)] {
            store.halt(why, at(minute)?).await?;
            assert_eq!(store.sending().await?, Sending::Halted { why, until: at(minute)? });
        }
        store.set_stopped(stopped).await?;
        assert_eq!(store.sending().await? == Sending::Off, stopped);
        store.set_stopped(false).await?;
        assert_eq!(store.sending().await?, Sending::On);
    }
    Ok(())
}

pub async fn a_halt_never_takes_the_place_of_the_switch(store: &impl Ledger) -> Kept {
    store.set_stopped(true).await?;
    store.halt(Halt::Quota, at(60)?).await?;
    assert_eq!(store.sending().await?, Sending::Off);
    Ok(())
}

pub async fn a_mark_answers_whether_it_was_set_before(store: &impl Ledger) -> Kept {
    let mut before = false;
    for on in [false, true, true, false, false, true] {
        assert_eq!(store.set_mark("low_stock#spring", on).await?, before);
        assert_eq!(store.mark("low_stock#spring").await?, on);
        before = on;
    }
    assert!(!store.mark("low_stock#summer").await?);
    assert_eq!(store.sending().await?, Sending::On);
    Ok(())
}

pub async fn a_moment_is_the_one_noted_last(store: &impl Ledger) -> Kept {
    assert_eq!(store.moment("feed#de/de").await?, None);
    for minute in [3, 9, 5] {
        store.set_moment("feed#de/de", at(minute)?).await?;
        assert_eq!(store.moment("feed#de/de").await?, Some(at(minute)?));
    }
    assert_eq!(store.moment("feed#de/en").await?, None);
    Ok(())
}
