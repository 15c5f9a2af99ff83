//! `preview`: a mail with sample data, written as files. Touches no stock.

use std::process::ExitCode;

use anyhow::Context as _;
use nachklang_domain::mail::published::PublishedMail;
use nachklang_domain::mail::render::MailRenderer;
use serde::Serialize;

use super::{answer, content};
use crate::bucket;
use crate::cli::{Place, PreviewArgs};
use crate::sample_data::sample_data;

#[derive(Serialize)]
struct Preview {
    variant: String,
    subject: String,
    preheader: String,
    html: String,
    text: String,
    html_bytes: usize,
}

/// Renders every version of the mail that fits, and writes it.
pub(super) fn run(place: &Place, args: &PreviewArgs) -> anyhow::Result<ExitCode> {
    let draft = bucket::read(&content(place)?)?;
    let catalog = draft.catalog.as_ref().context("the content has errors: run `nachklang check`")?;
    let mail = draft
        .mail(&args.mail)
        .with_context(|| format!("there is no good mail {}: run `nachklang check`", args.mail))?;
    let previews = render(catalog, mail, args)?;
    anyhow::ensure!(!previews.is_empty(), "the mail {} has no such segment or language", args.mail);
    answer(place, &previews, || {
        let lines = previews
            .iter()
            .map(|p| format!("{}: {}\n  {} ({} bytes)\n", p.variant, p.subject, p.html, p.html_bytes));
        lines.collect()
    })?;
    Ok(ExitCode::SUCCESS)
}

fn render(
    catalog: &nachklang_domain::catalog::Catalog,
    mail: &PublishedMail,
    args: &PreviewArgs,
) -> anyhow::Result<Vec<Preview>> {
    let renderer = MailRenderer::new(mail)?;
    let mut previews = Vec::new();
    for variant in &mail.variants {
        let key = &variant.key;
        let wanted = args.segment.as_ref().is_none_or(|segment| *segment == key.segment)
            && args.language.is_none_or(|language| language == key.language);
        if !wanted {
            continue;
        }
        let rendered = renderer.render(key, &sample_data(catalog, key)?)?;
        let name = format!("{}-{}", mail.name, key.to_string().replace('/', "-"));
        let (html, text) = (args.out.join(format!("{name}.html")), args.out.join(format!("{name}.txt")));
        crate::file::write_plain(&html, rendered.html().as_bytes())?;
        crate::file::write_plain(&text, rendered.text().as_bytes())?;
        previews.push(Preview {
            variant: key.to_string(),
            subject: rendered.subject().to_owned(),
            preheader: rendered.preheader().to_owned(),
            html: html.display().to_string(),
            text: text.display().to_string(),
            html_bytes: rendered.html().len(),
        });
    }
    Ok(previews)
}
