//! What the judge says, and the numbers of the day.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use nachklang_domain::flow::Flow;
use nachklang_domain::id::{FlowId, PoolId, ShopId};
use nachklang_simulation::checker::check;
use nachklang_simulation::display;
use nachklang_simulation::history::{CodeRules, Deed, History, Rules, ShopRules, Stage};
use nachklang_tests::proxy::{Fault, Lane};

use super::cast::SHOP;
use super::deeds::POOL;
use super::stage::Attack;
use super::{CANARIES, permitted, rest, seen};

/// The flow's variants write after two days or after twelve.
const FIRST_DAY: u16 = 2;
const LAST_DAY: u16 = 12;

/// What came of the day.
#[derive(Debug)]
pub struct Verdict {
    pub seed: u64,
    /// Each with the operations that prove it.
    pub violations: Vec<String>,
    pub happened: BTreeMap<(Lane, Fault), u64>,
    pub calls: BTreeMap<Lane, u64>,
    pub killed: BTreeMap<String, u64>,
    pub at_rest: bool,
    pub dead_letters: usize,
    pub redriven: usize,
    pub mails: usize,
    pub held: usize,
    pub unknown: usize,
    pub objections: usize,
    pub erasures: usize,
    pub contacts_stored: usize,
    pub contacts_known: usize,
    pub stages: BTreeMap<Stage, usize>,
    pub leak: Option<String>,
    /// How many functions called a service.
    pub callers: usize,
    /// What AWS would have refused them.
    pub refused: Vec<String>,
}

impl Verdict {
    /// The numbers, for a person to read.
    pub fn summary(&self) -> String {
        let Self { seed, mails, held, unknown, objections, erasures, redriven, dead_letters, .. } = self;
        let Self { calls, happened, killed, stages, .. } = self;
        format!(
            "seed {seed}: {mails} mails, {held} waited for codes, {unknown} with an unknown end, {objections} \
             objections, {erasures} erased, {redriven} redriven, {dead_letters} dead\nmails' rows: {stages:?}\ncalls: {calls:?}\nfaults: \
             {happened:?}\nkilled: {killed:?}\n"
        )
    }
}

/// Judges.
pub async fn reach(attack: &Attack, at_rest: bool) -> anyhow::Result<Verdict> {
    let (stack, mails) = (&attack.stack, attack.stack.sink.mails());
    let carried = seen::carried(
        &attack.weather.arrivals(),
        stack.output("ContactsTableName")?,
        &mails,
        &attack.people,
    )?;
    attack.note_the_late_gone()?;
    let operations =
        seen::operations(attack.log.all().into_iter().chain(carried).chain(seen::bounced(&mails)?).collect());
    let accepted = operations.iter().filter(|operation| matches!(operation.deed, Deed::Accept(_))).count();
    anyhow::ensure!(
        accepted == mails.len(),
        "{} mails took another way than the wire",
        mails.len() - accepted
    );
    let rest = rest::left(attack).await?;
    let mut stages = BTreeMap::new();
    rest.mails.iter().for_each(|(_, _, row)| *stages.entry(row.stage).or_default() += 1);
    let count = |of: fn(&Deed) -> bool| operations.iter().filter(|operation| of(&operation.deed)).count();
    let objections = count(|deed| matches!(deed, Deed::Object { .. }));
    let erasures = count(|deed| matches!(deed, Deed::Erase { .. }));
    let dead_letters = rest.dead_letters.len();
    let needed = attack.weather.needed();
    let refused = permitted::refused(stack, &needed).await?;
    let history = History { rules: rules(attack).await?, operations, rest };
    let verdict = Verdict {
        seed: attack.seed,
        violations: check(&history).iter().map(|one| display::violation(&history, one)).collect(),
        happened: attack.weather.happened(),
        calls: attack.weather.calls(),
        killed: attack.weather.killed(),
        at_rest,
        dead_letters,
        redriven: attack.redriven.load(Ordering::Relaxed),
        mails: mails.len(),
        held: attack.held.load(Ordering::Relaxed),
        unknown: stages.get(&Stage::Unknown).copied().unwrap_or_default(),
        objections,
        erasures,
        contacts_stored: rest::count_contacts(stack).await?,
        contacts_known: attack.buyers.len(),
        stages,
        callers: needed.len(),
        refused,
        leak: leak(attack).await,
    };
    println!("{}", verdict.summary());
    Ok(verdict)
}

/// Where somebody or a code is told of: in a log, or in what hung on a dead letter.
async fn leak(attack: &Attack) -> Option<String> {
    let logs = attack.stack.logs_hold_none_of(&CANARIES).await.err();
    let letters = attack.attributes.lock().unwrap_or_else(PoisonError::into_inner);
    let tells = |letter: &&String| CANARIES.iter().any(|canary| letter.to_lowercase().contains(canary));
    let letter = letters.iter().find(tells).map(|letter| format!("a dead letter: {letter}"));
    logs.map(|leak| format!("{leak:#}")).or(letter)
}

/// What `templates/` promises the shop.
async fn rules(attack: &Attack) -> anyhow::Result<Rules> {
    let (catalog, id, flow) =
        (attack.stack.catalog().await?, ShopId::parse(SHOP)?, FlowId::parse("after-sales")?);
    let shop = catalog.shops.get(&id).context("the shop is published")?;
    let rules = catalog.flows.get(&flow).context("the flow is published")?;
    Ok(Rules {
        shops: vec![ShopRules {
            shop: id,
            zone: shop.zone().clone(),
            send_at: shop.send_at,
            edition: rules.edition.clone(),
            flow,
            days: vec![FIRST_DAY],
            useful_days: rules.useful_days + LAST_DAY - FIRST_DAY,
            repeat: rules.repeat,
            codes: code_rules(rules)?,
        }],
        changes: Vec::new(),
        code_ends: attack.code_ends.clone(),
        // The whole day is full of faults.
        calm_from: None,
    })
}

fn code_rules(flow: &Flow) -> anyhow::Result<Option<CodeRules>> {
    let Some(rule) = &flow.coupon else { return Ok(None) };
    Ok(Some(CodeRules { pool: PoolId::parse(POOL)?, per: rule.per, empty: rule.empty.clone() }))
}
