//! Links of a mail: only to the shop's own hosts, with campaign parameters that say nothing about the reader.

use std::fmt;

use url::{Host, Url};

/// Longest link; some mail programs cut longer ones off.
const MAX_LINK: usize = 2_000;
/// Longest value of a campaign parameter.
const MAX_UTM: usize = 64;

/// Why a text is no link that a mail may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// Not a URL, or one that hides something.
    #[error(
        "the link is no absolute URL; write it like https://shop.example/page, without blanks or a user name"
    )]
    Shape,
    /// Another scheme than `http` or `https`.
    #[error("the link begins with {0}:, only http and https are allowed")]
    Scheme(String),
    /// A host that is not the shop's.
    #[error(
        "the link leads to {0}, which is none of the shop's hosts; add it to the shop's link_hosts if it is"
    )]
    Host(String),
    /// Too long for mail programs.
    #[error("the link is longer than {MAX_LINK} bytes; shorten it")]
    TooLong,
    /// A host entry that is no host name.
    #[error("{0:?} is no host name; write it like shop.example")]
    HostName(String),
    /// A campaign value that could carry personal data.
    #[error(
        "a campaign parameter holds other characters than A-Z, a-z, 0-9, ., _ and -, or more than {MAX_UTM} of them"
    )]
    Utm,
}

/// The hosts that links and pictures of a shop may lead to; a host stands for its subdomains too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Reads host names such as `shop.example`.
    ///
    /// # Errors
    /// [`InvalidLink::HostName`] for anything else, such as a URL or a wildcard.
    pub fn parse<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidLink> {
        hosts.into_iter().map(host_name).collect::<Result<_, _>>().map(Self)
    }

    fn allows(&self, host: &str) -> bool {
        let within = |allowed: &String| {
            host.strip_suffix(allowed.as_str())
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        self.0.iter().any(within)
    }
}

fn host_name(text: &str) -> Result<String, InvalidLink> {
    match Host::parse(text.trim()) {
        Ok(Host::Domain(name)) if !name.contains('*') && !name.starts_with('.') => Ok(name),
        _ => Err(InvalidLink::HostName(crate::text::clean_line(text, 80))),
    }
}

/// An absolute `http` or `https` link to one of the shop's hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(Url);

impl Link {
    /// Parses a link from a feed, a file or an order.
    ///
    /// # Errors
    /// [`InvalidLink`] says which rule it breaks.
    pub fn parse(text: &str, hosts: &AllowedHosts) -> Result<Self, InvalidLink> {
        let text = text.trim();
        if text.len() > MAX_LINK {
            return Err(InvalidLink::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || crate::text::is_unsafe(c)) {
            return Err(InvalidLink::Shape);
        }
        let url = Url::parse(text).map_err(|_| InvalidLink::Shape)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidLink::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidLink::Shape);
        }
        match url.host_str() {
            Some(host) if hosts.allows(host) => Ok(Self(url)),
            host => Err(InvalidLink::Host(host.unwrap_or_default().to_owned())),
        }
    }

    /// The link with campaign parameters. What the link has already stays: other parameters, the fragment, and
    /// campaign parameters of its own.
    #[must_use]
    pub fn with_utm(&self, utm: &Utm) -> Self {
        let mut url = self.0.clone();
        let missing: Vec<_> = utm
            .pairs()
            .into_iter()
            .filter(|(name, _)| self.0.query_pairs().all(|(known, _)| known != *name))
            .collect();
        if !missing.is_empty() {
            url.query_pairs_mut().extend_pairs(missing);
        }
        Self(url)
    }

    /// The link, percent-encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Campaign parameters. Their characters leave no room for an address, and callers pass names of files only, never
/// anything of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utm {
    source: String,
    medium: String,
    campaign: String,
    content: String,
}

impl Utm {
    /// The four parameters: where a click comes from, by what means, of which flow, of which segment or variant.
    ///
    /// # Errors
    /// [`InvalidLink::Utm`] if a value holds other characters than letters, digits, `.`, `_` and `-`.
    pub fn new(source: &str, medium: &str, campaign: &str, content: &str) -> Result<Self, InvalidLink> {
        Ok(Self {
            source: utm_value(source)?,
            medium: utm_value(medium)?,
            campaign: utm_value(campaign)?,
            content: utm_value(content)?,
        })
    }

    fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("utm_source", &self.source),
            ("utm_medium", &self.medium),
            ("utm_campaign", &self.campaign),
            ("utm_content", &self.content),
        ]
    }
}

