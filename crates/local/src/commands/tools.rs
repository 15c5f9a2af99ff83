//! Small commands: the switch, the suppression list, schemas, sample content.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use nachklang_domain::brand::Brand;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::flow::Flow;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::Ledger as _;
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::suppress::{Reach, suppress as suppress_contact};
use nachklang_domain::webhook::order_api;
use serde_json::Value;

use super::{answer, open};
use crate::cli::Place;

/// Puts the address on standard input on the shop's list.
pub(super) async fn suppress(place: &Place, shop: ShopId) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let contact = ContactId::of(&typed_address()?, site.contact_key());
    let catalog = site.catalog()?;
    anyhow::ensure!(catalog.shop(&shop).is_some(), "there is no shop {shop}");
    let now = site.now().await?;
    suppress_contact(site.desk(&catalog), contact, &Reach::Shop(shop), SuppressionReason::Manual, now)
        .await?;
    answer(place, &serde_json::json!({ "suppressed": contact }), || {
        format!("contact {contact} gets no more mails")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The address on standard input.
pub(super) fn typed_address() -> anyhow::Result<EmailAddress> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read standard input")?;
    Ok(EmailAddress::parse(&line)?)
}

/// Switches sending off or on.
pub(super) async fn sending(place: &Place, stopped: bool) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    site.store.set_stopped(stopped).await?;
    let word = if stopped {
        "sending is off: nothing goes out, everything planned is kept"
    } else {
        "sending is on"
    };
    answer(place, &serde_json::json!({ "sending": !stopped }), || word.to_owned())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the JSON Schemas.
pub(super) fn schema(out: &Path) -> anyhow::Result<ExitCode> {
    for (name, schema) in schemas()? {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        crate::file::write_plain(&out.join(name), text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The schemas by file name.
fn schemas() -> anyhow::Result<[(&'static str, Value); 4]> {
    Ok([
        ("brand.schema.json", serde_json::to_value(schemars::schema_for!(Brand))?),
        ("shop.schema.json", serde_json::to_value(schemars::schema_for!(Shop))?),
        ("flow.schema.json", serde_json::to_value(schemars::schema_for!(Flow))?),
        ("order-api.schema.json", order_api::json_schema()),
    ])
}

/// Generates the starter content's bulk data.
pub(super) fn sample_content(place: &Place, out: &Path) -> anyhow::Result<ExitCode> {
    let written = crate::sample::write_all(out)?;
    let json = serde_json::json!({ "files": written.files, "bytes": written.bytes });
    answer(place, &json, || format!("{} files, {} bytes", written.files, written.bytes))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schemas_are_those_of_the_code() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
        for (name, schema) in schemas().unwrap() {
            let known = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
            let same = serde_json::from_str::<Value>(&known).is_ok_and(|known| known == schema);
            assert!(same, "docs/schema/{name} differs: run nachklang schema");
        }
    }
}
