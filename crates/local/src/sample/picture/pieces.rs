//! How each kind of piece is put together from chains, rings and motifs.

use tiny_skia::{Path, StrokeDash};

use super::canvas::Canvas;
use super::drawing::{Drawing, Place, path, pen};
use super::material::{Material, Rgb};
use super::motifs::{Hanging, letter, motif};
use crate::sample::catalogue::{Design, Kind, SampleProduct, Stone};

/// A disc with a raised rim, for motifs that hang on no loop.
const DISC: &str = "F O50 50 50; s1.6 O50 50 44";

/// How much darker the field behind a relief is, of 255.
const FIELD: u8 = 55;

/// Paints a piece.
pub fn piece(canvas: &mut Canvas, product: &SampleProduct) -> Option<()> {
    let metal = Material::metal(product.metal);
    match product.kind {
        Kind::Charm => charm(canvas, product.design, &metal),
        Kind::Bead => bead(canvas, product.design, &metal),
        Kind::Ring => ring(canvas, product.design, &metal),
        Kind::Necklace => necklace(canvas, product.design, &metal),
        Kind::Earrings => earrings(canvas, product.design, &metal),
        Kind::Bracelet => bracelet(canvas, product.design, &metal),
        Kind::Accessory => super::accessories::accessory(canvas, product.design),
    }
}

/// A clasp, a loop, the motif; a stone dangles beside it.
fn charm(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    let top = pendant_top(design, 268.0, 256.0)?;
    let clasp =
        "S9 M50 66 C18 62 14 6 50 6 C86 6 84 60 56 66; S9 M50 66 L50 74; S4 M64 24 L72 44; F O50 78 9";
    paint(canvas, clasp, Place::at(240.0, top - 32.0, 92.0), metal)?;
    pendant(canvas, design, (240.0, 268.0, 256.0), metal)?;
    if let Some(stone) = design.stone() {
        chain(canvas, &format!("M246 {} Q304 {} 340 {}", top - 14.0, top - 34.0, top - 6.0), 6.0, metal)?;
        gem(canvas, stone, (346.0, top + 16.0, 22.0), metal)?;
    }
    Some(())
}

/// A sphere of stone or metal between two caps, the motif on its front.
fn bead(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    let caps = "F M8 38 Q4 50 8 62 L28 68 L28 32 Z; F M92 38 Q96 50 92 62 L72 68 L72 32 Z";
    paint(canvas, caps, Place::at(240.0, 244.0, 372.0), metal)?;
    let sphere = design.stone().map_or_else(|| metal.clone(), |stone| Material::stone(stone.colour));
    paint(canvas, "F O50 50 50", Place::at(240.0, 244.0, 272.0), &sphere)?;
    if design.stone().is_none() {
        canvas.fill(&round(240.0, 246.0, 104.0)?, metal.rim, FIELD);
    }
    match design.motif() {
        Some(shown) => paint(canvas, motif(shown.key)?.0, Place::at(240.0, 246.0, 150.0), metal)?,
        None => paint(canvas, BANDS, Place::at(240.0, 244.0, 272.0), metal)?,
    }
    gleam(canvas, 178.0, 166.0)
}

/// Two bands around a sphere of stone.
const BANDS: &str =
    "S4 M22 9 Q8 50 22 91; S4 M78 9 Q92 50 78 91; S2 M28 6 Q16 50 28 94; S2 M72 6 Q84 50 72 94";

/// A band, seen a little from above, with the motif on top.
fn ring(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    paint(canvas, "S9 E50 50 44 46", Place::at(240.0, 296.0, 236.0), metal)?;
    match design.stone() {
        Some(stone) => {
            pendant(canvas, design, (240.0, 128.0, 108.0), metal)?;
            gem(canvas, stone, (240.0, 196.0, 24.0), metal)
        }
        None => pendant(canvas, design, (240.0, 166.0, 136.0), metal),
    }
}

/// A fine chain and a pendant.
fn necklace(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    chain(canvas, "M52 -8 C72 130 170 218 240 236 C310 218 408 130 428 -8", 6.5, metal)?;
    let (x, y, size) = (240.0, 346.0, 156.0);
    let top = pendant_top(design, y, size)?;
    let bail = format!("S5 M240 232 L240 {top}; S6 O240 {} 9", top - 6.0);
    paint(canvas, &bail, Place::at(50.0, 50.0, 100.0), metal)?;
    if let Some(stone) = design.stone() {
        gem(canvas, stone, (240.0, 234.0, 19.0), metal)?;
    }
    pendant(canvas, design, (x, y, size), metal)
}

