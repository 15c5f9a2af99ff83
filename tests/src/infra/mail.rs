//! SES: encrypted on its way, and every event about a mail comes back.

use std::collections::BTreeSet;

use super::grants::name_of;
use super::roles::statements;
use super::template::Resource;
use super::uploads::allows;
use super::value::{all_texts, at, each, target, texts};
use super::{Finding, Template, queues};

const IDENTITY: &str = "AWS::SES::EmailIdentity";
const SET: &str = "AWS::SES::ConfigurationSet";
const DESTINATION: &str = "AWS::SES::ConfigurationSetEventDestination";
/// What mail-events records whatever happens.
const EVENTS: [&str; 8] = [
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "DELIVERY_DELAY",
    "RENDERING_FAILURE",
    "SUBSCRIPTION",
];
/// These put a pixel and links of SES into the mail.
const TRACKING: [&str; 2] = ["OPEN", "CLICK"];

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let sets = template.of_kind(SET).filter_map(encrypted);
    let destinations = template.of_kind(DESTINATION).flat_map(destination_findings);
    let subscriptions = template.of_kind("AWS::SNS::Subscription").filter_map(|one| raw(template, one));
    let identities = template.of_kind(IDENTITY).flat_map(|identity| records(template, identity));
    let sending = template.of_kind("AWS::IAM::Role").filter_map(|role| senders(template, role));
    let mails = sets.chain(destinations).chain(complete(template)).chain(subscriptions);
    mails.chain(identities).chain(sending).collect()
}

fn encrypted(set: Resource<'_>) -> Option<Finding> {
    (set.property("/DeliveryOptions/TlsPolicy") != "REQUIRE").then(|| {
        let problem = "mails may travel in the clear, with names and codes in them";
        Finding::new(set.name, problem, "Set DeliveryOptions/TlsPolicy to REQUIRE")
    })
}

/// Without its records a domain is not verified, and its mails fail SPF or DMARC: the outputs name them all.
fn records(template: &Template, identity: Resource<'_>) -> Vec<Finding> {
    let source = format!("/Resources/{}/Properties/EmailIdentity/Ref", identity.name);
    let domain = template.source(&source).as_str().unwrap_or_default();
    let dkim = |number: u8| {
        format!("${{{0}.DkimDNSTokenName{number}}} ${{{0}.DkimDNSTokenValue{number}}}", identity.name)
    };
    let of_domain = [
        format!("bounce.${{{domain}}} 10 feedback-smtp.${{AWS::Region}}.amazonses.com"),
        format!("bounce.${{{domain}}} \"v=spf1 include:amazonses.com ~all\""),
        format!("_dmarc.${{{domain}}} \"v=DMARC1; p=none\""),
    ];
    let told: BTreeSet<&str> =
        all_texts(template.source("/Outputs")).into_iter().map(|(_, text)| text).collect();
    let needed = [1, 2, 3].map(dkim).into_iter().chain(of_domain);
    let untold = needed.filter(|record| !told.contains(record.as_str()));
    let problem = "its owner is not told a record that mailboxes look for";
    untold.map(|record| Finding::new(identity.name, problem, format!("Add an output {record}"))).collect()
}

/// Mails go out in the name of the stack's domains and their subdomains, and under its configuration set.
fn senders(template: &Template, role: Resource<'_>) -> Option<Finding> {
    const ARN: &str = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:";
    let made = template.of_kind(IDENTITY).filter(|identity| template.is_made(*identity));
    let domains = made.filter_map(|identity| identity.property("/EmailIdentity").as_str());
    let identities =
        domains.flat_map(|domain| [format!("{ARN}identity/{domain}"), format!("{ARN}identity/*.{domain}")]);
    let needed: BTreeSet<String> =
        identities.chain([format!("{ARN}configuration-set/${{ConfigurationSet}}")]).collect();
    let mut sending = statements(role)
        .filter(|statement| texts(at(statement, "/Action")).any(|action| action == "ses:SendEmail"));
    let wrong = sending
        .any(|statement| each(at(statement, "/Resource")).map(name_of).collect::<BTreeSet<_>>() != needed);
    wrong.then(|| {
        let problem = "it may send for other domains than the stack's, or not for all of them and their subdomains";
        let remedy = "Allow ses:SendEmail on identity/<domain> and identity/*.<domain> of each identity, and on the configuration set";
        Finding::new(role.name, problem, remedy)
    })
}

fn kinds<'a>(destination: Resource<'a>) -> impl Iterator<Item = &'a str> {
    texts(destination.property("/EventDestination/MatchingEventTypes"))
}

fn destination_findings(destination: Resource<'_>) -> Vec<Finding> {
    let unknown = kinds(destination).filter(|kind| !EVENTS.contains(kind) && !TRACKING.contains(kind));
    let mut found: Vec<Finding> = unknown
        .map(|kind| {
            let problem = format!("SES knows no event \"{kind}\"");
            let remedy = format!("Write one of {}, {}", EVENTS.join(", "), TRACKING.join(", "));
            Finding::new(destination.name, problem, remedy)
        })
        .collect();
    let tracks = kinds(destination).any(|kind| TRACKING.contains(&kind));
    if tracks && destination.attribute("Condition") != "TracksOpensAndClicks" {
        found.push(Finding::new(
            destination.name,
            "it tracks opens or clicks without being asked to",
            "Move OPEN and CLICK to a destination with Condition: TracksOpensAndClicks",
        ));
    }
    if destination.property("/EventDestination/Enabled") != true {
        found.push(Finding::new(
            destination.name,
            "it is switched off",
            "Set EventDestination/Enabled to true",
        ));
    }
    found
}

fn complete(template: &Template) -> Vec<Finding> {
    let always = template.of_kind(DESTINATION).filter(|one| one.attribute("Condition").is_null());
    let told: BTreeSet<&str> = always.flat_map(kinds).collect();
    let untold = EVENTS.into_iter().filter(|kind| !told.contains(kind));
    untold
        .map(|kind| {
            let problem = format!("nobody is told of {kind}, so a mail's end stays unknown");
            Finding::new("EventDestination", problem, format!("Add {kind} to MatchingEventTypes"))
        })
        .collect()
}

/// mail-events reads SES's own JSON, and SNS needs the queue's permission.
fn raw(template: &Template, subscription: Resource<'_>) -> Option<Finding> {
    if subscription.property("/Protocol") != "sqs" {
        return None;
    }
    let admitted = |pointer: &str| {
        let queue = template.target(subscription.property(pointer), queues::QUEUE);
        let admits = |queue: Resource<'_>| {
            let mut policies = template.of_kind("AWS::SQS::QueuePolicy");
            policies.any(|policy| allows(policy, queue.name, "sns.amazonaws.com"))
        };
        queue.is_some_and(admits)
    };
    let is_right = subscription.property("/RawMessageDelivery") == true
        && target(subscription.property("/TopicArn")) == Some("EventTopic")
        && admitted("/Endpoint")
        && admitted("/RedrivePolicy/deadLetterTargetArn");
    (!is_right).then(|| {
        let problem = "events do not arrive as SES wrote them, or get lost on the way";
        let remedy = "Set RawMessageDelivery and a RedrivePolicy, and let both queues' policies admit sns.amazonaws.com";
        Finding::new(subscription.name, problem, remedy)
    })
}
