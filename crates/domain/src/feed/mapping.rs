//! From a row of a feed to a product.

use url::Url;

use crate::id::{ProductId, Sku};
use crate::money::{Currency, Money};
use crate::product::{Availability, Product, Sale};

use super::attribute::{Attribute, LABELS, RawRow, Schema};
use super::config::{FeedConfig, SkuPattern};
use super::error::RowFault;
use super::gap::Gap;
use super::offer::{parse_availability, parse_window};
use super::plain_text::plain_text;
use super::price::{Bare, PriceFault, parse_price};

/// Longest id (Google Merchant Center, attribute `id`).
const MAX_ID: usize = 50;
/// Longest title (attribute `title`).
const MAX_TITLE: usize = 150;
/// Longest path (attribute `product_type`).
const MAX_PATH: usize = 750;
/// Longest brand, group or label.
const MAX_WORD: usize = 100;
/// Longest link (attribute `link`).
const MAX_LINK: usize = 2_000;

/// How the rows of one shop become products.
pub(super) struct Mapping {
    pub(super) schema: Schema,
    pattern: SkuPattern,
    currency: Currency,
}

impl Mapping {
    pub(super) fn new(config: &FeedConfig, currency: Currency) -> Self {
        Self {
            schema: Schema::new(config),
            pattern: config.sku_pattern.clone().unwrap_or_default(),
            currency,
        }
    }

    /// The id of a row, checked.
    pub(super) fn id(&self, row: &RawRow) -> Result<ProductId, RowFault> {
        let text = row.get(Attribute::Id);
        let problem = if let Some(attribute) = row.overlong {
            format!("the value of {} is too long", attribute.name())
        } else if text.is_empty() {
            "the product has no id".to_owned()
        } else if text.chars().count() > MAX_ID {
            format!("the id is longer than {MAX_ID} characters")
        } else {
            return ProductId::parse(text).map_err(|error| RowFault {
                problem: error.to_string(),
                remedy: "give the product an id of printable characters",
            });
        };
        Err(RowFault { problem, remedy: "mend the product in the shop system and export the feed again" })
    }

    /// The product of a row, and what it lacks without being refused for it.
    pub(super) fn product(&self, id: ProductId, row: &RawRow) -> Result<(Product, Vec<Gap>), RowFault> {
        let mut gaps = Vec::new();
        if row.legacy_text {
            gaps.push(Gap::LegacyText);
        }
        let product = Product {
            id,
            sku: self.sku(row, &mut gaps),
            group: word(row.get(Attribute::ItemGroupId)),
            title: title(row, &mut gaps),
            link: link(row.get(Attribute::Link), Gap::Link, &mut gaps),
            image: link(row.get(Attribute::ImageLink), Gap::Image, &mut gaps),
            price: self.price(row, &mut gaps)?,
            sale: self.sale(row, &mut gaps)?,
            lowest_30_days: self.lowest(row, &mut gaps),
            availability: availability(row, &mut gaps),
            product_type: path(row.get(Attribute::ProductType)),
            category: text(row.get(Attribute::Category), MAX_PATH),
            brand: word(row.get(Attribute::Brand)),
            labels: LABELS.map(|label| plain_text(row.get(label), MAX_WORD)),
        };
        Ok((product, gaps))
    }

    fn sku(&self, row: &RawRow, gaps: &mut Vec<Gap>) -> Option<Sku> {
        let held = row.get(self.schema.sku);
        if held.is_empty() {
            return None;
        }
        let sku = self.pattern.cut(held).and_then(|cut| Sku::parse(cut).ok());
        if sku.is_none() {
            gaps.push(Gap::Sku);
        }
        sku
    }

    fn price(&self, row: &RawRow, gaps: &mut Vec<Gap>) -> Result<Option<Money>, RowFault> {
        let text = row.get(Attribute::Price);
        if text.is_empty() {
            gaps.push(Gap::Price);
            return Ok(None);
        }
        match parse_price(text, self.currency, Bare::Allowed) {
            Ok(price) => Ok(Some(price)),
            Err(PriceFault::Foreign(found)) => Err(self.foreign(&found)),
            Err(PriceFault::Unreadable) => {
                gaps.push(Gap::PriceUnreadable);
                Ok(None)
            }
        }
    }

    fn sale(&self, row: &RawRow, gaps: &mut Vec<Gap>) -> Result<Option<Sale>, RowFault> {
        let (text, window) = (row.get(Attribute::SalePrice), row.get(Attribute::SaleWindow));
        if text.is_empty() {
            return Ok(None);
        }
        let price = match parse_price(text, self.currency, Bare::Allowed) {
            Err(PriceFault::Foreign(found)) => return Err(self.foreign(&found)),
            price => price.ok(),
        };
        // A window that cannot be read is not "always": the regular price is the safe one to show.
        let window = if window.is_empty() {
            Some((None, None))
        } else {
            parse_window(window).map(|(from, until)| (Some(from), Some(until)))
        };
        let sale = price.zip(window).map(|(price, (from, until))| Sale { price, from, until });
        if sale.is_none() {
            gaps.push(Gap::Sale);
        }
        Ok(sale)
    }

