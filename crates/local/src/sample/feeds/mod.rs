//! The product feeds, topsellers and recommendations of every shop.

mod offer;
mod recommendations;
mod table;
mod topsellers;
mod xml;

use super::catalogue::catalogue;
use super::file::SampleFile;
use super::language::Lang;
use super::shop::{FeedFormat, SHOPS, Shop};

pub use offer::{Availability, Offer};

/// All files below `feeds/`.
///
/// # Errors
/// When a table cannot be written.
pub fn files() -> anyhow::Result<Vec<SampleFile>> {
    let mut files = Vec::new();
    for shop in &SHOPS {
        for (lang, format) in shop.feeds {
            files.push(feed(shop, *lang, *format)?);
        }
        files.push(topsellers::file(shop)?);
        files.push(recommendations::file(shop)?);
    }
    Ok(files)
}

fn feed(shop: &Shop, lang: Lang, format: FeedFormat) -> anyhow::Result<SampleFile> {
    let offers: Vec<Offer> = catalogue().iter().map(|product| Offer::of(product, shop, lang)).collect();
    let content = match format {
        FeedFormat::Rss => xml::rss(shop, lang, &offers).into_bytes(),
        FeedFormat::Atom => xml::atom(shop, lang, &offers).into_bytes(),
        FeedFormat::Tsv => table::with_separator(&offers, b'\t')?,
        FeedFormat::Csv => table::with_separator(&offers, b',')?,
    };
    let path = format!("feeds/{}/products.{}.{}", shop.id, lang.code(), format.extension());
    Ok(SampleFile::new(path, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        let file = files().unwrap().into_iter().find(|file| file.path == path).unwrap();
        String::from_utf8(file.content).unwrap()
    }

    #[test]
    fn every_feed_holds_every_piece_once() {
        for (path, mark) in [
            ("feeds/de/products.de.xml", "<g:id>"),
            ("feeds/uk/products.en.xml", "<g:id>"),
            ("feeds/ch/products.fr.tsv", "\nLUN-"),
            ("feeds/es/products.es.csv", "\nLUN-"),
        ] {
            assert_eq!(text(path).matches(mark).count(), 260, "{path}");
        }
    }

    #[test]
    fn a_feed_names_prices_in_the_currency_of_its_shop_alone() {
        let swiss = text("feeds/ch/products.it.csv");
        assert!(swiss.contains(" CHF") && !swiss.contains(" EUR"));
        let british = text("feeds/uk/products.en.xml");
        assert!(british.contains(" GBP</g:price>") && !british.contains(" EUR<"));
    }

    #[test]
    fn markup_in_a_title_is_escaped_in_xml() {
        let german = text("feeds/de/products.de.xml");
        assert!(german.contains("Glanz &amp; Schutz") && !german.contains("Glanz & Schutz"));
    }

    #[test]
    fn all_feeds_together_stay_within_two_and_a_half_megabytes() {
        let bytes: usize = files().unwrap().iter().map(|file| file.content.len()).sum();
        assert!(bytes <= 2_500_000, "{bytes}");
    }
}
