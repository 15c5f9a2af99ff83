//! `status`: the numbers of the store.

use std::process::ExitCode;

use super::{answer, open};
use crate::cli::Place;
use crate::summary::summary;

/// Prints the numbers.
pub(super) async fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let summary = summary(&site).await?;
    answer(place, &summary, || summary.words())?;
    Ok(ExitCode::SUCCESS)
}
