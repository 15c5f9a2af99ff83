//! Titles and names without markup.

use crate::text::clean_line;

/// One line without tags, its entities decoded once, at most `max_chars` characters.
///
/// Tags go first: text that an entity spells, such as `&lt;b&gt;`, stays text.
pub(super) fn plain_text(text: &str, max_chars: usize) -> String {
    if !text.contains(['<', '&']) {
        return clean_line(text, max_chars);
    }
    clean_line(&decode_entities(&strip_tags(text)), max_chars)
}

/// Replaces each tag by a blank; a `<` that begins no tag, as in `< 5 mm`, stays.
fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        let begins_tag = tail.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        rest = match tail.split_once('>') {
            Some((_, after)) if begins_tag => {
                out.push(' ');
                after
            }
            _ => {
                out.push('<');
                tail
            }
        };
    }
    out.push_str(rest);
    out
}

/// Decodes each entity once; what is none stays as it is.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('&') {
        out.push_str(before);
        rest = match tail.split_once(';').and_then(|(name, after)| Some((entity(name)?, after))) {
            Some((c, after)) => {
                out.push(c);
                after
            }
            None => {
                out.push('&');
                tail
            }
        };
    }
    out.push_str(rest);
    out
}

/// The character of an entity's name or number.
fn entity(name: &str) -> Option<char> {
    match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => char::from_u32(u32::from_str_radix(hex, 16).ok()?),
            None => char::from_u32(number.parse().ok()?),
        },
        None => named(name),
    }
}

fn named(name: &str) -> Option<char> {
    let latin = || {
        let at = LATIN_1.iter().position(|known| *known == name)?;
        char::from_u32(0xa0 + u32::try_from(at).ok()?)
    };
    let other = || OTHERS.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    other().or_else(latin)
}

/// The usual ones beyond Latin-1 (HTML 4.01, sections 24.3 and 24.4).
const OTHERS: [(&str, char); 22] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("euro", '€'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("hellip", '…'),
    ("bull", '•'),
    ("trade", '™'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("thinsp", '\u{2009}'),
];

/// U+00A0 to U+00FF in their order (HTML 4.01, section 24.2).
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        plain_text(text, 150)
    }

    #[test]
    fn tags_go_and_a_lonely_bracket_stays() {
        assert_eq!(plain("Ring <b>Luna</b><br/>gold"), "Ring Luna gold");
        assert_eq!(plain("Perlen < 5 mm & > 3 mm"), "Perlen < 5 mm & > 3 mm");
        assert_eq!(plain("Kette <!-- neu -->silber"), "Kette silber");
        assert_eq!(plain("Ring <script"), "Ring <script");
    }

    #[test]
    fn entities_are_decoded_once_and_only_once() {
        assert_eq!(plain("Ohrringe f&uuml;r Gr&ouml;&szlig;e &#53;&#x30; &euro;"), "Ohrringe für Größe 50 €");
        assert_eq!(plain("A &amp;amp; B"), "A &amp; B");
        assert_eq!(plain("&lt;b&gt; bleibt Text"), "<b> bleibt Text");
        assert_eq!(plain("R&B; &unknown; &#xd800; &"), "R&B; &unknown; &#xd800; &");
        assert_eq!(named("nbsp"), Some('\u{a0}'));
        assert_eq!(named("yuml"), Some('ÿ'));
    }

    #[test]
    fn a_decoded_control_character_does_not_survive() {
        assert_eq!(plain("a&#10;b&#0;c&#x202e;d"), "a bcd");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_short_line(text in "[<>&;#a-z0-9 \n\u{202e}äß]{0,300}") {
            let line = plain(&text);
            prop_assert!(line.chars().count() <= 150);
            prop_assert!(!line.contains(crate::text::is_unsafe));
        }
    }
}
