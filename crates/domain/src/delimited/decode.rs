//! Bytes of any encoding in, UTF-8 with `\n` line ends out.

use std::io::{self, BufRead, Read};

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that are read at a time; the encoding is decided on the first so many.
const CHUNK: usize = 64 * 1024;

/// What the bytes are taken for.
enum Encoding {
    /// UTF-8, and whether a character of several bytes has proved it.
    Utf8 { proved: bool },
    /// What Excel writes as "CSV" on a western Windows.
    Windows1252,
    /// What Excel writes as "Unicode text"; told by its byte order mark alone.
    Utf16(Box<encoding_rs::Decoder>),
}

/// Decodes a stream. Every byte becomes some character, so no row is lost to a wrong encoding.
///
/// A file is Windows-1252 when its first 64 KB hold more bytes that break UTF-8 than characters that prove it.
/// A file that was plain ASCII so far becomes Windows-1252 at the first byte that breaks UTF-8. In a file that has
/// proved to be UTF-8 a stray byte is read as Windows-1252 and the rest stays UTF-8.
pub(crate) struct Decoder<R> {
    source: R,
    encoding: Encoding,
    /// Read, not decoded.
    raw: Vec<u8>,
    /// Decoded, handed out up to `served`.
    text: Vec<u8>,
    served: usize,
    after_cr: bool,
    ended: bool,
}

impl<R: Read> Decoder<R> {
    /// Reads the first bytes and decides on the encoding.
    pub(crate) fn new(source: R) -> io::Result<Self> {
        let mut decoder = Self {
            source,
            encoding: Encoding::Utf8 { proved: false },
            raw: Vec::new(),
            text: Vec::new(),
            served: 0,
            after_cr: false,
            ended: false,
        };
        decoder.read_chunk()?;
        decoder.choose_encoding();
        decoder.decode();
        Ok(decoder)
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = self.source.by_ref().take(limit).read_to_end(&mut self.raw)?;
        self.ended = read < CHUNK;
        Ok(())
    }

