//! Policies of what is called: queues, topics, bucket and key say who may come, and that nobody comes in the clear.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::functions::FUNCTION;
use super::grants::{granted, name_of};
use super::queues::QUEUE;
use super::roles::statements;
use super::template::Resource;
use super::value::{at, each, target, texts};
use super::{Finding, Template};

const TOPIC: &str = "AWS::SNS::Topic";
const ROLE: &str = "AWS::IAM::Role";
/// What only the import writes: what mails are made of, and what is said about uploads.
const OWN_FOLDERS: [&str; 2] = ["Bucket/published/*", "Bucket/reports/*"];
/// Who puts messages into queues and topics of this stack, and so encrypts with its key.
const WRITERS: [&str; 4] =
    ["cloudwatch.amazonaws.com", "events.amazonaws.com", "ses.amazonaws.com", "sns.amazonaws.com"];
/// It hands no source account on to KMS; a condition on it would lose every upload.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services>
const WITHOUT_SOURCE: &str = "events.amazonaws.com";

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let queues = template.of_kind(QUEUE).filter_map(|queue| closed(template, queue));
    let topics = template.of_kind(TOPIC).filter_map(|topic| publishers(template, topic));
    let buckets = template.of_kind("AWS::S3::Bucket").filter_map(|bucket| publishes(template, bucket));
    let keys = template.of_kind("AWS::KMS::Key").flat_map(key_findings);
    let trusts = template.of_kind(ROLE).filter_map(|role| trusted(template, role));
    queues.chain(topics).chain(buckets).chain(keys).chain(trusts).chain(scheduler(template)).collect()
}

/// The statements of the policies of a resource.
fn policy<'a>(template: &'a Template, kind: &str, place: &str, name: &str) -> Vec<&'a Value> {
    let own = template
        .of_kind(kind)
        .filter(|policy| each(policy.property(place)).any(|own| target(own) == Some(name)));
    own.flat_map(|policy| each(policy.property("/PolicyDocument/Statement"))).collect()
}

fn closed(template: &Template, queue: Resource<'_>) -> Option<Finding> {
    let policy = policy(template, "AWS::SQS::QueuePolicy", "/Queues", queue.name);
    let denied = policy.into_iter().any(|statement| {
        at(statement, "/Effect") == "Deny"
            && at(statement, "/Principal") == "*"
            && at(statement, "/Action") == "sqs:*"
            && target(at(statement, "/Resource")) == Some(queue.name)
            && at(statement, "/Condition") == &json!({ "Bool": { "aws:SecureTransport": "false" } })
    });
    (!denied).then(|| {
        let remedy = "Add a queue policy that denies sqs:* where aws:SecureTransport is false";
        Finding::new(queue.name, "it answers without TLS", remedy)
    })
}

/// A topic is told by one service, on behalf of this account; that of the mail events by its configuration set only.
fn publishers(template: &Template, topic: Resource<'_>) -> Option<Finding> {
    let account = json!({ "Ref": "AWS::AccountId" });
    let set =
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${ConfigurationSet}";
    let (service, condition) = match topic.name {
        "EventTopic" => (
            "ses.amazonaws.com",
            json!({ "aws:SourceAccount": account, "aws:SourceArn": { "Fn::Sub": set } }),
        ),
        _ => ("cloudwatch.amazonaws.com", json!({ "aws:SourceAccount": account })),
    };
    let policy = policy(template, "AWS::SNS::TopicPolicy", "/Topics", topic.name);
    let needed = |statement: &&Value| {
        at(statement, "/Effect") == "Allow"
            && at(statement, "/Principal") == &json!({ "Service": service })
            && at(statement, "/Action") == "sns:Publish"
            && target(at(statement, "/Resource")) == Some(topic.name)
            && at(statement, "/Condition") == &json!({ "StringEquals": condition })
    };
    let is_right = policy.len() == 1 && policy.iter().all(needed);
    (!is_right).then(|| {
        let problem = format!("somebody else than {service} for this account may publish, or not even that");
        let remedy = format!("Allow sns:Publish to {service} with aws:SourceAccount, and with the SourceArn of what publishes mail events");
        Finding::new(topic.name, problem, remedy)
    })
}

/// Whatever other policies of the account allow, nobody but the roles that write there writes what mails are made of.
fn publishes(template: &Template, bucket: Resource<'_>) -> Option<Finding> {
    let writes = |role: &Resource<'_>| {
        granted(*role)
            .iter()
            .any(|(resource, action)| action == "s3:PutObject" && OWN_FOLDERS.contains(&resource.as_str()))
    };
    let writers: BTreeSet<&str> = template.of_kind(ROLE).filter(writes).map(|role| role.name).collect();
    let policy = policy(template, "AWS::S3::BucketPolicy", "/Bucket", bucket.name);
    let denied = policy.into_iter().any(|statement| {
        let folders: BTreeSet<String> = each(at(statement, "/Resource")).map(name_of).collect();
        let but = each(at(statement, "/Condition/ArnNotEquals/aws:PrincipalArn"));
        at(statement, "/Effect") == "Deny"
            && at(statement, "/Principal") == "*"
            && ["s3:PutObject", "s3:DeleteObject"]
                .iter()
                .all(|action| texts(at(statement, "/Action")).any(|one| one == *action))
            && folders == OWN_FOLDERS.map(str::to_owned).into()
            && but.filter_map(target).collect::<BTreeSet<_>>() == writers
    });
    (!denied).then(|| {
        let writers = writers.into_iter().collect::<Vec<_>>().join(", ");
        let problem = "whoever may write to the bucket may change what mails are made of";
        let remedy =
            format!("Deny s3:PutObject and s3:DeleteObject on published/ and reports/ to all but {writers}");
        Finding::new(bucket.name, problem, remedy)
    })
}

