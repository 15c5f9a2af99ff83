//! The brand, shop and flow files together: parsed, checked, and ready to decide by.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::brand::Brand;
use crate::flow::Flow;
use crate::id::{FlowId, ShopId};
use crate::report::FileReport;
use crate::shop::Shop;

mod check;

/// The parsed files.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// `shops/brand.toml`
    pub brand: Brand,
    /// `shops/<shop>.toml`
    pub shops: BTreeMap<ShopId, Shop>,
    /// `flows/<flow>.toml`
    pub flows: BTreeMap<FlowId, Flow>,
}

/// What a mail offers, as far as flows must know it.
#[derive(Debug, Clone, Default)]
pub struct MailFacts {
    /// The languages it has.
    pub languages: Vec<crate::language::Language>,
}

/// The files of a catalog as they were read: path below the bucket's root → text.
pub type Files = BTreeMap<String, String>;

/// The path of the brand file.
pub const BRAND_FILE: &str = "shops/brand.toml";

impl Catalog {
    /// Parses and checks all `shops/` and `flows/` files.
    ///
    /// `mails` tells which mails exist. Warnings come along with the catalog; look at them with [`FileReport`].
    ///
    /// # Errors
    /// One report a file with something wrong: the line, the problem, the remedy.
    pub fn load(
        files: &Files,
        mails: &BTreeMap<crate::id::MailName, MailFacts>,
    ) -> Result<(Self, Vec<FileReport>), Vec<FileReport>> {
        let mut reports = Reports::default();
        let catalog = Self::parse(files, &mut reports);
        if let Some(catalog) = &catalog {
            check::check(catalog, files, mails, &mut reports);
        }
        match catalog {
            Some(catalog) if !reports.has_errors() => Ok((catalog, reports.into_list())),
            _ => Err(reports.into_list()),
        }
    }

    /// What can be read of the files, unchecked: to find out what flows need of mails, or for files checked before.
    #[must_use]
    pub fn readable(files: &Files) -> Option<Self> {
        Self::parse(files, &mut Reports::default())
    }

    /// The shop with an id.
    #[must_use]
    pub fn shop(&self, id: &ShopId) -> Option<&Shop> {
        self.shops.get(id)
    }

    /// The flows that run in a shop.
    pub fn flows_of<'a>(&'a self, shop: &'a ShopId) -> impl Iterator<Item = &'a Flow> {
        self.flows.values().filter(move |flow| flow.runs_in(shop))
    }

    fn parse(files: &Files, reports: &mut Reports) -> Option<Self> {
        let Some(brand) = files.get(BRAND_FILE) else {
            reports.error(BRAND_FILE, 0, "the brand file is missing", "upload shops/brand.toml");
            return None;
        };
        let brand = parse_file::<Brand>(BRAND_FILE, brand, reports);
        let mut catalog = Self { brand: brand?, shops: BTreeMap::new(), flows: BTreeMap::new() };
        for (path, text) in files.iter().filter(|(path, _)| path.as_str() != BRAND_FILE) {
            catalog.take_file(path, text, reports);
        }
        Some(catalog)
    }

    fn take_file(&mut self, path: &str, text: &str, reports: &mut Reports) {
        let Some((folder, name)) = path.split_once('/') else {
            return;
        };
        let Some(name) = name.strip_suffix(".toml") else {
            return;
        };
        match folder {
            "shops" => {
                let parsed = parse_file::<Shop>(path, text, reports);
                if let (Some(id), Some(shop)) = (named(path, ShopId::parse(name), reports), parsed) {
                    self.shops.insert(id.clone(), Shop { id, ..shop });
                }
            }
            "flows" => {
                let parsed = parse_file::<Flow>(path, text, reports);
                if let (Some(id), Some(flow)) = (named(path, FlowId::parse(name), reports), parsed) {
                    self.flows.insert(id.clone(), Flow { id, ..flow });
                }
            }
            _ => {}
        }
    }
}

fn named<T>(path: &str, id: Result<T, crate::id::InvalidId>, reports: &mut Reports) -> Option<T> {
    id.map_err(|error| reports.error(path, 0, error.to_string(), "rename the file: its name is the id")).ok()
}

fn parse_file<T: DeserializeOwned>(path: &str, text: &str, reports: &mut Reports) -> Option<T> {
    match toml::from_str(text) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            let remedy = "correct this line; the JSON Schema of the file lists every key and its meaning";
            reports.error(path, line, error.message(), remedy);
            None
        }
    }
}

/// The number of the line in which a byte stands, from 1.
#[must_use]
pub fn line_at(text: &str, byte: usize) -> u64 {
    let breaks = text.bytes().take(byte).filter(|b| *b == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX).saturating_add(1)
}

/// One report a file.
#[derive(Debug, Default)]
pub struct Reports(BTreeMap<String, FileReport>);

impl Reports {
    /// Notes what is wrong with a file.
    pub fn error(&mut self, path: &str, line: u64, problem: impl Into<String>, remedy: impl Into<String>) {
        self.of(path).error(line, problem, remedy);
    }

    /// Notes what somebody should look at.
    pub fn warning(&mut self, path: &str, line: u64, problem: impl Into<String>, remedy: impl Into<String>) {
        self.of(path).warning(line, problem, remedy);
    }

    /// Whether any file has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.values().any(FileReport::has_errors)
    }

    /// The reports, by path.
    #[must_use]
    pub fn into_list(self) -> Vec<FileReport> {
        self.0.into_values().collect()
    }

    fn of(&mut self, path: &str) -> &mut FileReport {
        self.0.entry(path.to_owned()).or_insert_with(|| FileReport::new(path))
    }
}

#[cfg(test)]
mod tests;
