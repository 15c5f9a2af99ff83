//! Reads a body in one pass and takes it only if it is sound; what is wrong with another one, the guard tells.
//!
//! What decides quickly is decided here. Escapes and unusual numbers are put to `serde_json`, so what they may be is
//! written down once.

use std::borrow::Cow;

use super::document::Document;
use super::guard::MAX_DEPTH;
use super::json::Text;

/// Reads a sound body: one JSON value, not deeper than [`MAX_DEPTH`], no key twice in an object.
pub(super) fn read(text: &str) -> Option<Document<'_>> {
    let document = Document::with_room_for(text.len());
    let mut reader = Reader { text, at: 0, document, keys: Vec::with_capacity(64) };
    reader.value(Cow::Borrowed(""), 0)?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(reader.document)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    document: Document<'a>,
    /// The keys of the objects that are open: a sample of each, and the number of its value.
    keys: Vec<(u64, usize)>,
}

impl<'a> Reader<'a> {
    fn value(&mut self, key: Cow<'a, str>, depth: u32) -> Option<()> {
        self.skip_blanks();
        let (number, from) = (self.document.begin(key), self.at);
        match self.peek()? {
            b'"' => drop(self.string()?),
            b'{' => self.object(deeper(depth)?)?,
            b'[' => self.list(deeper(depth)?)?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => self.number()?,
        }
        self.document.end(number, self.text.get(from..self.at)?);
        Some(())
    }

    fn object(&mut self, depth: u32) -> Option<()> {
        self.at += 1;
        let open = self.keys.len();
        let mut more = !self.is_empty(b'}');
        while more {
            self.field(depth)?;
            more = self.goes_on(b'}')?;
        }
        self.close(open)
    }

    fn field(&mut self, depth: u32) -> Option<()> {
        self.skip_blanks();
        let key = self.string()?;
        self.keys.push((sample(&key), self.document.next()));
        self.skip_blanks();
        self.word(":")?;
        self.value(key, depth)
    }

    fn list(&mut self, depth: u32) -> Option<()> {
        self.at += 1;
        let mut more = !self.is_empty(b']');
        while more {
            self.value(Cow::Borrowed(""), depth)?;
            more = self.goes_on(b']')?;
        }
        Some(())
    }

    /// Passes the end of a list or an object in which nothing stands.
    fn is_empty(&mut self, end: u8) -> bool {
        self.skip_blanks();
        let empty = self.peek() == Some(end);
        self.at += usize::from(empty);
        empty
    }

    /// Passes what stands after an item; tells whether it is a comma and not the end.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        self.skip_blanks();
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == end).then_some(byte == b',')
    }

    /// Forgets the keys of the object that ends here, if none stands twice.
    fn close(&mut self, open: usize) -> Option<()> {
        let key = |number| self.document.key(number);
        let keys = self.keys.get_mut(open..)?;
        // Sorting takes n log n whatever the keys are: those of one sample are put in order by their letters.
        keys.sort_unstable_by(|(one, a), (other, b)| one.cmp(other).then_with(|| key(*a).cmp(key(*b))));
        let twice = keys.array_windows().any(|[(one, a), (other, b)]| one == other && key(*a) == key(*b));
        self.keys.truncate(open);
        (!twice).then_some(())
    }

    /// Passes a text; it is copied only if it holds an escape.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let from = self.at;
        self.word("\"")?;
        let mut escapes = false;
        while self.stop()? == b'\\' {
            // Whatever is escaped does not end the text.
            self.at += 2;
            escapes = true;
        }
        self.word("\"")?;
        if escapes {
            let Text(text) = serde_json::from_str(self.text.get(from..self.at)?).ok()?;
            return Some(text);
        }
        self.text.get(from + 1..self.at - 1).map(Cow::Borrowed)
    }

    /// Goes to the byte that does not simply belong to a text: a quote, a backslash or a control character.
    fn stop(&mut self) -> Option<u8> {
        while let Some(eight) = self.rest().first_chunk() {
            let stops = stops(u64::from_le_bytes(*eight));
            if stops != 0 {
                self.at += (stops.trailing_zeros() / 8) as usize;
                return self.peek();
            }
            self.at += eight.len();
        }
        self.at += self.rest().iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        self.peek()
    }

    /// Passes a number. Up to 18 digits are one; what else is, `serde_json` knows.
    fn number(&mut self) -> Option<()> {
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let more = rest.iter().skip(digits).take_while(|byte| is_of_number(**byte)).count();
        let token = self.text.get(self.at..self.at + digits + more)?;
        let plain = more == 0 && (1..=18).contains(&digits) && (digits == 1 || !token.starts_with('0'));
        self.at += token.len();
        (plain || serde_json::from_str::<serde_json::Number>(token).is_ok()).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

fn deeper(depth: u32) -> Option<u32> {
    (depth < MAX_DEPTH).then_some(depth + 1)
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Tells most keys of an object apart at one look: their last eight bytes and their length.
fn sample(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let end = match bytes.last_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes.iter().fold(0, |end, byte| (end << 8) | u64::from(*byte)),
    };
    end ^ (bytes.len() as u64).rotate_right(8)
}

/// Marks the bytes of a word that do not simply belong to a text. The lowest mark is right; above it there may be
/// wrong ones.
const fn stops(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    const fn less(word: u64, than: u8) -> u64 {
        word.wrapping_sub(EACH * than as u64) & !word
    }
    const fn equal(word: u64, to: u8) -> u64 {
        less(word ^ (EACH * to as u64), 1)
    }
    (less(word, b' ') | equal(word, b'"') | equal(word, b'\\')) & (EACH << 7)
}
