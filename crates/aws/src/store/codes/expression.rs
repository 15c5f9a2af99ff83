//! A change of a code in DynamoDB's words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::body::Item;
use super::super::item::text;
use super::{CodeUpdate, Needs, state};

/// Names and values that expressions refer to; DynamoDB refuses any that none refers to.
#[derive(Debug, Default)]
pub(super) struct Expression {
    pub names: HashMap<String, String>,
    pub values: Item,
}

impl Expression {
    /// Many names of attributes are reserved words, so each gets a `#`.
    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// What must hold.
    pub(super) fn condition(&mut self, needs: &Needs) -> String {
        match needs {
            Needs::Free(day) => {
                let (state, from) = (self.name("state"), self.name("from"));
                let (free, released) =
                    (self.value("free", text(state::FREE)), self.value("released", text(state::RELEASED)));
                let day = self.value("day", text(day.to_string()));
                format!("{state} = {free} OR ({state} = {released} AND {from} <= {day})")
            }
            Needs::Held(by) => format!("{} = {}", self.name("holder"), self.value("by", text(by))),
        }
    }

    /// What is set and removed.
    pub(super) fn change(&mut self, update: &CodeUpdate<'_>) -> String {
        let mut set = vec![format!("{} = {}", self.name("state"), self.value("state", text(update.state)))];
        let mut remove = Vec::new();
        let days = [("from", update.free_from), ("on", update.on)]
            .map(|(name, day)| (name, day.map(|day| day.to_string())));
        let [from, on] = days;
        for (name, value) in [("holder", update.holder.clone()), from, on] {
            match value {
                Some(value) => set.push(format!("{} = {}", self.name(name), self.value(name, text(value)))),
                None if name == "on" => {}
                None => remove.push(self.name(name)),
            }
        }
        set.extend(self.append(&update.history));
        let remove = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        format!("SET {}{remove}", set.join(", "))
    }

    fn append(&mut self, history: &[String]) -> Option<String> {
        let entries: Vec<AttributeValue> = history.iter().map(text).collect();
        (!entries.is_empty()).then(|| {
            let name = self.name("history");
            let (none, new) = (AttributeValue::L(Vec::new()), AttributeValue::L(entries));
            let (none, new) = (self.value("none", none), self.value("history", new));
            format!("{name} = list_append(if_not_exists({name}, {none}), {new})")
        })
    }
}
