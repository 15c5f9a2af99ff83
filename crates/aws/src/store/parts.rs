//! Runs that are split into parts.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Parts, PortResult, ShardTask};

use super::AwsStore;
use super::body::unreadable;
use super::fault::fault;
use super::item::key;
use crate::config::Setting;

impl Parts for AwsStore {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        self.enqueue(Setting::PlanningQueue, tasks).await
    }

    /// The finished parts are a set within one item: adding is atomic, and adding again changes nothing. A part is some
    /// twelve bytes, eight a day: the 400 KB of an item hold ten years of days that one run catches up.
    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        let table = self.config.get(Setting::Settings)?;
        let update = self.clients.dynamo.update_item().table_name(table);
        let update = update.set_key(Some(key(format!("run#{shop}"), format!("parts#{run_day}"))));
        let update = update.update_expression("ADD finished :part");
        let update = update.expression_attribute_values(":part", AttributeValue::Ss(vec![part.to_owned()]));
        let call = update.return_values(ReturnValue::UpdatedNew).send().await;
        let answer = call.map_err(|error| fault("note a finished part of a run", table, &error))?;
        let finished = answer.attributes().and_then(|item| item.get("finished"));
        let finished = finished.and_then(|finished| finished.as_ss().ok()).map(Vec::len);
        finished.and_then(|parts| u64::try_from(parts).ok()).ok_or_else(|| unreadable("the parts of a run"))
    }
}
