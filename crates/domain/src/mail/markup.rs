//! What elements and attributes of HTML mean for a mail.

use super::findings::Fault;
use crate::text::clean_line;

/// Attributes whose value is fetched or followed.
const LINK_ATTRIBUTES: [&str; 9] =
    ["href", "src", "action", "formaction", "background", "poster", "cite", "data", "longdesc"];
/// Attributes in which HTML escaping is not enough.
const FORBIDDEN_ATTRIBUTES: [&str; 4] = ["style", "srcdoc", "srcset", "content"];
/// Elements that run code, load from elsewhere or send data, and those whose content is read by rules of its own:
/// none has a place in a mail.
const FORBIDDEN_ELEMENTS: [&str; 18] = [
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "link",
    "svg",
    "math",
    "applet",
    "frame",
    "frameset",
    "template",
    "textarea",
    "xmp",
    "plaintext",
    "noembed",
    "noframes",
];
/// What `http-equiv` may say in a page: the compiler writes these two. `refresh` would lead the reader elsewhere.
const PRAGMAS: [&str; 2] = ["content-type", "x-ua-compatible"];
/// What a link written in the layout may begin with.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "#"];

/// What an attribute's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    Plain,
    Link,
    Forbidden(&'static str),
}

/// How far a link has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    Marks,
    Text,
}

/// The length of a comment's frame. What stands between Outlook's conditional frames is markup and is read as such.
pub(super) fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("<!--[if") {
        let opened = rest.find("]>")? + 2;
        let hidden = rest.get(opened..).is_some_and(|rest| rest.starts_with("<!-->"));
        return Some(if hidden { opened + 5 } else { opened });
    }
    let frames = ["<!--<![endif]-->", "<![endif]-->"];
    frames
        .iter()
        .find(|frame| rest.starts_with(**frame))
        .map(|frame| frame.len())
        .or_else(|| rest.starts_with("<!--").then(|| rest.find("-->").map(|end| end + 3))?)
}

pub(super) fn element_name(rest: &str) -> String {
    rest.chars()
        .skip(1)
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '!' | '-'))
        .collect::<String>()
        .to_ascii_lowercase()
}

/// What the attribute whose name was collected up to its `=` holds; `xlink:href` is a link too.
pub(super) fn attribute(collected: &str) -> Attribute {
    let name = attribute_name(collected);
    let name = name.rsplit(':').next().unwrap_or(name);
    match name {
        _ if LINK_ATTRIBUTES.contains(&name) => Attribute::Link,
        _ if FORBIDDEN_ATTRIBUTES.contains(&name) => {
            Attribute::Forbidden("a style, srcset, srcdoc or content attribute")
        }
        _ if name.starts_with("on") => Attribute::Forbidden("an attribute that runs code"),
        _ => Attribute::Plain,
    }
}

/// The last word before `=`.
fn attribute_name(collected: &str) -> &str {
    let name = collected.trim_end().trim_end_matches('=').trim_end();
    name.rsplit(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default()
}

/// Whether a literal may begin a link, or go on after a value that is one.
pub(super) fn begins_link(rest: &str, progress: Progress) -> bool {
    let goes_on = progress == Progress::Marks && rest.starts_with(['?', '#', '&', '/']);
    goes_on || SCHEMES.iter().any(|scheme| starts_with(rest, scheme))
}

/// Whether a text of the language file may begin a link.
pub(super) fn is_link_text(text: &str) -> bool {
    begins_link(text, Progress::Nothing)
}

pub(super) fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Refuses an attribute that would do something by itself; `value` begins with its value, which ends with `quote`.
pub(super) fn check_attribute(collected: &str, value: &str, quote: char) -> Result<(), Fault> {
    let name = attribute_name(collected);
    let value = value.split(quote).next().unwrap_or_default();
    let refused = match name {
        "http-equiv" => !PRAGMAS.iter().any(|pragma| pragma.eq_ignore_ascii_case(value)),
        _ => name.starts_with("on"),
    };
    if !refused {
        return Ok(());
    }
    Err(Fault::new(
        0,
        format!("the layout holds the attribute {}", clean_line(name, 40)),
        "remove it: mail programs drop what runs code or leads elsewhere, or report the mail",
    ))
}

/// Refuses an element that has no place in a mail.
pub(super) fn check_element(name: &str) -> Result<(), Fault> {
    let name = name.split('/').next().unwrap_or_default();
    if !FORBIDDEN_ELEMENTS.contains(&name) {
        return Ok(());
    }
    Err(Fault::new(
        0,
        format!("the layout holds a <{name}> element"),
        "remove it: mail programs drop it or report the mail; fonts come from the reader's machine (no mj-font)",
    ))
}

pub(super) fn bad_scheme(collected: &str) -> Fault {
    let name = attribute_name(collected);
    Fault::new(
        0,
        format!("a link in {name} does not begin with https://, http://, mailto:, tel: or #"),
        "write the whole link, or one of the data's links alone",
    )
}
