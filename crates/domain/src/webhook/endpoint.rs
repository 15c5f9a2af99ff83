//! Where a shop's webhooks come in, and the secrets they are signed with.

use crate::id::ShopId;
use crate::money::Currency;
use crate::secret::SecretBytes;

use super::signature::{InvalidKey, standard_key};

/// The language that a sender speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Shopify's webhooks.
    Shopify,
    /// Nachklang's own order API, signed by Standard Webhooks.
    OrderApi,
}

impl Wire {
    /// Its name in the path, which is also the `source` of its orders.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::OrderApi => "api",
        }
    }

    /// The wire of a path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        [Self::Shopify, Self::OrderApi].into_iter().find(|wire| wire.path() == path)
    }
}

/// Why an endpoint cannot be configured so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Nothing could ever be verified.
    #[error("the endpoint of shop {0} has no secret: give at least one")]
    NoSecret(ShopId),
    /// Anybody could sign with an empty key.
    #[error("a secret of shop {0} is empty: copy it anew from the shop system")]
    EmptySecret(ShopId),
    /// Not what Standard Webhooks prescribes.
    #[error("a secret of shop {0} cannot be used: {1}")]
    Key(ShopId, InvalidKey),
    /// Not a host name.
    #[error("a domain of shop {0} is no host name: write it like lunaria.example, without https://")]
    Domain(ShopId),
}

/// One shop's door for one wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    shop: ShopId,
    wire: Wire,
    secrets: Vec<SecretBytes>,
    currency: Currency,
    shopify_domains: Vec<String>,
}

impl Endpoint {
    /// Configures an endpoint; while a secret is rotated, both the new and the old one are given.
    ///
    /// Secrets are written as the shop system shows them: Shopify's as text, those of the order API as `whsec_…`.
    /// `currency` serves orders of the order API that name none.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] when a secret is missing, empty or malformed.
    pub fn new(
        shop: ShopId,
        wire: Wire,
        secrets: &[SecretBytes],
        currency: Currency,
    ) -> Result<Self, InvalidEndpoint> {
        if secrets.is_empty() {
            return Err(InvalidEndpoint::NoSecret(shop));
        }
        if secrets.iter().any(|secret| secret.expose().is_empty()) {
            return Err(InvalidEndpoint::EmptySecret(shop));
        }
        let secrets = secrets.iter().map(|secret| key(wire, secret)).collect::<Result<_, _>>();
        Ok(Self {
            secrets: secrets.map_err(|invalid| InvalidEndpoint::Key(shop.clone(), invalid))?,
            shop,
            wire,
            currency,
            shopify_domains: Vec::new(),
        })
    }

    /// Binds the endpoint to the hosts that the shop's order status pages have: `lunaria.myshopify.com` and its own
    /// domains. Without any, a body of another shop under the same app secret cannot be told apart.
    ///
    /// # Errors
    /// [`InvalidEndpoint::Domain`] when one is no host name.
    pub fn with_shopify_domains(mut self, domains: &[String]) -> Result<Self, InvalidEndpoint> {
        self.shopify_domains = domains
            .iter()
            .map(|domain| match url::Host::parse(domain.trim()) {
                Ok(url::Host::Domain(host)) => Ok(host),
                _ => Err(InvalidEndpoint::Domain(self.shop.clone())),
            })
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The shop that it belongs to.
    #[must_use]
    pub const fn shop(&self) -> &ShopId {
        &self.shop
    }

    /// The wire that it speaks.
    #[must_use]
    pub const fn wire(&self) -> Wire {
        self.wire
    }

    /// The currency of orders that name none.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub(super) fn secrets(&self) -> &[SecretBytes] {
        &self.secrets
    }

    pub(super) fn shopify_domains(&self) -> &[String] {
        &self.shopify_domains
    }
}

fn key(wire: Wire, secret: &SecretBytes) -> Result<SecretBytes, InvalidKey> {
    match wire {
        Wire::Shopify => Ok(secret.clone()),
        Wire::OrderApi => standard_key(secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(wire: Wire, secret: &str) -> Result<Endpoint, InvalidEndpoint> {
        let secrets = [SecretBytes::from(secret.to_owned())];
        Endpoint::new(ShopId::parse("ch").unwrap(), wire, &secrets, Currency::CHF)
    }

    #[test]
    fn an_endpoint_without_a_usable_secret_cannot_be_made() {
        let shop = ShopId::parse("ch").unwrap();
        assert_eq!(
            Endpoint::new(shop.clone(), Wire::Shopify, &[], Currency::CHF),
            Err(InvalidEndpoint::NoSecret(shop.clone()))
        );
        assert_eq!(endpoint(Wire::Shopify, ""), Err(InvalidEndpoint::EmptySecret(shop)));
        assert!(matches!(endpoint(Wire::OrderApi, "whsec_c2hvcnQ="), Err(InvalidEndpoint::Key(..))));
    }

    #[test]
    fn domains_are_host_names_in_lower_case() {
        let bind = |domain: &str| {
            endpoint(Wire::Shopify, "secret").unwrap().with_shopify_domains(&[domain.to_owned()])
        };
        assert_eq!(bind("Lunaria.Example").unwrap().shopify_domains(), ["lunaria.example"]);
        for wrong in ["https://lunaria.example", "", "lunaria.example/path"] {
            assert!(matches!(bind(wrong), Err(InvalidEndpoint::Domain(_))), "{wrong}");
        }
    }
}
