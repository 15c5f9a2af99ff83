//! From the bytes of a file to UTF-8 text, under caps: gzip by its magic bytes, encodings by byte-order mark or
//! XML declaration.

use std::io::{self, Chain, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};
use flate2::read::MultiGzDecoder;

use super::config::FeedLimits;
use super::error::{FeedError, Limit};

/// The first two bytes of a gzip file (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How much of a file is looked at to tell what it is; holds the XML declaration and a header line.
const HEAD: usize = 16 << 10;
/// Up to here any ratio is fine: a small feed of alike rows packs well.
const RATIO_FROM: u64 = 1 << 20;
const CHUNK: usize = 16 << 10;

/// A reader whose first bytes were looked at.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;
/// The text of a file.
pub(super) type Text<R> = Peeked<Utf8<Peeked<Inflater<R>>>>;

/// Opens a file: the first bytes of its text, and all of its text from the start, without a byte-order mark.
pub(super) fn open<R: Read>(read: R, limits: FeedLimits) -> Result<(Vec<u8>, Text<R>), FeedError> {
    open_io(read, limits).map_err(|error| FeedError::from_io(0, error))
}

fn open_io<R: Read>(read: R, limits: FeedLimits) -> io::Result<(Vec<u8>, Text<R>)> {
    let inflater = Inflater::new(read, limits)?;
    let (mut head, rest) = take_head(inflater, HEAD)?;
    let (encoding, mark) = Encoding::for_bom(&head).unwrap_or_else(|| (declared(&head), 0));
    head.drain(..mark.min(head.len()));
    let text = Utf8::new(Cursor::new(head).chain(rest), encoding);
    let (head, rest) = take_head(text, HEAD)?;
    Ok((head.clone(), Cursor::new(head).chain(rest)))
}

/// Reads up to `size` bytes; fewer only at the end of the file.
fn take_head<R: Read>(mut read: R, size: usize) -> io::Result<(Vec<u8>, R)> {
    let mut head = Vec::with_capacity(size);
    let wanted = u64::try_from(size).unwrap_or(u64::MAX);
    Read::by_ref(&mut read).take(wanted).read_to_end(&mut head)?;
    Ok((head, read))
}

/// The encoding that an XML declaration names. One that is not a superset of ASCII cannot be meant: its declaration
/// could not have been read.
fn declared(head: &[u8]) -> &'static Encoding {
    let declaration = head.strip_prefix(b"<?xml").and_then(|rest| rest.split(|byte| *byte == b'>').next());
    declaration
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| text.split_once("encoding"))
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1))
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .filter(|encoding| encoding.is_ascii_compatible())
        .unwrap_or(UTF_8)
}

/// Unpacks gzip where the magic bytes say so and keeps count of both sides.
pub(super) struct Inflater<R: Read> {
    source: Source<R>,
    inflated: u64,
    limits: FeedLimits,
}

enum Source<R: Read> {
    Plain(Peeked<R>),
    Gzip(MultiGzDecoder<Counted<Peeked<R>>>),
}

impl<R: Read> Inflater<R> {
    fn new(read: R, limits: FeedLimits) -> io::Result<Self> {
        let (magic, rest) = take_head(read, GZIP_MAGIC.len())?;
        let packed = magic == GZIP_MAGIC;
        let whole = Cursor::new(magic).chain(rest);
        let source = if packed {
            Source::Gzip(MultiGzDecoder::new(Counted { read: whole, bytes: 0 }))
        } else {
            Source::Plain(whole)
        };
        Ok(Self { source, inflated: 0, limits })
    }

    fn check(&self) -> Result<(), Limit> {
        if self.inflated > self.limits.inflated {
            return Err(Limit::Inflated(self.limits.inflated));
        }
        let Source::Gzip(gzip) = &self.source else {
            return Ok(());
        };
        let allowed = gzip.get_ref().bytes.saturating_mul(self.limits.ratio);
        if self.inflated > allowed.max(RATIO_FROM) {
            return Err(Limit::Ratio(self.limits.ratio));
        }
        Ok(())
    }
}

impl<R: Read> Read for Inflater<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.source {
            Source::Plain(plain) => plain.read(buf),
            Source::Gzip(gzip) => gzip.read(buf),
        }?;
        self.inflated = self.inflated.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        self.check().map_err(io::Error::other)?;
        Ok(read)
    }
}

struct Counted<R> {
    read: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// Passes UTF-8 through as it is and decodes everything else.
pub(super) enum Utf8<R> {
    Already(R),
    Decoded(Box<Transcoder<R>>),
}

impl<R: Read> Utf8<R> {
    fn new(read: R, encoding: &'static Encoding) -> Self {
        if encoding == UTF_8 {
            return Self::Already(read);
        }
        Self::Decoded(Box::new(Transcoder {
            read,
            decoder: encoding.new_decoder_without_bom_handling(),
            decoded: Cursor::default(),
            ended: false,
        }))
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Already(read) => read.read(buf),
            Self::Decoded(transcoder) => transcoder.read(buf),
        }
    }
}

