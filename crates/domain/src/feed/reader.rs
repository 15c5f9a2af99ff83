//! Reads a product feed from the first byte to the report.

use std::io::Read;

use crate::product::Product;
use crate::report::FileReport;

use super::attribute::{Attribute, Rank, RawRow, column_name};
use super::config::{FeedConfig, FeedContext};
use super::error::{FeedError, RowFault};
use super::gap::Gaps;
use super::input::{self, Text};
use super::mapping::Mapping;
use super::seen::SeenIds;
use super::table::{Table, header_words};
use super::xml::XmlFeed;

/// The products of a Google Merchant feed: RSS 2.0, Atom 1.0, CSV or TSV, plain or gzip, told by the content.
///
/// Yields each product as it is read, in memory that does not grow with the file but for 16 bytes an id. A bad row
/// is refused in the report and the file goes on. After an `Err` nothing follows, and what came before must not be
/// published: the file is broken and the last good version stays.
pub struct ProductFeedReader<R: Read> {
    rows: Rows<R>,
    row: RawRow,
    mapping: Mapping,
    seen: SeenIds,
    gaps: Gaps,
    report: FileReport,
    state: State,
}

enum Rows<R: Read> {
    Xml(Box<XmlFeed<R>>),
    Table(Box<Table<R>>, Vec<Option<Attribute>>),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Reading,
    Complete,
    Broken,
}

impl<R: Read> ProductFeedReader<R> {
    /// Opens a feed.
    ///
    /// # Errors
    /// [`FeedError`] when the file is empty, cannot be read, or is a table without the column `id`.
    pub fn new(read: R, config: &FeedConfig, context: &FeedContext) -> Result<Self, FeedError> {
        let (head, text) = input::open(read, context.limits)?;
        let mapping = Mapping::new(config, context.currency);
        Ok(Self {
            rows: Rows::open(&head, text, &mapping, context)?,
            row: RawRow::new(context.limits),
            mapping,
            seen: SeenIds::new(),
            gaps: Gaps::default(),
            report: FileReport::new(&context.file),
            state: State::Reading,
        })
    }

    /// The report. A feed that was not read to its end is reported as such.
    #[must_use]
    pub fn finish(mut self) -> FileReport {
        if self.state == State::Reading {
            self.report.error(0, "the feed was not read to its end", "read it again; nothing was changed");
        }
        self.gaps.report(&mut self.report);
        self.report
    }

    fn next_product(&mut self) -> Result<Option<Product>, FeedError> {
        while self.rows.next_row(&self.mapping, &mut self.row)? {
            self.report.rows += 1;
            match self.take_row() {
                Ok(product) => {
                    self.report.accepted += 1;
                    return Ok(Some(product));
                }
                Err(fault) => self.report.reject_row(self.row.line, fault.problem, fault.remedy),
            }
        }
        Ok(None)
    }

    fn take_row(&mut self) -> Result<Product, RowFault> {
        self.rows.check_fit()?;
        let id = self.mapping.id(&self.row)?;
        if self.seen.contains(id.as_str()) {
            return Err(RowFault {
                problem: format!("the id {id} came before in this feed"),
                remedy: "give each product an id of its own; the first one was taken",
            });
        }
        let (product, gaps) = self.mapping.product(id, &self.row)?;
        self.seen.insert(product.id.as_str());
        for gap in gaps {
            self.gaps.note(gap, self.row.line);
        }
        Ok(product)
    }
}

impl<R: Read> Iterator for ProductFeedReader<R> {
    type Item = Result<Product, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state != State::Reading {
            return None;
        }
        let next = self.next_product();
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Complete,
            Err(error) => {
                self.state = State::Broken;
                self.report.error(error.line(), error.to_string(), error.remedy());
            }
        }
        next.transpose()
    }
}