    /// `custom_label_4` counts only with a currency: the labels hold all sorts of numbers, years among them.
    fn lowest(&self, row: &RawRow, gaps: &mut Vec<Gap>) -> Option<Money> {
        let Some(attribute) = self.schema.lowest else {
            return parse_price(row.get(Attribute::Label4), self.currency, Bare::Refused).ok();
        };
        let text = row.get(attribute);
        let lowest = parse_price(text, self.currency, Bare::Allowed).ok();
        if lowest.is_none() && !text.is_empty() {
            gaps.push(Gap::Lowest);
        }
        lowest
    }

    fn foreign(&self, found: &str) -> RowFault {
        RowFault {
            problem: format!("the price is in {found}, the shop sells in {}", self.currency),
            remedy: "upload the feed of this shop's market, or correct the shop's currency",
        }
    }
}

fn title(row: &RawRow, gaps: &mut Vec<Gap>) -> String {
    let title = plain_text(row.get(Attribute::Title), MAX_TITLE);
    if title.is_empty() {
        gaps.push(Gap::Title);
    }
    title
}

fn availability(row: &RawRow, gaps: &mut Vec<Gap>) -> Availability {
    parse_availability(row.get(Attribute::Availability)).unwrap_or_else(|| {
        gaps.push(Gap::Availability);
        Availability::OutOfStock
    })
}

/// An absolute `http` or `https` address in its normal form; anything else is none.
fn link(text: &str, gap: Gap, gaps: &mut Vec<Gap>) -> Option<String> {
    let address = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .map(String::from)
        .filter(|address| address.len() <= MAX_LINK);
    if address.is_none() {
        gaps.push(gap);
    }
    address
}

