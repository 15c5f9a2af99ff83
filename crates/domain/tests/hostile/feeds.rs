//! Feeds that unpack, nest, repeat or never end: refused, with memory that does not grow with them.

use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use nachklang_domain::feed::ranking::RankingReader;
use nachklang_domain::feed::{FeedConfig, FeedContext, FeedError, ProductFeedReader};
use nachklang_domain::money::Currency;

use crate::measured::measured;

/// A row, tag or text is read to its end of 1 MiB before it is refused, and a parser holds it some times over.
const BOUND: usize = 32 << 20;

/// What became of a feed: rows read to its end, or why it was refused.
fn read(feed: impl Read) -> Result<u64, String> {
    let context = FeedContext::new(Currency::EUR, "feeds/de/products.de.xml");
    let told = |error: FeedError| error.to_string();
    let mut reader = ProductFeedReader::new(feed, &FeedConfig::default(), &context).map_err(told)?;
    reader.by_ref().try_for_each(|product| product.map(|_| ())).map_err(told)?;
    Ok(reader.finish().rows)
}

fn read_ranking(file: impl Read) -> Result<(u64, u64), String> {
    let context = FeedContext::new(Currency::EUR, "feeds/de/topsellers.csv");
    let mut reader = RankingReader::new(file, &context).map_err(|error| error.to_string())?;
    reader.by_ref().try_for_each(|list| list.map(|_| ())).map_err(|error| error.to_string())?;
    let report = reader.finish();
    Ok((report.accepted, report.rejected))
}

/// Without end: only a reader that stops comes back.
fn endless(start: &'static str, byte: u8) -> impl Read + Send {
    start.as_bytes().chain(std::io::repeat(byte))
}

fn numbered(piece: impl Fn(u32) -> String) -> String {
    (0..60_000).map(piece).collect()
}

#[test]
fn a_value_a_tag_or_a_comment_without_end_is_refused() {
    for (start, byte) in [
        ("id,title\n1,", b'x'),
        ("id,title\n1,", b','),
        ("id,title\n1,\"", b'x'),
        ("id,title\n1,\"", b'\n'),
        ("id,title\n1,", 0),
        ("", b'x'),
        ("", b','),
        ("<rss><channel><item><title>", b'x'),
        ("<rss><channel><item><title><![CDATA[", b'x'),
        ("<rss><channel><item ", b'x'),
        ("<rss><channel><item a='", b'x'),
        ("<rss><channel><!--", b'x'),
        ("<rss><channel><?", b'x'),
        ("<rss><channel><item><title>&", b'x'),
        ("<rss><channel>", b'<'),
    ] {
        let (outcome, peak) = measured(|| read(endless(start, byte)));
        assert!(outcome.is_err(), "{start}");
        assert!(peak < BOUND, "{start} took {peak} bytes");
    }
}

#[test]
fn what_xml_would_look_up_or_multiply_is_refused() {
    let deep = format!("<rss><channel><item>{}", "<a>".repeat(100_000));
    let spaces = format!("<rss {}/>", numbered(|at| format!("xmlns:a{at}='{at}' ")));
    for (feed, told) in [
        (
            "<!DOCTYPE rss [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><rss><channel><item><id>&b;</id></item></channel></rss>",
            "document type definition",
        ),
        ("<!DOCTYPE rss SYSTEM \"https://evil.example/x.dtd\"><rss/>", "document type definition"),
        (
            "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss><channel><item><id>&x;</id></item></channel></rss>",
            "document type definition",
        ),
        ("<rss><channel><item><id>&x;</id></item></channel></rss>", "the entity &x;"),
        ("<rss><channel><item><id>&#0;</id></item></channel></rss>", "the entity"),
        ("<rss><channel><item><id>&#x110000;</id></item></channel></rss>", "the entity"),
        (deep.as_str(), "nest deeper than 16"),
        (spaces.as_str(), "after line 1"),
    ] {
        let (outcome, peak) = measured(|| read(feed.as_bytes()));
        let refused = outcome.err().unwrap_or_else(|| panic!("{feed:.80} was read"));
        assert!(refused.contains(told), "{feed:.80}: {refused}");
        assert!(peak < BOUND, "{feed:.80} took {peak} bytes");
    }
}

#[test]
fn tens_of_thousands_of_attributes_cost_no_more_than_their_text() {
    let feed = format!(
        "<rss><channel><item><link {}/><id>1</id></item></channel></rss>",
        numbered(|at| format!("a{at}='' "))
    );
    let (outcome, peak) = measured(|| read(feed.as_bytes()));
    assert_eq!(outcome, Ok(1));
    assert!(peak < BOUND, "{peak} bytes");
}

#[test]
fn a_bomb_of_gzip_is_refused_before_it_is_unpacked() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(b"id,title\n").unwrap();
    for _ in 0..32 {
        packed.write_all(&b"LUN-7,Ring\n".repeat(95_325)).unwrap();
    }
    let bomb = packed.finish().unwrap();
    let (outcome, peak) = measured(|| read(&bomb[..]));
    assert!(outcome.unwrap_err().contains("200 times"));
    assert!(peak < BOUND, "{peak} bytes");
}

#[test]
fn a_million_columns_are_refused_and_a_hundred_thousand_cost_no_more_than_a_row_may() {
    let columns = |count: u32| (0..count).map(|at| format!(",c{at}")).collect::<String>();
    let wide = format!("id,title{}\n1,2\n", columns(1_000_000));
    let (outcome, peak) = measured(|| read(wide.as_bytes()));
    assert!(outcome.unwrap_err().contains("longer than 1048576 bytes"));
    assert!(peak < BOUND, "{peak} bytes");
    let wide = format!("id,title{}\n1,2\n", columns(100_000));
    let (outcome, peak) = measured(|| read(wide.as_bytes()));
    assert_eq!(outcome, Ok(1));
    assert!(peak < BOUND, "{peak} bytes");
}

#[test]
fn a_row_that_ranks_half_a_million_products_is_refused_alone() {
    for list in [format!("\"{}\"", "A|".repeat(400_000)), "A,".repeat(400_000)] {
        let file = format!("product_id,recommendations\nR1,{list}\nR2,A\n");
        let (outcome, peak) = measured(|| read_ranking(file.as_bytes()));
        assert_eq!(outcome, Ok((1, 1)));
        assert!(peak < BOUND, "{peak} bytes");
    }
}
