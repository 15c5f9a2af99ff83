//! The kinds of pieces, and what a feed says about each.

use crate::sample::language::{Words, words};

/// A kind of piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A pendant of the Charm Club.
    Charm,
    /// A bead of the Karma Beads.
    Bead,
    /// A ring.
    Ring,
    /// A necklace.
    Necklace,
    /// A pair of earrings.
    Earrings,
    /// A bracelet.
    Bracelet,
    /// A box, or something to care for jewellery.
    Accessory,
}

impl Kind {
    /// The letters that its stock keeping units begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Charm => "CC",
            Self::Bead => "KB",
            Self::Ring => "RG",
            Self::Necklace => "NL",
            Self::Earrings => "ER",
            Self::Bracelet => "BR",
            Self::Accessory => "AC",
        }
    }

    /// The series as the feed's `custom_label_0` names it.
    #[must_use]
    pub const fn series(self) -> &'static str {
        match self {
            Self::Charm => "charm-club",
            Self::Bead => "karma-beads",
            _ => "collection",
        }
    }

    /// Its name in a title; accessories have titles of their own.
    #[must_use]
    pub const fn name(self) -> Words {
        match self {
            Self::Charm => words("Charm", "charm", "Charm", "Charm", "Charm"),
            Self::Bead => words("Bead", "bead", "Bead", "Bead", "Bead"),
            Self::Ring => words("Ring", "ring", "Bague", "Anillo", "Anello"),
            Self::Necklace => words("Halskette", "necklace", "Collier", "Collar", "Collana"),
            Self::Earrings => words("Ohrringe", "earrings", "Boucles d’oreilles", "Pendientes", "Orecchini"),
            Self::Bracelet => words("Armband", "bracelet", "Bracelet", "Pulsera", "Bracciale"),
            Self::Accessory => words("", "", "", "", ""),
        }
    }

    /// The shop's own path.
    #[must_use]
    #[rustfmt::skip]
    pub const fn product_type(self) -> Words {
        match self {
            Self::Charm => words(
                "Charms > Charm Club", "Charms > Charm Club", "Charms > Charm Club", "Charms > Charm Club",
                "Charm > Charm Club",
            ),
            Self::Bead => words(
                "Beads > Karma Beads", "Beads > Karma Beads", "Beads > Karma Beads", "Beads > Karma Beads",
                "Bead > Karma Beads",
            ),
            Self::Ring => words(
                "Schmuck > Ringe", "Jewellery > Rings", "Bijoux > Bagues", "Joyas > Anillos", "Gioielli > Anelli",
            ),
            Self::Necklace => words(
                "Schmuck > Halsketten", "Jewellery > Necklaces", "Bijoux > Colliers", "Joyas > Collares",
                "Gioielli > Collane",
            ),
            Self::Earrings => words(
                "Schmuck > Ohrringe", "Jewellery > Earrings", "Bijoux > Boucles d’oreilles", "Joyas > Pendientes",
                "Gioielli > Orecchini",
            ),
            Self::Bracelet => words(
                "Schmuck > Armbänder", "Jewellery > Bracelets", "Bijoux > Bracelets", "Joyas > Pulseras",
                "Gioielli > Bracciali",
            ),
            Self::Accessory => words(
                "Zubehör > Pflege & Aufbewahrung", "Accessories > Care & Storage",
                "Accessoires > Entretien et rangement", "Accesorios > Cuidado y almacenaje",
                "Accessori > Cura e custodia",
            ),
        }
    }

    /// Google's category by number; empty where none fits.
    ///
    /// Source: <https://www.google.com/basepages/producttype/taxonomy-with-ids.en-US.txt>.
    #[must_use]
    pub const fn google_category(self) -> &'static str {
        match self {
            Self::Charm | Self::Bead => "192",
            Self::Ring => "200",
            Self::Necklace => "196",
            Self::Earrings => "194",
            Self::Bracelet => "191",
            Self::Accessory => "",
        }
    }

    /// A sentence for the feed's description.
    #[must_use]
    pub const fn description(self) -> Words {
        match self {
            Self::Charm => words(
                "Zum Sammeln und Kombinieren, passend zu jedem Charm-Armband.",
                "Made to collect and combine, fits every charm bracelet.",
                "À collectionner et à combiner, pour tous les bracelets à charms.",
                "Para coleccionar y combinar, compatible con todas las pulseras de charms.",
                "Da collezionare e combinare, adatto a tutti i bracciali per charm.",
            ),
            Self::Bead => words(
                "Zum Auffädeln, passend zu jedem Karma-Armband.",
                "Made to thread, fits every Karma bracelet.",
                "À enfiler, pour tous les bracelets Karma.",
                "Para ensartar, compatible con todas las pulseras Karma.",
                "Da infilare, adatto a tutti i bracciali Karma.",
            ),
            Self::Accessory => words(
                "Damit Schmuck lange schön bleibt.",
                "Keeps jewellery beautiful for years.",
                "Pour des bijoux qui restent beaux longtemps.",
                "Para que las joyas luzcan durante años.",
                "Per gioielli belli a lungo.",
            ),
            _ => words(
                "In der Lunaria-Schachtel geliefert.",
                "Delivered in the Lunaria box.",
                "Livraison dans l’écrin Lunaria.",
                "Entrega en el estuche Lunaria.",
                "Consegna nella scatola Lunaria.",
            ),
        }
    }
}
