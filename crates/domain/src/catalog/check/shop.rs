//! What must hold in a shop file.

use jiff::civil::Time;

use super::{Desk, has_text};
use crate::mail::message::DisplayName;
use crate::mail::url::AllowedHosts;
use crate::shop::Shop;

impl Desk<'_> {
    pub(super) fn check_shop(&mut self, shop: &Shop) {
        let path = format!("shops/{}.toml", shop.id);
        self.check_sender(&path, shop);
        self.check_links(&path, shop);
        self.check_languages(&path, shop);
        self.check_send_at(&path, shop);
        self.check_webhooks(&path, shop);
    }

    fn check_sender(&mut self, path: &str, shop: &Shop) {
        if let Err(error) = DisplayName::parse(&shop.sender.name) {
            let problem = format!("the sender's name cannot stand in a mail: {error}");
            self.error(path, "[sender]", problem, "write it under [sender] as recipients know it");
        }
        if shop.imprint.iter().all(|line| line.trim().is_empty()) {
            let problem = "the Impressum is empty".to_owned();
            self.error(path, "imprint", problem, "give name, address, register and contact (§ 5 DDG)");
        }
    }

    fn check_links(&mut self, path: &str, shop: &Shop) {
        if let Err(error) = AllowedHosts::parse(shop.link_hosts.iter().map(String::as_str)) {
            self.error(
                path,
                "link_hosts",
                error.to_string(),
                "write host names only, such as media.shop.example",
            );
        }
        if shop.website.scheme() != "https" || shop.privacy_url.scheme() != "https" {
            self.error(path, "http:", "website and privacy_url must be https".to_owned(), "write https://");
        }
    }

    fn check_languages(&mut self, path: &str, shop: &Shop) {
        if shop.languages.is_empty() {
            let problem = "the shop has no language".to_owned();
            self.error(path, "languages", problem, "list at least one, the default first");
        }
        for language in shop.languages.iter().filter(|language| !has_text(&shop.legal_notice, **language)) {
            let problem = format!("legal_notice has no text for the language {language}");
            self.error(
                path,
                "legal_notice",
                problem,
                "say in that language why she gets the mail and how to object",
            );
        }
        for (country, language) in
            shop.country_languages.iter().filter(|(_, known)| !shop.languages.contains(known))
        {
            let problem =
                format!("country_languages maps {country} to {language}, which the shop does not write");
            self.error(path, "country_languages", problem, "use a language of `languages`");
        }
    }

    /// Shops of one app share its secret: a signature does not tell for which of them an order is.
    fn check_webhooks(&mut self, path: &str, shop: &Shop) {
        if shop.webhooks.shopify.as_ref().is_some_and(|shopify| shopify.domains.is_empty()) {
            let problem = "an order of another shop under the same app could not be told apart".to_owned();
            self.error(path, "domains", problem, "list the shop's domains under [webhooks.shopify]");
        }
    }

    fn check_send_at(&mut self, path: &str, shop: &Shop) {
        if (Time::constant(2, 0, 0, 0)..Time::constant(3, 1, 0, 0)).contains(&shop.send_at) {
            let problem = format!("send_at {} lies in the hour that some days skip or repeat", shop.send_at);
            self.error(path, "send_at", problem, "choose a time before 02:00 or after 03:00");
        }
    }
}