fn utm_value(value: &str) -> Result<String, InvalidLink> {
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if plain && (1..=MAX_UTM).contains(&value.len()) { Ok(value.to_owned()) } else { Err(InvalidLink::Utm) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hosts() -> AllowedHosts {
        AllowedHosts::parse(["lunaria.example", "Müller.example"]).unwrap()
    }

    fn utm() -> Utm {
        Utm::new("nachklang", "email", "after-sales", "charm-club").unwrap()
    }

    const ALL: &str = "utm_source=nachklang&utm_medium=email&utm_campaign=after-sales&utm_content=charm-club";

    #[test]
    fn only_the_shops_own_hosts_are_linked() {
        for good in [
            "https://lunaria.example/a",
            "http://www.lunaria.example",
            "https://LUNARIA.example:8443/",
            "https://xn--mller-kva.example/",
            "https://müller.example/ä",
        ] {
            assert!(Link::parse(good, &hosts()).is_ok(), "{good}");
        }
        for (wrong, error) in [
            ("https://evil.example/", InvalidLink::Host("evil.example".to_owned())),
            ("https://notlunaria.example/", InvalidLink::Host("notlunaria.example".to_owned())),
            ("https://lunaria.example.evil.test/", InvalidLink::Host("lunaria.example.evil.test".to_owned())),
            ("https://lunaria.example@evil.test/", InvalidLink::Shape),
            ("javascript:alert(1)//lunaria.example", InvalidLink::Scheme("javascript".to_owned())),
            ("data:text/html,x", InvalidLink::Scheme("data".to_owned())),
            ("//lunaria.example/a", InvalidLink::Shape),
            ("/a", InvalidLink::Shape),
            ("", InvalidLink::Shape),
            ("https://lunaria.example/a\r\nb", InvalidLink::Shape),
            ("https://lunaria.example/a\u{202e}b", InvalidLink::Shape),
            ("https://lunaria.example/a b", InvalidLink::Shape),
        ] {
            assert_eq!(Link::parse(wrong, &hosts()), Err(error), "{wrong}");
        }
        let long = format!("https://lunaria.example/{}", "a".repeat(MAX_LINK));
        assert_eq!(Link::parse(&long, &hosts()), Err(InvalidLink::TooLong));
    }

    #[test]
    fn a_host_entry_is_a_plain_host_name() {
        for wrong in ["", "https://lunaria.example", "*.lunaria.example", ".example", "127.0.0.1", "a b"] {
            assert!(AllowedHosts::parse([wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn campaign_parameters_leave_the_rest_of_the_link_alone() {
        let with = |text: &str| Link::parse(text, &hosts()).unwrap().with_utm(&utm()).to_string();
        for (before, after) in [
            ("https://lunaria.example", format!("https://lunaria.example/?{ALL}")),
            (
                "https://lunaria.example/a?b=%C3%A4+c#d",
                format!("https://lunaria.example/a?b=%C3%A4+c&{ALL}#d"),
            ),
            ("https://lunaria.example/?", format!("https://lunaria.example/?{ALL}")),
            (
                "https://lunaria.example/?utm_source=feed&x",
                format!(
                    "https://lunaria.example/?utm_source=feed&x&{}",
                    ALL.trim_start_matches("utm_source=nachklang&")
                ),
            ),
        ] {
            assert_eq!(with(before), after);
            assert_eq!(with(&after), after, "nothing is added twice");
        }
    }

    #[test]
    fn no_address_and_no_name_fits_a_campaign_parameter() {
        for wrong in ["anna@example.com", "Anna Muster", "", "a&b", "ä", &"x".repeat(65)] {
            assert_eq!(Utm::new("nachklang", "email", "flow", wrong), Err(InvalidLink::Utm), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_stays_on_an_allowed_host(text in "(https?|ftp)?:?/{0,3}[a-z@.:\\\\/?#%ü-]{0,12}lunaria\\.example[a-z@.:\\\\/?#%ü-]{0,12}") {
            if let Ok(link) = Link::parse(&text, &hosts()) {
                let again = Url::parse(link.with_utm(&utm()).as_str()).unwrap();
                prop_assert!(again.host_str().unwrap().ends_with("lunaria.example"));
                prop_assert!(again.scheme().starts_with("http"));
                prop_assert!(again.query().unwrap().contains("utm_content="));
            }
        }
    }
}
