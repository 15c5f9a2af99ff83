//! What must be there at all: other rules look at what they find, and find nothing wrong with nothing.

use super::value::whole;
use super::{Finding, Template};

const LOG_GROUP: &str = "AWS::Logs::LogGroup";

/// What is missed by nobody else, and what the stack lacks without it.
const NEEDED: [(&str, &str); 12] = [
    ("AWS::CloudWatch::Dashboard", "the operator sees nothing"),
    ("AWS::Events::Rule", "no upload is looked at"),
    ("AWS::IAM::ManagedPolicy", "marketers cannot be given their folders alone"),
    ("AWS::KMS::Key", "nothing is encrypted with a key of its own"),
    ("AWS::Lambda::EventSourceMapping", "no queue is worked on"),
    ("AWS::S3::BucketPolicy", "the bucket answers without TLS"),
    ("AWS::SES::ConfigurationSet", "mails go without TLS"),
    ("AWS::SES::ConfigurationSetEventDestination", "nobody hears of bounces"),
    ("AWS::SES::EmailIdentity", "no domain may send"),
    ("AWS::SNS::Subscription", "no event and no alarm arrives"),
    ("AWS::Scheduler::Schedule", "no day is run"),
    (LOG_GROUP, "nothing is logged"),
];

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let missing = NEEDED.iter().filter(|(kind, _)| template.of_kind(kind).next().is_none());
    let missing = missing.map(|(kind, lack)| Finding::new(kind, *lack, format!("Add an {kind}")));
    missing.chain(endless_logs(template)).collect()
}

/// A group that says nothing keeps its lines for ever.
fn endless_logs(template: &Template) -> impl Iterator<Item = Finding> {
    let endless = template
        .of_kind(LOG_GROUP)
        .filter(|group| whole(group.property("/RetentionInDays")).is_none_or(|days| days == 0));
    endless.map(|group| Finding::new(group.name, "its lines are kept for ever", "Set RetentionInDays"))
}
