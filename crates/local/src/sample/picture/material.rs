//! What things look made of.

use tiny_skia::{Rect, Shader};

use super::canvas::gradient;
use crate::sample::catalogue::Metal;

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// A surface under a light from the upper left.
#[derive(Debug, Clone)]
pub struct Material {
    /// Its colours from the upper left to the lower right.
    body: Vec<(f32, Rgb)>,
    /// Where light falls on an edge.
    pub light: Rgb,
    /// How strong that is.
    pub shine: u8,
    /// Where no light falls.
    pub rim: Rgb,
    /// What is engraved or laid in.
    pub detail: Rgb,
    /// How strong that is.
    pub depth: u8,
}

const WHITE: Rgb = Rgb(255, 255, 255);
/// The brand's night blue: boxes, cases, pouches.
const NIGHT: Rgb = Rgb(46, 52, 92);
/// The gilding on boxes.
const GILT: Rgb = Rgb(222, 184, 104);

impl Material {
    /// Polished metal.
    #[must_use]
    pub fn metal(metal: Metal) -> Self {
        match metal {
            Metal::Silver => Self {
                body: stops([
                    Rgb(252, 252, 254),
                    Rgb(206, 210, 218),
                    Rgb(242, 244, 247),
                    Rgb(164, 170, 182),
                    Rgb(214, 218, 226),
                ]),
                light: WHITE,
                shine: 235,
                rim: Rgb(92, 98, 114),
                detail: Rgb(78, 84, 100),
                depth: 190,
            },
            Metal::Gold => Self {
                body: stops([
                    Rgb(255, 240, 192),
                    Rgb(228, 182, 92),
                    Rgb(250, 222, 150),
                    Rgb(196, 142, 56),
                    Rgb(236, 196, 112),
                ]),
                light: Rgb(255, 250, 228),
                shine: 235,
                rim: Rgb(130, 84, 24),
                detail: Rgb(122, 78, 22),
                depth: 190,
            },
        }
    }

    /// A polished stone.
    #[must_use]
    pub fn stone(colour: [u8; 3]) -> Self {
        let [red, green, blue] = colour;
        let colour = Rgb(red, green, blue);
        Self {
            body: stops([
                colour.mixed(WHITE, 55),
                colour.mixed(WHITE, 15),
                colour,
                colour.mixed(Rgb(16, 12, 30), 22),
                colour.mixed(Rgb(16, 12, 30), 38),
            ]),
            light: WHITE,
            shine: 150,
            rim: colour.mixed(Rgb(16, 12, 30), 60),
            detail: colour.mixed(WHITE, 75),
            depth: 200,
        }
    }

    /// Velvet or lacquer in the brand's blue with gilded details.
    #[must_use]
    pub fn boxed() -> Self {
        Self {
            body: stops([
                NIGHT.mixed(WHITE, 28),
                NIGHT.mixed(WHITE, 10),
                NIGHT,
                NIGHT.mixed(Rgb(10, 10, 30), 25),
                NIGHT.mixed(Rgb(10, 10, 30), 40),
            ]),
            light: Rgb(190, 198, 240),
            shine: 110,
            rim: Rgb(18, 20, 44),
            detail: GILT,
            depth: 255,
        }
    }

    /// The surface within a box of the sheet.
    #[must_use]
    pub fn shader(&self, within: Rect) -> Option<Shader<'static>> {
        gradient((within.left(), within.top()), (within.right(), within.bottom()), &self.body)
    }
}

impl Rgb {
    /// The colour with so many percent of another.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u16) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// Five colours at the places where polished things change.
fn stops(colours: [Rgb; 5]) -> Vec<(f32, Rgb)> {
    [0.0, 0.28, 0.48, 0.78, 1.0].into_iter().zip(colours).collect()
}
