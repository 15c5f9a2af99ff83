//! Boxes, and what jewellery is cared for with.

use super::canvas::Canvas;
use super::drawing::{Drawing, Place};
use super::material::Material;
use crate::sample::catalogue::Design;

/// Paints an accessory in the brand's blue.
pub fn accessory(canvas: &mut Canvas, design: Design) -> Option<()> {
    let drawing = Drawing::read(notation(&design.key())?, Place::at(240.0, 244.0, 300.0))?;
    canvas.paint(&drawing, &Material::boxed())
}

#[rustfmt::skip]
fn notation(key: &str) -> Option<&'static str> {
    Some(match key {
        "box" => "F M10 40 L90 40 L90 88 Q90 94 84 94 L16 94 Q10 94 10 88 Z; F M6 24 Q6 16 14 16 L86 16 Q94 16 94 24 L94 42 L6 42 Z; s1 M6 43 L94 43; f M43 37 L57 37 L57 50 L43 50 Z; f M54 58 C43 58 37 66 41 76 C45 86 58 87 63 78 C52 80 46 68 54 58 Z",
        "chest" => "F M16 90 L26 90 L26 99 L16 99 Z; F M74 90 L84 90 L84 99 L74 99 Z; F M12 8 L88 8 L88 92 L12 92 Z; F M6 3 L94 3 L94 12 L6 12 Z; s1.2 M18 18 L82 18 L82 38 L18 38 Z M18 43 L82 43 L82 63 L18 63 Z M18 68 L82 68 L82 87 L18 87 Z; f O50 28 3.5; f O50 53 3.5; f O50 77 3.5",
        "case" => "F M20 24 L80 24 Q96 24 96 50 Q96 76 80 76 L20 76 Q4 76 4 50 Q4 24 20 24 Z; s1 M20 30 L80 30 Q90 30 90 50 Q90 70 80 70 L20 70 Q10 70 10 50 Q10 30 20 30 Z; f O50 50 8; s2.5 M50 24 L50 42 M50 58 L50 76",
        "gift" => "F M12 42 L88 42 L88 94 L12 94 Z; F M6 26 L94 26 L94 44 L6 44 Z; f M44 26 L56 26 L56 94 L44 94 Z; s5 M50 26 C36 2 16 2 20 15 C22 23 38 26 50 26 C62 26 78 23 80 15 C84 2 64 2 50 26",
        "cloth" => "F M8 24 L66 10 L94 66 L34 90 Z; F M34 90 L8 24 C30 40 46 60 34 90 Z; s1 M14 27 L64 15 L87 64 L44 81; f M62 38 C54 38 49 44 52 52 C55 60 65 60 68 54 C61 55 57 46 62 38 Z",
        "bath" => "F M40 4 L60 4 L60 22 L40 22 Z; F M34 20 L66 20 Q84 26 84 42 L84 90 Q84 98 76 98 L24 98 Q16 98 16 90 L16 42 Q16 26 34 20 Z; s1.2 M25 48 L75 48 L75 86 L25 86 Z; f M54 53 C44 53 39 60 42 69 C46 78 57 78 61 71 C51 73 47 62 54 53 Z; s2 M38 82 L62 82; s2 M40 12 L60 12",
        "dish" => "F E50 64 47 25; s1.5 E50 61 38 17; s4 E44 55 13 10; s3 E62 62 9 7; f O44 44 4",
        "pouch" => "F M30 30 C8 50 4 98 22 98 L78 98 C96 98 92 50 70 30 Z; F M28 27 L17 7 Q34 14 50 7 Q66 14 83 7 L72 27 Z; s3.5 M27 29 L73 29; s2 M62 30 Q74 40 68 50 M66 30 Q82 36 80 46; f M54 52 C43 52 37 60 41 70 C45 80 58 81 63 72 C52 74 46 62 54 52 Z",
        _ => return None,
    })
}
