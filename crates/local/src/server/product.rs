//! The products of a mail, with what the feed knows of them today.

use std::collections::BTreeMap;

use nachklang_domain::id::ProductId;
use nachklang_domain::ports::Products;
use nachklang_domain::product::Product;
use nachklang_domain::story::{MailStory, Told};
use serde::Serialize;

use super::{Fault, local_copy};
use crate::site::Site;

/// A product of a mail's story.
#[derive(Debug, Serialize)]
pub struct ToldProduct {
    id: String,
    /// As the feed has it now; `None` when it is gone.
    title: Option<String>,
    picture: Option<String>,
    word: String,
}

/// The products that were chosen, and those that were left out.
pub async fn told(site: &Site, story: &MailStory) -> Result<[Vec<ToldProduct>; 2], Fault> {
    let all = story.chosen.iter().chain(&story.dropped);
    let ids: Vec<ProductId> = all.filter_map(|told| ProductId::parse(&told.product).ok()).collect();
    let found = site.store.products(&story.shop, story.language, &ids).await?;
    let found: BTreeMap<&str, &Product> =
        found.iter().map(|product| (product.id.as_str(), product)).collect();
    let with = |told: &Vec<Told>| told.iter().map(|told| one(told, &found)).collect();
    Ok([with(&story.chosen), with(&story.dropped)])
}

fn one(told: &Told, found: &BTreeMap<&str, &Product>) -> ToldProduct {
    let product = found.get(told.product.as_str());
    ToldProduct {
        id: told.product.clone(),
        title: product.map(|product| product.title.clone()),
        picture: product.and_then(|product| local_copy::picture(product.image.as_deref()?)),
        word: told.word.clone(),
    }
}
