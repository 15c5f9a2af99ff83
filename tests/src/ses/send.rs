//! `SendEmail`: from a request to an accepted mail.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::account::Enforcement;
use super::mail::Mail;
use super::mime::{self, Envelope};
use super::refusal::Refusal;
use super::state::State;
use super::wire::{Destination, EmailContent, SendEmail, Tag};
use super::{address, fault::Fault, limits};

const SIMULATOR: &str = "simulator.amazonses.com";

/// The mail that this request makes, if the account may send it now.
pub(super) fn accept(
    state: &State,
    input: &Value,
    message_id: String,
    now: Timestamp,
) -> Result<Mail, Refusal> {
    let request = parse(input)?;
    let mail = compose(&request, message_id, now)?;
    limits::check_recipients(&mail.recipients)?;
    limits::check_size(&mail.mime)?;
    check_account(state)?;
    mail.configuration_set.as_deref().map_or(Ok(()), |name| state.configuration_sets.require(name))?;
    check_verified(state, &mail)?;
    check_quota(state, now)?;
    Ok(mail)
}

fn parse(input: &Value) -> Result<SendEmail, Refusal> {
    let request: SendEmail = serde_json::from_value(input.clone()).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, "SerializationException", error.to_string())
    })?;
    if request.list_management_options.is_some() {
        return Err(Refusal::bad_request("The sink has no contact lists."));
    }
    limits::check_tags(request.email_tags.as_deref().unwrap_or_default())?;
    Ok(request)
}

fn compose(request: &SendEmail, message_id: String, now: Timestamp) -> Result<Mail, Refusal> {
    match request.content.as_ref() {
        Some(EmailContent { simple: Some(_), raw: None, template: None }) => {
            compose_simple(request, message_id, now)
        }
        Some(EmailContent { simple: None, raw: Some(_), template: None }) => {
            compose_raw(request, message_id, now)
        }
        Some(EmailContent { template: Some(_), .. }) => {
            Err(Refusal::bad_request("The sink has no templates."))
        }
        _ => Err(Refusal::bad_request("Content must be exactly one of Simple, Raw and Template.")),
    }
}

fn compose_simple(request: &SendEmail, message_id: String, now: Timestamp) -> Result<Mail, Refusal> {
    let content = request.content.as_ref().and_then(|content| content.simple.as_ref());
    let content = content.ok_or_else(|| Refusal::bad_request("Simple must not be null"))?;
    let from = request.from_email_address.clone();
    let from = from.ok_or_else(|| Refusal::bad_request("FromEmailAddress must not be null"))?;
    address::bare(&from)?;
    let destination = request.destination.clone().unwrap_or_default();
    let recipients = destination.recipients();
    limits::check_recipients(&recipients)?;
    let reply_to = request.reply_to_addresses.clone().unwrap_or_default();
    reply_to.iter().try_for_each(|one| address::bare(one).map(drop))?;
    let envelope = Envelope {
        from: &from,
        destination: &destination,
        reply_to: &reply_to,
        message_id: &message_id,
        now,
    };
    let mime = mime::build(content, &envelope)?;
    let configuration_set = request.configuration_set_name.clone();
    Ok(Mail { accepted_at: now, from, recipients, tags: tags(request), configuration_set, mime, message_id })
}

/// What the request does not say, the headers of a raw mail say.
fn compose_raw(request: &SendEmail, message_id: String, now: Timestamp) -> Result<Mail, Refusal> {
    let content = request.content.as_ref().and_then(|content| content.raw.as_ref());
    let mime = mime::decode(content.ok_or_else(|| Refusal::bad_request("Raw must not be null"))?)?;
    let message = mime::read(&mime)?;
    let named = request.from_email_address.clone().or_else(|| mime::header(&message, "From"));
    let from = named.ok_or_else(|| Refusal::bad_request("Missing required header 'From'."))?;
    address::bare(&from)?;
    let named = request.destination.as_ref().map(Destination::recipients).filter(|all| !all.is_empty());
    let recipients = named.unwrap_or_else(|| mime::recipients(&message));
    let set = request.configuration_set_name.clone();
    let configuration_set = set.or_else(|| mime::header(&message, "X-SES-CONFIGURATION-SET"));
    let written = mime::header(&message, "X-SES-MESSAGE-TAGS").filter(|_| request.email_tags.is_none());
    let tags = written.map_or_else(|| Ok(tags(request)), |written| header_tags(&written))?;
    Ok(Mail { accepted_at: now, from, recipients, tags, configuration_set, mime, message_id })
}

fn tags(request: &SendEmail) -> BTreeMap<String, String> {
    let tags = request.email_tags.iter().flatten();
    tags.map(|tag| (tag.name.clone(), tag.value.clone())).collect()
}

/// `X-SES-MESSAGE-TAGS: one=1, two=2`
fn header_tags(header: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let parse = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some(Tag { name: name.trim().to_owned(), value: value.trim().to_owned() })
    };
    let tags: Option<Vec<_>> = header.split(',').map(parse).collect();
    let tags = tags.ok_or_else(|| Refusal::bad_request("Invalid header 'X-SES-MESSAGE-TAGS'."))?;
    limits::check_tags(&tags)?;
    Ok(tags.into_iter().map(|tag| (tag.name, tag.value)).collect())
}

fn check_account(state: &State) -> Result<(), Refusal> {
    let stopped = match state.account.enforcement {
        Enforcement::Shutdown => Some(Fault::AccountSuspended),
        _ if !state.account.sending_enabled => Some(Fault::SendingPaused),
        _ => None,
    };
    stopped.and_then(|fault| fault.refusal()).map_or(Ok(()), Err)
}

/// The sender must be verified; in the sandbox every recipient too, except the simulator.
fn check_verified(state: &State, mail: &Mail) -> Result<(), Refusal> {
    let sandbox = !state.account.production_access;
    let recipients = mail.recipients.iter().filter(|_| sandbox);
    let recipients: Vec<_> = recipients.map(|one| address::bare(one)).collect::<Result<_, _>>()?;
    let judged = recipients.into_iter().filter(|one| address::domain(one) != SIMULATOR);
    let failed: Vec<_> = [address::bare(&mail.from)?]
        .into_iter()
        .chain(judged)
        .filter(|address| !state.identities.allows(address))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let region = crate::emulator::REGION.to_ascii_uppercase();
    Err(Refusal::message_rejected(format!(
        "Email address is not verified. The following identities failed the check in region {region}: {}",
        failed.join(", ")
    )))
}

/// A mail goes while anything is left of the quota, even if it has more recipients than are left.
fn check_quota(state: &State, now: Timestamp) -> Result<(), Refusal> {
    let day = state.sent_within(SignedDuration::from_hours(24), now);
    let second = state.sent_within(SignedDuration::from_secs(1), now);
    let account = &state.account;
    let fault = if account.sent_before.saturating_add(day) >= account.max_24_hour_send {
        Some(Fault::DailyQuotaExceeded)
    } else if account.enforce_rate && second >= account.max_send_rate {
        Some(Fault::RateExceeded)
    } else {
        None
    };
    fault.and_then(|fault| fault.refusal()).map_or(Ok(()), Err)
}