fn key_findings(key: Resource<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        each(key.property("/KeyPolicy/Statement")).filter_map(|one| key_statement(key, one)).collect();
    let named =
        each(key.property("/KeyPolicy/Statement")).flat_map(|one| texts(at(one, "/Principal/Service")));
    let named: BTreeSet<&str> = named.collect();
    let unnamed = WRITERS.into_iter().filter(|service| !named.contains(service));
    found.extend(unnamed.map(|service| {
        let problem = format!("what {service} puts into an encrypted queue or topic would be lost");
        Finding::new(key.name, problem, format!("Allow kms:Decrypt and kms:GenerateDataKey* to {service}"))
    }));
    found
}

fn key_statement(key: Resource<'_>, statement: &Value) -> Option<Finding> {
    let account = json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" });
    let condition = at(statement, "/Condition/StringEquals/aws:SourceAccount");
    let services: Vec<&str> = texts(at(statement, "/Principal/Service")).collect();
    let bound = match services.as_slice() {
        [] => at(statement, "/Principal") == &json!({ "AWS": account }),
        [WITHOUT_SOURCE] => at(statement, "/Condition").is_null(),
        _ => condition == &json!({ "Ref": "AWS::AccountId" }) && !services.contains(&WITHOUT_SOURCE),
    };
    let actions: BTreeSet<&str> = texts(at(statement, "/Action")).collect();
    let few = services.is_empty() || actions == BTreeSet::from(["kms:Decrypt", "kms:GenerateDataKey*"]);
    let known = services.iter().all(|service| WRITERS.contains(service));
    (!(bound && few && known)).then(|| {
        let problem = "somebody else than this account and the services that write for it may use the key";
        let remedy = format!(
            "Allow services kms:Decrypt and kms:GenerateDataKey* with aws:SourceAccount, {WITHOUT_SOURCE} alone without a condition"
        );
        Finding::new(key.name, problem, remedy)
    })
}

/// A function's role is taken by Lambda, any other one by schedules of this stack.
fn trusted(template: &Template, role: Resource<'_>) -> Option<Finding> {
    let is_function =
        template.of_kind(FUNCTION).any(|function| target(function.property("/Role")) == Some(role.name));
    let group =
        "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/${AWS::StackName}";
    let (service, condition) = if is_function {
        ("lambda.amazonaws.com", Value::Null)
    } else {
        let from = json!({ "aws:SourceAccount": { "Ref": "AWS::AccountId" }, "aws:SourceArn": { "Fn::Sub": group } });
        ("scheduler.amazonaws.com", json!({ "StringEquals": from }))
    };
    let mut trust = each(role.property("/AssumeRolePolicyDocument/Statement"));
    let is_right = trust.next().is_some_and(|statement| {
        at(statement, "/Principal") == &json!({ "Service": service })
            && at(statement, "/Condition") == &condition
    }) && trust.next().is_none();
    (!is_right).then(|| {
        let problem = "somebody else may act in its name";
        Finding::new(
            role.name,
            problem,
            format!("Let {service} alone assume it, schedules with account and group as their source"),
        )
    })
}

/// A schedule calls one function, and reports what it could not call.
fn scheduler(template: &Template) -> Vec<Finding> {
    let needed = BTreeSet::from([
        ("SegmentationFunction".to_owned(), "lambda:InvokeFunction".to_owned()),
        ("RunDeadLetters".to_owned(), "sqs:SendMessage".to_owned()),
    ]);
    let roles = template
        .of_kind("AWS::Scheduler::Schedule")
        .map(|schedule| (schedule, template.target(schedule.property("/Target/RoleArn"), ROLE)));
    let wrong = roles.filter(|(_, role)| {
        role.is_none_or(|role| {
            granted(role) != needed
                || !statements(role).any(|statement| name_of(at(statement, "/Resource")) == "DataKey")
        })
    });
    wrong
        .map(|(schedule, role)| {
            let name = role.map_or(schedule.name, |role| role.name);
            let problem = "schedules may do more or less than call segmentation and report what failed";
            let remedy = "Allow lambda:InvokeFunction on SegmentationFunction, sqs:SendMessage on RunDeadLetters, and the key";
            Finding::new(name, problem, remedy)
        })
        .collect()
}
