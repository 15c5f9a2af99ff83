//! The pointer of a sheet: which generation everybody sees, and who is publishing the next one.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use nachklang_domain::ports::{PortError, PortResult};
use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use super::snapshot::Snapshot;
use crate::config::Setting;
use crate::store::AwsStore;
use crate::store::body::{Item, body, value};
use crate::store::fault::fault;
use crate::store::item::{number, number_of, text, text_of};

const NOUN: &str = "the pointer of a product feed or of lists";

/// What a pointer says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    /// The generation that everybody sees; 0 before the first one.
    pub(super) generation: u64,
    /// When it was published, in seconds since 1970.
    pub(super) published_at: i64,
    /// The sheet of this generation.
    pub(super) current: Option<Snapshot>,
    /// The sheet before it. Rows of it that were removed are still stored.
    pub(super) previous: Option<Snapshot>,
    /// Sheets of which some rows may have been written for the next generation.
    pub(super) pending: Vec<Snapshot>,
    /// Up to this row the only pending sheet is written.
    pub(super) done: String,
    /// Folders of the bucket that nobody needs.
    pub(super) garbage: Vec<String>,
}

/// A pointer as it is stored: under a version, with whoever may change it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) pointer: Pointer,
    version: u64,
    owner: String,
    /// Until when nobody else may publish, in seconds since 1970.
    lease: i64,
}

impl Held {
    /// Whether somebody else is publishing.
    pub(super) fn is_anothers(&self, owner: &str, now: i64) -> bool {
        self.owner != owner && now < self.lease
    }

    /// Takes it, or keeps it, until a moment.
    pub(super) fn lease(&mut self, owner: &str, until: i64) {
        owner.clone_into(&mut self.owner);
        self.lease = until;
    }

    /// Lets others publish.
    pub(super) const fn release(&mut self) {
        self.lease = 0;
    }

    fn of(item: &Item) -> PortResult<Self> {
        Ok(Self {
            pointer: value(NOUN, item.get("body"))?,
            version: number_of(NOUN, item, "v")?,
            owner: text_of(item, "owner").unwrap_or_default().to_owned(),
            lease: i64::try_from(number_of(NOUN, item, "lease")?).unwrap_or(i64::MAX),
        })
    }

    fn item(&self, sheet: &Sheet) -> PortResult<Item> {
        let mut item = sheet.pointer();
        item.insert("v".to_owned(), number(self.version));
        item.insert("owner".to_owned(), text(&self.owner));
        item.insert("lease".to_owned(), number(u64::try_from(self.lease).unwrap_or(0)));
        item.insert("body".to_owned(), body(NOUN, &self.pointer)?);
        Ok(item)
    }
}

impl AwsStore {
    /// The pointer as it is stored; sees every write that has returned.
    pub(super) async fn held_pointer(&self, sheet: &Sheet) -> PortResult<Held> {
        let table = self.config.get(Setting::Products)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(sheet.pointer()));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| fault("see which products are published", table, &error))?;
        answer.item().map_or(Ok(Held::default()), Held::of)
    }

    /// Writes the pointer over the version that was read.
    ///
    /// A call whose answer was lost is tried again by the SDK, and then meets its own write.
    pub(super) async fn save_pointer(&self, sheet: &Sheet, held: &mut Held) -> PortResult<()> {
        let table = self.config.get(Setting::Products)?;
        let expected = held.version;
        held.version += 1;
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(held.item(sheet)?));
        let put = match expected {
            0 => put.condition_expression("attribute_not_exists(v)"),
            _ => put.condition_expression("v = :v").expression_attribute_values(":v", number(expected)),
        };
        let Err(error) = put.return_values_on_condition_check_failure(OnFailure::AllOld).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                let stored = refused.item().map(Held::of).transpose()?;
                if stored.as_ref() == Some(held) { Ok(()) } else { Err(taken_over(sheet)) }
            }
            _ => Err(fault("note which products are published", table, &error)),
        }
    }
}

/// That somebody else publishes the sheet.
pub(super) fn taken_over(sheet: &Sheet) -> PortError {
    PortError::transient(format!(
        "cannot publish {sheet}: another import of it is under way; try again when that one is through"
    ))
}
