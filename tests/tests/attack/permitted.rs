//! What the functions called, held against what their roles allow. The emulator itself asks for no permission. Neither
//! conditions of a role nor calls to SES are looked at.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use nachklang_tests::infra::grants::{Grant, allowed};
use nachklang_tests::infra::translated;
use nachklang_tests::proxy::Need;
use nachklang_tests::stack::Stack;

/// The calls that a role does not allow, as sentences.
pub async fn refused(
    stack: &Stack,
    needed: &BTreeMap<String, BTreeSet<Need>>,
) -> anyhow::Result<Vec<String>> {
    let template = translated().await?.context("the template is deployed")?;
    let (allowed, mut refused) = (allowed(&template), Vec::new());
    for (function, needs) in needed {
        let own = allowed.iter().find(|(name, _)| function.ends_with(*name));
        let (_, grants) = own.with_context(|| format!("{function} is in the template"))?;
        let denied = needs.iter().filter(|need| !grants.iter().any(|grant| covers(stack, grant, need)));
        refused.extend(denied.map(|need| format!("{function} calls {} on {}", need.action, need.resource)));
    }
    Ok(refused)
}

/// Whether a role's `(resource, action)` lets a call through.
fn covers(stack: &Stack, (resource, action): &Grant, need: &Need) -> bool {
    if *action != need.action {
        return false;
    }
    let (logical, path) = resource.split_once('/').unwrap_or((resource, ""));
    let Ok(physical) = stack.resource(logical) else { return false };
    match path.strip_suffix('*') {
        Some(folder) => need.resource.starts_with(&format!("{physical}/{folder}")),
        None => last(&need.resource) == last(physical),
    }
}

/// The name at the end of an address.
fn last(address: &str) -> Option<&str> {
    address.rsplit(['/', ':']).next()
}
