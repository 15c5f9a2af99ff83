use std::collections::BTreeSet;

use nachklang_domain::coupon::{CodeAction, PoolCounts};
use nachklang_domain::ports::{Committed, Contacts, CouponStock, PortResult, Version};

use super::Kept;
use super::fixtures::{
    LATER, TODAY, TOMORROW, change, claim, claimed, contact, expect_free, holding, pool, rows,
};

pub async fn a_contact_that_was_never_saved_is_absent(store: &impl Contacts) -> Kept {
    let anna = contact("anna")?;
    assert!(store.load_contact(&anna.shop, anna.id).await?.is_none());
    Ok(())
}

pub async fn what_is_committed_is_loaded_whole(store: &impl Contacts) -> Kept {
    let anna = holding(&contact("anna")?, &pool("spring")?, "LUNA-1", TODAY)?;
    assert_eq!(store.commit(&anna, Version(0), &[]).await?, Committed::Done);
    let loaded = store.load_contact(&anna.shop, anna.id).await?;
    assert_eq!(loaded, Some((anna, Version(1))));
    Ok(())
}

pub async fn a_conditional_write_on_an_old_version_writes_nothing(store: &impl Contacts) -> Kept {
    let first = contact("anna")?;
    let mut second = first.clone();
    second.first_name = Some("Anna".to_owned());
    store.commit(&first, Version(0), &[]).await?;
    store.commit(&second, Version(1), &[]).await?;
    for old in [Version(0), Version(1)] {
        let answer = store.commit(&first, old, &[]).await?;
        assert_eq!(answer, Committed::ContactChanged);
    }
    let loaded = store.load_contact(&first.shop, first.id).await?;
    assert_eq!(loaded, Some((second, Version(2))));
    Ok(())
}

pub async fn a_write_that_expects_more_than_there_is_writes_nothing(store: &impl Contacts) -> Kept {
    let anna = contact("anna")?;
    let answer = store.commit(&anna, Version(1), &[]).await?;
    assert_eq!(answer, Committed::ContactChanged);
    assert!(store.load_contact(&anna.shop, anna.id).await?.is_none());
    Ok(())
}

pub async fn a_changed_contact_leaves_the_code_free(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    store.add_codes(&pool, &rows(&["LUNA-1"])?).await?;
    store.commit(&contact("anna")?, Version(0), &[]).await?;
    let (_, answer) = claim(store, "anna", &pool, "LUNA-1", TODAY).await?;
    assert_eq!(answer, Committed::ContactChanged);
    expect_free(store, &pool, 1).await
}

pub async fn a_taken_code_leaves_the_contact_unwritten(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    claimed(store, &pool, &["LUNA-1"]).await?;
    let (berta, answer) = claim(store, "berta", &pool, "LUNA-1", TODAY).await?;
    assert_eq!(answer, Committed::CodeTaken);
    assert!(store.load_contact(&berta.shop, berta.id).await?.is_none());
    Ok(())
}

pub async fn the_version_is_looked_at_before_the_codes(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    claimed(store, &pool, &["LUNA-1"]).await?;
    store.commit(&contact("berta")?, Version(0), &[]).await?;
    let (_, answer) = claim(store, "berta", &pool, "LUNA-1", TODAY).await?;
    assert_eq!(answer, Committed::ContactChanged);
    Ok(())
}

pub async fn one_taken_code_undoes_the_claim_of_another(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    claimed(store, &pool, &["LUNA-1", "LUNA-2"]).await?;
    let mut berta = holding(&contact("berta")?, &pool, "LUNA-2", TODAY)?;
    let also = holding(&contact("berta")?, &pool, "LUNA-1", TODAY)?;
    berta.coupons.extend(also.coupons);
    let changes = [
        change(&berta, &pool, "LUNA-2", CodeAction::Claim)?,
        change(&berta, &pool, "LUNA-1", CodeAction::Claim)?,
    ];
    let answer = store.commit(&berta, Version(0), &changes).await?;
    assert_eq!(answer, Committed::CodeTaken);
    expect_free(store, &pool, 1).await
}

pub async fn a_code_is_claimed_out_of_its_own_pool_only(store: &(impl Contacts + CouponStock)) -> Kept {
    let (spring, summer) = (pool("spring")?, pool("summer")?);
    store.add_codes(&spring, &rows(&["LUNA-1"])?).await?;
    let (_, answer) = claim(store, "anna", &summer, "LUNA-1", TODAY).await?;
    assert_eq!(answer, Committed::CodeTaken);
    expect_free(store, &spring, 1).await
}

pub async fn a_code_that_nobody_imported_cannot_be_claimed(store: &impl Contacts) -> Kept {
    let (anna, answer) = claim(store, "anna", &pool("spring")?, "LUNA-1", TODAY).await?;
    assert_eq!(answer, Committed::CodeTaken);
    assert!(store.load_contact(&anna.shop, anna.id).await?.is_none());
    Ok(())
}

