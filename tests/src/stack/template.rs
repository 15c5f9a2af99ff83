//! What is deployed: the project's own template.

use std::path::Path;

use anyhow::{Context as _, ensure};
use nachklang_aws::config::Function;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
/// A parameter reaches the emulator as text here, upon which none of its queues is read any more.
const CONCURRENCY: (&str, &str) = ("MaximumConcurrency: !Ref DeliveryConcurrency", "MaximumConcurrency: 2");

/// The template as `sam package` leaves it: the code lies in a bucket. Besides that, one number is a literal.
///
/// # Errors
/// If the template cannot be read or does not have the places that are filled in.
pub(super) fn packaged(bucket: &str) -> anyhow::Result<String> {
    let mut template =
        std::fs::read_to_string(Path::new(TEMPLATE)).context("infra/template.yaml cannot be read")?;
    for function in Function::ALL {
        let name = function.name();
        let code = (format!("CodeUri: ../functions/{name}\n"), format!("CodeUri: s3://{bucket}/{name}\n"));
        template = replace_once(&template, &code.0, &code.1)?;
    }
    replace_once(&template, CONCURRENCY.0, CONCURRENCY.1)
}

fn replace_once(text: &str, from: &str, to: &str) -> anyhow::Result<String> {
    let times = text.matches(from).count();
    ensure!(times == 1, "infra/template.yaml has {times} places with {from:?}, not one");
    Ok(text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_and_one_number_differ_from_the_template() -> anyhow::Result<()> {
        let (own, packaged) = (std::fs::read_to_string(TEMPLATE)?, packaged("code")?);
        let changed = own.lines().zip(packaged.lines()).filter(|(before, after)| before != after);
        assert_eq!(own.lines().count(), packaged.lines().count());
        assert_eq!(changed.count(), Function::ALL.len() + 1);
        Ok(())
    }

    #[test]
    fn a_place_that_is_missing_is_no_silent_success() {
        assert!(replace_once("a b", "c", "d").is_err());
        assert!(replace_once("c c", "c", "d").is_err());
    }
}
