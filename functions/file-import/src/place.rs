//! What a key of the bucket means.

use nachklang_domain::id::ShopId;
use nachklang_domain::upload::{Misplaced, PLACES, Upload};

/// The folders that this system fills itself; what appears there is nobody's upload.
const OWN: [&str; 3] = ["reports/", "published/", "parked/"];
/// Where parked webhooks are copied to be read again.
const REPLAY: &str = "replay/webhooks/";

/// What a key of the bucket means.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of shops, flows or mails: all of them are looked at together.
    Content,
    /// A data file.
    Data(Upload),
    /// A parked webhook of a shop that is to be read again.
    Replay(ShopId),
    /// Nothing to be read: a folder's placeholder, or what this system wrote.
    Nothing,
    /// No file belongs there; in words, with where files belong.
    Nowhere(String),
}

impl Place {
    /// What a key means.
    #[must_use]
    pub fn of(key: &str) -> Self {
        if key.ends_with('/') || OWN.iter().any(|own| key.starts_with(own)) {
            return Self::Nothing;
        }
        if is_content(key) {
            return Self::Content;
        }
        if let Some(rest) = key.strip_prefix(REPLAY) {
            let shop =
                rest.split_once('/').filter(|(_, file)| file.ends_with(".json") && !file.contains('/'));
            let shop = shop.and_then(|(shop, _)| ShopId::parse(shop).ok());
            return shop.map_or_else(
                || Self::Nowhere(format!("{key} is no parked webhook: {REPLAY}<shop>/<id>.json")),
                Self::Replay,
            );
        }
        match Upload::of(key) {
            Ok(upload) => Self::Data(upload),
            Err(Misplaced::Nowhere(_)) => Self::Nowhere(format!(
                "{key} belongs nowhere: put shops under shops/<shop>.toml, flows under flows/<flow>.toml, the files of a \
                 mail under mails/<mail>/; of data files: {PLACES}"
            )),
            Err(misnamed) => Self::Nowhere(misnamed.to_string()),
        }
    }
}

/// Whether a key is one of a shop, a flow or a file of a mail. Hidden files are none.
#[must_use]
pub fn is_content(key: &str) -> bool {
    match key.split('/').collect::<Vec<_>>().as_slice() {
        ["shops" | "flows", file] => file.ends_with(".toml") && !file.starts_with('.'),
        ["mails", mail, file] => {
            !mail.is_empty() && !mail.starts_with('.') && !file.is_empty() && !file.starts_with('.')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn de() -> ShopId {
        ShopId::parse("de").unwrap()
    }

    #[test]
    fn shops_flows_and_the_files_of_mails_are_content() {
        for key in [
            "shops/de.toml",
            "shops/brand.toml",
            "flows/after-sales.toml",
            "mails/thanks/mail.mjml",
            "mails/thanks/logo.png",
        ] {
            assert_eq!(Place::of(key), Place::Content, "{key}");
        }
    }

    #[test]
    fn data_files_and_parked_webhooks_are_known_by_their_folder() {
        assert_eq!(Place::of("orders/de/2026-11-22.csv"), Place::Data(Upload::Orders(de())));
        assert_eq!(Place::of("contacts/de/crm.csv.gz"), Place::Data(Upload::Contacts(de())));
        assert_eq!(Place::of("replay/webhooks/de/0a1b.json"), Place::Replay(de()));
    }

    #[test]
    fn what_the_system_writes_and_empty_folders_are_nothing() {
        for key in [
            "reports/shops/de.toml.report.json",
            "published/ab12",
            "parked/webhooks/de/1.json",
            "shops/",
            "feeds/de/",
        ] {
            assert_eq!(Place::of(key), Place::Nothing, "{key}");
        }
    }

    #[test]
    fn a_file_out_of_place_is_told_where_files_belong() {
        for key in [
            "de.toml",
            "shops/de.txt",
            "shops/de/shop.toml",
            "mails/mail.mjml",
            "mails/thanks/old/mail.mjml",
            "orders/x.csv",
            "shop/de.toml",
        ] {
            let Place::Nowhere(words) = Place::of(key) else { panic!("{key}") };
            assert!(words.contains("mails/<mail>/") && words.contains("orders/<shop>/"), "{words}");
        }
        let Place::Nowhere(words) = Place::of("orders/d e/x.csv") else { panic!("a blank is no shop's") };
        assert!(words.contains("d e"), "{words}");
        assert!(matches!(Place::of("replay/webhooks/x.json"), Place::Nowhere(_)));
    }
}
