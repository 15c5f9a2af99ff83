//! `/staff/{name}`: the mails to staff, such as alerts about coupon pools.

use axum::extract::{Path, State};
use axum::response::Html;
use serde::Serialize;

use super::letter::Letter;
use super::page;
use super::{App, Fault};
use crate::outbox::Outbox;

/// A mail to staff in the list.
#[derive(Debug, Serialize)]
pub struct Notice {
    href: String,
    name: String,
    subject: String,
}

/// The mails to staff, newest first.
///
/// # Errors
/// When the outbox cannot be read.
pub fn notices(outbox: &Outbox) -> anyhow::Result<Vec<Notice>> {
    let kept = outbox.notices()?;
    let notice = |(name, eml): (String, Vec<u8>)| Notice {
        href: format!("/staff/{}", page::segment(&name)),
        subject: Letter::read(&eml).map_or_else(String::new, |letter| letter.subject),
        name,
    };
    Ok(kept.into_iter().map(notice).collect())
}

/// One of them. It is looked up among those that are there, so no name leads out of the folder.
pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Html<String>, Fault> {
    let kept = app.site.outbox.notices()?.into_iter();
    let eml = kept.into_iter().find(|(known, _)| *known == name);
    let letter = eml.and_then(|(_, eml)| Letter::read(&eml)).ok_or(Fault::NotFound)?;
    Ok(page::render(&letter.subject.clone(), page::STAFF, &letter)?)
}
