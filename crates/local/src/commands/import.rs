//! `import`: takes in one file.

use std::process::ExitCode;

use anyhow::Context as _;
use nachklang_domain::upload::Upload;

use super::{answer, open, progress};
use crate::cli::{ImportArgs, ImportKind, Place};
use crate::uploads::{self, upload_at};

/// Takes in the file and prints its report.
pub(super) async fn run(place: &Place, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let upload = upload(args)?;
    let bar = progress("reading", None);
    let imported = uploads::import(&site, &upload, &args.file, args.allow_shrink, &mut || bar.inc(1)).await?;
    bar.finish_and_clear();
    crate::pump::watch(&site, site.now().await?).await?;
    answer(place, &imported, || format!("{}{}", imported.report, imported.outcome))?;
    Ok(if imported.report.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn upload(args: &ImportArgs) -> anyhow::Result<Upload> {
    let by_place = || upload_at(&args.file);
    match args.kind {
        ImportKind::Orders => match &args.shop {
            Some(shop) => Ok(Upload::Orders(shop.clone())),
            None => expect(by_place(), |upload| matches!(upload, Upload::Orders(_)), "--shop"),
        },
        ImportKind::Contacts => match &args.shop {
            Some(shop) => Ok(Upload::Contacts(shop.clone())),
            None => expect(by_place(), |upload| matches!(upload, Upload::Contacts(_)), "--shop"),
        },
        ImportKind::Coupons => match &args.pool {
            Some(pool) => Ok(Upload::Coupons(pool.clone())),
            None => expect(by_place(), |upload| matches!(upload, Upload::Coupons(_)), "--pool"),
        },
        ImportKind::Feed => match (&args.shop, args.language) {
            (Some(shop), Some(language)) => Ok(Upload::Products(shop.clone(), language)),
            (Some(shop), None) => Ok(Upload::Lists(shop.clone())),
            (None, _) => {
                let feed = |upload: &Upload| matches!(upload, Upload::Products(..) | Upload::Lists(_));
                expect(by_place(), feed, "--shop, and --language for a product feed")
            }
        },
    }
}

fn expect(
    found: anyhow::Result<Upload>,
    fits: impl Fn(&Upload) -> bool,
    option: &str,
) -> anyhow::Result<Upload> {
    found
        .ok()
        .filter(|upload| fits(upload))
        .with_context(|| format!("the file's folder does not say it: add {option}"))
}
