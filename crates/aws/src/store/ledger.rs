//! Runs, switches and marks, in the table of the settings.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Halt, Ledger, PortResult, RunStart, Sending};

use super::AwsStore;
use super::body::{Item, unreadable};
use super::fault::fault;
use super::item::{key, text, text_of};
use super::memory::token;
use crate::config::Setting;

const RUN: &str = "the run of a shop";
/// Not completed yet, and nobody runs under a lease.
const MAY_BEGIN: &str = "(attribute_not_exists(completed) OR completed < :day) \
    AND (attribute_not_exists(lease) OR lease <= :now)";
const BEGIN: &str = "SET running = :day, lease = :until, beginner = :beginner";
const NOT_YET: &str = "attribute_not_exists(completed) OR completed < :day";
/// The switch that stops sending, as partition and name.
const STOP: [&str; 2] = ["switch", "stop"];
/// Why the mail service takes nothing, and until when, in the same item: whoever reads one knows the other.
const WHY: &str = "why";
const UNTIL: &str = "halted_until";
const NOT_SWITCHED_OFF: &str = "attribute_not_exists(pk) OR attribute_exists(halted_until)";
/// How long the switch's answer is believed. Sending ends that much after it was switched off at the latest.
const SWITCH_BELIEVED: Duration = Duration::from_secs(5);

impl Ledger for AwsStore {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        let (table, beginner) = (self.config.get(Setting::Settings)?, token());
        let update = self.update_run(table, shop).update_expression(BEGIN).condition_expression(MAY_BEGIN);
        let update = day_value(update, day).expression_attribute_values(":now", moment(now));
        let update = update.expression_attribute_values(":until", moment(lease_until));
        let update = update.expression_attribute_values(":beginner", text(&beginner));
        let update = update.return_values(ReturnValue::AllNew);
        match update.return_values_on_condition_check_failure(OnFailure::AllOld).send().await {
            Ok(answer) => started(&answer.attributes.unwrap_or_default()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    refusal(refused.item(), day, &beginner)
                }
                _ => Err(fault("begin a run", table, &error)),
            },
        }
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        let table = self.config.get(Setting::Settings)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(run_key(shop)));
        let answer = get.send().await.map_err(|error| fault("read the last completed day", table, &error))?;
        answer.item().map_or(Ok(None), completed)
    }

    /// Two writes, since either may have nothing to do: a later day may be completed, another day may run.
    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        let table = self.config.get(Setting::Settings)?;
        let note = self.update_run(table, shop).update_expression("SET completed = :day");
        ignore_refusal(table, day_value(note.condition_expression(NOT_YET), day)).await?;
        let end = self.update_run(table, shop).update_expression("REMOVE running, lease, beginner");
        ignore_refusal(table, day_value(end.condition_expression("running = :day"), day)).await
    }

    async fn sending(&self) -> PortResult<Sending> {
        let [_, name] = STOP;
        if let Some(sending) = self.memory.sending.get(name, SWITCH_BELIEVED) {
            return Ok(sending);
        }
        let asked = Instant::now();
        let sending = switch(self.flag("read the switch that stops sending", STOP).await?.as_ref());
        self.memory.sending.put(name, asked, sending);
        Ok(sending)
    }

    async fn halt(&self, why: Halt, until: Timestamp) -> PortResult<()> {
        let ([kind, name], table) = (STOP, self.config.get(Setting::Settings)?);
        let mut item = key(kind, name);
        item.insert(WHY.to_owned(), text(why.as_str()));
        item.insert(UNTIL.to_owned(), text(until.to_string()));
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(item));
        match put.condition_expression(NOT_SWITCHED_OFF).send().await {
            Ok(_) => self.memory.sending.put(name, Instant::now(), Sending::Halted { why, until }),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {}
                _ => return Err(fault("note that nothing can be sent", table, &error)),
            },
        }
        Ok(())
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        let ([kind, name], table) = (STOP, self.config.get(Setting::Settings)?);
        let doing = "switch sending off or on";
        if stopped {
            let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(key(kind, name)));
            put.send().await.map_err(|error| fault(doing, table, &error))?;
        } else {
            self.clear_flag(doing, STOP).await?;
        }
        let sending = if stopped { Sending::Off } else { Sending::On };
        self.memory.sending.put(name, Instant::now(), sending);
        Ok(())
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        self.set_flag("set a mark", ["mark", name], on).await
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        self.is_set("read a mark", ["mark", name]).await
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        let table = self.config.get(Setting::Settings)?;
        let mut item = key("moment", name);
        item.insert("at".to_owned(), text(at.to_string()));
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(item));
        put.send().await.map_err(|error| fault("note a moment", table, &error)).map(drop)
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        let table = self.config.get(Setting::Settings)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(key("moment", name)));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| fault("read a moment", table, &error))?;
        let at = answer.item().and_then(|item| text_of(item, "at"));
        at.map(|at| at.parse().map_err(|_| unreadable("a moment"))).transpose()
    }
}

