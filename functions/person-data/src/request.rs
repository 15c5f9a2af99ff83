//! What the operator asks for. No error shows what was typed: it may be an address in the wrong place.

use std::fmt;

use nachklang_domain::catalog::Catalog;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::ShopId;
use nachklang_domain::use_case::suppress::Reach;
use serde_json::Value;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To forget her.
    Erase,
    /// To tell what is known of her.
    Export,
}

/// What the operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub action: Action,
    /// To whom.
    pub address: EmailAddress,
    /// In which shops.
    pub reach: Reach,
}

/// Why a request is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRequest(&'static str);

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(what) = self;
        write!(
            f,
            "{what}; call it with {{\"action\": \"erase\" or \"export\", \"address\": \"…\"}}, and \"shop\" for one shop only"
        )
    }
}

impl std::error::Error for BadRequest {}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// [`BadRequest`] says which part is wrong, never what stands there.
    pub fn read(payload: &Value) -> Result<Self, BadRequest> {
        let fields = payload.as_object().ok_or(BadRequest("the request is no object"))?;
        if fields.keys().any(|name| !["action", "address", "shop"].contains(&name.as_str())) {
            return Err(BadRequest("the request has a field that means nothing"));
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let action = match text("action") {
            Some("erase") => Action::Erase,
            Some("export") => Action::Export,
            _ => return Err(BadRequest("action is neither erase nor export")),
        };
        let address = text("address").and_then(|address| EmailAddress::parse(address).ok());
        let reach = match fields.get("shop") {
            None | Some(Value::Null) => Some(Reach::AllShops),
            Some(shop) => shop.as_str().and_then(|shop| ShopId::parse(shop).ok()).map(Reach::Shop),
        };
        Ok(Self {
            action,
            address: address.ok_or(BadRequest("address is no e-mail address"))?,
            reach: reach.ok_or(BadRequest("shop is no shop's name"))?,
        })
    }

    /// That the shop does not exist, if so.
    #[must_use]
    pub fn unknown_shop(&self, catalog: &Catalog) -> Option<BadRequest> {
        match &self.reach {
            Reach::Shop(shop) if catalog.shop(shop).is_none() => Some(BadRequest("there is no such shop")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_names_an_action_an_address_and_maybe_a_shop() {
        let read = Request::read(&json!({ "action": "export", "address": "anna@example.com" })).unwrap();
        assert_eq!((read.action, read.reach), (Action::Export, Reach::AllShops));
        let read = Request::read(&json!({ "action": "erase", "address": "anna@example.com", "shop": "de" }))
            .unwrap();
        assert_eq!((read.action, read.reach), (Action::Erase, Reach::Shop(ShopId::parse("de").unwrap())));
    }

    #[test]
    fn a_wrong_request_is_told_without_what_was_typed() {
        for wrong in [
            json!("anna@example.com"),
            json!({ "address": "anna@example.com" }),
            json!({ "action": "anna@example.com", "address": "anna@example.com" }),
            json!({ "action": "erase", "address": "anna@@example.com" }),
            json!({ "action": "erase", "address": ["anna@example.com"] }),
            json!({ "action": "erase", "address": "anna@example.com", "shop": "anna@example.com" }),
            json!({ "action": "erase", "address": "anna@example.com", "anna@example.com": 1 }),
        ] {
            let error = Request::read(&wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("anna"), "{error}");
            assert!(error.to_string().contains("call it with"), "{error}");
        }
    }
}
