//! `erase` and `export-person`: what one person may ask for (articles 15, 17 and 20 of Regulation (EU) 2016/679).

use std::path::Path;
use std::process::ExitCode;

use nachklang_domain::contact::Contact;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{ContactId, MailId, ShopId};
use nachklang_domain::person::Trace;
use nachklang_domain::ports::Contacts as _;
use nachklang_domain::use_case::erase::{Erasure, erase as erase_person};
use nachklang_domain::use_case::export_person::export_person;
use nachklang_domain::use_case::suppress::Reach;
use serde::Serialize;

use super::tools::typed_address;
use super::{answer, open};
use crate::cli::{PersonArgs, Place};
use crate::site::Site;
use crate::store::ParkedId;

/// What an erasure did on this machine.
#[derive(Debug, Serialize)]
struct Erased {
    contact: ContactId,
    #[serde(flatten)]
    stored: Erasure,
    /// Mails of the outbox, with their stories.
    mails_forgotten: u64,
    /// Parked webhooks that named her.
    parked_forgotten: u64,
}

/// Erases one person.
pub(super) async fn erase(place: &Place, person: &PersonArgs) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let (address, reach) = (address(person)?, reach(&site, person)?);
    let contact = ContactId::of(&address, site.contact_key());
    let catalog = site.catalog()?;
    let stored = erase_person(site.desk(&catalog), contact, &reach, site.now().await?).await?;
    let of = |shop: &ShopId| reach.shops(&catalog).any(|other| other == shop);
    let erased = Erased {
        contact,
        stored,
        mails_forgotten: site.outbox.forget(contact, of, &underway(&site, contact, &reach).await?)?,
        parked_forgotten: unpark(&site, &address, &of).await?,
    };
    site.store.scrub().await?;
    answer(place, &erased, || words(&erased))?;
    Ok(if stored.mails_underway == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is known of one person.
pub(super) async fn export(place: &Place, person: &PersonArgs, to: &Path) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let (address, reach) = (address(person)?, reach(&site, person)?);
    let contact = ContactId::of(&address, site.contact_key());
    let catalog = site.catalog()?;
    let mut record = export_person(site.desk(&catalog), contact, &reach, site.now().await?).await?;
    let of = |shop: &ShopId| reach.shops(&catalog).any(|other| other == shop);
    let parked = parked_of(&site, &address, &of).await?;
    record.named_in.extend(parked.iter().map(|id| format!("parked webhook {id}")));
    crate::file::write_private(to, &serde_json::to_vec_pretty(&record)?)?;
    let shops = record.shops.len();
    answer(place, &serde_json::json!({ "contact": contact, "shops": shops }), || {
        format!(
            "what is known of contact {contact} stands in {} (shops that know her: {shops})",
            to.display()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

fn address(person: &PersonArgs) -> anyhow::Result<EmailAddress> {
    match &person.address {
        Some(address) => Ok(EmailAddress::parse(address)?),
        None => typed_address(),
    }
}

fn reach(site: &Site, person: &PersonArgs) -> anyhow::Result<Reach> {
    let Some(shop) = &person.shop else { return Ok(Reach::AllShops) };
    anyhow::ensure!(site.catalog()?.shop(shop).is_some(), "there is no shop {shop}");
    Ok(Reach::Shop(shop.clone()))
}

/// The mails whose handover has no known end.
async fn underway(site: &Site, contact: ContactId, reach: &Reach) -> anyhow::Result<Vec<MailId>> {
    let mut mails = Vec::new();
    for shop in reach.shops(&*site.catalog()?) {
        if let Some((contact, _)) = site.store.load_contact(shop, contact).await? {
            mails.extend(sending(&contact));
        }
    }
    Ok(mails)
}

fn sending(contact: &Contact) -> impl Iterator<Item = MailId> {
    let steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
    steps.filter_map(|step| match &step.state {
        StepState::Sending { claim, .. } => Some(claim.mail),
        _ => None,
    })
}

/// The parked requests to some shops that name an address.
async fn parked_of(
    site: &Site,
    address: &EmailAddress,
    of: &(impl Fn(&ShopId) -> bool + Sync),
) -> anyhow::Result<Vec<ParkedId>> {
    let trace = Trace::of(address.clone());
    let mut found = Vec::new();
    for parked in site.store.parked().await?.into_iter().filter(|parked| of(&parked.shop)) {
        if let Some(request) = site.store.parked_body(parked.id).await? {
            let headers = request.headers.unwrap_or_default();
            if trace.is_in_file(&request.body) || trace.is_in_file(headers.as_bytes()) {
                found.push(parked.id);
            }
        }
    }
    Ok(found)
}

async fn unpark(
    site: &Site,
    address: &EmailAddress,
    of: &(impl Fn(&ShopId) -> bool + Sync),
) -> anyhow::Result<u64> {
    let mut forgotten = 0;
    for id in parked_of(site, address, of).await? {
        forgotten += u64::from(site.store.unpark(id).await?);
    }
    Ok(forgotten)
}

fn words(erased: &Erased) -> String {
    let Erased { contact, stored, mails_forgotten, parked_forgotten } = erased;
    let mut words = format!(
        "contact {contact} is erased\n  shops that knew her: {}\n  orders that are nobody's now: {}\n  planned mails that do \
        not go: {}\n  codes that are free again: {}\n  mails gone from the outbox: {mails_forgotten}\n  parked webhooks gone: \
        {parked_forgotten}",
        stored.shops, stored.orders, stored.mails_ended, stored.codes_released
    );
    if stored.mails_underway > 0 {
        words += &format!(
            "\n  mails that were being handed over: {}; run the day again (`nachklang run`), then erase again",
            stored.mails_underway
        );
    }
    words
}
