//! The sheet that pictures are painted on.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, Path, Pixmap, PixmapPaint, Point, Rect, Shader,
    SpreadMode, Transform,
};

use super::drawing::Drawing;
use super::encode;
use super::layer::Layer;
use super::material::{Material, Rgb};

/// All coordinates are on a sheet of this size, whatever size the picture has.
pub const SHEET: u16 = 480;

/// A picture in the making.
pub struct Canvas {
    pixmap: Pixmap,
    side: u16,
}

impl Canvas {
    /// An empty picture of so many pixels each way; `None` when that is nothing or too much.
    #[must_use]
    pub fn new(px: u32) -> Option<Self> {
        let side = u16::try_from(px).ok().filter(|side| (16..=1_024).contains(side))?;
        let pixmap = Pixmap::new(px, px)?;
        Some(Self { pixmap, side })
    }

    /// The picture as PNG.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        encode::png(&self.pixmap)
    }

    /// Fills the sheet from top to bottom.
    pub fn background(&mut self, top: Rgb, bottom: Rgb) -> Option<()> {
        let side = f32::from(SHEET);
        let shader = gradient((0.0, 0.0), (0.0, side), &[(0.0, top), (1.0, bottom)])?;
        let transform = self.transform();
        let sheet = Rect::from_xywh(0.0, 0.0, side, side)?;
        self.pixmap.fill_rect(sheet, &paint(shader), transform, None);
        Some(())
    }

    /// Paints a drawing in a material.
    pub fn paint(&mut self, drawing: &Drawing, material: &Material) -> Option<()> {
        let layer = Layer::painted(drawing, material, self.side)?;
        let (x, y) = layer.corner();
        let plain = PixmapPaint::default();
        self.pixmap.draw_pixmap(x, y, layer.pixmap(), &plain, Transform::identity(), None);
        Some(())
    }

    /// Fills a path with one colour.
    pub fn fill(&mut self, path: &Path, colour: Rgb, alpha: u8) {
        let paint = paint(Shader::SolidColor(colour.opaque(alpha)));
        let transform = self.transform();
        self.pixmap.fill_path(path, &paint, FillRule::Winding, transform, None);
    }

    fn transform(&self) -> Transform {
        let scale = f32::from(self.side) / f32::from(SHEET);
        Transform::from_scale(scale, scale)
    }
}

/// A paint with smooth edges.
#[must_use]
pub fn paint(shader: Shader<'static>) -> Paint<'static> {
    Paint { shader, anti_alias: true, ..Paint::default() }
}

/// A straight gradient between two points of the sheet.
#[must_use]
pub fn gradient(from: (f32, f32), to: (f32, f32), stops: &[(f32, Rgb)]) -> Option<Shader<'static>> {
    let stops = stops.iter().map(|(at, colour)| GradientStop::new(*at, colour.opaque(255)));
    LinearGradient::new(
        Point::from_xy(from.0, from.1),
        Point::from_xy(to.0, to.1),
        stops.collect(),
        SpreadMode::Pad,
        Transform::identity(),
    )
}

impl Rgb {
    /// The colour with an opacity of 0 to 255.
    #[must_use]
    pub fn opaque(self, alpha: u8) -> Color {
        Color::from_rgba8(self.0, self.1, self.2, alpha)
    }
}
