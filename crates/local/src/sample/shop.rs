//! The seven shops of the brand.

use nachklang_domain::money::Currency;

use super::language::Lang;

/// How a product feed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFormat {
    /// XML as RSS 2.0 with Google's namespace.
    Rss,
    /// XML as Atom 1.0 with Google's namespace.
    Atom,
    /// Columns separated by tabs.
    Tsv,
    /// Columns separated by commas.
    Csv,
}

impl FeedFormat {
    /// How the file's name ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Rss | Self::Atom => "xml",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
        }
    }
}

/// What an online order of a shop comes as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Shopify's webhooks.
    Shopify,
    /// Nachklang's own order API.
    OrderApi,
}

/// One market of the brand.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    /// Its name in paths and host names.
    pub id: &'static str,
    /// Its country (ISO 3166-1).
    pub country: &'static str,
    /// The currency it sells in.
    pub currency: Currency,
    /// How many hours its clocks are ahead of UTC in November, the month of all sample orders.
    pub hours_ahead: i8,
    /// Its product feeds; the first is in the shop's main language.
    pub feeds: &'static [(Lang, FeedFormat)],
    /// What its online orders come as.
    pub platform: Platform,
    /// Its branch on the high street.
    pub store: &'static str,
}

impl Shop {
    /// The languages it sells in.
    pub fn languages(&self) -> impl Iterator<Item = Lang> {
        self.feeds.iter().map(|(lang, _)| *lang)
    }

    /// Its main language.
    #[must_use]
    pub fn language(&self) -> Lang {
        self.languages().next().unwrap_or(Lang::En)
    }
}

/// All shops.
pub static SHOPS: [Shop; 7] = [
    Shop {
        id: "de",
        country: "DE",
        currency: Currency::EUR,
        hours_ahead: 1,
        feeds: &[(Lang::De, FeedFormat::Rss)],
        platform: Platform::Shopify,
        store: "Hamburg Altstadt",
    },
    Shop {
        id: "at",
        country: "AT",
        currency: Currency::EUR,
        hours_ahead: 1,
        feeds: &[(Lang::De, FeedFormat::Rss)],
        platform: Platform::Shopify,
        store: "Wien Kärntner Straße",
    },
    Shop {
        id: "ch",
        country: "CH",
        currency: Currency::CHF,
        hours_ahead: 1,
        feeds: &[(Lang::De, FeedFormat::Rss), (Lang::Fr, FeedFormat::Tsv), (Lang::It, FeedFormat::Csv)],
        platform: Platform::OrderApi,
        store: "Zürich Niederdorf",
    },
    Shop {
        id: "uk",
        country: "GB",
        currency: Currency::GBP,
        hours_ahead: 0,
        feeds: &[(Lang::En, FeedFormat::Atom)],
        platform: Platform::Shopify,
        store: "London Covent Garden",
    },
    Shop {
        id: "fr",
        country: "FR",
        currency: Currency::EUR,
        hours_ahead: 1,
        feeds: &[(Lang::Fr, FeedFormat::Tsv)],
        platform: Platform::Shopify,
        store: "Paris Le Marais",
    },
    Shop {
        id: "es",
        country: "ES",
        currency: Currency::EUR,
        hours_ahead: 1,
        feeds: &[(Lang::Es, FeedFormat::Csv)],
        platform: Platform::OrderApi,
        store: "Madrid Salesas",
    },
    Shop {
        id: "it",
        country: "IT",
        currency: Currency::EUR,
        hours_ahead: 1,
        feeds: &[(Lang::It, FeedFormat::Rss)],
        platform: Platform::OrderApi,
        store: "Milano Brera",
    },
];
