//! The webhook endpoints of all shops, made once for each edition of the shop files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ShopId;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::shop::Shop;
use nachklang_domain::webhook::{Endpoint, Wire};

use crate::secrets::Secrets;
use crate::site::Site;

/// The endpoints by shop and wire.
pub type Endpoints = HashMap<(ShopId, Wire), Endpoint>;

/// The endpoints of the edition in use. They are kept, so that a shop that exists costs a request no more time than
/// one that does not.
#[derive(Default)]
pub struct Doors(Mutex<Option<(Arc<Catalog>, Arc<Endpoints>)>>);

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doors")
    }
}

impl Doors {
    /// The endpoints under a catalog.
    pub fn of(&self, site: &Site, catalog: &Arc<Catalog>) -> Arc<Endpoints> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, endpoints)) = &*made
            && Arc::ptr_eq(of, catalog)
        {
            return Arc::clone(endpoints);
        }
        let endpoints = Arc::new(endpoints(&site.secrets, catalog));
        *made = Some((Arc::clone(catalog), Arc::clone(&endpoints)));
        endpoints
    }
}

/// A door that cannot be made stays shut; the others open.
fn endpoints(secrets: &Secrets, catalog: &Catalog) -> Endpoints {
    let mut endpoints = Endpoints::new();
    for shop in catalog.shops.values() {
        for wire in [Wire::Shopify, Wire::OrderApi] {
            match endpoint(secrets, shop, wire) {
                Ok(Some(endpoint)) => {
                    endpoints.insert((shop.id.clone(), wire), endpoint);
                }
                Ok(None) => {}
                Err(error) => {
                    let (shop, wire, error) = (shop.id.as_str(), wire.path(), format!("{error:#}"));
                    tracing::error!(shop, wire, error, "a webhook endpoint stays shut");
                }
            }
        }
    }
    endpoints
}

fn endpoint(secrets: &Secrets, shop: &Shop, wire: Wire) -> anyhow::Result<Option<Endpoint>> {
    let (names, domains) = match wire {
        Wire::Shopify => {
            let shopify = shop.webhooks.shopify.as_ref();
            shopify.map(|shopify| (&shopify.secrets, shopify.domains.clone()))
        }
        Wire::OrderApi => {
            let api = shop.webhooks.order_api.as_ref();
            api.map(|api| (&api.secrets, Vec::new()))
        }
    }
    .unzip();
    let (Some(names), Some(domains)) = (names, domains) else {
        return Ok(None);
    };
    let secrets: Vec<SecretBytes> =
        names.iter().map(|name| secrets.webhook(name)).collect::<Result<_, _>>()?;
    Endpoint::new(shop.id.clone(), wire, &secrets, shop.currency)
        .and_then(|endpoint| endpoint.with_shopify_domains(&domains))
        .map(Some)
        .context("look at [webhooks] in the shop's file")
}
