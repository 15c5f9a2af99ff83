//! The motifs, drawn in the notation of [`super::drawing`].

/// How a motif hangs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hanging {
    /// On a loop that touches it at this height of the sheet, in the middle.
    Loop(f32),
    /// As a relief on a round disc.
    Disc,
}

/// A motif's drawing and how it hangs; `None` for a word that no motif has.
#[must_use]
pub fn motif(key: &str) -> Option<(&'static str, Hanging)> {
    let mut known = DRAWINGS.iter();
    known.find(|(name, ..)| *name == key).map(|(_, hanging, drawing)| (*drawing, *hanging))
}

/// The drawing of a letter.
#[must_use]
pub const fn letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "S11 M24 86 L50 14 L76 86 M34 62 L66 62",
        'B' => "S11 M32 14 L32 86 M32 14 L54 14 C76 14 76 48 54 48 L32 48 M54 48 C82 48 82 86 54 86 L32 86",
        'E' => "S11 M70 14 L32 14 L32 86 L70 86 M32 50 L64 50",
        'J' => "S11 M64 14 L64 66 C64 92 32 92 32 68",
        'L' => "S11 M34 14 L34 86 L70 86",
        'M' => "S11 M20 86 L24 14 L50 60 L76 14 L80 86",
        'N' => "S11 M27 86 L27 14 L73 86 L73 14",
        'S' => "S11 M72 26 C60 6 30 12 30 32 C30 52 72 46 72 68 C72 92 38 94 27 74",
        'T' => "S11 M24 14 L76 14 M50 14 L50 86",
        'V' => "S11 M24 14 L50 86 L76 14",
        _ => return None,
    })
}

/// A table: machine word, how it hangs, drawing.
macro_rules! drawings {
    ($($key:literal $hanging:expr => $drawing:literal;)*) => {
        &[$(($key, $hanging, $drawing)),*]
    };
}

use Hanging::{Disc, Loop};

