//! Tells and erases what is stored of one person (articles 15, 17 and 20 of Regulation (EU) 2016/679). The operator
//! calls it: `{"action": "erase", "address": "…"}` or `"export"`, with `"shop"` for one shop instead of all.
//!
//! Neither the log nor an answer holds the address. An export lies in the bucket for some days and is named by the keyed
//! hash: an answer would stand in the operator's terminal, and is bounded at six megabytes.

use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::{Deadline, chain, now};
use nachklang_aws::site::Site;
use nachklang_aws::store::Letters;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ContactId;
use nachklang_domain::person::Trace;
use nachklang_domain::ports::PortError;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::erase::{Erasure, erase};
use nachklang_domain::use_case::export_person::export_person;
use nachklang_domain::use_case::{Desk, UseCaseError};
use serde::Serialize;
use serde_json::Value;

mod files;
mod request;

pub use files::Files;
pub use request::{Action, BadRequest, Request};

use files::Search;

/// Where exports lie; the bucket deletes them after a week.
const EXPORTS: &str = "exports";

/// What the function answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What an erasure did.
    Erased(Erased),
    /// Where the export lies.
    Exported(Exported),
}

/// What an erasure did.
#[derive(Debug, Serialize)]
pub struct Erased {
    /// Who: the hash that keeps her suppressed.
    pub contact: ContactId,
    /// Whether nothing is left to be done. If not, it is to be called again: a mail was being handed over, a file could
    /// not be looked into, or the time was too short.
    pub complete: bool,
    /// In the tables.
    pub stored: Erasure,
    /// In the bucket.
    pub files: Files,
    /// Among the dead letters of the mail events.
    pub dead_letters: u64,
}

/// Where an export lies.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// Who.
    pub contact: ContactId,
    /// The object's key.
    pub key: String,
    /// How many shops know her.
    pub shops: usize,
}

/// Tells or erases what is stored of one person.
///
/// # Errors
/// When the request is none, or AWS does not answer: then the call is to be made again.
pub async fn handle(site: &Site, event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let request = Request::read(&event.payload)?;
    let deadline = Deadline::of(&event.context);
    let (catalog, contact_key) = (site.catalog().await?, site.contact_key().await?);
    if let Some(shop) = request.unknown_shop(&catalog) {
        return Err(shop.into());
    }
    let work = Work { site, catalog: &catalog, contact_key: &contact_key, request: &request, deadline };
    let answer = match request.action {
        Action::Erase => work.erase().await.map(Answer::Erased),
        Action::Export => work.export().await.map(Answer::Exported),
    };
    answer.map_err(|error| {
        tracing::error!(error = chain(&error), "a person's data could not be told or erased");
        Error::from(error.to_string())
    })
}

struct Work<'a> {
    site: &'a Site,
    catalog: &'a Catalog,
    contact_key: &'a SecretBytes,
    request: &'a Request,
    deadline: Deadline,
}

impl Work<'_> {
    /// The tables first: from then on nothing that is still on its way brings her back.
    async fn erase(&self) -> Result<Erased, UseCaseError> {
        let (contact, desk) = (self.contact(), self.desk());
        let stored = erase(desk, contact, &self.request.reach, now()).await?;
        let trace = Trace::of(self.request.address.clone());
        let files = self.search(&trace).remove().await?;
        let exports = self.site.store.list_versions(&format!("{EXPORTS}/{contact}/")).await?;
        self.site.store.delete_versions(&exports).await?;
        let Letters { thrown_away, all_seen } =
            self.site.store.throw_letters_away(|body| trace.is_in_file(body.as_bytes())).await?;
        let complete = stored.mails_underway == 0 && files.is_complete() && all_seen;
        tracing::info!(%contact, complete, orders = stored.orders, files = files.rewritten, "a person was erased");
        Ok(Erased { contact, complete, stored, files, dead_letters: thrown_away })
    }

    async fn export(&self) -> Result<Exported, UseCaseError> {
        let (contact, at) = (self.contact(), now());
        let mut record = export_person(self.desk(), contact, &self.request.reach, at).await?;
        let trace = Trace::of(self.request.address.clone());
        record.named_in = self.search(&trace).naming().await?;
        let unwritable = |_| PortError::permanent("the export cannot be written; this is a defect");
        let file = serde_json::to_vec_pretty(&record).map_err(unwritable)?;
        let key = format!("{EXPORTS}/{contact}/{at}.json");
        self.site.store.put_object(&key, file, "application/json").await?;
        tracing::info!(%contact, shops = record.shops.len(), "a person's data was exported");
        Ok(Exported { contact, key, shops: record.shops.len() })
    }

    fn contact(&self) -> ContactId {
        ContactId::of(&self.request.address, self.contact_key)
    }

    const fn desk(&self) -> Desk<'_, nachklang_aws::store::AwsStore> {
        Desk { world: &self.site.store, catalog: self.catalog, contact_key: self.contact_key }
    }

    const fn search<'a>(&'a self, trace: &'a Trace) -> Search<'a> {
        let reach = &self.request.reach;
        Search { store: &self.site.store, catalog: self.catalog, trace, reach, deadline: self.deadline }
    }
}
