use std::collections::BTreeSet;

use jiff::civil::date;
use nachklang_domain::coupon::{CodeAction, PoolCounts};
use nachklang_domain::ports::{AddedCode, Contacts, CouponStock, Version};

use super::Kept;
use super::fixtures::{LATER, TODAY, TOMORROW, change, claim, claimed, code, expect_free, pool, row, rows};

pub async fn every_row_is_answered_in_order(store: &impl CouponStock) -> Kept {
    let spring = pool("spring")?;
    store.add_codes(&spring, &rows(&["LUNA-1"])?).await?;
    let answers = store.add_codes(&spring, &rows(&["LUNA-2", "LUNA-1", "LUNA-3", "LUNA-2"])?).await?;
    use AddedCode::{Added, KnownHere};
    assert_eq!(answers, [Added, KnownHere, Added, KnownHere]);
    expect_free(store, &spring, 3).await
}

pub async fn a_code_of_another_pool_is_told_and_not_added(store: &impl CouponStock) -> Kept {
    let (spring, summer) = (pool("spring")?, pool("summer")?);
    store.add_codes(&spring, &rows(&["LUNA-1"])?).await?;
    let answers = store.add_codes(&summer, &rows(&["LUNA-1"])?).await?;
    assert_eq!(answers, [AddedCode::KnownIn(spring.clone())]);
    expect_free(store, &spring, 1).await?;
    expect_free(store, &summer, 0).await
}

pub async fn letter_case_makes_no_new_code(store: &impl CouponStock) -> Kept {
    let (spring, summer) = (pool("spring")?, pool("summer")?);
    store.add_codes(&spring, &rows(&["Luna-Ä1"])?).await?;
    let here = store.add_codes(&spring, &rows(&["LUNA-ä1"])?).await?;
    let there = store.add_codes(&summer, &rows(&["luna-Ä1"])?).await?;
    assert_eq!((here, there), (vec![AddedCode::KnownHere], vec![AddedCode::KnownIn(spring.clone())]));
    expect_free(store, &spring, 1).await
}

pub async fn a_code_keeps_the_letter_case_it_was_given_in(store: &impl CouponStock) -> Kept {
    let spring = pool("spring")?;
    store.add_codes(&spring, &rows(&["Luna-aB 01"])?).await?;
    let offers = store.free_codes(&spring, TODAY, TODAY, 0, 1).await?;
    let offers: Vec<_> = offers.iter().map(|offer| offer.code.expose()).collect();
    assert_eq!(offers, ["Luna-aB 01"]);
    Ok(())
}

pub async fn a_known_code_keeps_its_end_and_its_state(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    claimed(store, &spring, &["LUNA-1"]).await?;
    store.add_codes(&spring, &[row("LUNA-2", Some(TOMORROW))?]).await?;
    store.add_codes(&spring, &[row("LUNA-1", None)?, row("LUNA-2", Some(LATER))?]).await?;
    let counts = store.pool_counts(&spring, TODAY).await?;
    assert_eq!((counts.claimed, counts.free), (1, 1));
    assert_eq!(store.free_ending_before(&spring, LATER).await?, 1);
    Ok(())
}

pub async fn free_codes_are_of_the_pool_and_within_the_limit(store: &impl CouponStock) -> Kept {
    let (spring, summer) = (pool("spring")?, pool("summer")?);
    store.add_codes(&spring, &[row("S-1", Some(LATER))?]).await?;
    store.add_codes(&summer, &rows(&["L-1", "L-2", "L-3", "L-4"])?).await?;
    let offers = store.free_codes(&spring, TODAY, TODAY, 3, 9).await?;
    let offers: Vec<_> = offers.iter().map(|o| (o.pool.as_str(), o.code.expose(), o.expires)).collect();
    assert_eq!(offers, [("spring", "S-1", Some(LATER))]);
    assert_eq!(store.free_codes(&summer, TODAY, TODAY, 3, 3).await?.len(), 3);
    assert!(store.free_codes(&pool("none")?, TODAY, TODAY, 3, 3).await?.is_empty());
    Ok(())
}

