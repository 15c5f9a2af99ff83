//! Queues: long enough hidden, never losing a message, watched.

use std::collections::BTreeSet;

use nachklang_aws::config::Setting;
use nachklang_aws::lambda::TRIES;
use serde_json::Value;

use super::functions::told;
use super::template::Resource;
use super::value::{target, texts, whole};
use super::{Finding, Template};

pub(super) const QUEUE: &str = "AWS::SQS::Queue";
pub(super) const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const FUNCTION: &str = "AWS::Lambda::Function";
/// A function that is throttled gives its messages back; AWS advises this factor.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const VISIBILITY_FACTOR: u64 = 6;
/// The longest that SQS keeps a message: 14 days.
const LONGEST_RETENTION: u64 = 14 * 24 * 60 * 60;
/// Four days, which SQS takes when nothing is said.
const DEFAULT_RETENTION: u64 = 4 * 24 * 60 * 60;
/// What a queue that is worked on keeps: as long as it can while its dead letters keep longer. A message that gets too old
/// is in no dead letters, and nothing plans its mail again.
const RETENTION: u64 = 13 * 24 * 60 * 60;
/// What AWS takes as the limit of a mapping.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const LIMITS: std::ops::RangeInclusive<u64> = 2..=1_000;
/// Who uploads forty files at once starts no forty imports of a gigabyte each.
const MOST_IMPORTS: u64 = 5;

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let mappings = template.of_kind(MAPPING).flat_map(|mapping| mapping_findings(template, mapping));
    let queues = template.of_kind(QUEUE).flat_map(|queue| queue_findings(template, queue));
    mappings.chain(queues).collect()
}

fn mapping_findings(template: &Template, mapping: Resource<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !texts(mapping.property("/FunctionResponseTypes")).any(|kind| kind == "ReportBatchItemFailures") {
        found.push(Finding::new(
            mapping.name,
            "one bad message would bring back its whole batch",
            "Set FunctionResponseTypes to [ReportBatchItemFailures]",
        ));
    }
    found.extend(limited(mapping));
    let queue = template.target(mapping.property("/EventSourceArn"), QUEUE);
    let function = template.target(mapping.property("/FunctionName"), FUNCTION);
    match (queue, function) {
        (Some(queue), Some(function)) => {
            found.extend(hidden_long_enough(queue, function));
            found.extend(knows_its_queue(queue, function));
        }
        _ => found.push(Finding::new(
            mapping.name,
            "it joins no queue of this template with a function of it",
            "Point EventSourceArn to a queue and FunctionName to a function",
        )),
    }
    found
}

/// Without a limit a full queue takes the account's concurrency, and webhooks are refused.
fn limited(mapping: Resource<'_>) -> Option<Finding> {
    let imports = target(mapping.property("/FunctionName")) == Some("FileImportFunction");
    let most = if imports { MOST_IMPORTS } else { *LIMITS.end() };
    let limit = whole(mapping.property("/ScalingConfig/MaximumConcurrency"));
    let fits = limit.is_some_and(|limit| LIMITS.contains(&limit) && limit <= most);
    (!fits).then(|| {
        let problem = "a full queue would take the concurrency of the account, and webhooks be refused";
        let remedy = format!("Set ScalingConfig/MaximumConcurrency to {} to {most}", LIMITS.start());
        Finding::new(mapping.name, problem, remedy)
    })
}

/// What failed comes again, and what nobody can read is parked, where the function is told: on its own queue.
fn knows_its_queue(queue: Resource<'_>, function: Resource<'_>) -> Option<Finding> {
    let letters = target(queue.property("/RedrivePolicy/deadLetterTargetArn"));
    let own = told(function, &[Setting::OwnQueue]) == BTreeSet::from([queue.name]);
    let parks = told(function, &[Setting::OwnDeadLetters]) == letters.into_iter().collect();
    (!own || !parks).then(|| {
        let problem = format!("it is fed by {} and told of another queue or other dead letters", queue.name);
        let remedy = "Set NACHKLANG_QUEUE_OWN and NACHKLANG_QUEUE_OWN_DEAD_LETTERS to the queue and its own";
        Finding::new(function.name, problem, remedy)
    })
}

fn hidden_long_enough(queue: Resource<'_>, function: Resource<'_>) -> Option<Finding> {
    let timeout = whole(function.property("/Timeout")).unwrap_or(3);
    let hidden = whole(queue.property("/VisibilityTimeout")).unwrap_or(30);
    let needed = timeout * VISIBILITY_FACTOR;
    (hidden < needed).then(|| {
        let problem = format!(
            "a message shows again after {hidden} s, while {} may work on it for {timeout} s",
            function.name
        );
        Finding::new(queue.name, problem, format!("Set VisibilityTimeout to {needed} or more"))
    })
}

fn queue_findings(template: &Template, queue: Resource<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if target(queue.property("/KmsMasterKeyId")).and_then(|key| template.get(key)).is_none() {
        found.push(Finding::new(
            queue.name,
            "its messages are not encrypted with the stack's key",
            "Set KmsMasterKeyId to !GetAtt DataKey.Arn",
        ));
    }
    match is_dead_letters(template, queue) {
        true => found.extend(lasts_longest(queue)),
        false => {
            found.extend(redrive(template, queue));
            found.extend(lasts(queue));
        }
    }
    found
}

/// Whether messages end here: somebody's dead letters, and nobody takes them away.
pub(super) fn is_dead_letters(template: &Template, queue: Resource<'_>) -> bool {
    !template.of_kind(MAPPING).any(|mapping| target(mapping.property("/EventSourceArn")) == Some(queue.name))
}

fn lasts(queue: Resource<'_>) -> Option<Finding> {
    (retention(queue) < RETENTION).then(|| {
        let problem = "what is not worked on for so long is gone, and no due entry brings it back";
        Finding::new(queue.name, problem, format!("Set MessageRetentionPeriod to {RETENTION}"))
    })
}

fn lasts_longest(queue: Resource<'_>) -> Option<Finding> {
    (retention(queue) < LONGEST_RETENTION).then(|| {
        let problem = "a message keeps its age when it gets here, and would be gone before anybody looks";
        Finding::new(queue.name, problem, format!("Set MessageRetentionPeriod to {LONGEST_RETENTION}"))
    })
}

fn retention(queue: Resource<'_>) -> u64 {
    whole(queue.property("/MessageRetentionPeriod")).unwrap_or(DEFAULT_RETENTION)
}

fn redrive(template: &Template, queue: Resource<'_>) -> Option<Finding> {
    let policy = queue.property("/RedrivePolicy");
    let arn = policy.get("deadLetterTargetArn").unwrap_or(&Value::Null);
    let Some(letters) = template.target(arn, QUEUE) else {
        let problem = "a message that always fails would come back until it is too old, and be gone";
        return Some(Finding::new(queue.name, problem, "Give it a RedrivePolicy with a queue of its own"));
    };
    let receives = policy.get("maxReceiveCount").and_then(whole).unwrap_or(0);
    if receives != u64::from(TRIES) {
        let problem = format!(
            "after {receives} receives SQS gives a message up, and after {TRIES} its function does, with the reason"
        );
        return Some(Finding::new(queue.name, problem, format!("Set maxReceiveCount to {TRIES}")));
    }
    (retention(letters) <= retention(queue)).then(|| {
        let problem = format!("{} keeps messages no longer than the queue itself", letters.name);
        Finding::new(queue.name, problem, "Give the dead letters a longer MessageRetentionPeriod")
    })
}
