//! Who bought. Nothing here is worth losing an order for: what cannot be read is noted and left out.

use crate::email::EmailAddress;
use crate::language::{Country, Language};
use crate::text::clean_line;
use crate::webhook::error::Unreadable;
use crate::webhook::json::{Object, Value};
use crate::webhook::{MAX_FIRST_NAME, Note};

/// The first address that can be mailed; orders at a till often have none (`null` or an empty text).
pub(super) fn email(
    body: &Object<'_>,
    customer: Option<&Object<'_>>,
    notes: &mut Vec<Note>,
) -> Option<EmailAddress> {
    let candidates = [Some(body.get("email")), Some(body.get("contact_email")), of(customer, "email")];
    candidates
        .iter()
        .flatten()
        .find_map(|field| field.if_readable(notes, "is no address that can be mailed", EmailAddress::parse))
}

/// Shopify's number of the customer; guests at a till have none.
pub(super) fn customer_number(customer: Option<&Object<'_>>) -> Result<Option<String>, Unreadable> {
    match of(customer, "id") {
        Some(id) => Ok(id.whole()?.map(|number| number.to_string())),
        None => Ok(None),
    }
}

pub(super) fn first_name(customer: Option<&Object<'_>>, notes: &mut Vec<Note>) -> Option<String> {
    of(customer, "first_name").and_then(|field| field.if_readable(notes, "is no text", cleaned_name))
}

fn cleaned_name(name: &str) -> Result<String, ()> {
    Some(clean_line(name, MAX_FIRST_NAME)).filter(|name| !name.is_empty()).ok_or(())
}

pub(super) fn language(body: &Object<'_>, notes: &mut Vec<Note>) -> Option<Language> {
    body.get("customer_locale").if_readable(notes, "names no language", Language::parse)
}

/// Where it goes, else who pays, else where the customer lives.
pub(super) fn country(
    body: &Object<'_>,
    customer: Option<&Object<'_>>,
    notes: &mut Vec<Note>,
) -> Result<Option<Country>, Unreadable> {
    let home = match of(customer, "default_address") {
        Some(address) => address.object()?,
        None => None,
    };
    let shipping = body.get("shipping_address").object()?;
    let billing = body.get("billing_address").object()?;
    Ok([shipping, billing, home].iter().flatten().find_map(|address| country_of(address, notes)))
}

fn country_of(address: &Object<'_>, notes: &mut Vec<Note>) -> Option<Country> {
    address.get("country_code").if_readable(notes, "names no country", Country::parse)
}

/// A field of the customer, where there is one.
fn of<'a>(customer: Option<&Object<'a>>, name: &'static str) -> Option<Value<'a>> {
    customer.map(|customer| customer.get(name))
}
