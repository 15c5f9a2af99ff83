//! One thing on the picture with its shadow, light and engraving, painted on a sheet of just its size.

use tiny_skia::{FillRule, IntRect, Mask, Path, Pixmap, PixmapRef, Rect, Shader, Transform};

use super::canvas::{SHEET, paint};
use super::drawing::{Drawing, pen};
use super::material::{Material, Rgb};
use super::soft;

/// How far a shadow reaches beyond its thing, on the sheet.
const MARGIN: f32 = 30.0;
/// The colour of shadows.
const SHADOW: Rgb = Rgb(40, 36, 60);

/// A painted thing and where on the picture it lies.
pub struct Layer {
    pixmap: Pixmap,
    area: IntRect,
    transform: Transform,
    side: u16,
}

impl Layer {
    /// Paints a drawing for a picture of so many pixels: soft shadow, dark rim, body, light from the upper left,
    /// engraving.
    #[must_use]
    pub fn painted(drawing: &Drawing, material: &Material, side: u16) -> Option<Self> {
        let bounds = bounds(&drawing.body)?;
        let mut layer = Self::around(bounds, side)?;
        let mask = layer.mask(&drawing.body)?;
        layer.shadow(&mask)?;
        for path in &drawing.body {
            layer.rim(path, material.rim);
        }
        layer.cover(material.shader(bounds)?, &mask)?;
        layer.relief(&mask, material)?;
        for path in &drawing.details {
            layer.engrave(path, material);
        }
        Some(layer)
    }

    /// Its upper left corner on the picture, in pixels.
    #[must_use]
    pub fn corner(&self) -> (i32, i32) {
        (self.area.x(), self.area.y())
    }

    /// What was painted.
    #[must_use]
    pub fn pixmap(&self) -> PixmapRef<'_> {
        self.pixmap.as_ref()
    }

    fn around(bounds: Rect, side: u16) -> Option<Self> {
        let scale =
            Transform::from_scale(f32::from(side) / f32::from(SHEET), f32::from(side) / f32::from(SHEET));
        let area = bounds.outset(MARGIN, MARGIN)?.transform(scale)?.round_out()?;
        let corner = area.to_rect();
        Some(Self {
            pixmap: Pixmap::new(area.width(), area.height())?,
            transform: scale.post_translate(-corner.left(), -corner.top()),
            area,
            side,
        })
    }

    fn shadow(&mut self, mask: &Mask) -> Option<()> {
        let mut shadow = soft::moved(mask, self.pixels(4), self.pixels(10));
        soft::blur(&mut shadow, self.pixels(9));
        soft::blur(&mut shadow, self.pixels(9));
        self.cover(Shader::SolidColor(SHADOW.opaque(105)), &shadow)
    }

    fn relief(&mut self, mask: &Mask, material: &Material) -> Option<()> {
        for (side, colour) in [
            (soft::Side::UpperLeft, material.light.opaque(material.shine)),
            (soft::Side::LowerRight, material.rim.opaque(130)),
        ] {
            let mut edge = soft::edge(mask, self.pixels(5), side);
            soft::blur(&mut edge, self.pixels(2));
            self.cover(Shader::SolidColor(colour), &edge)?;
        }
        Some(())
    }

    fn rim(&mut self, path: &Path, colour: Rgb) {
        let paint = paint(Shader::SolidColor(colour.opaque(170)));
        self.pixmap.stroke_path(path, &paint, &pen(2.5), self.transform, None);
    }

    /// A dark cut with a light lower lip.
    fn engrave(&mut self, path: &Path, material: &Material) {
        let lip = self.transform.pre_translate(1.2, 1.6);
        for (colour, transform) in
            [(material.light.opaque(140), lip), (material.detail.opaque(material.depth), self.transform)]
        {
            let paint = paint(Shader::SolidColor(colour));
            self.pixmap.fill_path(path, &paint, FillRule::Winding, transform, None);
        }
    }

    /// Fills what the mask covers.
    fn cover(&mut self, shader: Shader<'static>, mask: &Mask) -> Option<()> {
        let sheet = f32::from(SHEET);
        let everything = Rect::from_ltrb(-sheet, -sheet, 2.0 * sheet, 2.0 * sheet)?;
        self.pixmap.fill_rect(everything, &paint(shader), self.transform, Some(mask));
        Some(())
    }

    /// What some paths cover together.
    fn mask(&self, paths: &[Path]) -> Option<Mask> {
        let mut mask = Mask::new(self.area.width(), self.area.height())?;
        for path in paths {
            mask.fill_path(path, FillRule::Winding, true, self.transform);
        }
        Some(mask)
    }

    /// A length on the sheet in whole pixels, at least one.
    fn pixels(&self, length: u16) -> usize {
        usize::from((length * self.side / SHEET).max(1))
    }
}

/// The smallest box around some paths.
fn bounds(paths: &[Path]) -> Option<Rect> {
    paths.iter().map(Path::bounds).reduce(|a, b| {
        let (left, top) = (a.left().min(b.left()), a.top().min(b.top()));
        Rect::from_ltrb(left, top, a.right().max(b.right()), a.bottom().max(b.bottom())).unwrap_or(a)
    })
}
