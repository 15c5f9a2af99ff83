//! The work that `benches/run` compares with what others take for it: `subject export <folder>` writes what all of them
//! work on, `subject measure <work>` tells the nanoseconds of processor time that one pass takes here.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use nachklang_benches::mail::{Ready, demand, envelope, files, key, published};
use nachklang_benches::meter::middle;
use nachklang_benches::webhook::{Signed, endpoint, now, secret_and_signature};
use serde_json::json;

/// Rounds of a measurement; the middle one counts.
const ROUNDS: usize = 5;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writes what all work on.
    Export {
        /// Where to.
        folder: PathBuf,
    },
    /// Tells what one pass takes.
    Measure {
        /// Of which work.
        work: Work,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Work {
    /// A signed order of 2.4 KB, verified and read.
    Webhook,
    /// One mail: subject, preheader, HTML and text.
    Render,
    /// One mail as a MIME message.
    Message,
    /// One mail in five languages, checked and compiled.
    Publish,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Export { folder } => export(&folder),
        What::Measure { work } => {
            println!("{}", measure(work));
            Ok(())
        }
    }
}

fn measure(work: Work) -> u128 {
    let spent = match work {
        Work::Webhook => {
            let (endpoint, order) = (endpoint(), Signed::example());
            middle(ROUNDS, 20_000, || std::hint::black_box(&order).read(&endpoint, now()))
        }
        Work::Render => {
            let ready = Ready::new();
            middle(ROUNDS, 20_000, || ready.renderer.render(&ready.key, std::hint::black_box(&ready.data)))
        }
        Work::Message => {
            let ready = Ready::new();
            middle(ROUNDS, 10_000, || std::hint::black_box(&ready).message(envelope()))
        }
        Work::Publish => {
            let (files, demand) = (files(), demand());
            middle(ROUNDS, 50, || published(std::hint::black_box(&files), &demand))
        }
    };
    spent.as_nanos()
}

fn export(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (secret, signature) = secret_and_signature();
    let order = std::str::from_utf8(Signed::example().body())?.to_owned();
    let webhook = json!({ "secret": secret, "signature": signature, "body": order });
    std::fs::write(folder.join("webhook.json"), webhook.to_string())?;
    std::fs::write(folder.join("mail.json"), mail()?.to_string())?;
    let layout = String::from_utf8(files().remove("mail.mjml").context("the mail has a layout")?)?;
    Ok(std::fs::write(folder.join("mail.mjml"), layout)?)
}

/// The templates of one version, the data that they name, and what comes out.
fn mail() -> anyhow::Result<serde_json::Value> {
    let (ready, key) = (Ready::new(), key());
    let mail = published(&files(), &demand());
    let variant = mail.variants.iter().find(|variant| variant.key == key).context("it was published")?;
    let rendered = ready.renderer.render(&key, &ready.data)?;
    let mut data = serde_json::to_value(&ready.data)?;
    let rows: Vec<_> = ready.data.products.chunks(2).collect();
    let fields = data.as_object_mut().context("the data has fields")?;
    fields.insert("product_rows".to_owned(), serde_json::to_value(rows)?);
    fields.insert("dir".to_owned(), json!("ltr"));
    Ok(json!({
        "templates": variant,
        "data": data,
        "rendered": {
            "subject": rendered.subject(),
            "preheader": rendered.preheader(),
            "html": rendered.html(),
            "text": rendered.text(),
        },
    }))
}
