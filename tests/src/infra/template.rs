//! A translated template, read with the values that its parameters have.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value, json};

/// A translated template and the values of its parameters.
#[derive(Debug, Clone)]
pub struct Template {
    source: Value,
    parameters: BTreeMap<String, String>,
    resources: BTreeMap<String, Value>,
}

/// One resource, its parameters and conditions filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) name: &'a str,
    body: &'a Value,
}

impl<'a> Resource<'a> {
    /// A value of its properties by JSON pointer, or null.
    pub(super) fn property(self, pointer: &str) -> &'a Value {
        super::value::at(self.body, &format!("/Properties{pointer}"))
    }

    /// A value beside the properties, such as `DeletionPolicy`, or null.
    pub(super) fn attribute(self, name: &str) -> &'a Value {
        self.body.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn whole(self) -> &'a Value {
        self.body
    }
}

impl Template {
    /// A template with its parameters at their defaults.
    ///
    /// # Errors
    /// If there are no resources in it.
    pub fn new(source: Value) -> anyhow::Result<Self> {
        let mut template = Self { source, parameters: BTreeMap::new(), resources: BTreeMap::new() };
        template.parameters = template.defaults();
        template.resolve_resources()?;
        Ok(template)
    }

    /// The same with another value of a parameter.
    ///
    /// # Errors
    /// If it has no such parameter.
    pub fn with(mut self, parameter: &str, value: &str) -> anyhow::Result<Self> {
        let known = self.parameters.get_mut(parameter);
        value.clone_into(known.with_context(|| format!("there is no parameter {parameter}"))?);
        self.resolve_resources()?;
        Ok(self)
    }

    /// The same with another value somewhere, by JSON pointer: how a test plants a fault. Null takes the value away.
    ///
    /// # Errors
    /// If nothing is there to be replaced: a fault that is planted nowhere would prove nothing.
    pub fn planted(&self, pointer: &str, value: Value) -> anyhow::Result<Self> {
        let mut source = self.source.clone();
        let (parent, key) = pointer.rsplit_once('/').context("a JSON pointer begins with a slash")?;
        let key = key.replace("~1", "/");
        let parent = source.pointer_mut(parent);
        let place = parent.and_then(Value::as_object_mut).with_context(|| format!("nothing at {pointer}"))?;
        if value.is_null() {
            place.remove(&key).with_context(|| format!("nothing at {pointer}"))?;
        } else {
            place.insert(key, value);
        }
        Self::new(source)
    }

    /// A value of the source by JSON pointer.
    #[must_use]
    pub fn source(&self, pointer: &str) -> &Value {
        super::value::at(&self.source, pointer)
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Resource<'_>> {
        self.resources().filter(move |resource| resource.attribute("Type") == kind)
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.resources.iter().map(|(name, body)| Resource { name, body })
    }

