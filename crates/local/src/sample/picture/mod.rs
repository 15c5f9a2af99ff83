//! The product pictures, drawn as they are asked for: no picture file is part of the starter content.

mod accessories;
mod canvas;
mod drawing;
mod encode;
mod layer;
mod material;
mod motifs;
mod pieces;
mod soft;

use canvas::Canvas;
use material::Rgb;

use super::catalogue::find;
use super::random::Chance;

/// Soft backgrounds: top and bottom.
const BACKGROUNDS: [(Rgb, Rgb); 6] = [
    (Rgb(251, 246, 243), Rgb(236, 220, 214)),
    (Rgb(245, 247, 251), Rgb(214, 222, 236)),
    (Rgb(247, 244, 250), Rgb(224, 214, 234)),
    (Rgb(244, 249, 246), Rgb(212, 228, 220)),
    (Rgb(252, 248, 240), Rgb(238, 226, 206)),
    (Rgb(247, 247, 248), Rgb(222, 223, 228)),
];

/// The picture of a product as PNG, so many pixels wide and high; `None` for an unknown product or an absurd size.
///
/// The same arguments give the same bytes.
#[must_use]
pub fn png(sku: &str, px: u32) -> Option<Vec<u8>> {
    let product = find(sku)?;
    let mut canvas = Canvas::new(px)?;
    let (top, bottom) = Chance::of(&["background", &product.family()]).pick(&BACKGROUNDS).copied()?;
    canvas.background(top, bottom)?;
    pieces::piece(&mut canvas, product)?;
    canvas.png()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sample::catalogue::{Kind, catalogue};

    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[test]
    fn every_product_has_a_picture_and_no_two_look_the_same() {
        let pictures: Vec<Vec<u8>> =
            catalogue().iter().map(|product| png(&product.sku, 32).unwrap()).collect();
        assert!(pictures.iter().all(|picture| picture.starts_with(SIGNATURE)));
        assert_eq!(pictures.iter().collect::<BTreeSet<_>>().len(), 260);
    }

    #[test]
    fn a_picture_for_a_mail_is_small_and_the_same_each_time() {
        for kind in [Kind::Charm, Kind::Bead, Kind::Bracelet, Kind::Accessory] {
            let sku = format!("{}-003", kind.prefix());
            let picture = png(&sku, 480).unwrap();
            assert!(picture.len() <= 60_000, "{sku}: {}", picture.len());
            assert_eq!(Some(picture), png(&sku, 480));
        }
    }

    #[test]
    fn unknown_products_and_absurd_sizes_have_none() {
        assert_eq!(png("CC-999", 480), None);
        assert_eq!(png("../secret", 480), None);
        assert_eq!(png("CC-001", 0), None);
        assert_eq!(png("CC-001", 100_000), None);
    }
}
