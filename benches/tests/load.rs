//! The promises of the load, small enough for every run of the tests.

use nachklang_benches::load::claims::{self, Plan};
use nachklang_benches::load::machine::Machine;
use nachklang_benches::load::{day, growth, replay};

type Told = anyhow::Result<()>;

async fn machine() -> anyhow::Result<(Machine, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    Ok((Machine::new(folder.path()).await?, folder))
}

#[tokio::test]
async fn claimers_at_once_whose_programs_end_give_no_code_twice_and_lose_none() -> Told {
    for seed in 1..=2 {
        let (machine, _folder) = machine().await?;
        let plan = Plan { mails: 520, claimers: 64, crash_at: 8, seed };
        let claimed = claims::over_sqlite(&machine, 500, plan).await?;
        assert_eq!((claimed.claimed, claimed.held), (500, 20));
        assert!(claimed.crashes > 20, "{claimed:?}");
        assert!(claimed.attempts > claimed.claimed, "claimers meet: {claimed:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_claim_takes_few_attempts_over_the_whole_life_of_a_pool() -> Told {
    let (machine, _folder) = machine().await?;
    let plan = Plan { mails: 2_000, claimers: 64, crash_at: 50, seed: 4 };
    let claimed = claims::over_sqlite(&machine, 2_000, plan).await?;
    assert!(claimed.attempts * 10 <= claimed.claimed * 12, "{claimed:?}");
    Ok(())
}

#[tokio::test]
async fn a_tenth_told_again_ends_as_if_each_were_told_once() -> Told {
    let plan = replay::Plan { orders: 1_000, people: 400, again_at: 10 };
    let (twice, _folder) = machine().await?;
    let told = replay::replay(&twice, plan).await?;
    assert_eq!((told.told, told.stored), (1_100, 1_000));
    let (once, _folder) = machine().await?;
    replay::replay(&once, replay::Plan { again_at: 0, ..plan }).await?;
    let end = replay::end(&once).await?;
    assert_eq!(replay::end(&twice).await?, end);
    assert!(end.orders == 1_000 && end.contacts > 300 && end.due.iter().sum::<u64>() > 300, "{end:?}");
    let (fewer, _folder) = machine().await?;
    replay::replay(&fewer, replay::Plan { orders: 999, again_at: 0, ..plan }).await?;
    assert_ne!(replay::end(&fewer).await?.sum, end.sum, "one order less is another end");
    Ok(())
}

#[tokio::test]
async fn all_that_is_due_on_one_day_goes_once() -> Told {
    let (machine, _folder) = machine().await?;
    let (ran, taken) = day::whole(&machine, 600).await?;
    assert_eq!((ran.mails, taken.mails, taken.twice), (600, 600, 0));
    assert_eq!(ran.calls.get("commit with 1 codes"), Some(&600));
    Ok(())
}

#[tokio::test]
async fn a_day_asks_the_store_the_same_among_more_customers() -> Told {
    let (few, _folder) = machine().await?;
    let (many, _folder) = machine().await?;
    let few = growth::among(&few, 100, 20).await?;
    let many = growth::among(&many, 1_000, 20).await?;
    assert_eq!(few.calls, many.calls);
    assert_eq!(few.calls.get("commit with 1 codes"), Some(&20));
    Ok(())
}