pub async fn a_code_claimed_by_one_is_never_given_to_another<S>(store: &S) -> Kept
where
    S: Contacts + CouponStock + Clone + Send + Sync + 'static,
{
    let pool = pool("spring")?;
    let codes: Vec<String> = (0..100).map(|number| format!("LUNA-{number}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    store.add_codes(&pool, &rows(&codes)?).await?;
    let mut claimers = tokio::task::JoinSet::new();
    for claimer in 0..100 {
        let (store, pool) = (store.clone(), pool.clone());
        claimers.spawn(async move { claim_any(&store, claimer, &pool).await });
    }
    let given = claimers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<String> = given.into_iter().flatten().collect();
    assert_eq!(distinct.len(), 100);
    assert_eq!(claim_any(store, 100, &pool).await?, None);
    let counts = PoolCounts { claimed: 100, ..PoolCounts::default() };
    assert_eq!(store.pool_counts(&pool, TODAY).await?, counts);
    Ok(())
}

/// Goes through the offers until one is given, as the coupon assignment does; `None` when nothing is offered.
async fn claim_any<S: Contacts + CouponStock>(
    store: &S,
    claimer: u64,
    pool: &nachklang_domain::id::PoolId,
) -> anyhow::Result<Option<String>> {
    let name = format!("claimer{claimer}");
    loop {
        // All begin at one place, so that they meet as often as possible.
        let offers = store.free_codes(pool, TODAY, TODAY, 0, 3).await?;
        if offers.is_empty() {
            return Ok(None);
        }
        for offer in offers {
            let text = offer.code.expose();
            if claim(store, &name, pool, text, TODAY).await?.1 == Committed::Done {
                return Ok(Some(text.to_owned()));
            }
        }
    }
}

const CHANGES: [CodeAction; 3] =
    [CodeAction::Quarantine, CodeAction::Keep, CodeAction::Release { free_from: TODAY }];

pub async fn nobody_but_the_holder_changes_a_code(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    let anna = claimed(store, &pool, &["LUNA-1"]).await?;
    let berta = contact("berta")?;
    for action in CHANGES {
        let theft = change(&berta, &pool, "LUNA-1", action)?;
        assert_eq!(try_change(store, &berta, 0, theft).await?, Committed::CodeTaken);
        let mut other_mail = change(&anna, &pool, "LUNA-1", action)?;
        other_mail.holder.mail = change(&berta, &pool, "LUNA-1", action)?.holder.mail;
        assert_eq!(try_change(store, &anna, 1, other_mail).await?, Committed::CodeTaken);
    }
    assert_eq!(store.pool_counts(&pool, TODAY).await?.claimed, 1);
    Ok(())
}

pub async fn a_free_code_cannot_be_quarantined_kept_or_released(
    store: &(impl Contacts + CouponStock),
) -> Kept {
    let pool = pool("spring")?;
    store.add_codes(&pool, &rows(&["LUNA-1"])?).await?;
    let anna = contact("anna")?;
    for action in CHANGES {
        let change = change(&anna, &pool, "LUNA-1", action)?;
        assert_eq!(try_change(store, &anna, 0, change).await?, Committed::CodeTaken);
    }
    expect_free(store, &pool, 1).await
}

pub async fn release_then_cooldown(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    let anna = claimed(store, &pool, &["LUNA-1"]).await?;
    let release = change(&anna, &pool, "LUNA-1", CodeAction::Release { free_from: TOMORROW })?;
    assert_eq!(try_change(store, &anna, 1, release).await?, Committed::Done);
    let counts = store.pool_counts(&pool, TODAY).await?;
    assert_eq!((counts.released, counts.claimed, counts.imported()), (1, 0, 1));
    assert!(store.free_codes(&pool, TODAY, TODAY, 7, 5).await?.is_empty());
    let (_, early) = claim(store, "berta", &pool, "LUNA-1", TODAY).await?;
    assert_eq!(early, Committed::CodeTaken);
    assert_eq!(store.free_codes(&pool, TOMORROW, TOMORROW, 7, 5).await?.len(), 1);
    let (_, in_time) = claim(store, "berta", &pool, "LUNA-1", TOMORROW).await?;
    assert_eq!(in_time, Committed::Done);
    assert_eq!(store.pool_counts(&pool, TODAY).await?.claimed, 1);
    Ok(())
}

pub async fn a_released_code_is_no_longer_its_holders(store: &(impl Contacts + CouponStock)) -> Kept {
    let pool = pool("spring")?;
    let anna = claimed(store, &pool, &["LUNA-1"]).await?;
    let release = change(&anna, &pool, "LUNA-1", CodeAction::Release { free_from: LATER })?;
    try_change(store, &anna, 1, release).await?;
    for action in CHANGES {
        let change = change(&anna, &pool, "LUNA-1", action)?;
        assert_eq!(try_change(store, &anna, 2, change).await?, Committed::CodeTaken);
    }
    Ok(())
}

pub async fn a_code_that_she_may_have_seen_is_never_offered_again(
    store: &(impl Contacts + CouponStock),
) -> Kept {
    let pool = pool("spring")?;
    let anna = claimed(store, &pool, &["LUNA-1", "LUNA-2"]).await?;
    for (version, action, counted) in [(1, CodeAction::Quarantine, (0, 1)), (2, CodeAction::Keep, (1, 0))] {
        let change = change(&anna, &pool, "LUNA-1", action)?;
        assert_eq!(try_change(store, &anna, version, change).await?, Committed::Done);
        let counts = store.pool_counts(&pool, TODAY).await?;
        assert_eq!((counts.claimed, counts.quarantined), counted, "{action:?}");
        let offers = store.free_codes(&pool, LATER, LATER, 0, 5).await?;
        let offers: Vec<_> = offers.iter().map(|offer| offer.code.expose()).collect();
        assert_eq!(offers, ["LUNA-2"], "{action:?}");
        let (_, answer) = claim(store, "berta", &pool, "LUNA-1", LATER).await?;
        assert_eq!(answer, Committed::CodeTaken, "{action:?}");
    }
    Ok(())
}

async fn try_change(
    store: &impl Contacts,
    contact: &nachklang_domain::contact::Contact,
    version: u64,
    change: nachklang_domain::coupon::CodeChange,
) -> PortResult<Committed> {
    store.commit(contact, Version(version), &[change]).await
}