impl<R: Read> Rows<R> {
    fn open(head: &[u8], text: Text<R>, mapping: &Mapping, context: &FeedContext) -> Result<Self, FeedError> {
        if head.trim_ascii_start().starts_with(b"<") {
            return Ok(Self::Xml(Box::new(XmlFeed::new(text, context.limits))));
        }
        let table = Table::open(head, text, context.limits)?;
        let attribute = |name: &String| mapping.schema.attribute(&column_name(name));
        let columns: Vec<_> = table.header().iter().map(attribute).collect();
        if !columns.contains(&Some(Attribute::Id)) {
            return Err(FeedError::Header {
                wanted: "the column id".to_owned(),
                found: header_words(table.header()),
            });
        }
        Ok(Self::Table(Box::new(table), columns))
    }

    fn next_row(&mut self, mapping: &Mapping, row: &mut RawRow) -> Result<bool, FeedError> {
        match self {
            Self::Xml(feed) => feed.next_row(&mapping.schema, row),
            Self::Table(table, columns) => {
                let more = table.next_row()?;
                row.begin(table.line());
                row.legacy_text = !table.is_utf8();
                for (attribute, value) in columns.iter().zip(table.fields()) {
                    if let Some(attribute) = attribute {
                        row.set(*attribute, Rank::Plain, &value);
                    }
                }
                Ok(more)
            }
        }
    }

