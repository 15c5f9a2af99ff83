//! The suppression list of the account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::address;
use super::refusal::Refusal;

/// The largest page that `ListSuppressedDestinations` gives.
const LARGEST_PAGE: usize = 1_000;

/// Why an address is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A hard bounce.
    Bounce,
    /// The recipient marked a mail as spam.
    Complaint,
}

impl Reason {
    fn parse(name: &str) -> Result<Self, Refusal> {
        match name {
            "BOUNCE" => Ok(Self::Bounce),
            "COMPLAINT" => Ok(Self::Complaint),
            _ => Err(Refusal::bad_request(format!("Reason '{name}' is not BOUNCE or COMPLAINT"))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bounce => "BOUNCE",
            Self::Complaint => "COMPLAINT",
        }
    }
}

/// The addresses (in lower case) that SES accepts mails for and never sends them to.
#[derive(Debug, Default)]
pub(super) struct Suppression {
    addresses: BTreeMap<String, (Reason, Timestamp)>,
}

impl Suppression {
    pub(super) fn reason(&self, address: &str) -> Option<Reason> {
        self.addresses.get(&address.to_ascii_lowercase()).map(|(reason, _)| *reason)
    }

    pub(super) fn add(&mut self, address: &str, reason: Reason, now: Timestamp) {
        self.addresses.insert(address.to_ascii_lowercase(), (reason, now));
    }

    /// `PutSuppressedDestination`: putting an address again changes its reason and date.
    pub(super) fn put(&mut self, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let text = |name: &str| {
            let value = input.get(name).and_then(Value::as_str);
            value.ok_or_else(|| Refusal::bad_request(format!("{name} must not be null")))
        };
        let address = address::bare(text("EmailAddress")?)?;
        self.add(address, Reason::parse(text("Reason")?)?, now);
        Ok(json!({}))
    }

    pub(super) fn get(&self, address: &str) -> Result<Value, Refusal> {
        let address = address.to_ascii_lowercase();
        let (reason, at) = self.addresses.get(&address).ok_or_else(|| missing(&address))?;
        Ok(json!({ "SuppressedDestination": describe(&address, *reason, *at) }))
    }

    pub(super) fn delete(&mut self, address: &str) -> Result<Value, Refusal> {
        let address = address.to_ascii_lowercase();
        self.addresses.remove(&address).map(|_| json!({})).ok_or_else(|| missing(&address))
    }

    /// `ListSuppressedDestinations`. The token of the next page is the last address of this one.
    pub(super) fn list(&self, query: &[(String, String)]) -> Result<Value, Refusal> {
        let page = Page::parse(query)?;
        let mut found =
            self.addresses.iter().filter(|(address, (reason, at))| page.holds(address, *reason, *at));
        let entries: Vec<_> = found.by_ref().take(page.size).collect();
        let more = found.next().is_some();
        let next = entries.last().filter(|_| more).map(|(address, _)| *address);
        let summaries: Vec<_> =
            entries.iter().map(|(address, (reason, at))| describe(address, *reason, *at)).collect();
        let mut answer = json!({ "SuppressedDestinationSummaries": summaries });
        if let (Some(answer), Some(next)) = (answer.as_object_mut(), next) {
            answer.insert("NextToken".into(), json!(next));
        }
        Ok(answer)
    }
}

/// What a list is asked for.
struct Page {
    after: Option<String>,
    reasons: Vec<Reason>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    size: usize,
}

impl Page {
    fn parse(query: &[(String, String)]) -> Result<Self, Refusal> {
        let all = |name: &'static str| {
            query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let date = |name| all(name).next().map(parse_date).transpose();
        let size = all("PageSize").next().map_or(Ok(LARGEST_PAGE), str::parse);
        let size = size.map_err(|_| Refusal::bad_request("PageSize is not a number"))?;
        Ok(Self {
            after: all("NextToken").next().map(str::to_owned),
            reasons: all("Reason").map(Reason::parse).collect::<Result<_, _>>()?,
            from: date("StartDate")?,
            until: date("EndDate")?,
            size: size.clamp(1, LARGEST_PAGE),
        })
    }

    fn holds(&self, address: &str, reason: Reason, at: Timestamp) -> bool {
        self.after.as_deref().is_none_or(|after| address > after)
            && (self.reasons.is_empty() || self.reasons.contains(&reason))
            && self.from.is_none_or(|from| at >= from)
            && self.until.is_none_or(|until| at <= until)
    }
}

fn parse_date(text: &str) -> Result<Timestamp, Refusal> {
    text.parse().map_err(|_| Refusal::bad_request(format!("'{text}' is not a date")))
}

fn describe(address: &str, reason: Reason, at: Timestamp) -> Value {
    json!({ "EmailAddress": address, "Reason": reason.name(), "LastUpdateTime": at.as_second() })
}

fn missing(address: &str) -> Refusal {
    Refusal::not_found(format!("Email address {address} does not exist on your suppression list."))
}