/// Two hooks with the motif; a stone above it.
fn earrings(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    for x in [144.0, 336.0] {
        let (y, size) = (322.0, 148.0);
        let top = pendant_top(design, y, size)?;
        let hook = format!(
            "S5 M{x} {top} L{x} 140 C{x} 70 {0} 62 {0} 118 C{0} 150 {1} 172 {1} 196",
            x + 46.0,
            x + 40.0
        );
        paint(canvas, &hook, Place::at(50.0, 50.0, 100.0), metal)?;
        pendant(canvas, design, (x, y, size), metal)?;
        match design.stone() {
            Some(stone) => gem(canvas, stone, (x, 200.0, 18.0), metal)?,
            None => paint(canvas, "F O50 50 40", Place::at(x, 200.0, 18.0), metal)?,
        }
    }
    Some(())
}

/// A chain around a wrist, the motif hanging in front.
fn bracelet(canvas: &mut Canvas, design: Design, metal: &Material) -> Option<()> {
    chain(
        canvas,
        "M240 286 C90 286 52 226 66 172 C84 112 170 92 240 92 C310 92 396 112 414 172 C428 226 390 286 240 286 Z",
        11.0,
        metal,
    )?;
    paint(canvas, "F O50 50 50", Place::at(222.0, 92.0, 22.0), metal)?;
    paint(canvas, "S12 O50 50 40", Place::at(252.0, 92.0, 32.0), metal)?;
    let (x, y, size) = (240.0, 366.0, 134.0);
    let top = pendant_top(design, y, size)?;
    let link = format!("S5 M{x} 290 L{x} {top}; S5 O{x} {} 8", top - 5.0);
    paint(canvas, &link, Place::at(50.0, 50.0, 100.0), metal)?;
    pendant(canvas, design, (x, y, size), metal)
}

/// The motif or letter of a piece around a point, on a disc if it needs one.
fn pendant(
    canvas: &mut Canvas,
    design: Design,
    (x, y, size): (f32, f32, f32),
    metal: &Material,
) -> Option<()> {
    let (drawing, hanging) = relief(design)?;
    match hanging {
        Hanging::Loop(_) => paint(canvas, drawing, Place::at(x, y, size), metal),
        Hanging::Disc => {
            paint(canvas, DISC, Place::at(x, y, size), metal)?;
            canvas.fill(&round(x, y, size * 0.435)?, metal.rim, FIELD);
            paint(canvas, drawing, Place::at(x, y, size * 0.6), metal)
        }
    }
}

/// Where a pendant around a height begins.
fn pendant_top(design: Design, y: f32, size: f32) -> Option<f32> {
    let (_, hanging) = relief(design)?;
    let from_top = match hanging {
        Hanging::Loop(height) => height,
        Hanging::Disc => 0.0,
    };
    Some(y - size / 2.0 + size * from_top / 100.0)
}

fn relief(design: Design) -> Option<(&'static str, Hanging)> {
    match design {
        Design::Letter(known) => Some((letter(known)?, Hanging::Disc)),
        _ => motif(design.motif()?.key),
    }
}

fn paint(canvas: &mut Canvas, notation: &str, place: Place, material: &Material) -> Option<()> {
    canvas.paint(&Drawing::read(notation, place)?, material)
}

/// Small round links along a path.
fn chain(canvas: &mut Canvas, along: &str, link: f32, metal: &Material) -> Option<()> {
    let dash = StrokeDash::new(vec![0.1, link * 1.15], 0.0)?;
    let links = path(along)?.dash(&dash, 1.0)?.stroke(&pen(link), 4.0)?;
    let body = vec![links];
    canvas.paint(&Drawing { body, details: Vec::new() }, metal)
}

/// A round stone in a bezel: centre and radius.
fn gem(canvas: &mut Canvas, stone: &Stone, (x, y, radius): (f32, f32, f32), metal: &Material) -> Option<()> {
    paint(canvas, "F O50 50 50", Place::at(x, y, radius * 2.4), metal)?;
    let body = Drawing::read("F O50 50 50", Place::at(x, y, radius * 1.8))?;
    canvas.paint(&body, &Material::stone(stone.colour))?;
    let gleam = round(x - radius * 0.3, y - radius * 0.35, radius * 0.22)?;
    canvas.fill(&gleam, Rgb(255, 255, 255), 210);
    Some(())
}

/// Light on the upper left of a sphere.
fn gleam(canvas: &mut Canvas, x: f32, y: f32) -> Option<()> {
    for ring in 1..=17_u8 {
        canvas.fill(&round(x, y, 2.0 * f32::from(ring))?, Rgb(255, 255, 255), 24 - ring);
    }
    Some(())
}

fn round(x: f32, y: f32, radius: f32) -> Option<Path> {
    path(&format!("O{x} {y} {radius}"))
}
