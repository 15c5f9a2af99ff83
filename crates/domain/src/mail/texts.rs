//! The texts of a mail in one language.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::findings::{Fault, line_at};
use super::published::AddressForm;
use crate::id::SegmentId;

/// Largest language file.
const MAX_BYTES: usize = 64 * 1024;
/// Most texts of a language file, with all overrides: finding the line of each looks through the file.
const MAX_TEXTS: usize = 1_000;

/// One text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// The text, with its expressions.
    pub value: String,
    /// The line of its first character.
    pub line: u64,
}

/// Texts by key.
pub(super) type Texts = BTreeMap<String, Text>;

/// The texts of a segment.
#[derive(Debug, Default)]
pub(super) struct SegmentTexts {
    /// The line of the section.
    pub line: u64,
    /// What the segment says otherwise.
    pub text: Texts,
    /// The same in the formal address.
    pub formal: Texts,
}

/// A language file.
#[derive(Debug)]
pub(super) struct LanguageTexts {
    /// Its path below the bucket's root.
    pub file: String,
    /// The informal address, or the only form that the language has.
    pub text: Texts,
    /// What differs in the formal address; `None` if the language has one form.
    pub formal: Option<Texts>,
    /// Overrides by segment.
    pub segments: BTreeMap<SegmentId, SegmentTexts>,
}

type RawTexts = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    text: RawTexts,
    formal: Option<RawTexts>,
    #[serde(default)]
    segments: BTreeMap<Spanned<String>, RawSegment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSegment {
    #[serde(default)]
    text: RawTexts,
    #[serde(default)]
    formal: RawTexts,
}

impl RawFile {
    fn texts(&self) -> usize {
        let segments = self.segments.values().map(|segment| segment.text.len() + segment.formal.len());
        self.text.len() + self.formal.as_ref().map_or(0, BTreeMap::len) + segments.sum::<usize>()
    }
}

impl LanguageTexts {
    /// Reads a language file.
    pub(super) fn parse(file: &str, source: &str) -> Result<Self, Vec<Fault>> {
        if source.len() > MAX_BYTES {
            let problem = format!("the file is larger than {} KB", MAX_BYTES / 1024);
            return Err(vec![Fault::new(0, problem, "shorten the texts")]);
        }
        let raw: RawFile = toml::from_str(source).map_err(|error| vec![toml_fault(&error, source)])?;
        if raw.texts() > MAX_TEXTS {
            let problem = format!("the file has more than {MAX_TEXTS} texts");
            return Err(vec![Fault::new(0, problem, "remove texts that no layout uses")]);
        }
        let mut faults = Vec::new();
        let mut read = |texts: RawTexts| read_texts(texts, source, &mut faults);
        let text = read(raw.text);
        let formal = raw.formal.map(&mut read);
        let raw_segments = raw
            .segments
            .into_iter()
            .map(|(name, segment)| (name, read(segment.text), read(segment.formal)))
            .collect::<Vec<_>>();
        let segments = read_segments(raw_segments, source, &mut faults);
        let texts = Self { file: file.to_owned(), text, formal, segments };
        faults.extend(texts.unknown_overrides());
        if faults.is_empty() { Ok(texts) } else { Err(faults) }
    }

    /// Whether the language tells the formal address from the informal one.
    pub(super) fn has_formal(&self) -> bool {
        self.formal.is_some() || self.segments.values().any(|segment| !segment.formal.is_empty())
    }

    /// The text of a key for a segment in an address form.
    pub(super) fn find(&self, key: &str, segment: &SegmentId, form: AddressForm) -> Result<&Text, Fault> {
        let own = self.segments.get(segment);
        let special = own.and_then(|own| own.text.get(key));
        let base = self.text.get(key);
        let found = match form {
            AddressForm::Informal => special.or(base),
            AddressForm::Formal => {
                let formal = self.formal.as_ref().and_then(|formal| formal.get(key));
                let special_formal = own.and_then(|own| own.formal.get(key));
                if let (Some(special), None, true) = (special, special_formal, self.has_formal()) {
                    return Err(mixed(key, segment, special.line));
                }
                special_formal.or(special).or(formal).or(base)
            }
        };
        found.ok_or_else(|| {
            Fault::new(
                0,
                format!("the text {key} is missing for the segment {segment}"),
                format!("add {key} = \"…\" under [text]"),
            )
        })
    }

    /// Overrides of keys that `[text]` does not have: most likely misspelt.
    fn unknown_overrides(&self) -> Vec<Fault> {
        let segments = self.segments.values().flat_map(|segment| segment.text.iter().chain(&segment.formal));
        self.formal
            .iter()
            .flatten()
            .chain(segments)
            .filter(|(key, _)| !self.text.contains_key(*key))
            .map(|(key, text)| {
                Fault::new(
                    text.line,
                    format!("{key} is overridden here, but [text] does not have it"),
                    "correct the key, or add it under [text]",
                )
            })
            .collect()
    }
}