/// Seeds that are spread as random numbers are, and the ends of their range.
fn seeds() -> impl Iterator<Item = u64> {
    let spread = (1..64_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    spread.chain([0, 1, u64::from(u32::MAX), u64::MAX])
}

pub async fn every_free_code_is_found_from_every_place(store: &impl CouponStock) -> Kept {
    let spring = pool("spring")?;
    let codes = ["A-1", "B-2", "C-3", "D-4", "E-5"];
    store.add_codes(&spring, &rows(&codes)?).await?;
    for seed in seeds() {
        let offers = store.free_codes(&spring, TODAY, TODAY, seed, 5).await?;
        let found: BTreeSet<_> = offers.iter().map(|offer| offer.code.expose()).collect();
        assert_eq!(found, BTreeSet::from(codes), "from {seed}");
    }
    Ok(())
}

pub async fn claimers_begin_at_different_places(store: &impl CouponStock) -> Kept {
    let spring = pool("spring")?;
    let codes: Vec<String> = (0..1_000).map(|number| format!("LUNA-{number}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    store.add_codes(&spring, &rows(&codes)?).await?;
    let mut first = BTreeSet::new();
    for seed in seeds() {
        let offers = store.free_codes(&spring, TODAY, TODAY, seed, 1).await?;
        first.extend(offers.iter().map(|offer| offer.code.expose().to_owned()));
    }
    assert!(first.len() > 40, "67 claimers begin at {} codes only", first.len());
    Ok(())
}

pub async fn a_code_that_ends_too_early_is_not_offered(store: &impl CouponStock) -> Kept {
    let spring = pool("spring")?;
    let ending = [row("ENDS-NOW", Some(TODAY))?, row("ENDS-LATER", Some(LATER))?, row("NEVER", None)?];
    store.add_codes(&spring, &ending).await?;
    for (day, not_before, offered) in [
        (TODAY, TODAY, 3),
        (TODAY, TOMORROW, 2),
        (TODAY, LATER, 2),
        (TODAY, date(2026, 3, 29), 1),
        (TOMORROW, TODAY, 2),
    ] {
        let offers = store.free_codes(&spring, day, not_before, 5, 9).await?;
        assert_eq!(offers.len(), offered, "on {day} to last until {not_before}");
    }
    Ok(())
}

pub async fn counts_add_up_to_what_was_imported(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    let actions = [None, Some(CodeAction::Quarantine), Some(CodeAction::Release { free_from: LATER })];
    store.add_codes(&spring, &rows(&["C-0", "C-1", "C-2", "FREE", "VOID"])?).await?;
    store.add_codes(&spring, &[row("OLD", Some(date(2026, 3, 13)))?]).await?;
    for (number, action) in actions.into_iter().enumerate() {
        let text = format!("C-{number}");
        let (contact, _) = claim(store, &format!("buyer{number}"), &spring, &text, TODAY).await?;
        if let Some(action) = action {
            let change = change(&contact, &spring, &text, action)?;
            store.commit(&contact, Version(1), &[change]).await?;
        }
    }
    assert_eq!(store.void_codes(&spring, &[code("VOID")?]).await?, 1);
    let counts = store.pool_counts(&spring, TODAY).await?;
    let one_each = PoolCounts { free: 1, released: 1, claimed: 1, quarantined: 1, expired: 1, void: 1 };
    assert_eq!((counts, counts.imported()), (one_each, 6));
    assert_eq!(store.pool_counts(&pool("none")?, TODAY).await?, PoolCounts::default());
    Ok(())
}

pub async fn codes_past_their_day_count_as_expired(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    store.add_codes(&spring, &[row("C-1", Some(TODAY))?, row("C-2", Some(TODAY))?]).await?;
    claim(store, "anna", &spring, "C-1", TODAY).await?;
    let today = store.pool_counts(&spring, TODAY).await?;
    assert_eq!((today.free, today.claimed, today.expired), (1, 1, 0));
    let tomorrow = store.pool_counts(&spring, TOMORROW).await?;
    assert_eq!((tomorrow.free, tomorrow.claimed, tomorrow.expired), (0, 1, 1));
    Ok(())
}

pub async fn only_free_codes_that_end_are_counted_as_ending(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    let codes = [row("C-1", Some(TOMORROW))?, row("C-2", Some(TOMORROW))?, row("C-3", None)?];
    store.add_codes(&spring, &codes).await?;
    claim(store, "anna", &spring, "C-1", TODAY).await?;
    assert_eq!(store.free_ending_before(&spring, TOMORROW).await?, 0);
    assert_eq!(store.free_ending_before(&spring, LATER).await?, 1);
    Ok(())
}

pub async fn claims_are_counted_from_their_day_on(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    claimed(store, &spring, &["C-1", "C-2", "C-3"]).await?;
    claim(store, "berta", &spring, "C-2", LATER).await?;
    assert_eq!(store.claimed_since(&spring, TODAY).await?, 2);
    assert_eq!(store.claimed_since(&spring, TOMORROW).await?, 1);
    assert_eq!(store.claimed_since(&spring, date(2026, 3, 29)).await?, 0);
    Ok(())
}

pub async fn a_voided_code_is_never_offered_again(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    store.add_codes(&spring, &rows(&["LUNA-1"])?).await?;
    assert_eq!(store.void_codes(&pool("summer")?, &[code("LUNA-1")?]).await?, 0);
    let both = [code("luna-1")?, code("UNKNOWN")?];
    assert_eq!(store.void_codes(&spring, &both).await?, 1);
    assert_eq!(store.void_codes(&spring, &both).await?, 0);
    assert!(store.free_codes(&spring, TODAY, TODAY, 0, 5).await?.is_empty());
    assert_eq!(
        claim(store, "anna", &spring, "LUNA-1", TODAY).await?.1,
        nachklang_domain::ports::Committed::CodeTaken
    );
    let again = store.add_codes(&spring, &rows(&["LUNA-1"])?).await?;
    assert_eq!(again, [AddedCode::KnownHere]);
    assert_eq!(store.pool_counts(&spring, TODAY).await?.void, 1);
    Ok(())
}

pub async fn a_held_code_cannot_be_voided(store: &(impl Contacts + CouponStock)) -> Kept {
    let spring = pool("spring")?;
    claimed(store, &spring, &["LUNA-1"]).await?;
    assert_eq!(store.void_codes(&spring, &[code("LUNA-1")?]).await?, 0);
    assert_eq!(store.pool_counts(&spring, TODAY).await?.claimed, 1);
    Ok(())
}
