//! Data files of the bucket, known by their place in it: feeds, lists, coupon codes, receipts, contacts.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::id::{PoolId, ShopId};
use crate::language::Language;

/// Where data files belong.
pub const PLACES: &str = "put it under feeds/<shop>/ (as products.<language>.xml, topsellers.csv, recommendations.csv), \
     coupons/<pool>/, orders/<shop>/ or contacts/<shop>/";

/// A packed file that holds more than so many bytes is read no further: what packs like that is no export.
pub const MAX_UNPACKED: u64 = 8 << 30;

/// What a data file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// `feeds/<shop>/products.<language>.<ending>`
    Products(ShopId, Language),
    /// `feeds/<shop>/topsellers.csv`, `feeds/<shop>/recommendations.csv`
    Lists(ShopId),
    /// `coupons/<pool>/<any>.csv`
    Coupons(PoolId),
    /// `orders/<shop>/<any>.csv`
    Orders(ShopId),
    /// `contacts/<shop>/<any>.csv`
    Contacts(ShopId),
}

/// A file that lies where none belongs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// In no folder of data files.
    #[error("{0} lies in no folder for data files: {PLACES}")]
    Nowhere(String),
    /// In a folder whose name is none of a shop or pool, or under a name without a language.
    #[error("{path}: {problem}")]
    Name {
        /// The path.
        path: String,
        /// What is wrong with a name in it.
        problem: String,
    },
}

impl Upload {
    /// What a path below the bucket's root means, such as `orders/de/2026-11-22.csv`.
    ///
    /// # Errors
    /// [`Misplaced`] when it means nothing; it says where files belong.
    pub fn of(path: &str) -> Result<Self, Misplaced> {
        let &[folder, owner, file] = path.split('/').collect::<Vec<_>>().as_slice() else {
            return Err(Misplaced::Nowhere(path.to_owned()));
        };
        let shop = || ShopId::parse(owner).map_err(|error| misnamed(path, &error));
        match (folder, file.split('.').collect::<Vec<_>>().as_slice()) {
            ("feeds", ["products", language, _, ..]) => {
                let language = Language::parse(language).map_err(|error| misnamed(path, &error))?;
                Ok(Self::Products(shop()?, language))
            }
            ("feeds", ["products", ..]) => Err(misnamed(path, &"the name has no language: products.de.xml")),
            ("feeds", _) => Ok(Self::Lists(shop()?)),
            ("coupons", _) => PoolId::parse(owner).map(Self::Coupons).map_err(|error| misnamed(path, &error)),
            ("orders", _) => Ok(Self::Orders(shop()?)),
            ("contacts", _) => Ok(Self::Contacts(shop()?)),
            _ => Err(Misplaced::Nowhere(path.to_owned())),
        }
    }

    /// The folder that it belongs into.
    #[must_use]
    pub fn folder(&self) -> String {
        match self {
            Self::Products(shop, _) | Self::Lists(shop) => format!("feeds/{shop}"),
            Self::Coupons(pool) => format!("coupons/{pool}"),
            Self::Orders(shop) => format!("orders/{shop}"),
            Self::Contacts(shop) => format!("contacts/{shop}"),
        }
    }

    /// Whether a later file of the same name says all that this one says, so that only the newest need be read.
    #[must_use]
    pub const fn is_replaced_by_newer(&self) -> bool {
        matches!(self, Self::Products(..) | Self::Lists(_))
    }
}

/// Whether a feed is published although it lost too many products: somebody has looked and says so in its name, such as
/// `products.de.allow-shrink.xml`.
#[must_use]
pub fn allows_shrink(name: &str) -> bool {
    name.split('.').any(|part| part == "allow-shrink")
}

fn misnamed(path: &str, problem: &impl ToString) -> Misplaced {
    Misplaced::Name { path: path.to_owned(), problem: problem.to_string() }
}

/// The content of a file; one whose name ends in `.gz` is unpacked on the way, up to [`MAX_UNPACKED`].
pub fn unpacked<'a>(name: &str, read: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
    if name.ends_with(".gz") {
        Box::new(capped(MultiGzDecoder::new(read), MAX_UNPACKED))
    } else {
        Box::new(read)
    }
}

/// Ends with an error instead of giving more than so many bytes.
pub(crate) const fn capped<R: Read>(read: R, most: u64) -> Capped<R> {
    Capped { read, most, left: most }
}

/// See [`capped`].
pub(crate) struct Capped<R> {
    read: R,
    most: u64,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            io::Error::other(format!("the file holds more than {} bytes when unpacked", self.most))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn de() -> ShopId {
        ShopId::parse("de").unwrap()
    }

    #[test]
    fn a_file_is_known_by_its_folder_and_name() {
        let german = Language::parse("de").unwrap();
        let pool = PoolId::parse("thanks-eur").unwrap();
        for (path, upload) in [
            ("feeds/de/products.de.xml", Upload::Products(de(), german)),
            ("feeds/de/products.de.csv.gz", Upload::Products(de(), german)),
            ("feeds/de/topsellers.csv", Upload::Lists(de())),
            ("coupons/thanks-eur/2026-11.csv", Upload::Coupons(pool)),
            ("orders/de/2026-11-22.csv.gz", Upload::Orders(de())),
            ("contacts/de/crm.csv", Upload::Contacts(de())),
        ] {
            assert_eq!(Upload::of(path).unwrap(), upload, "{path}");
            assert!(path.starts_with(&upload.folder()), "{path}");
        }
    }

    #[test]
    fn a_feed_may_say_in_its_name_that_it_shrinks() {
        let name = "products.de.allow-shrink.xml.gz";
        assert!(matches!(Upload::of(&format!("feeds/de/{name}")), Ok(Upload::Products(..))));
        assert!(allows_shrink(name) && !allows_shrink("products.de.xml"));
    }

    #[test]
    fn a_file_out_of_place_is_told_where_files_belong() {
        for path in ["till.csv", "orders/till.csv", "orders/de/2026/till.csv", "order/de/till.csv", ""] {
            let error = Upload::of(path).unwrap_err().to_string();
            assert!(error.contains("orders/<shop>/"), "{error}");
        }
    }

    #[test]
    fn a_folder_or_file_that_is_misnamed_is_told_why() {
        for (path, why) in [
            ("orders/d e/till.csv", "d e"),
            ("feeds/de/products.xml", "no language"),
            ("feeds/de/products.1.xml", "1"),
        ] {
            let error = Upload::of(path).unwrap_err().to_string();
            assert!(error.starts_with(path) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_packed_file_is_unpacked_and_one_without_end_is_not() {
        use std::io::Write as _;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"receipt").unwrap();
        let packed = packer.finish().unwrap();
        for (name, bytes) in [("till.csv.gz", packed.as_slice()), ("till.csv", b"receipt")] {
            assert_eq!(io::read_to_string(unpacked(name, bytes)).unwrap(), "receipt");
        }
        let error = io::copy(&mut capped(io::repeat(0), 1 << 20), &mut io::sink());
        assert!(error.unwrap_err().to_string().contains("unpacked"));
    }
}