fn read_texts(texts: RawTexts, source: &str, faults: &mut Vec<Fault>) -> Texts {
    let mut read = Texts::new();
    for (key, value) in texts {
        let line = line_at(source, key.span().start);
        if !is_key(key.as_ref()) {
            faults.push(Fault::new(line, format!("{:?} is no key", key.as_ref()), "use a-z, 0-9 and _"));
        }
        let line = first_line(source, &value);
        let value = value.into_inner();
        if value.trim().is_empty() {
            let problem = format!("{} is empty", key.as_ref());
            faults.push(Fault::new(line, problem, "write the text, or delete the key and its tag"));
        }
        read.insert(key.into_inner(), Text { value, line });
    }
    read
}

fn read_segments(
    raw: Vec<(Spanned<String>, Texts, Texts)>,
    source: &str,
    faults: &mut Vec<Fault>,
) -> BTreeMap<SegmentId, SegmentTexts> {
    let mut segments = BTreeMap::new();
    for (name, text, formal) in raw {
        let line = line_at(source, name.span().start);
        match SegmentId::parse(name.as_ref()) {
            Ok(id) => {
                segments.insert(id, SegmentTexts { line, text, formal });
            }
            Err(error) => faults.push(Fault::new(line, error.to_string(), "name a segment of the flow")),
        }
    }
    segments
}

/// The line of a value's first character; a line break right after `"""` does not belong to the value.
fn first_line(source: &str, value: &Spanned<String>) -> u64 {
    let start = value.span().start;
    let raw = source.get(start..).unwrap_or_default();
    let quotes = raw.trim_start_matches(['"', '\'']);
    let skipped = raw.len() - quotes.len() >= 3 && quotes.trim_start_matches('\r').starts_with('\n');
    line_at(source, start) + u64::from(skipped)
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn toml_fault(error: &toml::de::Error, source: &str) -> Fault {
    let line = error.span().map_or(0, |span| line_at(source, span.start));
    Fault::new(
        line,
        format!("the file cannot be read: {}", error.message()),
        "keep to [text], [formal], [segments.<name>.text] and [segments.<name>.formal], each with lines like key = \"text\"",
    )
}

fn mixed(key: &str, segment: &SegmentId, line: u64) -> Fault {
    Fault::new(
        line,
        format!(
            "the segment {segment} overrides {key} for the informal address only: the mail would mix both forms"
        ),
        format!("add {key} = \"…\" under [segments.{segment}.formal]"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<LanguageTexts, Vec<Fault>> {
        LanguageTexts::parse("de.toml", source)
    }

    fn find(source: &str, form: AddressForm) -> Result<String, String> {
        let segment = SegmentId::parse("charm-club").unwrap();
        parse(source)
            .unwrap()
            .find("a", &segment, form)
            .map(|text| text.value.clone())
            .map_err(|fault| fault.problem)
    }

    #[test]
    fn the_most_special_text_wins_and_the_forms_are_never_mixed() {
        use AddressForm::{Formal, Informal};
        let base = "[text]\na = 'du'\n";
        let formal = "[formal]\na = 'Sie'\n";
        let own = "[segments.charm-club.text]\na = 'du!'\n";
        let own_formal = "[segments.charm-club.formal]\na = 'Sie!'\n";
        for (sections, informal, polite) in [
            ([base, "", "", ""], "du", Ok("du")),
            ([base, formal, "", ""], "du", Ok("Sie")),
            ([base, "", own, ""], "du!", Ok("du!")),
            ([base, formal, "", own_formal], "du", Ok("Sie!")),
            ([base, formal, own, own_formal], "du!", Ok("Sie!")),
            ([base, formal, own, ""], "du!", Err("mix both forms")),
            ([base, "[formal]\n", own, ""], "du!", Err("mix both forms")),
        ] {
            let source = sections.concat();
            assert_eq!(find(&source, Informal).unwrap(), informal, "{source}");
            match (find(&source, Formal), polite) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{source}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{source}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for (source, line, told) in [
            ("[text]\na = 'x'\n[texts]\n", 3, "unknown field `texts`"),
            ("[text]\na = 'x'\nb = 5\n", 3, "invalid type"),
            ("[text]\na = 'x'\na = 'y'\n", 3, "duplicate key"),
            ("[text]\na = 'x\n", 2, "invalid"),
            ("a = 'x'\n", 1, "unknown field `a`"),
            ("[text]\nA-b = 'x'\n", 2, "is no key"),
            ("[text]\na = 'x'\n[formal]\nb = 'y'\n", 4, "b is overridden here, but [text] does not have it"),
            ("[text]\na = 'x'\n[segments.Charm.text]\na = 'y'\n", 3, "segment"),
            ("[text]\na = 'x'\n[segments.charm.other]\na = 'y'\n", 3, "unknown field `other`"),
        ] {
            let faults = parse(source).unwrap_err();
            assert!(
                faults.iter().any(|fault| fault.line == line && fault.problem.contains(told)),
                "{source}: {faults:?}"
            );
        }
        assert!(parse(&format!("[text]\na = '{}'", "x".repeat(70_000))).is_err());
    }

    #[test]
    fn the_line_of_a_text_is_that_of_its_first_character() {
        let texts = parse("[text]\na = 'x'\nb = \"\"\"\nfirst\n\"\"\"\n").unwrap();
        assert_eq!((texts.text["a"].line, texts.text["b"].line), (2, 4));
    }
}
