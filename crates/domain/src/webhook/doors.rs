//! The doors of all shops for webhooks: what the shops' files say, with the secrets that they name.

use std::collections::HashMap;

use super::endpoint::{Endpoint, InvalidEndpoint, Wire};
use crate::catalog::Catalog;
use crate::id::ShopId;
use crate::secret::SecretBytes;
use crate::shop::Shop;

const WIRES: [Wire; 2] = [Wire::Shopify, Wire::OrderApi];

/// The doors of all shops. One that cannot be made stays shut; the others open. While a secret is rotated, a door opens
/// to those of its secrets that are there.
#[derive(Debug, Default)]
pub struct Doors {
    open: HashMap<(ShopId, Wire), Endpoint>,
    flaws: Vec<Flaw>,
}

/// What is wrong with a door that a shop's file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Whose.
    pub shop: ShopId,
    /// For which wire.
    pub wire: Wire,
    /// What is wrong, and what to do.
    pub problem: FlawedDoor,
}

/// Why a door stays shut, or opens to fewer than it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlawedDoor {
    /// The secret is not to be had.
    #[error("the secret {0} is missing: store it under this name, or change [webhooks] in the shop's file")]
    NoSecret(String),
    /// The file or the secret is wrong.
    #[error("{0}: look at [webhooks] in the shop's file")]
    Invalid(#[from] InvalidEndpoint),
}

/// What a shop's file says about one wire.
struct Plan<'a> {
    secrets: &'a [String],
    domains: &'a [String],
}

impl Doors {
    /// Makes the doors of a catalog; `secret` finds a secret by the name that the shop's file uses.
    #[must_use]
    pub fn make(catalog: &Catalog, secret: impl Fn(&str) -> Option<SecretBytes>) -> Self {
        let mut doors = Self::default();
        for (shop, wire, plan) in plans(catalog) {
            doors.add(shop, wire, &plan, &secret);
        }
        doors
    }

    fn add(
        &mut self,
        shop: &Shop,
        wire: Wire,
        plan: &Plan<'_>,
        secret: impl Fn(&str) -> Option<SecretBytes>,
    ) {
        let mut flaw = |problem| self.flaws.push(Flaw { shop: shop.id.clone(), wire, problem });
        let mut secrets = Vec::new();
        for name in plan.secrets {
            match secret(name) {
                Some(found) => secrets.push(found),
                None => flaw(FlawedDoor::NoSecret(name.clone())),
            }
        }
        if secrets.is_empty() && !plan.secrets.is_empty() {
            return;
        }
        match endpoint(shop, wire, &secrets, plan.domains) {
            Ok(endpoint) => drop(self.open.insert((shop.id.clone(), wire), endpoint)),
            Err(invalid) => flaw(invalid.into()),
        }
    }

    /// The endpoint behind `{shop}` and `{wire}` of a path.
    #[must_use]
    pub fn endpoint(&self, shop: &str, wire: &str) -> Option<&Endpoint> {
        let (shop, wire) = ShopId::parse(shop).ok().zip(Wire::from_path(wire))?;
        self.open.get(&(shop, wire))
    }

    /// What is wrong with doors.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }
}

/// The names of all secrets that the shops' files use.
#[must_use]
pub fn secret_names(catalog: &Catalog) -> Vec<&str> {
    plans(catalog).flat_map(|(_, _, plan)| plan.secrets).map(String::as_str).collect()
}

fn plans(catalog: &Catalog) -> impl Iterator<Item = (&Shop, Wire, Plan<'_>)> {
    let of_shop =
        |shop| WIRES.into_iter().filter_map(move |wire| plan(shop, wire).map(|plan| (shop, wire, plan)));
    catalog.shops.values().flat_map(of_shop)
}

fn plan(shop: &Shop, wire: Wire) -> Option<Plan<'_>> {
    match wire {
        Wire::Shopify => {
            let shopify = shop.webhooks.shopify.as_ref()?;
            Some(Plan { secrets: &shopify.secrets, domains: &shopify.domains })
        }
        Wire::OrderApi => {
            let api = shop.webhooks.order_api.as_ref()?;
            Some(Plan { secrets: &api.secrets, domains: &[] })
        }
    }
}

