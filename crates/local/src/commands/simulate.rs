//! `simulate`: real history, dry.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use nachklang_domain::report::FileReport;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::simulation::{Simulation, SimulationReport};
use nachklang_domain::till::TillReader;
use nachklang_domain::use_case::import_till::till_context;
use serde::Serialize;

use super::{answer, content, progress};
use crate::bucket;
use crate::cli::{Place, SimulateArgs};
use crate::uploads::unpacked;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a SimulationReport,
    ses_cost_usd: serde_json::Number,
    rows: u64,
    rejected_rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mails: Option<&'a [nachklang_domain::simulation::SimulatedMail]>,
}

/// Runs the file over the content folder's flows.
pub(super) fn run(place: &Place, args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    let draft = bucket::read(&content(place)?)?;
    let catalog = draft.catalog.context("the content has errors: run `nachklang check`")?;
    let shop = catalog.shop(&args.shop).with_context(|| format!("there is no shop {}", args.shop))?;
    let context = till_context(shop).context("the till's source")?;
    let bar = progress("receipts read", None);
    let mut reader = TillReader::new(unpacked(&args.file)?, &shop.till, &context, "orders.csv")?;
    let mut whole = Ok(());
    let events = reader.by_ref().map_while(|event| {
        bar.inc(1);
        event.map_err(|error| whole = Err(error)).ok()
    });
    // Nothing is stored and no id leaves the program, so the key need not be a secret.
    let key = SecretBytes::new(b"a dry run keeps nothing".to_vec());
    let report = Simulation::new(&catalog, shop, &key).run(events);
    bar.finish_and_clear();
    whole.context("the file broke off")?;
    let file = reader.finish();
    tell(place, args, &report, &file)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(
    place: &Place,
    args: &SimulateArgs,
    report: &SimulationReport,
    file: &FileReport,
) -> anyhow::Result<()> {
    let result = Answer {
        report,
        ses_cost_usd: dollars(report.ses_micro_usd).parse().context("the costs are no number")?,
        rows: file.rows,
        rejected_rows: file.rejected,
        mails: args.list.then_some(report.mails.as_slice()),
    };
    answer(place, &result, || words(args, report, file))
}

/// Millionths of a dollar as dollars.
fn dollars(micro: u64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

fn words(args: &SimulateArgs, report: &SimulationReport, file: &FileReport) -> String {
    let mut text = format!(
        "{} rows read, {} refused\n{} invoices: {} mailed, {} not\n",
        file.rows,
        file.rejected,
        report.invoices,
        report.mailed,
        report.invoices - report.mailed
    );
    for (name, counts) in
        [("segment", &report.segments), ("language", &report.languages), ("variant", &report.variants)]
    {
        text += &format!("\nper {name}\n{}", table(counts));
    }
    let skipped: BTreeMap<String, u64> =
        report.skipped.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    text += &format!("\nnot mailed\n{}", table(&skipped));
    text += &format!(
        "\n{} codes needed\nSES would cost {} USD\n",
        report.codes_needed,
        dollars(report.ses_micro_usd)
    );
    if args.list {
        for mail in &report.mails {
            let variant = mail.variant.as_ref().map_or("-", |variant| variant.as_str());
            text += &format!("{} {} {} {} {variant}\n", mail.day, mail.order, mail.segment, mail.language);
        }
    } else {
        text += &format!("\nper month\n{}", table(&months(report)));
    }
    text
}

fn months(report: &SimulationReport) -> BTreeMap<String, u64> {
    let mut months = BTreeMap::new();
    for mail in &report.mails {
        *months.entry(mail.day.strftime("%Y-%m").to_string()).or_insert(0) += 1;
    }
    months
}

/// Names and numbers, one a line.
pub(crate) fn table(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("  {count:>8}  {name}\n")).collect()
}