    pub(super) fn get(&self, name: &str) -> Option<Resource<'_>> {
        self.resources.get_key_value(name).map(|(name, body)| Resource { name, body })
    }

    /// The resource of that kind that a reference points to.
    pub(super) fn target(&self, reference: &Value, kind: &str) -> Option<Resource<'_>> {
        let found = self.get(super::value::target(reference)?)?;
        (found.attribute("Type") == kind).then_some(found)
    }

    /// Whether a resource is made with these parameters.
    pub(super) fn is_made(&self, resource: Resource<'_>) -> bool {
        resource.attribute("Condition").as_str().is_none_or(|condition| self.holds(condition))
    }

    fn defaults(&self) -> BTreeMap<String, String> {
        let parameters = self.source("/Parameters").as_object().into_iter().flatten();
        parameters.map(|(name, body)| (name.clone(), plain(body.get("Default")))).collect()
    }

    fn resolve_resources(&mut self) -> anyhow::Result<()> {
        let resources = self.source("/Resources").as_object();
        let resources = resources.ok_or_else(|| anyhow!("the template has no resources"))?;
        self.resources = resources.iter().map(|(name, body)| (name.clone(), self.resolved(body))).collect();
        Ok(())
    }

    /// Parameters, conditions and substitutions filled in; references to resources stay.
    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Array(list) => list.iter().map(|item| self.resolved(item)).filter(is_there).collect(),
            Value::Object(map) => self.resolved_map(map),
            other => other.clone(),
        }
    }

    fn resolved_map(&self, map: &Map<String, Value>) -> Value {
        if let Some(value) = self.parameter(map) {
            return json!(value);
        }
        if let Some(Value::Array(branches)) = map.get("Fn::If") {
            return self.branch(branches);
        }
        if let Some(Value::String(text)) = map.get("Fn::Sub") {
            return self.substituted(text);
        }
        let there = map.iter().map(|(key, item)| (key.clone(), self.resolved(item)));
        Value::Object(there.filter(|(_, item)| is_there(item)).collect())
    }

    fn parameter(&self, map: &Map<String, Value>) -> Option<&String> {
        self.parameters.get(map.get("Ref")?.as_str()?)
    }

    fn branch(&self, branches: &[Value]) -> Value {
        let [Value::String(condition), yes, no] = branches else {
            return Value::Null;
        };
        self.resolved(if self.holds(condition) { yes } else { no })
    }

    fn holds(&self, condition: &str) -> bool {
        self.is_true(self.source(&format!("/Conditions/{condition}")))
    }

    fn is_true(&self, condition: &Value) -> bool {
        if let Some(Value::Array(sides)) = condition.get("Fn::Equals") {
            let sides: Vec<String> = sides.iter().map(|side| plain(Some(&self.resolved(side)))).collect();
            return sides.windows(2).all(|pair| pair.first() == pair.last());
        }
        if let Some(Value::Array(all)) = condition.get("Fn::And") {
            return all.iter().all(|one| self.is_true(one));
        }
        condition.pointer("/Fn::Not/0").is_some_and(|one| !self.is_true(one))
    }

    /// Parameters are filled in. What is left names resources and pseudo parameters, and stays a substitution.
    fn substituted(&self, text: &str) -> Value {
        let mut filled = text.to_owned();
        for (name, value) in &self.parameters {
            filled = filled.replace(&format!("${{{name}}}"), value);
        }
        if filled.contains("${") { json!({ "Fn::Sub": filled }) } else { json!(filled) }
    }
}

fn is_there(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) != Some("AWS::NoValue")
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        Template::new(json!({
            "Parameters": { "Stage": { "Default": "prod" }, "Rate": { "Default": 5 } },
            "Conditions": { "IsProduction": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] } },
            "Resources": { "Thing": { "Type": "A::B", "Properties": {
                "Safe": { "Fn::If": ["IsProduction", true, { "Ref": "AWS::NoValue" }] },
                "Rate": { "Ref": "Rate" },
                "Name": { "Fn::Sub": "${Stage}-${Other}" },
                "Other": { "Ref": "Other" },
            } } }
        }))
        .unwrap()
    }

    #[test]
    fn parameters_and_conditions_are_filled_in_and_references_stay() {
        let template = template();
        let thing = template.get("Thing").unwrap();
        assert_eq!(thing.property("/Safe"), &json!(true));
        assert_eq!(thing.property("/Rate"), &json!("5"));
        assert_eq!(thing.property("/Name"), &json!({ "Fn::Sub": "prod-${Other}" }));
        assert_eq!(thing.property("/Other"), &json!({ "Ref": "Other" }));
    }

    #[test]
    fn another_parameter_decides_otherwise() {
        let template = template().with("Stage", "test").unwrap();
        assert_eq!(template.get("Thing").unwrap().property("/Safe"), &Value::Null);
        assert!(template.with("Stagee", "test").is_err());
    }

    #[test]
    fn a_fault_is_never_planted_nowhere() {
        assert!(template().planted("/Resources/Thing/Properties/Name", Value::Null).is_ok());
        assert!(template().planted("/Resources/Thing/Properties/Nam", Value::Null).is_err());
        assert!(template().planted("/Resources/Thin/Properties/Name", json!(1)).is_err());
    }
}
