//! Data for previews: a made-up buyer, products of the sample catalogue, and a code that no pool holds.

use anyhow::Context as _;
use jiff::civil::Date;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::mail::data::{
    BoughtData, ContactData, CouponData, MailData, OrderData, ProductData, ShopData, UrlData,
};
use nachklang_domain::mail::locale::Locale;
use nachklang_domain::mail::published::VariantKey;
use nachklang_domain::money::Money;
use nachklang_domain::shop::Shop;

/// The code of previews; it stands in no pool.
const CODE: &str = "PREVIEW-0000";

/// The data of a preview in the first shop that writes the language in that form.
///
/// # Errors
/// When no shop does.
pub fn sample_data(catalog: &Catalog, key: &VariantKey) -> anyhow::Result<MailData> {
    let writes = |shop: &&Shop| shop.languages.contains(&key.language);
    let mut shops = catalog.shops.values().filter(writes);
    let shop = shops.clone().find(|shop| shop.address == key.form).or_else(|| shops.next());
    let shop = shop.with_context(|| format!("no shop writes {}", key.language))?;
    let locale = Locale { language: key.language, country: Some(shop.country) };
    let products = ["CC-001", "CC-014", "KB-003", "RG-002"].into_iter().zip([3_900, 4_900, 1_990, 12_900]);
    Ok(MailData {
        language: key.language,
        segment: key.segment.clone(),
        shop: ShopData {
            name: shop.name.clone(),
            website: shop.website.to_string(),
            privacy_url: shop.privacy_url.to_string(),
            imprint: shop.imprint.clone(),
            postal: shop.postal.clone(),
            legal_notice: shop.legal_notice.get(&key.language).cloned().unwrap_or_default(),
        },
        contact: ContactData { first_name: "Anna".to_owned() },
        order: OrderData { number: "1001".to_owned(), date: locale.date(Date::constant(2026, 11, 2)) },
        bought: vec![BoughtData {
            title: "Luna N° 7".to_owned(),
            quantity: 1,
            image: picture("CC-002"),
            link: shop.website.to_string(),
        }],
        products: products.map(|(sku, minor)| product(shop, &locale, sku, minor)).collect(),
        coupon: Some(CouponData {
            code: CODE.to_owned(),
            valid_until: locale.date(Date::constant(2026, 11, 28)),
            benefit: benefit(catalog, key),
            link: shop.website.to_string(),
        }),
        urls: UrlData {
            unsubscribe: format!("{}u/preview", catalog.brand.portal),
            view_shop: shop.website.to_string(),
        },
    })
}

/// Every second product is reduced, so that both forms can be seen.
fn product(shop: &Shop, locale: &Locale, sku: &str, minor: i64) -> ProductData {
    let price = Money::new(minor, shop.currency);
    let old = (minor % 1_000 == 900).then(|| Money::new(minor + 1_000, shop.currency));
    ProductData {
        title: format!("Luna {sku}"),
        image: picture(sku),
        link: shop.website.to_string(),
        price: locale.money(price),
        old_price: old.map(|old| locale.money(old)).unwrap_or_default(),
        saving_percent: old.and_then(|old| price.saving_percent(old)).unwrap_or(0),
    }
}

fn picture(sku: &str) -> String {
    format!("https://media.lunaria.example/{sku}.png")
}

fn benefit(catalog: &Catalog, key: &VariantKey) -> String {
    let rules = catalog.flows.values().filter_map(|flow| flow.coupon.as_ref());
    rules.filter_map(|rule| rule.benefit.get(&key.language)).next().cloned().unwrap_or_default()
}