fn endpoint(
    shop: &Shop,
    wire: Wire,
    secrets: &[SecretBytes],
    domains: &[String],
) -> Result<Endpoint, InvalidEndpoint> {
    Endpoint::new(shop.id.clone(), wire, secrets, shop.currency)?.with_shopify_domains(domains)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fixtures::{BRAND, SHOP};

    /// Shop `de` has both wires, `ch` Shopify alone under two secrets, `fr` none.
    fn catalog() -> Catalog {
        let shopify = |names: &str| {
            format!("{SHOP}[webhooks.shopify]\ndomains = [\"lunaria.example\"]\nsecrets = [{names}]\n")
        };
        let both = format!("{}[webhooks.order_api]\nsecrets = [\"api-de\"]\n", shopify("\"shopify-de\""));
        let files = [
            ("shops/brand.toml", BRAND.to_owned()),
            ("shops/de.toml", both),
            ("shops/ch.toml", shopify("\"shopify-ch\", \"shopify-ch-old\"")),
            ("shops/fr.toml", SHOP.to_owned()),
        ];
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text));
        Catalog::readable(&files.collect()).unwrap()
    }

    fn doors(secrets: &[(&str, &str)]) -> Doors {
        let secrets: BTreeMap<&str, &str> = secrets.iter().copied().collect();
        Doors::make(&catalog(), |name| secrets.get(name).map(|secret| (*secret).to_owned().into()))
    }

    const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

    #[test]
    fn each_shop_has_the_doors_of_its_file_and_no_other() {
        let doors =
            doors(&[("shopify-de", "a"), ("api-de", KEY), ("shopify-ch", "b"), ("shopify-ch-old", "c")]);
        assert!(doors.flaws().is_empty());
        for (shop, wire) in [("de", "shopify"), ("de", "api"), ("ch", "shopify")] {
            let endpoint = doors.endpoint(shop, wire).unwrap();
            assert_eq!((endpoint.shop().as_str(), endpoint.wire().path()), (shop, wire));
        }
        for (shop, wire) in
            [("ch", "api"), ("fr", "shopify"), ("nowhere", "api"), ("de", "fax"), ("De ", "api")]
        {
            assert!(doors.endpoint(shop, wire).is_none(), "{shop} {wire}");
        }
        assert_eq!(secret_names(&catalog()), ["shopify-ch", "shopify-ch-old", "shopify-de", "api-de"]);
    }

    #[test]
    fn a_missing_or_wrong_secret_shuts_its_own_door_only() {
        let doors = doors(&[("api-de", "no key"), ("shopify-ch", "b"), ("shopify-ch-old", "c")]);
        assert!(doors.endpoint("de", "shopify").is_none() && doors.endpoint("de", "api").is_none());
        assert!(doors.endpoint("ch", "shopify").is_some());
        let flaws: Vec<_> = doors.flaws().iter().map(|flaw| (flaw.shop.as_str(), flaw.wire)).collect();
        assert_eq!(flaws, [("de", Wire::Shopify), ("de", Wire::OrderApi)]);
        let said: Vec<String> = doors.flaws().iter().map(|flaw| flaw.problem.to_string()).collect();
        assert!(said[0].contains("shopify-de") && said[1].contains("whsec_"), "{said:?}");
        assert!(!said[1].contains("no key"), "{said:?}");
    }

    #[test]
    fn while_a_secret_is_rotated_a_door_opens_to_those_that_are_there() {
        let doors = doors(&[("shopify-de", "a"), ("api-de", KEY), ("shopify-ch-old", "c")]);
        assert_eq!(doors.endpoint("ch", "shopify").unwrap().secrets().len(), 1);
        assert_eq!(doors.flaws()[0].problem, FlawedDoor::NoSecret("shopify-ch".to_owned()));
    }
}
