//! What the jewellery depicts. All names are nouns that stand beside the name of the piece ("Charm Kleeblatt",
//! "Bague étoile"), so that no language needs an adjective to agree with it.

use crate::sample::language::{Words, words};

/// Something that a piece depicts.
#[derive(Debug, PartialEq, Eq)]
pub struct Motif {
    /// Its machine word: part of group ids, and what the picture is drawn by.
    pub key: &'static str,
    /// Its name.
    pub name: Words,
}

/// A table: machine word, German, English, French, Spanish, Italian.
macro_rules! motifs {
    ($($key:literal: $de:literal, $en:literal, $fr:literal, $es:literal, $it:literal;)*) => {
        &[$(Motif { key: $key, name: words($de, $en, $fr, $es, $it) }),*]
    };
}

/// The motifs of the charms. The first `WORN` also come as rings, necklaces, earrings and bracelets.
pub static CHARM_MOTIFS: &[Motif] = motifs! {
    "star": "Stern", "Star", "étoile", "estrella", "stella";
    "heart": "Herz", "Heart", "cœur", "corazón", "cuore";
    "moon": "Mond", "Moon", "lune", "luna", "luna";
    "clover": "Kleeblatt", "Four-Leaf Clover", "trèfle", "trébol", "quadrifoglio";
    "feather": "Feder", "Feather", "plume", "pluma", "piuma";
    "butterfly": "Schmetterling", "Butterfly", "papillon", "mariposa", "farfalla";
    "leaf": "Blatt", "Leaf", "feuille", "hoja", "foglia";
    "infinity": "Unendlichkeit", "Infinity", "infini", "infinito", "infinito";
    "daisy": "Gänseblümchen", "Daisy", "pâquerette", "margarita", "margherita";
    "drop": "Tropfen", "Drop", "goutte", "gota", "goccia";
    "key": "Schlüssel", "Key", "clé", "llave", "chiave";
    "anchor": "Anker", "Anchor", "ancre", "ancla", "ancora";
    "crown": "Krone", "Crown", "couronne", "corona", "corona";
    "arrow": "Pfeil", "Arrow", "flèche", "flecha", "freccia";
    "lightning": "Blitz", "Lightning", "éclair", "rayo", "fulmine";
    "sun": "Sonne", "Sun", "soleil", "sol", "sole";
    "cloud": "Wolke", "Cloud", "nuage", "nube", "nuvola";
    "snowflake": "Schneeflocke", "Snowflake", "flocon", "copo de nieve", "fiocco di neve";
    "cat": "Katze", "Cat", "chat", "gato", "gatto";
    "paw": "Pfote", "Paw", "patte", "huella", "zampa";
    "fish": "Fisch", "Fish", "poisson", "pez", "pesce";
    "swallow": "Schwalbe", "Swallow", "hirondelle", "golondrina", "rondine";
    "owl": "Eule", "Owl", "hibou", "búho", "gufo";
    "cherry": "Kirsche", "Cherry", "cerise", "cereza", "ciliegia";
    "mushroom": "Pilz", "Mushroom", "champignon", "seta", "fungo";
    "shell": "Muschel", "Shell", "coquillage", "concha", "conchiglia";
    "horseshoe": "Hufeisen", "Horseshoe", "fer à cheval", "herradura", "ferro di cavallo";
    "ladybird": "Marienkäfer", "Ladybird", "coccinelle", "mariquita", "coccinella";
    "bee": "Biene", "Bee", "abeille", "abeja", "ape";
    "note": "Note", "Music Note", "note de musique", "nota musical", "nota musicale";
    "balloon": "Ballon", "Balloon", "ballon", "globo", "palloncino";
    "house": "Haus", "House", "maison", "casa", "casa";
    "fir": "Tanne", "Fir Tree", "sapin", "abeto", "abete";
    "gem": "Brillant", "Brilliant", "brillant", "brillante", "brillante";
    "umbrella": "Schirm", "Umbrella", "parapluie", "paraguas", "ombrello";
    "bow": "Schleife", "Bow", "nœud", "lazo", "fiocco";
};

/// How many of the charm motifs come as other pieces too.
pub const WORN: usize = 8;

/// The motifs of the beads.
pub static BEAD_MOTIFS: &[Motif] = motifs! {
    "lotus": "Lotus", "Lotus", "lotus", "loto", "loto";
    "hamsa": "Hamsa", "Hamsa", "hamsa", "hamsa", "hamsa";
    "tree": "Lebensbaum", "Tree of Life", "arbre de vie", "árbol de la vida", "albero della vita";
    "mandala": "Mandala", "Mandala", "mandala", "mandala", "mandala";
    "eye": "Auge", "Eye", "œil", "ojo", "occhio";
    "yin-yang": "Yin und Yang", "Yin and Yang", "yin et yang", "yin y yang", "yin e yang";
    "knot": "Knoten", "Knot", "nœud sans fin", "nudo", "nodo";
    "compass": "Kompass", "Compass", "boussole", "brújula", "bussola";
    "wave": "Welle", "Wave", "vague", "ola", "onda";
    "dragonfly": "Libelle", "Dragonfly", "libellule", "libélula", "libellula";
};

/// The letters that come as charms.
pub const LETTERS: [char; 10] = ['A', 'B', 'E', 'J', 'L', 'M', 'N', 'S', 'T', 'V'];

/// What stands before the letter of a charm.
pub const LETTER: Words = words("Buchstabe", "Letter", "lettre", "letra", "lettera");
