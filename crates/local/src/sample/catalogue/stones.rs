//! What the jewellery is made of: metals and stones.

use crate::sample::language::{Words, words};

/// The metal of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metal {
    /// Sterling silver.
    Silver,
    /// Gold-plated sterling silver.
    Gold,
}

impl Metal {
    /// Its name, as the last part of a title.
    #[must_use]
    pub const fn name(self) -> Words {
        match self {
            Self::Silver => {
                words("925er Silber", "sterling silver", "argent 925", "plata de ley 925", "argento 925")
            }
            Self::Gold => words(
                "925er Silber vergoldet",
                "gold-plated sterling silver",
                "argent 925 plaqué or",
                "plata de ley 925 con baño de oro",
                "argento 925 placcato oro",
            ),
        }
    }
}

/// A gemstone.
#[derive(Debug, PartialEq, Eq)]
pub struct Stone {
    /// Its machine word.
    pub key: &'static str,
    /// Its name, in the form that may follow "with".
    pub name: Words,
    /// Its colour: red, green, blue.
    pub colour: [u8; 3],
}

/// A table: machine word, colour, German, English, French, Spanish, Italian.
macro_rules! stones {
    ($($key:literal $colour:expr, $de:literal, $en:literal, $fr:literal, $es:literal, $it:literal;)*) => {
        &[$(Stone { key: $key, name: words($de, $en, $fr, $es, $it), colour: $colour }),*]
    };
}

/// All stones.
pub static STONES: &[Stone] = stones! {
    "rose-quartz" [238, 178, 190], "Rosenquarz", "rose quartz", "quartz rose", "cuarzo rosa", "quarzo rosa";
    "amethyst" [139, 92, 178], "Amethyst", "amethyst", "améthyste", "amatista", "ametista";
    "onyx" [48, 48, 56], "Onyx", "onyx", "onyx", "ónix", "onice";
    "turquoise" [64, 186, 184], "Türkis", "turquoise", "turquoise", "turquesa", "turchese";
    "lapis" [38, 70, 152], "Lapislazuli", "lapis lazuli", "lapis-lazuli", "lapislázuli", "lapislazzuli";
    "tigers-eye" [158, 98, 38], "Tigerauge", "tiger’s eye", "œil-de-tigre", "ojo de tigre", "occhio di tigre";
    "malachite" [24, 128, 92], "Malachit", "malachite", "malachite", "malaquita", "malachite";
    "moonstone" [206, 216, 228], "Mondstein", "moonstone", "pierre de lune", "piedra luna", "pietra di luna";
    "labradorite" [88, 112, 132], "Labradorit", "labradorite", "labradorite", "labradorita", "labradorite";
    "jade" [112, 176, 126], "Jade", "jade", "jade", "jade", "giada";
    "carnelian" [206, 82, 42], "Karneol", "carnelian", "cornaline", "cornalina", "corniola";
    "citrine" [236, 188, 70], "Citrin", "citrine", "citrine", "citrino", "citrino";
    "aventurine" [86, 150, 104], "Aventurin", "aventurine", "aventurine", "aventurina", "avventurina";
    "garnet" [140, 28, 48], "Granat", "garnet", "grenat", "granate", "granato";
    "aquamarine" [140, 204, 220], "Aquamarin", "aquamarine", "aigue-marine", "aguamarina", "acquamarina";
    "rock-crystal" [222, 230, 236], "Bergkristall", "rock crystal", "cristal de roche", "cristal de roca", "cristallo di rocca";
    "opal" [216, 224, 216], "Opal", "opal", "opale", "ópalo", "opale";
    "hematite" [92, 94, 102], "Hämatit", "hematite", "hématite", "hematita", "ematite";
    "sodalite" [62, 88, 140], "Sodalith", "sodalite", "sodalite", "sodalita", "sodalite";
    "peridot" [156, 184, 62], "Peridot", "peridot", "péridot", "peridoto", "peridoto";
};