    fn check_fit(&self) -> Result<(), RowFault> {
        match self {
            Self::Xml(_) => Ok(()),
            Self::Table(table, _) => table.misfit().map_or(Ok(()), |problem| {
                Err(RowFault { problem, remedy: "quote values that hold the delimiter or a line break" })
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::config::FeedLimits;
    use super::super::error::Limit;
    use super::*;
    use crate::money::Currency;

    fn context() -> FeedContext {
        FeedContext::new(Currency::EUR, "feeds/de/products.xml")
    }

    fn open<R: Read>(read: R) -> Result<ProductFeedReader<R>, FeedError> {
        ProductFeedReader::new(read, &FeedConfig::default(), &context())
    }

    fn read(file: &[u8]) -> Result<(Vec<Product>, FileReport), FeedError> {
        let mut reader = open(file)?;
        let products = reader.by_ref().collect::<Result<_, _>>()?;
        Ok((products, reader.finish()))
    }

    fn refused(file: &[u8]) -> FeedError {
        read(file).err().unwrap()
    }

    fn rss(items: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\
             <title>Lunaria</title><link>https://shop.example.com</link>\n{items}\n</channel></rss>"
        )
    }

    fn ring(id: &str) -> String {
        format!("<item><g:id>{id}</g:id><title>Ring</title><g:price>99.00 EUR</g:price></item>\n")
    }

    fn ids(products: &[Product]) -> Vec<&str> {
        products.iter().map(|product| product.id.as_str()).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What every format below says about one ring.
    fn assert_ring(product: &Product) {
        assert_eq!(product.id.as_str(), "LUN-7");
        assert_eq!(product.title, "Ring Größe 52 & mehr");
        assert_eq!(product.link.as_deref(), Some("https://shop.example.com/ring?size=52&color=gold"));
        assert_eq!(product.image.as_deref(), Some("https://img.example.com/7.jpg"));
        assert_eq!(product.price.unwrap().to_string(), "99.00 EUR");
        assert!(product.is_presentable());
    }

    #[test]
    fn rss_is_read_with_prefixes_cdata_and_references() {
        let (products, report) = read(
            rss("<item><g:id>LUN-7</g:id><title><![CDATA[Ring <b>Gr&ouml;&szlig;e</b> 52 &amp; mehr]]></title>\
                 <link>https://shop.example.com/ring?size=52&amp;color=gold</link>\
                 <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>\
                 <g:tax><g:price>1.00 EUR</g:price></g:tax>\
                 <g:image_link>\n https://img.example.com/7.jpg </g:image_link>\
                 <g:availability>in_stock</g:availability><g:price>99.00&#32;EUR</g:price>\
                 <g:shipping><g:price>9.90 EUR</g:price></g:shipping></item>")
            .as_bytes(),
        )
        .unwrap();
        assert_ring(&products[0]);
        assert_eq!((report.rows, report.accepted, report.findings.len()), (1, 1, 0));
    }

    #[test]
    fn a_feed_may_call_googles_namespace_anything_or_forget_it() {
        for (declaration, prefix) in [
            ("xmlns:merchant=\"http://base.google.com/ns/1.0\"", "merchant:"),
            ("xmlns=\"http://base.google.com/ns/1.0\"", ""),
            ("", "g:"),
            ("", ""),
        ] {
            let file = format!(
                "<rss {declaration} xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item>\
                 <{prefix}id>LUN-7</{prefix}id><media:title>other</media:title>\
                 <{prefix}title>Ring Größe 52 &amp;amp; mehr</{prefix}title>\
                 <{prefix}link>https://shop.example.com/ring?size=52&amp;color=gold</{prefix}link>\
                 <{prefix}image_link>https://img.example.com/7.jpg</{prefix}image_link>\
                 <{prefix}price>99.00 EUR</{prefix}price><media:price>1 EUR</media:price>\
                 <{prefix}availability>in stock</{prefix}availability></item></channel></rss>"
            );
            assert_ring(&read(file.as_bytes()).unwrap().0[0]);
        }
    }

    #[test]
    fn atom_gives_its_page_in_an_attribute_and_its_own_id_is_not_the_products() {
        let file = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"http://base.google.com/ns/1.0\">\
            <title>Lunaria</title><link rel=\"self\" href=\"https://shop.example.com/feed\"/><entry>\
            <id>tag:shop.example.com,2026:7</id><title type=\"xhtml\"><div>Ring <b>Größe</b> 52 &amp; mehr</div></title>\
            <link rel=\"enclosure\" href=\"https://shop.example.com/manual.pdf\"/>\
            <link rel=\"alternate\" href=\"https://shop.example.com/ring?size=52&amp;color=gold\"/>\
            <g:id>LUN-7</g:id><g:image_link>https://img.example.com/7.jpg</g:image_link>\
            <g:price>EUR 99.00</g:price><g:availability>in stock</g:availability></entry></feed>";
        assert_ring(&read(file.as_bytes()).unwrap().0[0]);
    }

    #[test]
    fn tables_are_read_alike_plain_or_packed() {
        let header = "id,title,link,image link,price,availability";
        let row = "LUN-7,Ring Gr&ouml;&szlig;e 52 & mehr,https://shop.example.com/ring?size=52&color=gold,\
                   https://img.example.com/7.jpg,99.00 EUR,in stock";
        for delimiter in [",", "\t"] {
            let table = format!("\u{feff}{header}\r\n{row}\r\n").replace(',', delimiter);
            for file in [table.clone().into_bytes(), gzip(table.as_bytes())] {
                assert_ring(&read(&file).unwrap().0[0]);
            }
        }
    }

    #[test]
    fn a_bad_row_is_reported_with_its_line_and_the_feed_goes_on() {
        let items = format!(
            "{}<item>\n<title>no id</title></item>\n<item><g:id>X</g:id><g:price>5 USD</g:price></item>\n{}{}",
            ring("A"),
            ring("A"),
            ring("B")
        );
        let (products, report) = read(rss(&items).as_bytes()).unwrap();
        assert_eq!(ids(&products), ["A", "B"]);
        let errors: Vec<u64> = report.findings.iter().take(3).map(|finding| finding.line).collect();
        assert_eq!(errors, [5, 7, 8]);
        assert_eq!((report.rows, report.accepted, report.rejected), (5, 2, 3));
        assert!(report.findings[2].problem.contains("A came before"), "{report}");
    }

    #[test]
    fn of_two_products_with_one_id_the_first_stays() {
        let (products, report) =
            read(b"id,title,price\nA,first,5 EUR\nA,second,6 EUR\nB,refused,5 USD\nB,taken,5 EUR\n").unwrap();
        let titles: Vec<&str> = products.iter().map(|product| product.title.as_str()).collect();
        assert_eq!((titles, report.rejected), (vec!["first", "taken"], 2));
    }

    #[test]
    fn a_row_that_does_not_fit_its_header_is_refused() {
        let (products, report) = read(b"id,title,price\nA,Ring, gold,5 EUR\nB,Ring\nC,Ring,5 EUR\n").unwrap();
        assert_eq!((ids(&products), report.rejected), (vec!["C"], 2));
    }

    #[test]
    fn thousands_without_a_picture_are_one_warning() {
        let items: String = (0..3_000).map(|number| ring(&number.to_string())).collect();
        let (products, report) = read(rss(&items).as_bytes()).unwrap();
        assert_eq!((products.len(), report.rejected), (3_000, 0));
        assert_eq!(report.findings.len(), 3, "{report}");
    }

    #[test]
    fn a_table_without_ids_is_refused_with_what_it_has() {
        let refused = refused(b"sku,name\n1,Ring\n");
        assert!(refused.to_string().contains("sku, name"), "{refused}");
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        assert!(matches!(refused(b""), FeedError::Empty));
        assert!(matches!(refused(b"  \n "), FeedError::Empty));
        assert!(matches!(refused(b"<?xml version='1.0'?>\n<!-- nothing -->"), FeedError::Empty));
        assert!(matches!(refused(b"<html><body/></html>"), FeedError::NoFeed { line: 1, .. }));
        assert!(matches!(refused(b"<!DOCTYPE html>\n<html/>"), FeedError::Doctype { .. }));
        let twice = format!("{}<rss/>", rss(""));
        assert!(matches!(refused(twice.as_bytes()), FeedError::Malformed { .. }));
    }

    #[test]
    fn malformed_xml_ends_the_feed_with_its_line() {
        for (broken, line) in [("<item><g:id>A</item>", 4), ("\n<item>Tom & Jerry</item>", 5), ("</item>", 4)]
        {
            let error = refused(rss(broken).as_bytes());
            assert!(matches!(error, FeedError::Malformed { .. }), "{error}");
            assert_eq!(error.line(), line, "{error}");
        }
    }

    #[test]
    fn a_feed_that_is_cut_off_is_refused_wherever_it_is_cut() {
        let whole = rss(&ring("A"));
        let start = whole.find("<rss").unwrap() + 4;
        for end in start..whole.len() {
            let error = refused(&whole.as_bytes()[..end]);
            assert!(matches!(error, FeedError::Truncated { .. }), "{end}: {error}");
        }
        assert!(read(whole.as_bytes()).is_ok());
    }

    #[test]
    fn a_cut_gzip_gives_what_it_has_and_then_the_error() {
        let items: String =
            (0..20_000).map(|number| ring(&format!("L{}", number * 7_919 % 20_011))).collect();
        let packed = gzip(rss(&items).as_bytes());
        let mut reader = open(&packed[..packed.len() - 2_000]).unwrap();
        let last = reader.by_ref().last().unwrap();
        assert!(matches!(last, Err(FeedError::Truncated { .. })));
        assert!(reader.next().is_none());
        let report = reader.finish();
        assert!(report.findings.iter().any(|finding| finding.problem.contains("cut off")), "{report}");
    }

    #[test]
    fn a_document_type_with_entities_is_refused_before_any_is_expanded() {
        let laughs = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>{}",
            "<rss><channel><item><title>&b;</title></item></channel></rss>"
        );
        assert!(matches!(refused(laughs.as_bytes()), FeedError::Doctype { line: 1 }));
        let error = refused(rss("<item><title>&lol;</title></item>").as_bytes());
        assert!(matches!(&error, FeedError::Entity { name, .. } if name == "lol"), "{error}");
        let attribute = refused(rss("<item><link href=\"&lol;\"/></item>").as_bytes());
        assert!(matches!(attribute, FeedError::Malformed { .. }), "{attribute}");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested =
            |depth: usize| rss(&format!("<item>{}{}</item>", "<a>".repeat(depth), "</a>".repeat(depth)));
        assert!(read(nested(13).as_bytes()).is_ok());
        let error = refused(nested(14).as_bytes());
        assert!(matches!(error, FeedError::Limit { limit: Limit::Nesting(16), .. }), "{error}");
        let error = refused(rss(&"<a>".repeat(1_000_000)).as_bytes());
        assert!(matches!(error, FeedError::Limit { limit: Limit::Nesting(16), .. }), "{error}");
    }

    #[test]
    fn a_text_tag_or_comment_that_does_not_end_is_refused() {
        for endless in ["<item><title>", "<item><![CDATA[", "<item a='", "<!--", "<?pi ", "<item>&"] {
            let start = rss("").split("<channel>").next().unwrap().to_owned() + endless;
            let error =
                open(start.as_bytes().chain(std::io::repeat(b'x'))).unwrap().find_map(Result::err).unwrap();
            assert!(matches!(error, FeedError::Limit { limit: Limit::Endless(_), .. }), "{endless}: {error}");
        }
    }

    #[test]
    fn a_field_in_a_million_pieces_costs_its_row_and_no_memory() {
        let pieces = "<![CDATA[xxxxxxxxxxxxxxxx]]>&#120;".repeat(20_000);
        let items = format!("<item><g:id>A</g:id><title>{pieces}</title></item>{}", ring("B"));
        let (products, report) = read(rss(&items).as_bytes()).unwrap();
        assert_eq!((ids(&products), report.rejected), (vec!["B"], 1));
    }

    #[test]
    fn a_long_description_that_nobody_reads_costs_nothing() {
        let long = "x".repeat(100_000);
        let items = format!("<item><g:id>A</g:id><description>{long}</description></item>");
        assert_eq!(ids(&read(rss(&items).as_bytes()).unwrap().0), ["A"]);
        let table = format!("id,description\nA,{long}\n");
        assert_eq!(ids(&read(table.as_bytes()).unwrap().0), ["A"]);
    }

    #[test]
    fn a_packed_bomb_is_refused() {
        let bomb = gzip(rss(&"<a></a>".repeat(1 << 20)).as_bytes());
        let error = refused(&bomb);
        assert!(matches!(error, FeedError::Limit { limit: Limit::Ratio(200), .. }), "{error}");
    }

    #[test]
    fn more_rows_than_allowed_are_refused() {
        let mut context = context();
        context.limits = FeedLimits { rows: 2, ..FeedLimits::default() };
        for file in [rss(&(ring("A") + &ring("B") + &ring("C"))), "id\nA\nB\nC\n".to_owned()] {
            let reader = ProductFeedReader::new(file.as_bytes(), &FeedConfig::default(), &context).unwrap();
            let last = reader.last().unwrap();
            assert!(matches!(last, Err(FeedError::Limit { limit: Limit::Rows(2), .. })));
        }
    }

    #[test]
    fn a_reader_that_was_dropped_half_way_does_not_report_success() {
        let file = rss(&(ring("A") + &ring("B")));
        let mut reader = open(file.as_bytes()).unwrap();
        reader.next().unwrap().unwrap();
        assert!(reader.finish().has_errors());
    }

    #[test]
    fn a_declared_encoding_is_honoured() {
        let file = rss("<item><g:id>A</g:id><title>Gr\u{f6}\u{df}e</title></item>")
            .replace("version=\"1.0\"?", "version=\"1.0\" encoding=\"ISO-8859-1\"?");
        let latin: Vec<u8> = file.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        assert_eq!(read(&latin).unwrap().0[0].title, "Größe");
    }

    #[test]
    fn real_feeds_are_read() {
        let samples =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/product-feeds");
        let Ok(folder) = std::fs::read_dir(&samples) else {
            println!("skipped: no samples");
            return;
        };
        for file in folder.map(|entry| entry.unwrap().path()) {
            let context = FeedContext::new(Currency::USD, "sample");
            let bytes = std::fs::read(&file).unwrap();
            let mut reader = ProductFeedReader::new(&*bytes, &FeedConfig::default(), &context).unwrap();
            let products: Vec<Product> = reader.by_ref().collect::<Result<_, _>>().unwrap();
            let report = reader.finish();
            assert!(!products.is_empty() && report.findings.is_empty(), "{report}");
            assert!(products.iter().all(|product| product.is_presentable() && product.sku.is_some()));
            assert!(products.iter().all(|product| product.price.unwrap().minor > 0), "no shipping price");
        }
    }
}
