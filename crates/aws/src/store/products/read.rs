//! Rows as everybody sees them, with a memory of those that many mails show.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nachklang_domain::id::Sku;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::product::Product;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::PRODUCT;
use super::pointer::Pointer;
use super::row::{Row, Seen};
use super::sheet::{HINT, Sheet};
use super::snapshot::is_name;
use super::staging::Staging;
use crate::config::Setting;
use crate::store::AwsStore;
use crate::store::batch_get::{Batch, batch_get};
use crate::store::body::{Item, unreadable};
use crate::store::fault::fault;
use crate::store::item::{text, text_of};
use crate::store::memory::Moment;
use crate::store::recent::Recent;

/// Bytes of rows that are remembered: some thousand products.
const ROWS: usize = 2 << 20;
/// What a remembered row costs beside its text, in bytes.
const OVERHEAD: usize = 128;
/// How long a pointer is believed. Until then a process may show the products that were published before.
const POINTER_BELIEVED: Duration = Duration::from_secs(5);
/// A cheap read may miss what was written a moment before. So long after a publication nothing is read cheaply.
const SETTLING: i64 = 60;
/// Hints a page: products that share a SKU, and hints that are left over.
const HINTS: i32 = 25;

const READING: &str = "load products";
const FINDING: &str = "find a product by its SKU";

type Text = Arc<str>;
type Staged = HashMap<(String, Sheet), Arc<Mutex<Staging>>>;

/// What a process remembers of products and lists.
#[derive(Debug)]
pub(in crate::store) struct Remembered {
    pointers: Moment<Arc<Pointer>>,
    /// Rows, also those that do not exist, with the generation in which they were read.
    rows: Recent<(u64, Option<Text>)>,
    /// What this process is importing.
    pub(super) staged: Mutex<Staged>,
    /// A process publishes one sheet after the other.
    pub(super) publishing: Mutex<()>,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            pointers: Moment::default(),
            rows: Recent::new(ROWS),
            staged: Mutex::default(),
            publishing: Mutex::default(),
        }
    }
}

impl AwsStore {
    /// The rows of these names as everybody sees them, each in its name's place: all of one generation.
    pub(super) async fn rows(&self, sheet: &Sheet, names: &[&str]) -> PortResult<Vec<Option<Text>>> {
        let pointer = self.pointer(sheet).await?;
        if let Some(rows) = self.rows_of(sheet, &pointer, names).await? {
            return Ok(rows);
        }
        let pointer = self.fresh_pointer(sheet).await?;
        let rows = self.rows_of(sheet, &pointer, names).await?;
        rows.ok_or_else(|| {
            PortError::transient(format!("{sheet} was published while it was read; read it again"))
        })
    }

    /// The rows in the generation of a pointer; nothing if that generation is gone.
    async fn rows_of(
        &self,
        sheet: &Sheet,
        pointer: &Pointer,
        names: &[&str],
    ) -> PortResult<Option<Vec<Option<Text>>>> {
        if pointer.current.is_none() {
            return Ok(Some(vec![None; names.len()]));
        }
        let memory = &self.memory.products;
        let mut rows: HashMap<&str, Option<Text>> = HashMap::new();
        let mut unknown = HashSet::new();
        for name in names.iter().copied().filter(|name| is_name(name)) {
            match memory.remembered(sheet, pointer.generation, name) {
                Some(row) => drop(rows.insert(name, row)),
                None => drop(unknown.insert(name)),
            }
        }
        let unknown: Vec<&str> = unknown.into_iter().collect();
        let Some(mut read) = self.read_unknown(sheet, pointer, &unknown).await? else { return Ok(None) };
        for name in unknown {
            let row = read.remove(name);
            memory.remember(sheet, pointer.generation, name, row.clone());
            rows.insert(name, row);
        }
        Ok(Some(names.iter().map(|name| rows.get(name).cloned().flatten()).collect()))
    }

