//! Which of the four shapes a ranking file has, told by its header.

use crate::feed::error::FeedError;
use crate::feed::table::header_words;

/// What a key column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Product,
    Customer,
    Series,
    Category,
    Country,
    Language,
}

/// Where the parts of a row stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The columns that name the list; at most one of them may be filled in a row of topsellers.
    pub(super) keys: Vec<(Holds, usize)>,
    /// The column of the product, or of several.
    pub(super) products: usize,
    /// Whether that column holds several.
    pub(super) several: bool,
    pub(super) rank: Option<usize>,
    pub(super) score: Option<usize>,
}

const PRODUCT: &[&str] = &["productid", "productsku", "product", "itemid", "sku", "id"];
const CUSTOMER: &[&str] = &["userid", "customerid", "customernumber", "customer", "user"];
const RECOMMENDED: &[&str] = &["recommendedid", "recommendedproductid", "recommendedsku", "recommended"];
const SEVERAL: &[&str] =
    &["recommendations", "recommendedids", "recommendedproducts", "products", "productids"];
const RANK: &[&str] = &["rank", "position"];
const SCORE: &[&str] = &["score", "accuracy", "units", "sold", "quantity"];
const SCOPES: [(&str, Holds); 4] = [
    ("series", Holds::Series),
    ("category", Holds::Category),
    ("country", Holds::Country),
    ("language", Holds::Language),
];

impl Shape {
    /// Tells the shape.
    ///
    /// # Errors
    /// [`FeedError::Header`] when the columns make none of the four.
    pub(super) fn of(header: &[String]) -> Result<Self, FeedError> {
        let names: Vec<String> = header.iter().map(|name| letters(name)).collect();
        let find =
            |aliases: &[&str]| aliases.iter().find_map(|alias| names.iter().position(|name| name == alias));
        let (product, several) = (find(PRODUCT), find(SEVERAL));
        let recommended = several.or(find(RECOMMENDED));
        let keys = match (find(CUSTOMER), product, recommended) {
            (Some(customer), ..) => vec![(Holds::Customer, customer)],
            (None, Some(product), Some(_)) => vec![(Holds::Product, product)],
            _ => scopes(&names),
        };
        let (rank, score) = (find(RANK), find(SCORE));
        let is_ranking = !keys.is_empty() || rank.is_some() || score.is_some();
        let products = recommended.or(product).filter(|_| is_ranking);
        Ok(Self {
            keys,
            products: products.ok_or_else(|| unknown(header))?,
            several: several.is_some(),
            rank,
            score,
        })
    }

    /// Whether the lists are topsellers.
    pub(super) fn is_topsellers(&self) -> bool {
        let of_list = |(holds, _): &(Holds, usize)| matches!(holds, Holds::Product | Holds::Customer);
        !self.keys.iter().any(of_list)
    }
}

fn scopes(names: &[String]) -> Vec<(Holds, usize)> {
    let found = SCOPES.iter().filter_map(|(scope, holds)| {
        let at = names.iter().position(|name| name == scope)?;
        Some((*holds, at))
    });
    found.collect()
}

/// `productSKU`, `product_sku` and `Product SKU` alike.
fn letters(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn unknown(header: &[String]) -> FeedError {
    FeedError::Header {
        wanted: "the columns of a ranking: product_id with recommendations, recommended_id, rank or units; \
                 or userId with productSKU"
            .to_owned(),
        found: header_words(header),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(header: &str) -> Result<Shape, FeedError> {
        Shape::of(&header.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_header_tells_which_shape_a_file_has() {
        let told = |header: &str| {
            let shape = shape(header).unwrap();
            (shape.keys, shape.products, shape.several, shape.rank, shape.score)
        };
        assert_eq!(told("product_id,recommendations"), (vec![(Holds::Product, 0)], 1, true, None, None));
        assert_eq!(
            told("product_id,recommended_id,rank,score"),
            (vec![(Holds::Product, 0)], 1, false, Some(2), Some(3))
        );
        assert_eq!(
            told("userId,productSKU,accuracy,model"),
            (vec![(Holds::Customer, 0)], 1, false, None, Some(2))
        );
        assert_eq!(
            told("series,rank,product_id,units"),
            (vec![(Holds::Series, 0)], 2, false, Some(1), Some(3))
        );
        assert_eq!(told("Rank,SKU"), (vec![], 1, false, Some(0), None));
        assert_eq!(
            told("language,category,product_id"),
            (vec![(Holds::Category, 1), (Holds::Language, 0)], 2, false, None, None)
        );
    }

    #[test]
    fn a_header_that_tells_nothing_is_refused_with_what_it_has() {
        for header in ["a,b", "product_id,colour", "userId,model", "recommendations"] {
            let refused = shape(header).unwrap_err();
            assert!(refused.to_string().contains(&header.replace(',', ", ")), "{refused}");
        }
    }
    #[test]
    fn a_file_without_a_header_does_not_give_its_first_customer_away() {
        let refused = shape("anna@example.com,K1,0.7").unwrap_err().to_string();
        assert!(!refused.contains("anna") && refused.contains("K1"), "{refused}");
    }
}