#[rustfmt::skip]
static DRAWINGS: &[(&str, Hanging, &str)] = drawings! {
    "star" Loop(2.0) => "F M50 2 L62 36 L98 37 L69 58 L79 93 L50 72 L21 93 L31 58 L2 37 L38 36 Z; s1.5 M50 2 L50 52 L98 37 M50 52 L79 93 M50 52 L21 93 M50 52 L2 37";
    "heart" Loop(18.0) => "F M50 94 C20 70 2 52 2 30 C2 12 16 4 28 4 C39 4 46 10 50 18 C54 10 61 4 72 4 C84 4 98 12 98 30 C98 52 80 70 50 94 Z";
    "moon" Loop(5.0) => "F M62 4 C30 2 6 24 6 52 C6 80 30 98 58 98 C72 98 84 92 92 82 C60 88 38 70 38 46 C38 28 46 14 62 4 Z; f O22 46 3; f O26 66 4; f O40 82 3";
    "clover" Loop(8.0) => "S5 M52 54 Q64 74 80 90; F*4 M50 52 C36 42 26 32 28 20 C30 8 44 4 50 16 C56 4 70 8 72 20 C74 32 64 42 50 52 Z; s1.5*4 M50 48 L50 28";
    "feather" Loop(4.0) => "S4 M50 76 L46 99; F M52 2 C76 20 80 50 58 78 L50 84 L44 76 C24 52 28 22 52 2 Z; s2 M51 12 L49 84; s1.5 M51 40 L65 28 M51 54 L68 42 M50 68 L64 58 M50 40 L37 30 M50 54 L34 44 M50 68 L38 60";
    "butterfly" Loop(31.0) => "F M50 42 C44 16 22 2 8 8 C0 14 2 36 14 46 C22 52 34 52 48 50 C30 54 16 64 18 78 C22 94 42 90 50 62 C58 90 78 94 82 78 C84 64 70 54 52 50 C66 52 78 52 86 46 C98 36 100 14 92 8 C78 2 56 16 50 42 Z; S7 M50 34 L50 74; S2.5 M50 32 Q46 20 38 16 M50 32 Q54 20 62 16; f O22 24 5; f O78 24 5; f O32 74 4; f O68 74 4";
    "leaf" Loop(3.0) => "S4 M50 88 L50 99; F M50 2 C84 22 88 62 50 90 C12 62 16 22 50 2 Z; s2 M50 14 L50 90; s1.7 M50 36 L66 25 M50 36 L34 25 M50 53 L71 40 M50 53 L29 40 M50 70 L67 57 M50 70 L33 57";
    "infinity" Disc => "S11 M50 50 C64 28 94 28 94 50 C94 72 64 72 50 50 C36 28 6 28 6 50 C6 72 36 72 50 50";
    "daisy" Loop(5.0) => "F*10 M50 50 C40 36 41 8 50 4 C59 8 60 36 50 50 Z; f O50 50 12";
    "drop" Loop(3.0) => "F M50 2 C60 28 82 44 82 66 C82 86 68 98 50 98 C32 98 18 86 18 66 C18 44 40 28 50 2 Z; s3 M31 66 C31 78 38 85 46 87";
    "key" Loop(3.0) => "S8 O50 20 15; S8 M50 38 L50 95; S8 M50 92 L68 92 M50 76 L64 76; S4 O50 45 6";
    "anchor" Loop(4.0) => "S6 O50 12 8; S7 M50 22 L50 90 M32 34 L68 34; S8 M11 62 C16 82 34 91 50 91 C66 91 84 82 89 62; F M10 52 L2 74 L22 70 Z; F M90 52 L98 74 L78 70 Z";
    "crown" Loop(8.0) => "F M8 82 L3 32 L28 54 L50 14 L72 54 L97 32 L92 82 Z; F O50 12 6; F O4 29 5; F O96 29 5; s3 M12 71 L88 71; f O50 56 5; f O28 62 3; f O72 62 3";
    "arrow" Disc => "S6 M20 80 L80 20; F M92 8 L62 17 L83 38 Z; S5 M20 80 L6 80 M20 80 L20 94 M31 69 L17 69 M31 69 L31 83";
    "lightning" Disc => "F M58 4 L20 56 L46 56 L38 96 L80 40 L54 40 Z";
    "sun" Loop(2.0) => "F O50 50 24; F*12 M45 24 L50 2 L55 24 Z; s2 O50 50 17";
    "cloud" Disc => "F M26 76 C4 76 2 50 22 46 C20 22 50 18 57 36 C72 26 88 38 82 50 C100 54 96 76 78 76 Z";
    "snowflake" Disc => "S5*6 M50 50 L50 6 M50 24 L38 12 M50 24 L62 12";
    "cat" Loop(22.0) => "F M14 6 L36 24 C44 20 56 20 64 24 L86 6 L90 50 C92 80 70 94 50 94 C30 94 8 80 10 50 Z; f E34 52 5 6; f E66 52 5 6; f M44 66 L56 66 L50 73 Z; s2 M50 73 Q44 82 38 78 M50 73 Q56 82 62 78; s1.5 M26 66 L8 62 M26 71 L8 75 M74 66 L92 62 M74 71 L92 75";
    "paw" Disc => "F M50 46 C66 46 82 66 78 80 C74 92 62 86 50 86 C38 86 26 92 22 80 C18 66 34 46 50 46 Z; F E17 46 9 12; F E37 24 9 13; F E63 24 9 13; F E83 46 9 12";
    "fish" Disc => "F M4 50 C20 22 56 20 74 46 L97 26 L90 50 L97 74 L74 54 C56 80 20 78 4 50 Z; f O21 46 4; s2 M36 33 Q45 50 36 67; s1.7 M52 38 Q58 50 52 62";
    "swallow" Disc => "F M4 20 C30 22 44 34 52 44 C66 38 80 20 98 6 C92 30 84 44 70 56 L80 96 L60 72 L38 92 L48 62 C30 56 14 40 4 20 Z";
    "owl" Loop(14.0) => "F M20 6 Q34 16 50 14 Q66 16 80 6 C92 40 92 98 50 98 C8 98 8 40 20 6 Z; s4 O34 38 11 ; s4 O66 38 11; f O34 38 4; f O66 38 4; f M44 50 L56 50 L50 61 Z; s2 M34 70 Q42 78 50 70 Q58 78 66 70 M40 82 Q50 90 60 82";
    "cherry" Disc => "S4 M28 56 Q40 24 60 6 M70 60 Q68 30 60 6; F O26 74 21; F O72 77 19; F M60 6 C74 0 90 6 98 18 C82 26 66 20 60 6 Z; s2.5 M15 72 Q17 63 26 61 M62 74 Q64 66 72 65";
    "mushroom" Loop(5.0) => "F M36 50 L64 50 C62 70 70 88 68 94 C58 99 42 99 32 94 C30 88 38 70 36 50 Z; F M50 4 C82 4 98 34 96 52 C80 60 20 60 4 52 C2 34 18 4 50 4 Z; f O32 30 7; f O60 20 6; f O74 40 6; f O48 44 4; f O16 44 3";
    "shell" Loop(7.0) => "F M50 92 L37 93 L33 84 C8 70 -2 44 10 26 C20 10 36 6 50 6 C64 6 80 10 90 26 C102 44 92 70 67 84 L63 93 Z; s2 M50 84 L50 14 M46 84 L28 18 M54 84 L72 18 M42 82 L12 36 M58 82 L88 36";
    "horseshoe" Loop(4.0) => "S15 M27 91 C4 50 14 11 50 11 C86 11 96 50 73 91; f O19 62 3; f O17 40 3; f O30 19 3; f O70 19 3; f O83 40 3; f O81 62 3";
    "ladybird" Loop(7.0) => "S3 M42 10 L32 1 M58 10 L68 1; F E50 18 17 12; F O50 59 38; s2.5 M50 22 L50 96; s2 M18 38 Q50 24 82 38; f O32 50 7; f O68 50 7; f O33 74 7; f O67 74 7";
    "bee" Loop(12.0) => "F E24 42 23 13; F E76 42 23 13; F E50 62 23 35; F O50 24 13; s5 M29 52 L71 52 M28 65 L72 65 M33 78 L67 78; S2.5 M44 14 L36 4 M56 14 L64 4";
    "note" Disc => "F E28 80 16 12; F E76 70 16 12; S6 M41 78 L41 20 L89 10 L89 68; S10 M42 26 L88 16";
    "balloon" Loop(3.0) => "S2.5 M50 86 Q40 92 50 99; F M50 74 L41 87 L59 87 Z; F E50 40 34 38; s3 M28 36 Q30 20 44 13";
    "house" Loop(5.0) => "F M50 4 L97 46 L84 46 L84 94 L16 94 L16 46 L3 46 Z; f M42 94 L42 68 L58 68 L58 94 Z; f M25 52 L38 52 L38 64 L25 64 Z; f M62 52 L75 52 L75 64 L62 64 Z; f O50 32 6";
    "fir" Loop(3.0) => "F M44 84 L56 84 L56 98 L44 98 Z; F M50 2 L70 32 L60 32 L80 58 L66 58 L90 86 L10 86 L34 58 L20 58 L40 32 L30 32 Z; f O50 30 3; f O40 52 3; f O60 56 3; f O34 76 3; f O52 76 3; f O70 78 3";
    "gem" Loop(13.0) => "F M24 12 L76 12 L98 40 L50 94 L2 40 Z; s1.8 M2 40 L98 40 M24 12 L34 40 L50 94 L66 40 L76 12 M34 40 L50 12 L66 40";
    "umbrella" Loop(4.0) => "S5 M50 48 L50 86 Q50 96 60 96 Q69 96 69 87; S4 M50 3 L50 10; F M50 8 C78 8 96 30 98 54 Q90 46 82 54 Q74 46 66 54 Q58 46 50 54 Q42 46 34 54 Q26 46 18 54 Q10 46 2 54 C4 30 22 8 50 8 Z; s1.7 M50 10 Q32 26 34 52 M50 10 Q68 26 66 52";
    "bow" Loop(40.0) => "S8 M46 56 L32 94 M54 56 L68 94; F M50 50 C36 30 16 18 8 24 C0 30 0 70 8 76 C16 82 36 70 50 50 C64 70 84 82 92 76 C100 70 100 30 92 24 C84 18 64 30 50 50 Z; F O50 50 11; s2 M40 50 L20 42 M40 52 L22 60 M60 50 L80 42 M60 52 L78 60";
    "lotus" Disc => "F M4 54 C22 50 40 62 47 80 C28 88 12 74 4 54 Z; F M96 54 C78 50 60 62 53 80 C72 88 88 74 96 54 Z; F M21 28 C40 36 49 56 49 80 C30 74 16 54 21 28 Z; F M79 28 C60 36 51 56 51 80 C70 74 84 54 79 28 Z; F M50 12 C66 32 67 58 50 80 C33 58 34 32 50 12 Z; s1.8 M50 74 C44 60 30 44 22 30 M50 74 C56 60 70 44 78 30 M50 22 C62 42 60 60 50 74 C40 60 38 42 50 22";
    "hamsa" Disc => "F M50 2 C57 2 59 8 59 16 L59 40 L63 40 L63 14 C63 4 75 4 75 14 L75 52 C79 44 97 46 92 57 C88 75 74 96 50 98 C26 96 12 75 8 57 C3 46 21 44 25 52 L25 14 C25 4 37 4 37 14 L37 40 L41 40 L41 16 C41 8 43 2 50 2 Z; s3 E50 67 17 10; f O50 67 5";
    "tree" Disc => "S6 O50 50 45; S8 M50 90 L50 56; S4 M50 62 L30 38 M50 62 L70 38 M50 58 L50 24 M40 50 L24 50 M60 50 L76 50 M50 80 Q40 88 28 84 M50 80 Q60 88 72 84; F O29 34 8; F O71 34 8; F O50 20 9; F O21 50 7; F O79 50 7; F O39 30 7; F O61 30 7";
    "mandala" Disc => "S4 O50 50 45; F*8 M50 50 C40 38 42 20 50 10 C58 20 60 38 50 50 Z; s2*8 M50 40 L50 20; f O50 50 7";
    "eye" Disc => "S7 M4 50 Q50 2 96 50 Q50 98 4 50 Z; F O50 50 18; f O50 50 8";
    "yin-yang" Disc => "S5 O50 50 45; F M50 5 C80 5 95 28 95 50 C95 76 76 95 50 95 C36 95 28 84 28 72 C28 60 38 50 50 50 C62 50 72 40 72 28 C72 14 62 5 50 5 Z; F O50 28 7; f O50 72 7";
    "knot" Disc => "S6*3 M50 4 C78 26 82 56 64 82 M50 4 C22 26 18 56 36 82; S5 O50 50 24";
    "compass" Disc => "S5 O50 50 44; F*4 M50 50 L42 42 L50 2 L58 42 Z; s1.5*4 M50 50 L50 8; f O50 50 5";
    "wave" Disc => "S6 M6 36 Q20 14 34 36 Q48 58 62 36 Q76 14 94 36 M6 56 Q20 34 34 56 Q48 78 62 56 Q76 34 94 56 M6 76 Q20 54 34 76 Q48 98 62 76 Q76 54 94 76";
    "dragonfly" Disc => "S7 M50 30 L50 96; F O50 20 10; F M50 36 C30 20 8 24 2 34 C14 44 34 44 50 40 Z; F M50 36 C70 20 92 24 98 34 C86 44 66 44 50 40 Z; F M50 48 C34 44 14 50 10 62 C22 68 40 60 50 52 Z; F M50 48 C66 44 86 50 90 62 C78 68 60 60 50 52 Z";
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::catalogue::{BEAD_MOTIFS, CHARM_MOTIFS, LETTERS};
    use crate::sample::picture::drawing::{Drawing, Place};

    #[test]
    fn every_motif_and_letter_of_the_catalogue_is_drawn() {
        let motifs = CHARM_MOTIFS.iter().chain(BEAD_MOTIFS);
        let drawings = motifs.map(|known| (known.key, motif(known.key).map(|(drawing, _)| drawing)));
        let letters = LETTERS.map(|known| ("letter", letter(known)));
        for (key, drawing) in drawings.chain(letters) {
            let drawing = Drawing::read(drawing.unwrap(), Place::at(50.0, 50.0, 100.0));
            assert!(!drawing.unwrap().body.is_empty(), "{key}");
        }
    }
}