impl AwsStore {
    fn update_run(&self, table: &str, shop: &ShopId) -> UpdateItemFluentBuilder {
        let update = self.clients.dynamo.update_item().table_name(table);
        update.set_key(Some(run_key(shop)))
    }

    /// Sets or clears a flag; answers whether it was set before.
    async fn set_flag(&self, doing: &str, flag: [&str; 2], on: bool) -> PortResult<bool> {
        if on { self.raise_flag(doing, flag).await } else { self.clear_flag(doing, flag).await }
    }

    /// The SDK may try a call again whose answer was lost, and then meet its own flag: the setter's token tells.
    async fn raise_flag(&self, doing: &str, [kind, name]: [&str; 2]) -> PortResult<bool> {
        let (table, setter) = (self.config.get(Setting::Settings)?, token());
        let mut item = key(kind, name);
        item.insert("setter".to_owned(), text(&setter));
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)");
        match put.return_values_on_condition_check_failure(OnFailure::AllOld).send().await {
            Ok(_) => Ok(false),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(refused.item().and_then(|item| text_of(item, "setter")) != Some(&setter))
                }
                _ => Err(fault(doing, table, &error)),
            },
        }
    }

    async fn clear_flag(&self, doing: &str, [kind, name]: [&str; 2]) -> PortResult<bool> {
        let table = self.config.get(Setting::Settings)?;
        let delete = self.clients.dynamo.delete_item().table_name(table).set_key(Some(key(kind, name)));
        match delete.condition_expression("attribute_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(fault(doing, table, &error)),
            },
        }
    }

    async fn is_set(&self, doing: &str, flag: [&str; 2]) -> PortResult<bool> {
        Ok(self.flag(doing, flag).await?.is_some())
    }

    async fn flag(&self, doing: &str, [kind, name]: [&str; 2]) -> PortResult<Option<Item>> {
        let table = self.config.get(Setting::Settings)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(key(kind, name)));
        let answer = get.consistent_read(true).send().await.map_err(|error| fault(doing, table, &error))?;
        Ok(answer.item)
    }
}

/// How sending stands by the item of the switch. One that tells no end, or none that can be read, is a person's.
fn switch(item: Option<&Item>) -> Sending {
    let Some(item) = item else { return Sending::On };
    let why = text_of(item, WHY).and_then(Halt::parse);
    let until = text_of(item, UNTIL).and_then(|until| until.parse().ok());
    why.zip(until).map_or(Sending::Off, |(why, until)| Sending::Halted { why, until })
}

fn run_key(shop: &ShopId) -> Item {
    key(format!("run#{shop}"), "run")
}

fn day_value(update: UpdateItemFluentBuilder, day: Date) -> UpdateItemFluentBuilder {
    update.expression_attribute_values(":day", text(day.to_string()))
}

fn moment(at: Timestamp) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::N(at.as_microsecond().to_string())
}

fn started(run: &Item) -> PortResult<RunStart> {
    Ok(RunStart::Started { last_completed: completed(run)? })
}

/// Why a run may not begin; or that it has begun, when only the answer to the first try was lost.
fn refusal(run: Option<&Item>, day: Date, beginner: &str) -> PortResult<RunStart> {
    let run = run.ok_or_else(|| unreadable(RUN))?;
    if text_of(run, "beginner") == Some(beginner) {
        return started(run);
    }
    let done = completed(run)?.is_some_and(|completed| day <= completed);
    Ok(if done { RunStart::AlreadyDone } else { RunStart::Busy })
}

fn completed(run: &Item) -> PortResult<Option<Date>> {
    let text = text_of(run, "completed");
    text.map(|text| text.parse().map_err(|_| unreadable(RUN))).transpose()
}

async fn ignore_refusal(table: &str, update: UpdateItemFluentBuilder) -> PortResult<()> {
    match update.send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(fault("finish a run", table, &error)),
        },
    }
}
