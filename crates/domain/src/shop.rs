//! One market: its currency, languages, time zone, sender and legal footer. File `shops/<shop>.toml`.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::consent::LegalBasis;
use crate::email::EmailAddress;
use crate::feed::FeedConfig;
use crate::id::ShopId;
use crate::language::{Country, Language};
use crate::mail::published::AddressForm;
use crate::mail::url::{AllowedHosts, InvalidLink};
use crate::money::Currency;
use crate::order::{Channel, Order};
use crate::till::TillConfig;

/// A shop file. The shop's id is the file's name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// The id, from the file's name.
    #[serde(skip_deserializing, default = "unnamed")]
    #[schemars(skip)]
    pub id: ShopId,
    /// The name that the recipient knows.
    pub name: String,
    /// The market's country; decides how prices and dates are written.
    pub country: Country,
    /// The currency of its orders and coupons.
    pub currency: Currency,
    /// The languages of its mails; the first is the default.
    pub languages: Vec<Language>,
    /// The time zone in which days begin (IANA name).
    pub time_zone: Zone,
    /// When the day's mails go out, local time; keep it outside 02:00–03:00, which some days skip or repeat.
    #[serde(default = "morning")]
    #[schemars(with = "String")]
    pub send_at: Time,
    /// How it speaks to people in languages that know two forms.
    #[serde(default)]
    pub address: AddressForm,
    /// The shop's start page.
    #[schemars(with = "String")]
    pub website: url::Url,
    /// The privacy page.
    #[schemars(with = "String")]
    pub privacy_url: url::Url,
    /// Hosts to which links and pictures may point, besides that of `website`.
    #[serde(default)]
    pub link_hosts: Vec<String>,
    /// Who sends.
    pub sender: Sender,
    /// The Impressum, line by line (§ 5 DDG; § 35a `GmbHG`).
    pub imprint: Vec<String>,
    /// The postal address on one line.
    pub postal: String,
    /// Why she gets this mail and that she may object, per language (§ 7 (3) UWG: in every mail).
    pub legal_notice: BTreeMap<Language, String>,
    /// On what ground the shop mails buyers who gave no consent.
    #[serde(default)]
    pub existing_customers: Option<ExistingCustomers>,
    /// The language of buyers whose order names only a country.
    #[serde(default)]
    pub country_languages: BTreeMap<Country, Language>,
    /// How its till files are read.
    #[serde(default)]
    pub till: TillConfig,
    /// How its product feeds are read.
    #[serde(default)]
    pub feed: FeedConfig,
    /// Who may post to it.
    #[serde(default)]
    pub webhooks: Webhooks,
}

/// The visible sender.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The display name.
    pub name: String,
    /// The address, on a domain that SES has verified.
    #[schemars(with = "String")]
    pub address: EmailAddress,
    /// Where answers go.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub reply_to: Option<EmailAddress>,
}

/// The shop's word that it tells buyers of their right to object when it takes their address (§ 7 (3) UWG).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExistingCustomers {
    /// Which notice is shown at the purchase.
    pub notice: String,
    /// Where it is shown.
    pub channels: Vec<Channel>,
}

/// The webhook endpoints of a shop.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Shopify's, bound to one shop domain.
    pub shopify: Option<ShopifyEndpoint>,
    /// Nachklang's own order API.
    pub order_api: Option<OrderApiEndpoint>,
}

/// Shopify's webhooks of one shop.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopifyEndpoint {
    /// The shop's domains, as they stand in `order_status_url`: its own and that of `myshopify.com`.
    pub domains: Vec<String>,
    /// Names of the secrets that may sign, newest first; several while one is rotated.
    pub secrets: Vec<String>,
}

/// The order API of one shop.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderApiEndpoint {
    /// Names of the secrets that may sign, newest first; several while one is rotated.
    pub secrets: Vec<String>,
}

/// A time zone by its IANA name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Zone(TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let zone = TimeZone::get(&name)
            .map_err(|_| format!("unknown time zone {name:?}: use a name such as Europe/Berlin"));
        zone.map(Self)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0.iana_name().unwrap_or("UTC").to_owned()
    }
}

fn unnamed() -> ShopId {
    ShopId::parse("unnamed").unwrap_or_else(|_| unreachable!("a constant slug"))
}

const fn morning() -> Time {
    Time::constant(7, 30, 0, 0)
}

impl Shop {
    /// The hosts to which links and pictures may lead.
    ///
    /// # Errors
    /// When one of `link_hosts` is no host name, which a published shop cannot be.
    pub fn hosts(&self) -> Result<AllowedHosts, InvalidLink> {
        let website = self.website.host_str();
        AllowedHosts::parse(website.into_iter().chain(self.link_hosts.iter().map(String::as_str)))
    }

    /// The time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.time_zone.0
    }

    /// The day that it is in the shop at a moment.
    #[must_use]
    pub fn local_date(&self, at: Timestamp) -> Date {
        self.zone().to_datetime(at).date()
    }

    /// The moment at which the mails of a local day go out; on a day that skips the time, right after the gap.
    #[must_use]
    pub fn send_moment(&self, day: Date) -> Timestamp {
        self.zone()
            .to_ambiguous_timestamp(day.to_datetime(self.send_at))
            .compatible()
            .unwrap_or(Timestamp::MAX)
    }

    /// The last second of a local day.
    #[must_use]
    pub fn end_of_day(&self, day: Date) -> Timestamp {
        let next = day.checked_add(1.day()).unwrap_or(day);
        let midnight = self.zone().to_ambiguous_timestamp(next.to_datetime(Time::midnight())).compatible();
        midnight.unwrap_or(Timestamp::MAX).checked_sub(1.second()).unwrap_or(Timestamp::MAX)
    }

    /// The language in which to write: the contact's own, else that of her country, else the shop's default.
    #[must_use]
    pub fn language_for(&self, own: Option<Language>, country: Option<Country>) -> Option<Language> {
        let known = |language: &Language| self.languages.contains(language);
        let by_country = || country.and_then(|country| self.country_languages.get(&country).copied());
        own.filter(known).or_else(|| by_country().filter(known)).or_else(|| self.languages.first().copied())
    }

    /// The ground on which the buyer of an order may be mailed. An address is that of an existing customer only if it came
    /// with a sale: not with an order that was never paid, was cancelled or is a test (§ 7 (3) no. 1 UWG).
    #[must_use]
    pub fn basis_for(&self, order: &Order) -> Option<LegalBasis> {
        let snapshot = order.snapshot.as_ref()?;
        if let Some(proof) = &snapshot.consent {
            return Some(LegalBasis::Consent(proof.clone()));
        }
        let told = self.existing_customers.as_ref().filter(|_| order.dead().is_none())?;
        told.channels.contains(&snapshot.channel).then(|| LegalBasis::ExistingCustomer {
            notice_version: told.notice.clone(),
            since: snapshot.placed_at,
        })
    }
}

#[cfg(test)]
mod tests;