fn path(raw: &str) -> Vec<String> {
    let whole = plain_text(raw, MAX_PATH);
    let parts = whole.split('>').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn word(raw: &str) -> Option<String> {
    text(raw, MAX_WORD)
}

fn text(raw: &str, max_chars: usize) -> Option<String> {
    Some(plain_text(raw, max_chars)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::attribute::{Rank, column_name};
    use super::super::config::FeedLimits;
    use super::super::gap::Gaps;
    use super::*;
    use crate::report::FileReport;

    const RING: [(&str, &str); 6] = [
        ("id", "LUN-7"),
        ("title", "Ring Luna"),
        ("link", "https://shop.example.com/ring"),
        ("image link", "https://img.example.com/ring.jpg"),
        ("price", "99.00 EUR"),
        ("availability", "in stock"),
    ];

    fn config(toml: &str) -> FeedConfig {
        toml::from_str(toml).unwrap()
    }

    /// The ring with these attributes added or replaced, and the problems noted.
    fn map_with(config: &FeedConfig, changes: &[(&str, &str)]) -> Result<(Product, Vec<String>), RowFault> {
        let mapping = Mapping::new(config, Currency::EUR);
        let mut row = RawRow::new(FeedLimits::default());
        row.begin(3);
        let kept = RING.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        for (name, value) in kept.chain(changes) {
            if let Some(attribute) = mapping.schema.attribute(&column_name(name)) {
                row.set(attribute, Rank::Plain, value);
            }
        }
        let (product, found) = mapping.product(mapping.id(&row)?, &row)?;
        let mut gaps = Gaps::default();
        found.into_iter().for_each(|gap| gaps.note(gap, row.line));
        let mut report = FileReport::new("products.csv");
        gaps.report(&mut report);
        Ok((product, report.findings.into_iter().map(|finding| finding.problem).collect()))
    }

    fn map(changes: &[(&str, &str)]) -> (Product, Vec<String>) {
        map_with(&FeedConfig::default(), changes).unwrap()
    }

    #[test]
    fn a_complete_product_arrives_whole_and_without_a_finding() {
        let (product, findings) = map(&[
            ("mpn", "4711"),
            ("item_group_id", "luna"),
            ("product_type", "Schmuck &gt; Ringe > Gold"),
            ("google_product_category", "200"),
            ("brand", "Lunaria"),
            ("custom_label_1", "new"),
            ("sale_price", "79,00 €"),
            ("sale_price_effective_date", "2026-11-27T00:00+01:00/2026-11-30T23:59+01:00"),
        ]);
        assert_eq!(findings, [""; 0]);
        assert!(product.is_presentable());
        assert_eq!(product.sku, Some(Sku::parse("4711").unwrap()));
        assert_eq!(product.product_type, ["Schmuck", "Ringe", "Gold"]);
        assert_eq!(
            (product.group.as_deref(), product.category.as_deref(), product.brand.as_deref()),
            (Some("luna"), Some("200"), Some("Lunaria"))
        );
        assert_eq!(product.labels, ["", "new", "", "", ""]);
        let at = |time: &str| product.price_at(time.parse::<Timestamp>().unwrap()).unwrap().minor;
        assert_eq!((at("2026-11-26T22:59:00Z"), at("2026-11-28T00:00:00Z")), (9_900, 7_900));
    }

    #[test]
    fn what_is_missing_is_noted_and_the_product_stays() {
        for (attribute, words) in [
            ("title", "have no title"),
            ("link", "have no page"),
            ("image link", "have no picture"),
            ("price", "have no price"),
            ("availability", "do not say whether they can be had"),
        ] {
            let (product, findings) = map(&[(attribute, "")]);
            assert!(!product.is_presentable(), "{attribute}");
            assert!(findings.len() == 1 && findings[0].contains(words), "{findings:?}");
        }
    }

    #[test]
    fn a_price_in_another_currency_refuses_the_row() {
        for attribute in ["price", "sale_price"] {
            let fault = map_with(&FeedConfig::default(), &[(attribute, "15.00 USD")]).unwrap_err();
            assert!(fault.problem.contains("USD") && fault.problem.contains("EUR"), "{}", fault.problem);
        }
    }

    #[test]
    fn a_price_that_cannot_be_read_is_none_rather_than_wrong() {
        let (product, findings) = map(&[("price", "1.299 EUR")]);
        assert_eq!((product.price, findings.len()), (None, 1));
    }

    #[test]
    fn a_sale_whose_window_cannot_be_read_is_no_sale() {
        let (product, findings) =
            map(&[("sale_price", "79 EUR"), ("sale_price_effective_date", "next week")]);
        assert_eq!((product.sale, findings.len()), (None, 1));
        let (product, findings) = map(&[("sale_price", "79 EUR")]);
        assert_eq!((product.sale.unwrap().price.minor, findings.len()), (7_900, 0));
    }

    #[test]
    fn only_absolute_web_addresses_are_links() {
        for wrong in [
            "/ring",
            "www.shop.example.com/ring",
            "ftp://shop.example.com/ring",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://",
            "mailto:anna@example.com",
        ] {
            assert_eq!(map(&[("link", wrong), ("image link", wrong)]).0.link, None, "{wrong}");
        }
        let long = format!("https://shop.example.com/{}", "x".repeat(2_000));
        assert_eq!(map(&[("link", &long)]).0.link, None);
        let (product, _) = map(&[("link", "https://shop.example.com/ring größe?a=1&b=2")]);
        assert_eq!(product.link.as_deref(), Some("https://shop.example.com/ring%20gr%C3%B6%C3%9Fe?a=1&b=2"));
    }

    #[test]
    fn ids_have_googles_length_and_titles_are_cut_to_it() {
        let fault = |id: &str| map_with(&FeedConfig::default(), &[("id", id)]).err();
        assert!(fault("").is_some() && fault(&"ä".repeat(51)).is_some());
        assert_eq!(fault(&"ä".repeat(50)), None);
        let (product, _) = map(&[("title", &"Ring ".repeat(60))]);
        assert_eq!(product.title.chars().count(), 149);
    }

    #[test]
    fn an_overlong_value_refuses_its_row_alone() {
        let fault = map_with(&FeedConfig::default(), &[("brand", &"x".repeat((64 << 10) + 1))]).unwrap_err();
        assert_eq!(fault.problem, "the value of brand is too long");
    }

    #[test]
    fn the_sku_comes_from_where_the_shop_says() {
        let by_id = config(r#"sku = "id""#);
        let sku = |config: &FeedConfig, changes: &[(&str, &str)]| map_with(config, changes).unwrap().0.sku;
        assert_eq!(sku(&by_id, &[]), Some(Sku::parse("LUN-7").unwrap()));
        let own = config(r#"sku = "Artikel Nr""#);
        assert_eq!(sku(&own, &[("artikel_nr", "77"), ("mpn", "4711")]), Some(Sku::parse("77").unwrap()));
        let part = config("sku = 'id'\nsku_pattern = { split = { by = '_', part = 4 } }");
        assert_eq!(
            sku(&part, &[("id", "shopify_DE_632910392_39072856")]),
            Some(Sku::parse("39072856").unwrap())
        );
        let (product, findings) = map_with(&part, &[]).unwrap();
        assert_eq!((product.sku, findings.len()), (None, 1));
    }

    #[test]
    fn the_lowest_price_is_never_guessed_from_a_label() {
        let lowest = |config: &FeedConfig, changes: &[(&str, &str)]| {
            map_with(config, changes).unwrap().0.lowest_30_days
        };
        let eur = |minor| Some(Money::new(minor, Currency::EUR));
        let usual = FeedConfig::default();
        assert_eq!(lowest(&usual, &[("custom_label_4", "89.00 EUR")]), eur(8_900));
        for no_price in ["2024", "bestseller", "89.00 USD", ""] {
            assert_eq!(lowest(&usual, &[("custom_label_4", no_price)]), None, "{no_price}");
        }
        let own = config(r#"lowest_price = "lowest price 30 days""#);
        let both = [("lowest_price_30_days", "85,50"), ("custom_label_4", "89.00 EUR")];
        assert_eq!(lowest(&own, &both), eur(8_550));
        let (product, findings) = map_with(&own, &[("lowest_price_30_days", "soon")]).unwrap();
        assert_eq!((product.lowest_30_days, findings.len()), (None, 1));
    }
}