pub(super) struct Transcoder<R> {
    read: R,
    decoder: Decoder,
    decoded: Cursor<Vec<u8>>,
    ended: bool,
}

impl<R: Read> Transcoder<R> {
    fn refill(&mut self) -> io::Result<()> {
        let mut raw = Vec::with_capacity(CHUNK);
        let chunk = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = Read::by_ref(&mut self.read).take(chunk).read_to_end(&mut raw)?;
        self.ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK * 4);
        let mut text = String::with_capacity(room);
        // The room suffices for the whole chunk, so nothing is left over.
        let (_, consumed, _) = self.decoder.decode_to_string(&raw, &mut text, self.ended);
        debug_assert_eq!(consumed, read);
        self.decoded = Cursor::new(text.into_bytes());
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoded.read(buf)?;
            if read > 0 || self.ended || buf.is_empty() {
                return Ok(read);
            }
            self.refill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let (_, mut text) = open(bytes, FeedLimits::default()).unwrap();
        let mut all = String::new();
        text.read_to_string(&mut all).unwrap();
        all
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn drain(bytes: &[u8], limits: FeedLimits) -> Result<u64, FeedError> {
        let (_, mut text) = open(bytes, limits)?;
        io::copy(&mut text, &mut io::sink()).map_err(|error| FeedError::from_io(0, error))
    }

    #[test]
    fn plain_and_packed_files_read_alike() {
        assert_eq!(text_of(b"id\tRing"), "id\tRing");
        assert_eq!(text_of(&gzip(b"id\tRing")), "id\tRing");
        let two_members = [gzip(b"id\t"), gzip(b"Ring")].concat();
        assert_eq!(text_of(&two_members), "id\tRing");
        assert_eq!(text_of(b""), "");
    }

    #[test]
    fn a_byte_order_mark_or_a_declaration_names_the_encoding() {
        assert_eq!(text_of(b"\xef\xbb\xbfid"), "id");
        let utf16: Vec<u8> = "\u{feff}Größe".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text_of(&utf16), "Größe");
        assert_eq!(
            text_of(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>Gr\xf6\xdfe</a>"),
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>Größe</a>"
        );
        let long = [b"<?xml version='1.0' encoding='windows-1252'?>".to_vec(), vec![0x80; CHUNK * 3]];
        assert_eq!(text_of(&long.concat()).matches('€').count(), CHUNK * 3);
    }

    #[test]
    fn a_decompression_bomb_is_refused_long_before_it_is_unpacked() {
        let bomb = gzip(&vec![b' '; 64 << 20]);
        let refused = drain(&bomb, FeedLimits::default()).unwrap_err();
        assert!(matches!(refused, FeedError::Limit { limit: Limit::Ratio(200), .. }), "{refused}");
        let alike = gzip(&vec![b' '; 1 << 20]);
        assert_eq!(drain(&alike, FeedLimits::default()).unwrap(), 1 << 20);
    }

    #[test]
    fn a_file_beyond_its_size_is_refused_packed_or_not() {
        let limits = FeedLimits { inflated: 1_000, ..FeedLimits::default() };
        for file in [vec![b'x'; 1_001], gzip(&vec![b'x'; 1_001])] {
            let refused = drain(&file, limits).unwrap_err();
            assert!(matches!(refused, FeedError::Limit { limit: Limit::Inflated(1_000), .. }));
        }
        assert_eq!(drain(&vec![b'x'; 1_000], limits).unwrap(), 1_000);
    }

    #[test]
    fn a_cut_and_a_damaged_gzip_are_told_apart() {
        let mut noise = 7_u32;
        let content: Vec<u8> = (0..50_000)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                noise.to_be_bytes()[0]
            })
            .collect();
        let whole = gzip(&content);
        let cut = drain(&whole[..whole.len() / 2], FeedLimits::default()).unwrap_err();
        assert!(matches!(cut, FeedError::Truncated { .. }), "{cut}");
        let mut damaged = whole;
        let last = damaged.len() - 6;
        damaged[last] ^= 0xff;
        let damaged = drain(&damaged, FeedLimits::default()).unwrap_err();
        assert!(matches!(damaged, FeedError::Damaged { .. }), "{damaged}");
    }

    #[test]
    fn a_failing_store_is_the_only_thing_worth_a_second_try() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::new(io::ErrorKind::ConnectionReset, "gone"))
            }
        }
        let failed = open(Broken, FeedLimits::default()).err().unwrap();
        assert!(failed.is_transient());
        let bomb = gzip(&vec![b' '; 8 << 20]);
        assert!(!drain(&bomb, FeedLimits::default()).unwrap_err().is_transient());
    }
}
