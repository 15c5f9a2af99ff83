//! What SES says, without what it says about people.

use nachklang_domain::text::clean_line;

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 200;

/// A text on one line, with everything that looks like an address left out.
pub(super) fn without_addresses(text: &str) -> String {
    let line = clean_line(text, text.len());
    let mut clean = String::with_capacity(line.len());
    for word in line.split_inclusive(is_boundary) {
        let (word, boundary) = word
            .strip_suffix(is_boundary)
            .map_or((word, ""), |bare| (bare, word.get(bare.len()..).unwrap_or_default()));
        clean.push_str(if looks_like_address(word) { "[address]" } else { word });
        clean.push_str(boundary);
    }
    clean_line(&clean, MAX_REASON)
}

/// What an address without quotes cannot hold.
fn is_boundary(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '(' | ')' | '[' | ']' | '"')
}

fn looks_like_address(word: &str) -> bool {
    word.contains(['@', '＠', '﹫']) || word.to_ascii_lowercase().contains("%40")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reason_keeps_its_words_and_loses_the_addresses() {
        for (said, kept) in [
            (
                "Email address is not verified. The following identities failed the check in region \
                 EU-CENTRAL-1: anna@example.com, \"Lunaria\" <post@de.lunaria.example>",
                "Email address is not verified. The following identities failed the check in region \
                 EU-CENTRAL-1: [address], \"Lunaria\" <[address]>",
            ),
            ("Illegal address", "Illegal address"),
            ("mailto:anna%40example.com refused", "[address] refused"),
            ("'anna@example.com'.\r\nBcc: bea@example.com", "[address] Bcc: [address]"),
            ("user＠example.com", "[address]"),
        ] {
            assert_eq!(without_addresses(said), kept);
        }
    }

    #[test]
    fn a_reason_is_short() {
        assert!(without_addresses(&"word ".repeat(1_000)).chars().count() <= MAX_REASON);
    }

    proptest! {
        #[test]
        fn no_address_survives(before in "\\PC{0,30}", after in "\\PC{0,30}", local in "[a-z0-9.+_'-]{1,20}") {
            let clean = without_addresses(&format!("{before}{local}@example.com{after}"));
            prop_assert!(!clean.contains('@'), "{clean}");
            if !before.ends_with(|c: char| !is_boundary(c)) {
                prop_assert!(!clean.contains(&format!("{local}@")), "{clean}");
            }
        }
    }
}
