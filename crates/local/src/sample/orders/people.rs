//! The buyers: invented people, all under `example.com` (RFC 2606, section 3).

use crate::sample::language::{Lang, slug};
use crate::sample::random::Chance;

/// Someone who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// A number that nobody else has.
    pub number: u64,
    /// As she wrote it herself.
    pub first_name: String,
    /// As she wrote it herself.
    pub last_name: String,
    /// Her address; empty when the shop does not know it.
    pub email: String,
    /// What she reads.
    pub lang: Lang,
}

const GERMAN: ([&str; 14], [&str; 14]) = (
    [
        "Lena",
        "Sophie",
        "Jürgen",
        "Anna",
        "Mareike",
        "Katharina",
        "Jonas",
        "Zoë",
        "Heike",
        "Miriam",
        "Tobias",
        "Frieda",
        "Änne",
        "Carla",
    ],
    [
        "Huber",
        "Schäfer",
        "Krüger",
        "Weiß",
        "Lindner",
        "Brandt",
        "Vogel",
        "Großmann",
        "Keller",
        "Moser",
        "Jansen",
        "Frühauf",
        "Petersen",
        "Zeller",
    ],
);
const ENGLISH: ([&str; 14], [&str; 14]) = (
    [
        "Olivia", "Amelia", "Grace", "Isla", "George", "Freya", "Sienna", "Harriet", "Oscar", "Poppy",
        "Maisie", "Nia", "Siân", "Edith",
    ],
    [
        "Walker",
        "O’Connor",
        "Hughes",
        "Bennett",
        "Clarke",
        "Whitfield",
        "Morgan",
        "Fraser",
        "Patel",
        "Ashworth",
        "Doyle",
        "Kemp",
        "Lloyd",
        "Marsh",
    ],
);
const FRENCH: ([&str; 14], [&str; 14]) = (
    [
        "Camille", "Chloé", "Manon", "Inès", "Jules", "Léa", "Margaux", "Élodie", "Hugo", "Anaïs", "Zélie",
        "Solène", "Noémie", "Agathe",
    ],
    [
        "Moreau",
        "Lefèvre",
        "Dubois",
        "Garnier",
        "D’Aubigné",
        "Rousseau",
        "Fontaine",
        "Chevalier",
        "Marchand",
        "Besson",
        "Perrin",
        "Guérin",
        "Lacroix",
        "Renaud",
    ],
);
const SPANISH: ([&str; 14], [&str; 14]) = (
    [
        "Lucía", "Martina", "Sofía", "Carmen", "Álvaro", "Paula", "Begoña", "Irene", "Marta", "Nuria",
        "Inés", "Rocío", "Elena", "Pilar",
    ],
    [
        "García", "Muñoz", "Romero", "Navarro", "Ibáñez", "Serrano", "Molina", "Ortega", "Castaño", "Vidal",
        "Peña", "Ramos", "Soler", "Herrero",
    ],
);
const ITALIAN: ([&str; 14], [&str; 14]) = (
    [
        "Giulia", "Chiara", "Sofia", "Martina", "Luca", "Aurora", "Niccolò", "Elisa", "Beatrice", "Federica",
        "Noemi", "Alice", "Ilaria", "Viola",
    ],
    [
        "Rossi",
        "Conti",
        "De Luca",
        "Ferrari",
        "Gallo",
        "Marino",
        "D’Angelo",
        "Rinaldi",
        "Costa",
        "Fontana",
        "Villa",
        "Moretti",
        "Serra",
        "Bassi",
    ],
);

/// Names as strangers and pranksters enter them: markup, a header of its own, reordered text, a template, a formula.
const HOSTILE: [&str; 6] = [
    "<b>Mia</b><script>alert(1)</script>",
    "Eve\r\nBcc: everyone@example.com",
    "\u{202e}aneL\u{2066}",
    "{{ coupon.code }}",
    "=HYPERLINK(\"https://example.com\";\"Mia\")",
    "Mia & \"Ben\" O'Hara",
];

impl Person {
    /// The person with this number, reading this language.
    #[must_use]
    pub fn of(number: u64, lang: Lang) -> Self {
        let (first_names, last_names) = names(lang);
        let mut chance = Chance::of(&["person", &number.to_string()]);
        let (first_name, last_name) = (chance.word(first_names), chance.word(last_names));
        let local = format!("{}.{}{number}", slug(first_name), slug(last_name));
        Self {
            number,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("{local}@example.com"),
            lang,
        }
    }

    /// The same person under a name that a mail must not repeat as it is.
    #[must_use]
    pub fn hostile(mut self) -> Self {
        let mut chance = Chance::of(&["hostile", &self.number.to_string()]);
        chance.word(&HOSTILE).clone_into(&mut self.first_name);
        self
    }

    /// The same person who gave no address.
    #[must_use]
    pub fn without_email(mut self) -> Self {
        self.email.clear();
        self
    }

    /// The same person typing her address with capitals.
    #[must_use]
    pub fn with_capitals(mut self) -> Self {
        self.email = self.email.replace("@example.com", "@Example.COM");
        self
    }
}

const fn names(lang: Lang) -> (&'static [&'static str], &'static [&'static str]) {
    let (first_names, last_names) = match lang {
        Lang::De => &GERMAN,
        Lang::En => &ENGLISH,
        Lang::Fr => &FRENCH,
        Lang::Es => &SPANISH,
        Lang::It => &ITALIAN,
    };
    (first_names, last_names)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nachklang_domain::email::EmailAddress;

    use super::*;

    #[test]
    fn every_person_has_an_address_of_her_own_that_can_be_mailed() {
        let people = (1..400).flat_map(|number| Lang::ALL.map(|lang| Person::of(number, lang)));
        let emails: BTreeSet<String> = people.map(|person| person.email).collect();
        assert!(emails.len() > 1_900, "{}", emails.len());
        for email in emails {
            assert!(EmailAddress::parse(&email).is_ok(), "{email}");
            assert!(email.ends_with("@example.com"));
        }
    }

    #[test]
    fn a_hostile_name_keeps_the_address() {
        let person = Person::of(7, Lang::De);
        let hostile = person.clone().hostile();
        assert_eq!(hostile.email, person.email);
        assert!(HOSTILE.contains(&hostile.first_name.as_str()));
    }
}
