//! Countries as tills write them.

use std::collections::BTreeMap;

use crate::language::{Country, Language};

/// English and German names of the countries that shops of this part of the world sell to, in lower case.
///
/// Source of the codes: ISO 3166-1.
const NAMES: &[(&str, &str)] = &[
    ("australia", "AU"),
    ("australien", "AU"),
    ("austria", "AT"),
    ("bahrain", "BH"),
    ("belgien", "BE"),
    ("belgium", "BE"),
    ("brasilien", "BR"),
    ("brazil", "BR"),
    ("bulgaria", "BG"),
    ("bulgarien", "BG"),
    ("canada", "CA"),
    ("china", "CN"),
    ("croatia", "HR"),
    ("cyprus", "CY"),
    ("czech republic", "CZ"),
    ("czechia", "CZ"),
    ("denmark", "DK"),
    ("deutschland", "DE"),
    ("dänemark", "DK"),
    ("eire", "IE"),
    ("estland", "EE"),
    ("estonia", "EE"),
    ("finland", "FI"),
    ("finnland", "FI"),
    ("france", "FR"),
    ("frankreich", "FR"),
    ("germany", "DE"),
    ("greece", "GR"),
    ("griechenland", "GR"),
    ("großbritannien", "GB"),
    ("hong kong", "HK"),
    ("hungary", "HU"),
    ("iceland", "IS"),
    ("ireland", "IE"),
    ("irland", "IE"),
    ("island", "IS"),
    ("israel", "IL"),
    ("italien", "IT"),
    ("italy", "IT"),
    ("japan", "JP"),
    ("kanada", "CA"),
    ("kroatien", "HR"),
    ("latvia", "LV"),
    ("lebanon", "LB"),
    ("lettland", "LV"),
    ("liechtenstein", "LI"),
    ("litauen", "LT"),
    ("lithuania", "LT"),
    ("luxembourg", "LU"),
    ("luxemburg", "LU"),
    ("malta", "MT"),
    ("netherlands", "NL"),
    ("niederlande", "NL"),
    ("norway", "NO"),
    ("norwegen", "NO"),
    ("poland", "PL"),
    ("polen", "PL"),
    ("portugal", "PT"),
    ("romania", "RO"),
    ("rsa", "ZA"),
    ("rumänien", "RO"),
    ("saudi arabia", "SA"),
    ("schweden", "SE"),
    ("schweiz", "CH"),
    ("singapore", "SG"),
    ("singapur", "SG"),
    ("slovakia", "SK"),
    ("slovenia", "SI"),
    ("slowakei", "SK"),
    ("slowenien", "SI"),
    ("south africa", "ZA"),
    ("spain", "ES"),
    ("spanien", "ES"),
    ("sweden", "SE"),
    ("switzerland", "CH"),
    ("tschechien", "CZ"),
    ("türkei", "TR"),
    ("turkey", "TR"),
    ("uk", "GB"),
    ("ungarn", "HU"),
    ("united arab emirates", "AE"),
    ("united kingdom", "GB"),
    ("united states", "US"),
    ("usa", "US"),
    ("vereinigtes königreich", "GB"),
    ("zypern", "CY"),
    ("österreich", "AT"),
];

/// The country that a code or a name means, if it is known.
pub(super) fn parse(text: &str) -> Option<Country> {
    let lower = text.to_lowercase();
    let code = NAMES.iter().find(|(name, _)| *name == lower).map(|(_, code)| *code);
    Country::parse(code.unwrap_or(text)).ok()
}

/// The languages of the shop file, by name and by code.
pub(super) struct Languages {
    by_name: BTreeMap<String, Language>,
    by_code: BTreeMap<Country, Language>,
}

impl Languages {
    pub(super) fn new(countries: &BTreeMap<String, Language>) -> Self {
        let coded = |(name, language): (&String, &Language)| Some((parse(name)?, *language));
        Self {
            by_name: countries.iter().map(|(name, language)| (name.to_lowercase(), *language)).collect(),
            by_code: countries.iter().filter_map(coded).collect(),
        }
    }

    /// The language of a country: as the shop file writes it, else by its code however either is written.
    pub(super) fn of(&self, text: &str) -> Option<Language> {
        let by_name = self.by_name.get(&text.to_lowercase());
        by_name.or_else(|| self.by_code.get(&parse(text)?)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_code_and_by_name() {
        for (text, code) in
            [("de", "DE"), ("Österreich", "AT"), ("UNITED KINGDOM", "GB"), ("UK", "GB"), ("EIRE", "IE")]
        {
            assert_eq!(parse(text).map(|country| country.to_string()).as_deref(), Some(code), "{text}");
        }
        assert_eq!(parse("Unspecified"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_country_has_its_language_however_either_is_written() {
        let of = |written: &str, text: &str| {
            let german = Language::parse("de").unwrap();
            Languages::new(&BTreeMap::from([(written.to_owned(), german)])).of(text).is_some()
        };
        assert!(of("AT", "Österreich") && of("Österreich", "at") && of("österreich", "Austria"));
        assert!(of("Unspecified", "unspecified"));
        assert!(!of("AT", "DE") && !of("AT", "Unspecified") && !of("AT", ""));
    }
}
