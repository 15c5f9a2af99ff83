//! Boxes, and what jewellery is cared for with. Each has a title of its own.

use crate::sample::language::{Words, words};

/// A box, or something to care for jewellery.
#[derive(Debug, PartialEq, Eq)]
pub struct Accessory {
    /// Its machine word, and what the picture is drawn by.
    pub key: &'static str,
    /// Its whole title.
    pub title: Words,
    /// Its price in euro cents.
    pub cents: i64,
}

/// A table: machine word, euro cents, German, English, French, Spanish, Italian.
macro_rules! accessories {
    ($($key:literal $cents:literal, $de:literal, $en:literal, $fr:literal, $es:literal, $it:literal;)*) => {
        &[$(Accessory { key: $key, title: words($de, $en, $fr, $es, $it), cents: $cents }),*]
    };
}

/// All accessories.
pub static ACCESSORIES: &[Accessory] = accessories! {
    "box" 4_900, "Schmuckkästchen Luna", "Luna jewellery box", "Boîte à bijoux Luna", "Joyero Luna", "Portagioie Luna";
    "chest" 8_900, "Schmuckschrank Aurora", "Aurora jewellery chest", "Coffret à bijoux Aurora", "Cofre joyero Aurora", "Scrigno portagioie Aurora";
    "case" 3_490, "Reiseetui für Schmuck", "Travel case for jewellery", "Étui de voyage pour bijoux", "Estuche de viaje para joyas", "Astuccio da viaggio per gioielli";
    "gift" 990, "Geschenkbox mit Schleife", "Gift box with bow", "Boîte cadeau avec nœud", "Caja de regalo con lazo", "Scatola regalo con fiocco";
    "cloth" 990, "Poliertuch", "Polishing cloth", "Chiffon de polissage", "Paño de pulido", "Panno lucidante";
    "bath" 1_490, "Pflegebad „Glanz & Schutz“, 150 ml", "Cleaning bath “Shine & Protect”, 150 ml", "Bain nettoyant « Éclat & soin », 150 ml", "Baño limpiador «Brillo & cuidado», 150 ml", "Bagno detergente «Luce & cura», 150 ml";
    "dish" 1_990, "Ringschale Vollmond", "Full Moon ring dish", "Coupelle à bagues Pleine Lune", "Plato para anillos Luna Llena", "Piattino per anelli Luna Piena";
    "pouch" 1_290, "Schmuckbeutel aus Samt", "Velvet jewellery pouch", "Pochette à bijoux en velours", "Bolsita de terciopelo para joyas", "Sacchetto portagioie in velluto";
};
