//! Which designs exist as which pieces, and their numbers.

use std::sync::LazyLock;

use super::accessories::ACCESSORIES;
use super::motifs::WORN;
use super::{BEAD_MOTIFS, CHARM_MOTIFS, Design, Kind, LETTERS, Metal, STONES, SampleProduct};

/// Pieces with motif and stone per kind that is worn, other than charms and beads.
const SET_PIECES: usize = 6;

static CATALOGUE: LazyLock<Vec<SampleProduct>> = LazyLock::new(all_pieces);

/// All pieces, by kind and number.
#[must_use]
pub fn catalogue() -> &'static [SampleProduct] {
    &CATALOGUE
}

fn all_pieces() -> Vec<SampleProduct> {
    let mut all = numbered(Kind::Charm, charms());
    all.extend(numbered(Kind::Bead, beads()));
    all.extend(numbered(Kind::Ring, worn(0)));
    all.extend(numbered(Kind::Necklace, worn(1)));
    all.extend(numbered(Kind::Earrings, worn(2)));
    all.extend(numbered(Kind::Bracelet, motif_pairs(CHARM_MOTIFS.iter().take(WORN))));
    all.extend(numbered(Kind::Accessory, accessories()));
    all
}

/// A design, its metal, and whether it exists in both metals.
type Piece = (Design, Metal, bool);

fn numbered(kind: Kind, pieces: Vec<Piece>) -> Vec<SampleProduct> {
    let numbers = 1_u32..;
    pieces
        .into_iter()
        .zip(numbers)
        .map(|((design, metal, has_variants), number)| SampleProduct {
            sku: format!("{}-{number:03}", kind.prefix()),
            kind,
            design,
            metal,
            has_variants,
        })
        .collect()
}

/// Two of three motifs come in both metals; twenty hold a stone; ten are letters.
fn charms() -> Vec<Piece> {
    let motifs = CHARM_MOTIFS.iter().enumerate();
    let plain = motifs.flat_map(|(at, motif)| match at % 3 {
        0 => vec![silver(Design::Motif(motif))],
        _ => both(Design::Motif(motif)),
    });
    let with_stone = CHARM_MOTIFS.iter().zip(STONES);
    plain
        .chain(with_stone.map(|(motif, stone)| silver(Design::MotifWithStone(motif, stone))))
        .chain(LETTERS.map(|letter| silver(Design::Letter(letter))))
        .collect()
}

/// Every stone and every motif in both metals; each motif twice with a stone.
fn beads() -> Vec<Piece> {
    let stones = STONES.iter().flat_map(|stone| both(Design::Stone(stone)));
    let with_stone = BEAD_MOTIFS.iter().cycle().zip(STONES.iter().rev());
    stones
        .chain(motif_pairs(BEAD_MOTIFS.iter()))
        .chain(with_stone.map(|(motif, stone)| silver(Design::MotifWithStone(motif, stone))))
        .collect()
}

/// The worn motifs in both metals, some with a stone; the stones begin at another one for each kind.
fn worn(turn: usize) -> Vec<Piece> {
    let stones = STONES.iter().skip(turn * SET_PIECES);
    let set = CHARM_MOTIFS.iter().zip(stones).take(SET_PIECES);
    motif_pairs(CHARM_MOTIFS.iter().take(WORN))
        .into_iter()
        .chain(set.map(|(motif, stone)| silver(Design::MotifWithStone(motif, stone))))
        .collect()
}

fn motif_pairs(motifs: impl Iterator<Item = &'static super::Motif>) -> Vec<Piece> {
    motifs.flat_map(|motif| both(Design::Motif(motif))).collect()
}

fn accessories() -> Vec<Piece> {
    ACCESSORIES.iter().map(|accessory| silver(Design::Accessory(accessory))).collect()
}

const fn silver(design: Design) -> Piece {
    (design, Metal::Silver, false)
}

fn both(design: Design) -> Vec<Piece> {
    vec![(design, Metal::Silver, true), (design, Metal::Gold, true)]
}
