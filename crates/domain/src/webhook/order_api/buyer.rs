//! Who bought, in the order API's words.

use crate::email::EmailAddress;
use crate::language::{Country, Language};
use crate::webhook::error::Unreadable;
use crate::webhook::json::Value;
use crate::webhook::{MAX_FIRST_NAME, MAX_WORD, Note};

use super::message::CustomerMessage;

/// What an order tells about its buyer; every part may be missing.
#[derive(Default)]
pub(super) struct Buyer {
    pub(super) email: Option<EmailAddress>,
    pub(super) number: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) language: Option<Language>,
    pub(super) country: Option<Country>,
}

/// Reads the buyer. An address, language or country that cannot be read is noted and left out.
pub(super) fn buyer(field: &Value<'_>, notes: &mut Vec<Note>) -> Result<Buyer, Unreadable> {
    let Some(customer) = field.shape::<CustomerMessage<'_>>()? else {
        return Ok(Buyer::default());
    };
    let part = |name, raw| field.part(name, raw);
    let email = part("email", customer.email);
    let language = part("language", customer.language);
    let country = part("country", customer.country);
    Ok(Buyer {
        email: email.if_readable(notes, "is no address that can be mailed", EmailAddress::parse),
        number: part("number", customer.number).line(MAX_WORD)?,
        first_name: part("first_name", customer.first_name).line(MAX_FIRST_NAME)?,
        language: language.if_readable(notes, "names no language", Language::parse),
        country: country.if_readable(notes, "names no country", Country::parse),
    })
}