    fn choose_encoding(&mut self) {
        let (encoding, mark) = match self.raw.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8 { proved: true }, 3),
            [0xff, 0xfe, ..] => (utf16(UTF_16LE), 2),
            [0xfe, 0xff, ..] => (utf16(UTF_16BE), 2),
            sample => (eight_bit(sample, self.ended), 0),
        };
        self.encoding = encoding;
        self.raw.drain(..mark);
    }

    /// Decodes all raw bytes but a character cut at their end.
    fn decode(&mut self) {
        let raw = std::mem::take(&mut self.raw);
        match &mut self.encoding {
            Encoding::Utf8 { .. } => self.decode_utf8(&raw),
            Encoding::Windows1252 => self.push_windows_1252(&raw),
            Encoding::Utf16(decoder) => {
                let mut text =
                    String::with_capacity(decoder.max_utf8_buffer_length(raw.len()).unwrap_or(CHUNK));
                // The result tells of replaced characters only; the buffer is as long as the decoder asks for.
                let (_, _, _) = decoder.decode_to_string(&raw, &mut text, self.ended);
                self.push(text.as_bytes());
            }
        }
    }

    fn decode_utf8(&mut self, mut raw: &[u8]) {
        while let Err(error) = std::str::from_utf8(raw) {
            let (good, bad) = raw.split_at(error.valid_up_to());
            self.push_utf8(good);
            if error.error_len().is_none() && !self.ended {
                self.raw = bad.to_vec();
                return;
            }
            if matches!(self.encoding, Encoding::Utf8 { proved: false }) {
                self.encoding = Encoding::Windows1252;
                return self.push_windows_1252(bad);
            }
            let (stray, rest) = bad.split_at(error.error_len().unwrap_or(bad.len()));
            self.push_windows_1252(stray);
            raw = rest;
        }
        self.push_utf8(raw);
    }

    fn push_utf8(&mut self, text: &[u8]) {
        if !text.is_ascii() {
            self.encoding = Encoding::Utf8 { proved: true };
        }
        self.push(text);
    }

    fn push_windows_1252(&mut self, bytes: &[u8]) {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
        self.push(text.as_bytes());
    }

    /// Appends text; CRLF and a lone CR become LF.
    fn push(&mut self, text: &[u8]) {
        if !self.after_cr && !text.contains(&b'\r') {
            return self.text.extend_from_slice(text);
        }
        for &byte in text {
            match byte {
                b'\r' => self.text.push(b'\n'),
                b'\n' if self.after_cr => {}
                other => self.text.push(other),
            }
            self.after_cr = byte == b'\r';
        }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Decoder<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.served >= self.text.len() && !self.ended {
            self.text.clear();
            self.served = 0;
            self.read_chunk()?;
            self.decode();
        }
        Ok(self.text.get(self.served..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.served += count;
    }
}

fn utf16(encoding: &'static encoding_rs::Encoding) -> Encoding {
    Encoding::Utf16(Box::new(encoding.new_decoder_without_bom_handling()))
}

/// Tells UTF-8 from Windows-1252 by what there is more of: characters of several bytes, or bytes that break UTF-8.
fn eight_bit(sample: &[u8], whole: bool) -> Encoding {
    let (mut proofs, mut breaks) = (0, 0);
    for chunk in sample.utf8_chunks() {
        proofs += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        breaks += usize::from(!chunk.invalid().is_empty());
    }
    let cut = !whole && std::str::from_utf8(sample).is_err_and(|error| error.error_len().is_none());
    if breaks > proofs && !cut { Encoding::Windows1252 } else { Encoding::Utf8 { proved: proofs > 0 } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        Decoder::new(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_byte_order_mark_tells_the_encoding_and_disappears() {
        assert_eq!(decoded("\u{feff}Größe".as_bytes()), "Größe");
        assert_eq!(decoded(b"\xff\xfeG\0r\0\xf6\0"), "Grö");
        assert_eq!(decoded(b"\xfe\xff\0G\0r\0\xf6"), "Grö");
    }

    #[test]
    fn windows_1252_is_recognised_without_any_hint() {
        assert_eq!(decoded(b"Gr\xf6\xdfe \x80 12"), "Größe € 12");
        assert_eq!(decoded(b"Caf\xe9"), "Café");
    }

    #[test]
    fn a_file_that_is_ascii_for_long_and_then_windows_1252_loses_nothing() {
        let mut bytes = vec![b'a'; CHUNK + 7];
        bytes.extend_from_slice(b"\xfc and \xe4");
        assert!(decoded(&bytes).ends_with("aü and ä"));
    }

    #[test]
    fn one_stray_byte_does_not_spoil_a_file_that_is_utf8() {
        assert_eq!(decoded(b"\xc3\xbc \xfc \xc3\xa4"), "ü ü ä");
    }

    #[test]
    fn a_character_cut_by_the_chunk_border_stays_whole() {
        let text = format!("{}ü and more", "a".repeat(CHUNK - 1));
        assert_eq!(decoded(text.as_bytes()), text);
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_file_is_kept_as_windows_1252() {
        assert_eq!(decoded("ü".repeat(3).as_bytes().split_last().unwrap().1), "üüÃ");
    }

    #[test]
    fn every_kind_of_line_end_becomes_one() {
        assert_eq!(decoded(b"a\r\nb\rc\nd\r\r\ne"), "a\nb\nc\nd\n\ne");
        let border = format!("{}\r\nb", "a".repeat(CHUNK - 1));
        assert!(decoded(border.as_bytes()).ends_with("a\nb"));
    }

    proptest! {
        #[test]
        fn any_bytes_become_text(bytes: Vec<u8>) {
            decoded(&bytes);
        }

        #[test]
        fn utf8_text_stays_as_it_is(text in "[^\r\u{feff}]{0,200}") {
            prop_assert_eq!(decoded(text.as_bytes()), text);
        }
    }
}
