//! P10: a product feed of a million products, read as a stream.

use std::io::Read;

use nachklang_domain::feed::{FeedConfig, FeedContext, ProductFeedReader};
use nachklang_domain::money::Currency;

use nachklang_benches::generated::Generated;

const PRODUCTS: u64 = 1_000_000;

#[divan::bench(sample_count = 3, sample_size = 1)]
fn a_million_products_as_xml() -> u64 {
    read(Generated::new(xml()))
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn a_million_products_as_csv() -> u64 {
    read(Generated::new(csv()))
}

/// What making the file takes, to be taken off the time above.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn making_the_xml_alone() -> u64 {
    std::io::copy(&mut Generated::new(xml()), &mut std::io::sink()).expect("the generator does not fail")
}

/// What making the file takes, to be taken off the time above.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn making_the_csv_alone() -> u64 {
    std::io::copy(&mut Generated::new(csv()), &mut std::io::sink()).expect("the generator does not fail")
}

fn read(file: impl Read) -> u64 {
    let context = FeedContext::new(Currency::EUR, "feeds/de/products.de.xml");
    let mut reader =
        ProductFeedReader::new(file, &FeedConfig::default(), &context).expect("the file is a feed");
    let good =
        reader.by_ref().filter(|product| product.as_ref().is_ok_and(|product| product.is_presentable()));
    assert_eq!(good.count(), usize::try_from(PRODUCTS).expect("a million fits"));
    reader.finish().rows
}

fn xml() -> impl Iterator<Item = String> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
                xmlns:g=\"http://base.google.com/ns/1.0\"><channel><title>Lunaria</title>\n";
    std::iter::once(head.to_owned())
        .chain((0..PRODUCTS).map(item))
        .chain(std::iter::once("</channel></rss>\n".to_owned()))
}

fn item(number: u64) -> String {
    let (euros, series) = (19 + number % 200, number % 40);
    format!(
        "<item>\n<g:id>LUN-{number}</g:id>\n<g:title>Charm Nr. {number}, Größe {series} &amp; Kette</g:title>\n\
         <g:description>Zum Sammeln und Kombinieren, passt an jedes Armband der Serie.</g:description>\n\
         <g:link>https://www.lunaria.example/de/p/charm-{number}?farbe=silber&amp;g={series}</g:link>\n\
         <g:image_link>https://media.lunaria.example/{number}.png</g:image_link>\n\
         <g:price>{euros}.90 EUR</g:price>\n<g:availability>in_stock</g:availability>\n\
         <g:item_group_id>LUN-G{}</g:item_group_id>\n<g:product_type>Charms &gt; Serie {series}</g:product_type>\n\
         <g:google_product_category>192</g:google_product_category>\n<g:brand>Lunaria</g:brand>\n\
         <g:mpn>CC-{number}</g:mpn>\n<g:condition>new</g:condition>\n\
         <g:custom_label_0>serie-{series}</g:custom_label_0>\n</item>\n",
        number / 3
    )
}

fn csv() -> impl Iterator<Item = String> {
    let head = "id,title,description,link,image_link,price,availability,item_group_id,product_type,\
                google_product_category,brand,mpn,condition,custom_label_0\n";
    std::iter::once(head.to_owned()).chain((0..PRODUCTS).map(row))
}

fn row(number: u64) -> String {
    let (euros, series) = (19 + number % 200, number % 40);
    format!(
        "LUN-{number},\"Charm Nr. {number}, Größe {series} & Kette\",\
         \"Zum Sammeln und Kombinieren, passt an jedes Armband der Serie.\",\
         https://www.lunaria.example/de/p/charm-{number}?farbe=silber&g={series},\
         https://media.lunaria.example/{number}.png,{euros}.90 EUR,in_stock,LUN-G{},Charms > Serie {series},192,\
         Lunaria,CC-{number},new,serie-{series}\n",
        number / 3
    )
}