    async fn read_unknown(
        &self,
        sheet: &Sheet,
        pointer: &Pointer,
        names: &[&str],
    ) -> PortResult<Option<HashMap<String, Text>>> {
        let keys: Vec<Item> = names.iter().map(|name| sheet.row(name)).collect();
        let table = self.config.get(Setting::Products)?;
        let batch = Batch { doing: READING, table, consistent: is_settling(pointer) };
        let items = batch_get(&self.clients.dynamo, batch, keys).await?;
        let mut found = HashMap::new();
        for item in &items {
            match Row::of(item.get("body"))?.seen_in(pointer.generation) {
                Seen::Row(Some(json)) => drop(found.insert(name_of(sheet, item)?, Text::from(json))),
                Seen::Row(None) => {}
                Seen::Gone => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Of several products with one SKU always the first by id.
    pub(super) async fn product_of_sku(&self, sheet: &Sheet, sku: &Sku) -> PortResult<Option<Product>> {
        let (table, pointer) = (self.config.get(Setting::Products)?, self.pointer(sheet).await?);
        let query = self.clients.dynamo.query().table_name(table).limit(HINTS);
        let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :hint)");
        let query = query.expression_attribute_values(":pk", text(sheet.hints(sku.as_str())));
        let query = query.expression_attribute_values(":hint", text(HINT));
        let mut pages = query.consistent_read(is_settling(&pointer)).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(FINDING, table, &error))?;
            let hints: Vec<&str> = page.items().iter().filter_map(|item| text_of(item, "sk")).collect();
            if let Some(product) = self.confirmed(sheet, &hints, sku).await? {
                return Ok(Some(product));
            }
        }
        Ok(None)
    }

    /// The first product of these hints that has the SKU indeed.
    async fn confirmed(&self, sheet: &Sheet, hints: &[&str], sku: &Sku) -> PortResult<Option<Product>> {
        let ids: Vec<&str> = hints.iter().filter_map(|hint| hint.strip_prefix(HINT)).collect();
        for json in self.rows(sheet, &ids).await?.iter().flatten() {
            let product: Product = parsed(PRODUCT, json)?;
            if product.sku.as_ref() == Some(sku) {
                return Ok(Some(product));
            }
        }
        Ok(None)
    }

    async fn pointer(&self, sheet: &Sheet) -> PortResult<Arc<Pointer>> {
        match self.memory.products.pointers.get(&sheet.to_string(), POINTER_BELIEVED) {
            Some(pointer) => Ok(pointer),
            None => self.fresh_pointer(sheet).await,
        }
    }

    /// The pointer as it is now; it is remembered.
    pub(super) async fn fresh_pointer(&self, sheet: &Sheet) -> PortResult<Arc<Pointer>> {
        let asked = Instant::now();
        let pointer = Arc::new(self.held_pointer(sheet).await?.pointer);
        self.memory.products.pointers.put(&sheet.to_string(), asked, Arc::clone(&pointer));
        Ok(pointer)
    }
}

impl Remembered {
    /// From now on this process sees what it has published.
    pub(super) fn published(&self, sheet: &Sheet, pointer: Pointer) {
        self.pointers.put(&sheet.to_string(), Instant::now(), Arc::new(pointer));
    }

    fn remembered(&self, sheet: &Sheet, generation: u64, name: &str) -> Option<Option<Text>> {
        let (read_in, row) = self.rows.get(&format!("{sheet}#{name}"))?;
        (read_in == generation).then_some(row)
    }

    fn remember(&self, sheet: &Sheet, generation: u64, name: &str, row: Option<Text>) {
        let weight = OVERHEAD + name.len() + row.as_ref().map_or(0, |json| json.len());
        self.rows.put(&format!("{sheet}#{name}"), (generation, row), weight);
    }
}

fn is_settling(pointer: &Pointer) -> bool {
    Timestamp::now().as_second() < pointer.published_at.saturating_add(SETTLING)
}

fn name_of(sheet: &Sheet, item: &Item) -> PortResult<String> {
    let name = text_of(item, "pk").and_then(|pk| pk.strip_prefix(&format!("{sheet}#")));
    name.map(str::to_owned).ok_or_else(|| unreadable(PRODUCT))
}

/// The value of a row's JSON. The cause of an error is dropped: it may quote what is stored.
pub(super) fn parsed<T: DeserializeOwned>(noun: &str, json: &str) -> PortResult<T> {
    serde_json::from_str(json).map_err(|_| unreadable(noun))
}
