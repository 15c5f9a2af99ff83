//! The notation that motifs are drawn in, on a sheet of 100 by 100.
//!
//! A drawing is a list of parts separated by `;`. A part begins with `F` (filled body), `S` and a width (stroked
//! body), `f` or `s` and a width (the same as a detail on top); `*n` repeats it n times around the centre. Then come
//! the commands of an SVG path in absolute numbers (`M L Q C Z`; SVG 2, section 9.3), `O x y r` for a circle and
//! `E x y rx ry` for an ellipse.

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Rect, Stroke, Transform};

/// A drawing, ready to be painted.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// What has the colour of the material.
    pub body: Vec<Path>,
    /// What is engraved.
    pub details: Vec<Path>,
}

/// Where on the picture the sheet lies.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The centre of the sheet.
    pub x: f32,
    /// The centre of the sheet.
    pub y: f32,
    /// How long its side is.
    pub size: f32,
}

impl Place {
    /// A place on the picture.
    #[must_use]
    pub const fn at(x: f32, y: f32, size: f32) -> Self {
        Self { x, y, size }
    }

    fn transform(self) -> Transform {
        let scale = self.size / 100.0;
        Transform::from_scale(scale, scale).post_translate(self.x - self.size / 2.0, self.y - self.size / 2.0)
    }
}

impl Drawing {
    /// Reads a drawing and lays it on its place; `None` when the notation is wrong.
    #[must_use]
    pub fn read(notation: &str, place: Place) -> Option<Self> {
        let mut drawing = Self::default();
        for part in notation.split(';').map(str::trim) {
            let (head, commands) = part.split_once(' ')?;
            let head = Head::read(head)?;
            let path = outline(commands, head.width)?;
            let paths = if head.is_detail { &mut drawing.details } else { &mut drawing.body };
            paths.extend(
                head.turns().filter_map(|turn| path.clone().transform(turn)?.transform(place.transform())),
            );
        }
        Some(drawing)
    }
}

struct Head {
    is_detail: bool,
    /// The width of the stroke; `None` for a filled part.
    width: Option<f32>,
    times: u8,
}

impl Head {
    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let (width, times) = rest.split_once('*').unwrap_or((rest, "1"));
        let width = match kind {
            "F" | "f" => None,
            "S" | "s" => Some(width.parse().ok()?),
            _ => return None,
        };
        Some(Self { is_detail: kind == "f" || kind == "s", width, times: times.parse().ok()? })
    }

    fn turns(&self) -> impl Iterator<Item = Transform> {
        let step = 360.0 / f32::from(self.times.max(1));
        (0..self.times).map(move |turn| Transform::from_rotate_at(step * f32::from(turn), 50.0, 50.0))
    }
}

fn outline(commands: &str, width: Option<f32>) -> Option<Path> {
    let path = path(commands)?;
    match width {
        None => Some(path),
        Some(width) => path.stroke(&pen(width), 4.0),
    }
}

/// A pen with round ends.
#[must_use]
pub fn pen(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}

/// The path of some commands.
#[must_use]
pub fn path(commands: &str) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let mut rest = commands.trim_start();
    while !rest.is_empty() {
        let (command, after) = rest.split_at_checked(1)?;
        let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (numbers, next) = after.split_at_checked(end)?;
        let numbers: Vec<f32> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        add(&mut builder, command, &numbers)?;
        rest = next;
    }
    builder.finish()
}

fn add(builder: &mut PathBuilder, command: &str, numbers: &[f32]) -> Option<()> {
    match (command, numbers) {
        ("M", &[x, y]) => builder.move_to(x, y),
        ("L", &[x, y]) => builder.line_to(x, y),
        ("Q", &[x1, y1, x, y]) => builder.quad_to(x1, y1, x, y),
        ("C", &[x1, y1, x2, y2, x, y]) => builder.cubic_to(x1, y1, x2, y2, x, y),
        ("Z", &[]) => builder.close(),
        ("O", &[x, y, r]) => builder.push_circle(x, y, r),
        ("E", &[x, y, rx, ry]) => builder.push_oval(Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry)?),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_repeated_around_the_centre() {
        let drawing = Drawing::read("F*4 O50 10 5; s2 M10 10 L90 90", Place::at(50.0, 50.0, 100.0)).unwrap();
        assert_eq!((drawing.body.len(), drawing.details.len()), (4, 1));
        let bounds = drawing.body[1].bounds();
        assert!((bounds.left() - 85.0).abs() < 0.01 && (bounds.top() - 45.0).abs() < 0.01, "{bounds:?}");
    }

    #[test]
    fn wrong_notation_gives_nothing() {
        for wrong in ["", "F", "X M1 1 L2 2", "S M1 1 L2 2", "F M1", "F M1 1 T2 2", "F*x O1 1 1"] {
            assert!(Drawing::read(wrong, Place::at(0.0, 0.0, 100.0)).is_none(), "{wrong}");
        }
    }
}
