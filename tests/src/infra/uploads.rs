//! Uploads: the rule that hears of a file names every folder, in the form that is understood.

use std::collections::BTreeSet;

use serde_json::Value;

use super::template::Resource;
use super::value::{at, each, target};
use super::{Finding, Template, queues};

/// The folders of the marketers.
pub(super) const FOLDERS: [&str; 7] =
    ["shops/", "flows/", "mails/", "feeds/", "coupons/", "orders/", "contacts/"];
/// A parked webhook that is copied here is read again.
const REPLAY: &str = "replay/";

pub(super) fn check(template: &Template) -> Vec<Finding> {
    template.of_kind("AWS::Events::Rule").flat_map(|rule| rule_findings(template, rule)).collect()
}

fn rule_findings(template: &Template, rule: Resource<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    scalars(rule.property("/EventPattern"), "", &mut |path| {
        let problem = format!("its pattern has a single value at {path}, which matches no event");
        found.push(Finding::new(rule.name, problem, format!("Write {path} as a list")));
    });
    found.extend(folders(rule));
    found.extend(each(rule.property("/Targets")).filter_map(|target| delivered(template, rule, target)));
    found
}

/// Values of a pattern are lists; only inside a list stand texts or comparisons such as `{"prefix": …}`.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html>
fn scalars(pattern: &Value, path: &str, report: &mut impl FnMut(&str)) {
    match pattern {
        Value::Object(map) if !is_reference(pattern) => {
            map.iter().for_each(|(key, value)| scalars(value, &format!("{path}/{key}"), report));
        }
        Value::Array(_) => {}
        _ => report(path),
    }
}

fn is_reference(value: &Value) -> bool {
    value.get("Ref").is_some()
        || value.as_object().is_some_and(|map| map.keys().any(|key| key.starts_with("Fn::")))
}

fn folders(rule: Resource<'_>) -> Option<Finding> {
    let heard = each(rule.property("/EventPattern/detail/object/key"));
    let heard: BTreeSet<&str> = heard.filter_map(|key| at(key, "/prefix").as_str()).collect();
    let read: BTreeSet<&str> = FOLDERS.into_iter().chain([REPLAY]).collect();
    (heard != read).then(|| {
        let problem = "it does not hear of exactly the folders that are read: of others it would make a loop";
        let folders: Vec<&str> = read.into_iter().collect();
        Finding::new(rule.name, problem, format!("Name the prefixes {}", folders.join(", ")))
    })
}

/// The rule gives an event up after a day, and needs the queue's permission to hand it over at all.
fn delivered(template: &Template, rule: Resource<'_>, to: &Value) -> Option<Finding> {
    let queue = template.target(at(to, "/Arn"), queues::QUEUE);
    let letters = template.target(at(to, "/DeadLetterConfig/Arn"), queues::QUEUE);
    let may_send = |queue: Resource<'_>| {
        template
            .of_kind("AWS::SQS::QueuePolicy")
            .any(|policy| allows(policy, queue.name, "events.amazonaws.com"))
    };
    let is_right = queue.is_some_and(may_send) && letters.is_some_and(may_send);
    (!is_right).then(|| {
        let problem = "an upload that cannot be handed over would be forgotten";
        let remedy =
            "Give the target a DeadLetterConfig, and let both queues' policies admit events.amazonaws.com";
        Finding::new(rule.name, problem, remedy)
    })
}

/// Whether a policy lets a service send to a queue.
pub(super) fn allows(policy: Resource<'_>, queue: &str, service: &str) -> bool {
    each(policy.property("/Queues")).any(|own| target(own) == Some(queue))
        && each(policy.property("/PolicyDocument/Statement")).any(|statement| {
            at(statement, "/Effect") == "Allow"
                && at(statement, "/Principal/Service") == service
                && target(at(statement, "/Resource")) == Some(queue)
                && at(statement, "/Condition/ArnEquals/aws:SourceArn").is_object()
        })
}
