//! The catalogue of the fictional brand "Lunaria": about 260 pieces in five languages.

mod accessories;
mod kinds;
mod motifs;
mod prices;
mod range;
mod stones;

use super::language::{Lang, slug};

pub use accessories::Accessory;
pub use kinds::Kind;
pub use motifs::{BEAD_MOTIFS, CHARM_MOTIFS, LETTERS, Motif};
pub use range::catalogue;
pub use stones::{Metal, STONES, Stone};

/// What makes a piece differ from others of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// It depicts something.
    Motif(&'static Motif),
    /// It depicts something and holds a stone.
    MotifWithStone(&'static Motif, &'static Stone),
    /// It is a stone.
    Stone(&'static Stone),
    /// It is a letter.
    Letter(char),
    /// It is an accessory.
    Accessory(&'static Accessory),
}

/// One piece of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleProduct {
    /// The stock keeping unit: `CC-001`.
    pub sku: String,
    /// What it is.
    pub kind: Kind,
    /// What makes it differ.
    pub design: Design,
    /// What it is made of.
    pub metal: Metal,
    /// Whether it exists in silver and in gold.
    pub has_variants: bool,
}

impl Design {
    /// What it depicts, if anything.
    #[must_use]
    pub const fn motif(&self) -> Option<&'static Motif> {
        match self {
            Self::Motif(motif) | Self::MotifWithStone(motif, _) => Some(motif),
            _ => None,
        }
    }

    /// The stone, if any.
    #[must_use]
    pub const fn stone(&self) -> Option<&'static Stone> {
        match self {
            Self::Stone(stone) | Self::MotifWithStone(_, stone) => Some(stone),
            _ => None,
        }
    }

    /// A machine word that no other design of the kind has.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Motif(motif) => motif.key.to_owned(),
            Self::MotifWithStone(motif, stone) => format!("{}-{}", motif.key, stone.key),
            Self::Stone(stone) => stone.key.to_owned(),
            Self::Letter(letter) => format!("letter-{}", letter.to_ascii_lowercase()),
            Self::Accessory(accessory) => accessory.key.to_owned(),
        }
    }

    /// What stands beside the name of the piece.
    fn subject(&self, lang: Lang) -> String {
        match self {
            Self::Motif(motif) | Self::MotifWithStone(motif, _) => motif.name.get(lang).to_owned(),
            Self::Stone(stone) if lang == Lang::En => headline(stone.name.get(lang)),
            Self::Stone(stone) => stone.name.get(lang).to_owned(),
            Self::Letter(letter) => format!("{} {letter}", motifs::LETTER.get(lang)),
            Self::Accessory(accessory) => accessory.title.get(lang).to_owned(),
        }
    }
}

impl SampleProduct {
    /// The id that every feed gives it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("LUN-{}", self.sku)
    }

    /// The id of the group of variants that it belongs to.
    #[must_use]
    pub fn group(&self) -> Option<String> {
        self.has_variants.then(|| format!("LUN-{}-{}", self.kind.prefix(), self.design.key()))
    }

    /// What it has in common with its variants; unique within the catalogue.
    #[must_use]
    pub fn family(&self) -> String {
        format!("{}-{}", self.kind.prefix(), self.design.key())
    }

    /// The title: "Charm Kleeblatt, 925er Silber".
    #[must_use]
    pub fn title(&self, lang: Lang) -> String {
        if self.kind == Kind::Accessory {
            return self.design.subject(lang);
        }
        format!("{}, {}", self.name(lang), self.metal.name().get(lang))
    }

    /// The last part of the product page's path; variants share the page.
    #[must_use]
    pub fn page(&self, lang: Lang) -> String {
        slug(&self.name(lang))
    }

    /// The title without the metal: "Star charm with amethyst".
    fn name(&self, lang: Lang) -> String {
        let (kind, subject) = (self.kind.name().get(lang), self.design.subject(lang));
        let name = match lang {
            _ if self.kind == Kind::Accessory => subject,
            Lang::En => format!("{subject} {kind}"),
            _ => format!("{kind} {subject}"),
        };
        match self.design {
            Design::MotifWithStone(_, stone) => {
                format!("{name} {} {}", with(lang), stone.name.get(lang))
            }
            _ => name,
        }
    }
}

const fn with(lang: Lang) -> &'static str {
    match lang {
        Lang::De => "mit",
        Lang::En => "with",
        Lang::Fr => "avec",
        Lang::Es | Lang::It => "con",
    }
}

/// Every word with a capital, as English headlines have it.
fn headline(text: &str) -> String {
    let mut at_start = true;
    text.chars()
        .map(|letter| {
            let shown = if at_start { letter.to_ascii_uppercase() } else { letter };
            at_start = letter == ' ';
            shown
        })
        .collect()
}

/// The piece with this stock keeping unit.
#[must_use]
pub fn find(sku: &str) -> Option<&'static SampleProduct> {
    catalogue().iter().find(|product| product.sku == sku)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_has_the_promised_size() {
        let count = |kind| catalogue().iter().filter(|product| product.kind == kind).count();
        assert_eq!((count(Kind::Charm), count(Kind::Bead)), (90, 80));
        assert_eq!(catalogue().len(), 260);
    }

    #[test]
    fn no_two_pieces_share_a_sku_or_a_title() {
        let all = catalogue();
        let skus: BTreeSet<_> = all.iter().map(|product| &product.sku).collect();
        assert_eq!(skus.len(), all.len());
        for lang in Lang::ALL {
            let titles: BTreeSet<_> = all.iter().map(|product| product.title(lang)).collect();
            assert_eq!(titles.len(), all.len(), "{lang:?}");
        }
    }

    #[test]
    fn titles_read_naturally_in_each_language() {
        let clover = find("CC-006").unwrap();
        let titles = Lang::ALL.map(|lang| clover.title(lang));
        assert_eq!(
            titles,
            [
                "Charm Kleeblatt, 925er Silber",
                "Four-Leaf Clover charm, sterling silver",
                "Charm trèfle, argent 925",
                "Charm trébol, plata de ley 925",
                "Charm quadrifoglio, argento 925",
            ]
        );
    }

    #[test]
    fn a_group_holds_exactly_a_silver_and_a_gold_piece() {
        let all = catalogue();
        for product in all.iter().filter(|product| product.has_variants) {
            let members = all.iter().filter(|other| other.group() == product.group());
            let metals: Vec<_> = members.map(|other| other.metal).collect();
            assert_eq!(metals, [Metal::Silver, Metal::Gold], "{}", product.sku);
        }
    }
}
