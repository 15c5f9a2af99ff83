//! The five languages of the brand, and words that exist in all of them.

/// A language of the starter content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// German.
    De,
    /// English.
    En,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Italian.
    It,
}

impl Lang {
    /// All five.
    #[cfg(test)]
    pub const ALL: [Self; 5] = [Self::De, Self::En, Self::Fr, Self::Es, Self::It];

    /// The two letters of ISO 639-1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
        }
    }
}

/// One thing, named in all five languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    de: &'static str,
    en: &'static str,
    fr: &'static str,
    es: &'static str,
    it: &'static str,
}

/// Names a thing in German, English, French, Spanish, Italian.
pub(super) const fn words(
    de: &'static str,
    en: &'static str,
    fr: &'static str,
    es: &'static str,
    it: &'static str,
) -> Words {
    Words { de, en, fr, es, it }
}

impl Words {
    /// The name in a language.
    #[must_use]
    pub const fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::De => self.de,
            Lang::En => self.en,
            Lang::Fr => self.fr,
            Lang::Es => self.es,
            Lang::It => self.it,
        }
    }
}

/// A text as part of an address: lower-case ASCII letters and digits, everything else one hyphen.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match folded(letter) {
            "" if slug.is_empty() || slug.ends_with('-') => {}
            "" => slug.push('-'),
            plain => slug.push_str(plain),
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

const PLAIN: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// The ASCII letters that stand for a letter of the five languages; empty for anything else.
fn folded(letter: char) -> &'static str {
    match letter {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'â' | 'á' => "a",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ó' | 'ò' | 'ô' => "o",
        'ú' | 'ù' | 'û' => "u",
        'ç' => "c",
        'ñ' => "n",
        'œ' => "oe",
        _ => PLAIN.find(letter).and_then(|at| PLAIN.get(at..=at)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_ascii_without_hanging_hyphens() {
        assert_eq!(slug("Collier œil, argent 925"), "collier-oeil-argent-925");
        assert_eq!(slug("„Glanz & Schutz“ für Süßes"), "glanz-schutz-fuer-suesses");
        assert_eq!(slug("Boucles d’oreilles étoile"), "boucles-d-oreilles-etoile");
    }
}
