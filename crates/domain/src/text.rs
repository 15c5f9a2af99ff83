//! Text that came from outside, made harmless.

/// Whether a character may not stand in a name, a title, a header or an id: controls, line and paragraph separators,
/// bidi overrides and isolates (they reorder what a reader sees), zero-width and byte-order marks.
///
/// Source: Unicode UAX #9 (bidi controls); RFC 5322, section 2.2 (no CR or LF in a header's body).
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether a text holds a character that may not stand there; most hold printable ASCII alone, which is seen at once.
pub(crate) fn has_unsafe(text: &str) -> bool {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    !plain && text.contains(is_unsafe)
}

/// One line without unsafe characters, blanks collapsed, at most `max_chars` characters.
///
/// A tab or line break becomes a blank, any other unsafe character disappears.
#[must_use]
pub fn clean_line(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars * 4));
    let mut chars = 0;
    let mut blank = true;
    for c in text.chars() {
        let is_blank = c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}';
        if (is_blank && blank) || (!is_blank && is_unsafe(c)) {
            continue;
        }
        if chars == max_chars {
            break;
        }
        out.push(if is_blank { ' ' } else { c });
        blank = is_blank;
        chars += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// A first name as a mail writes it: nothing where a form wanted one and got `-`, and no capitals throughout. Two letters
/// may be initials.
#[must_use]
pub fn as_addressed(name: &str) -> String {
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    if letters().next().is_none() {
        return String::new();
    }
    if letters().count() < 3 || letters().any(char::is_lowercase) {
        return name.to_owned();
    }
    let mut begins = true;
    let mut written = String::with_capacity(name.len());
    for c in name.chars() {
        if begins {
            written.push(c)
        } else {
            written.extend(c.to_lowercase())
        }
        begins = !c.is_alphabetic();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_people_write_it() {
        for (typed, written) in [
            ("Mira", "Mira"),
            ("MIRA", "Mira"),
            ("MARIE-CLAIRE", "Marie-Claire"),
            ("ÄNNE SOPHIE", "Änne Sophie"),
            ("O'BRIEN", "O'Brien"),
            ("AJ", "AJ"),
            ("mira", "mira"),
            ("李明", "李明"),
            ("-", ""),
            ("...", ""),
            ("", ""),
        ] {
            assert_eq!(as_addressed(typed), written);
        }
    }

    #[test]
    fn an_unsafe_character_is_found_whatever_stands_beside_it() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            assert_eq!(has_unsafe(&format!("a{c}~ ")), is_unsafe(c), "{c:?}");
            assert_eq!(has_unsafe(&format!("ä{c}")), is_unsafe(c), "{c:?}");
        }
    }

    #[test]
    fn no_line_break_control_or_bidi_override_survives() {
        assert_eq!(clean_line("a\r\nBcc: x\u{0}\u{202e}y", 99), "a Bcc: xy");
        assert_eq!(clean_line("  a \t b\u{feff} ", 99), "a b");
    }

    #[test]
    fn the_cap_counts_characters_and_leaves_no_blank_at_the_end() {
        assert_eq!(clean_line("äöü äöü", 4), "äöü");
    }
}
