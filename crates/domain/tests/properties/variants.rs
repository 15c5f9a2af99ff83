//! Experiments: shares within bounds over 100,000 people, and nobody moves when something else changes.

use std::collections::BTreeMap;

use nachklang_domain::catalog::Catalog;
use nachklang_domain::flow::{Flow, Variant};
use nachklang_domain::id::{ContactId, FlowId, VariantId};

use crate::starter::{catalog, file, flow, flow_id, person};

const PEOPLE: u32 = 100_000;

fn people() -> impl Iterator<Item = ContactId> {
    (0..PEOPLE).map(|number| person(&format!("buyer{number}")))
}

/// The flow with these shares.
fn with_shares(shares: &[u32]) -> Flow {
    let mut flow = flow();
    let variants = shares.iter().zip(1_u16..).map(|(share, days)| Variant {
        id: VariantId::parse(&format!("v{days}")).unwrap(),
        days,
        share: *share,
    });
    flow.steps[0].experiment.as_mut().unwrap().variants = variants.collect();
    flow
}

/// A share is within five standard deviations of what it should be: outside once in two million honest draws.
fn assert_share(found: u32, percent: u32, of: u32) {
    let expected = i64::from(of) * i64::from(percent) / 100;
    let square = (i64::from(found) - expected).pow(2);
    let variance = i64::from(of) * i64::from(percent) * i64::from(100 - percent) / 10_000;
    assert!(square <= 25 * variance.max(1), "{found} of {of} in a share of {percent} percent");
}

#[test]
fn shares_are_kept_over_a_hundred_thousand_people() {
    let people: Vec<_> = people().collect();
    for shares in [&[50, 50][..], &[20, 80], &[1, 99], &[10, 30, 60], &[25, 25, 25, 25], &[0, 100]] {
        let flow = with_shares(shares);
        let mut counts = BTreeMap::<u16, u32>::new();
        for contact in &people {
            *counts.entry(flow.variant_of(*contact).unwrap().days).or_default() += 1;
        }
        for (share, days) in shares.iter().zip(1_u16..) {
            assert_share(counts.get(&days).copied().unwrap_or(0), *share, PEOPLE);
        }
    }
}

/// Two experiments are drawn apart: within a variant of one, the shares of the other are kept too.
#[test]
fn two_experiments_say_nothing_about_each_other() {
    let (one, mut other) = (with_shares(&[50, 50]), with_shares(&[20, 80]));
    other.id = FlowId::parse("birthday").unwrap();
    let (mut first, mut both) = (0, 0);
    for contact in people() {
        if one.variant_of(contact).unwrap().days == 1 {
            first += 1;
            both += u32::from(other.variant_of(contact).unwrap().days == 1);
        }
    }
    assert_share(first, 50, PEOPLE);
    assert_share(both, 20, first);
}

#[test]
fn nobody_moves_when_other_flows_steps_or_segments_come_and_go() {
    let alone = catalog(&[]);
    let starter = file("flows/after-sales.toml");
    let others = ["aaa", "after-sales-2", "birthday", "zzz"].map(|name| (name, format!("flows/{name}.toml")));
    let others: Vec<_> = others.iter().map(|(_, path)| (path.as_str(), starter.clone())).collect();
    let among_others = catalog(&others);
    let mut changed = alone.flows[&flow_id()].clone();
    changed.edition = "2027".to_owned();
    changed.segments.truncate(1);
    changed.steps.push(changed.steps[0].clone());
    let mut days = changed.steps[0].experiment.clone().unwrap();
    days.variants.iter_mut().for_each(|variant| variant.days += 1);
    changed.steps[0].experiment = Some(days);
    let of = |catalog: &Catalog, contact| id(&catalog.flows[&flow_id()], contact);
    for contact in people().take(20_000) {
        let before = of(&alone, contact);
        assert_eq!(of(&among_others, contact), before);
        assert_eq!(id(&changed, contact), before);
    }
}

fn id(flow: &Flow, contact: ContactId) -> VariantId {
    flow.variant_of(contact).unwrap().id.clone()
}
