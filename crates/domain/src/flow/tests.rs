use std::collections::BTreeMap;

use super::*;
use crate::fixtures::{FLOW, flow, flow_of, flow_with, person};

const EXPERIMENT: &str = r#"days = 12

[[steps.experiment.variants]]
id = "day-2"
days = 2
share = 20

[[steps.experiment.variants]]
id = "day-12"
days = 12
share = 80
"#;

#[test]
fn variants_keep_their_shares_and_a_contact_keeps_her_variant() {
    let flow = flow_with("days = 12\n", EXPERIMENT);
    let mut counts = BTreeMap::new();
    for number in 0..20_000 {
        let contact = person(&format!("buyer{number}"));
        let variant = flow.variant_of(contact).unwrap();
        assert_eq!(flow.clone().variant_of(contact).unwrap().id, variant.id);
        *counts.entry(variant.days).or_insert(0_u32) += 1;
    }
    let early = counts[&2];
    // Five standard deviations of a share of 20 percent in 20,000 draws are 283.
    assert!((3_717..=4_283).contains(&early), "{early} of 20,000 in a share of 20 percent");
    assert_eq!(early + counts[&12], 20_000);
}

#[test]
fn another_flow_draws_anew() {
    let flow = flow_with("days = 12\n", EXPERIMENT);
    let other = Flow { id: FlowId::parse("birthday").unwrap(), ..flow.clone() };
    let differ = (0..1_000)
        .map(|number| person(&format!("buyer{number}")))
        .filter(|contact| flow.variant_of(*contact).unwrap().id != other.variant_of(*contact).unwrap().id);
    assert!(differ.count() > 200, "a contact is not in the same share of every experiment");
}

#[test]
fn without_an_experiment_there_is_no_variant() {
    assert!(flow().variant_of(person("anna")).is_none());
}

fn rule(pools: &str) -> CouponRule {
    flow_with("pools = [{ pool = \"thanks-eur\", currency = \"EUR\" }]", &format!("pools = {pools}"))
        .coupon
        .unwrap()
}

fn pool<'r>(rule: &'r CouponRule, shop: &str, currency: Currency) -> Option<&'r str> {
    let found = rule.pool_for(&ShopId::parse(shop).unwrap(), currency);
    found.map(|pool| pool.pool.as_str())
}

#[test]
fn a_pool_of_another_currency_is_never_used() {
    let rule = rule("[{ pool = \"eur\", currency = \"EUR\" }, { pool = \"chf\", currency = \"CHF\" }]");
    assert_eq!(pool(&rule, "de", Currency::EUR), Some("eur"));
    assert_eq!(pool(&rule, "de", Currency::CHF), Some("chf"));
    assert_eq!(pool(&rule, "de", Currency::GBP), None);
}

#[test]
fn a_pool_is_shared_by_all_shops_or_reserved_for_some() {
    let rule = rule(
        "[{ pool = \"austria\", currency = \"EUR\", shops = [\"at\"] }, { pool = \"shared\", currency = \"EUR\" }]",
    );
    assert_eq!(pool(&rule, "at", Currency::EUR), Some("austria"));
    assert_eq!(pool(&rule, "de", Currency::EUR), Some("shared"));
    assert_eq!(pool(&rule, "fr", Currency::EUR), Some("shared"));
}

#[test]
fn a_reserved_pool_serves_no_other_shop() {
    let rule = rule("[{ pool = \"austria\", currency = \"EUR\", shops = [\"at\"] }]");
    assert_eq!(pool(&rule, "de", Currency::EUR), None);
}

#[test]
fn a_step_may_send_another_mail_than_the_segment() {
    let flow =
        flow_with("days = 12\n", "days = 12\n\n[[steps]]\ndays = 5\nmails = { collection = \"reminder\" }\n");
    let [charms, rest] = &flow.segments[..] else { panic!("two segments") };
    let mails =
        [(0, charms), (0, rest), (1, charms), (1, rest)].map(|(step, s)| flow.mail_for(step, s).to_string());
    assert_eq!(mails, ["charms", "rest", "charms", "reminder"]);
}

#[test]
fn a_flow_runs_in_all_shops_unless_it_names_some() {
    let [de, at] = ["de", "at"].map(|shop| ShopId::parse(shop).unwrap());
    assert!(flow().runs_in(&de) && flow().runs_in(&at));
    let only = flow_of(&format!("shops = [\"at\"]\n{FLOW}"));
    assert!(!only.runs_in(&de) && only.runs_in(&at));
}
