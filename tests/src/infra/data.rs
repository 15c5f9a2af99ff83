//! What must not be lost and nobody else may read: tables, bucket, key, secrets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::template::Resource;
use super::uploads::FOLDERS;
use super::value::{at, each, target, texts};
use super::{Finding, Template};

const TABLE: &str = "AWS::DynamoDB::Table";
/// A stack that is deleted leaves these.
const KEPT: [&str; 4] = [TABLE, "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret"];

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let kept = KEPT.into_iter().flat_map(|kind| template.of_kind(kind)).filter_map(kept);
    let tables = template.of_kind(TABLE).flat_map(table_findings);
    let buckets = template.of_kind("AWS::S3::Bucket").flat_map(|bucket| bucket_findings(template, bucket));
    kept.chain(tables)
        .chain(protected_in_production(template))
        .chain(due_list(template))
        .chain(buckets)
        .chain(marketers(template))
        .collect()
}

/// A first deployment that fails leaves nothing behind but tables: protected ones cannot be deleted, and trying to would
/// leave the stack in `ROLLBACK_FAILED`.
///
/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html>
fn kept(resource: Resource<'_>) -> Option<Finding> {
    let deletion = if resource.attribute("Type") == TABLE { "Retain" } else { "RetainExceptOnCreate" };
    let stays = resource.attribute("DeletionPolicy") == deletion
        && resource.attribute("UpdateReplacePolicy") == "Retain";
    (!stays).then(|| {
        let problem = "deleting or replacing the stack would delete it, or could not end";
        let remedy = format!("Set DeletionPolicy: {deletion} and UpdateReplacePolicy: Retain");
        Finding::new(resource.name, problem, remedy)
    })
}

fn table_findings(table: Resource<'_>) -> Vec<Finding> {
    let rules: [(&str, Value, &str); 4] = [
        ("/BillingMode", json!("PAY_PER_REQUEST"), "an idle table would cost, a busy one would throttle"),
        (
            "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
            json!(true),
            "a mistake could not be undone",
        ),
        ("/SSESpecification/SSEEnabled", json!(true), "nobody could see who used its key"),
        ("/KeySchema", keys(), "its keys are not pk and sk, which the code uses"),
    ];
    let broken = rules.into_iter().filter(|(pointer, value, _)| table.property(pointer) != value);
    broken
        .map(|(pointer, value, problem)| {
            Finding::new(table.name, problem, format!("Set {pointer} to {value}"))
        })
        .collect()
}

fn keys() -> Value {
    json!([{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }])
}

/// In production a table is protected; on a test stage it must be possible to delete it.
fn protected_in_production(template: &Template) -> Vec<Finding> {
    let on = |stage: &str| template.clone().with("Stage", stage).ok();
    let (production, test) = (on("prod"), on("test"));
    let is_protected = |stage: &Option<Template>, table: &str| {
        stage.as_ref()?.get(table)?.property("/DeletionProtectionEnabled").as_bool()
    };
    let wrong = template.of_kind(TABLE).filter(|table| {
        is_protected(&production, table.name) != Some(true) || is_protected(&test, table.name) != Some(false)
    });
    let problem = "a slip of the hand could delete it in production, or nothing can on a test stage";
    let remedy = "Set DeletionProtectionEnabled to !If [IsProduction, true, false]";
    wrong.map(|table| Finding::new(table.name, problem, remedy)).collect()
}

fn due_list(template: &Template) -> Option<Finding> {
    let expires = template.get("DueTable").is_some_and(|table| {
        table.property("/TimeToLiveSpecification") == &json!({ "AttributeName": "ttl", "Enabled": true })
    });
    (!expires).then(|| {
        let problem = "what was due years ago would never go away";
        Finding::new("DueTable", problem, "Set TimeToLiveSpecification to the attribute ttl, enabled")
    })
}

fn bucket_findings(template: &Template, bucket: Resource<'_>) -> Vec<Finding> {
    let rules = closed(template, bucket).into_iter().chain(remembering(bucket));
    let broken = rules.filter(|(is_right, _, _)| !is_right);
    let found = broken.map(|(_, problem, remedy)| Finding::new(bucket.name, problem, remedy));
    found.chain(personal_files(bucket)).collect()
}

/// Whether a rule holds, what is wrong if not, and the remedy.
type Rule = (bool, &'static str, &'static str);

fn closed(template: &Template, bucket: Resource<'_>) -> [Rule; 3] {
    let blocked = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
        .into_iter()
        .all(|way| bucket.property(&format!("/PublicAccessBlockConfiguration/{way}")) == true);
    [
        (blocked, "it may be opened to the public", "Set all four of PublicAccessBlockConfiguration to true"),
        (
            has_own_key(template, bucket),
            "it is not encrypted with the stack's key",
            "Set BucketEncryption to aws:kms with !GetAtt DataKey.Arn",
        ),
        (
            only_encrypted(template, bucket),
            "it answers without TLS",
            "Add a bucket policy that denies s3:* where aws:SecureTransport is false",
        ),
    ]
}

fn remembering(bucket: Resource<'_>) -> [Rule; 3] {
    let heard = "/NotificationConfiguration/EventBridgeConfiguration/EventBridgeEnabled";
    [
        (
            bucket.property("/VersioningConfiguration/Status") == "Enabled",
            "an overwritten file is lost",
            "Set VersioningConfiguration to Enabled",
        ),
        (
            bucket.property(heard) == true,
            "nobody hears of an upload",
            "Set NotificationConfiguration/EventBridgeConfiguration/EventBridgeEnabled to true",
        ),
        (
            old_versions_end(bucket),
            "what was deleted stays for ever, and so does whoever wants to be forgotten",
            "Add a lifecycle rule with NoncurrentVersionExpiration for the whole bucket",
        ),
    ]
}

fn has_own_key(template: &Template, bucket: Resource<'_>) -> bool {
    let rule = bucket
        .property("/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault");
    at(rule, "/SSEAlgorithm") == "aws:kms"
        && template.target(at(rule, "/KMSMasterKeyID"), "AWS::KMS::Key").is_some()
}

fn only_encrypted(template: &Template, bucket: Resource<'_>) -> bool {
    let policies = template.of_kind("AWS::S3::BucketPolicy");
    let own = policies.filter(|policy| target(policy.property("/Bucket")) == Some(bucket.name));
    own.flat_map(|policy| each(policy.property("/PolicyDocument/Statement"))).any(|statement| {
        at(statement, "/Effect") == "Deny"
            && at(statement, "/Action") == "s3:*"
            && at(statement, "/Condition/Bool/aws:SecureTransport") == "false"
    })
}

fn rules<'a>(bucket: Resource<'a>) -> impl Iterator<Item = &'a Value> {
    let rules = each(bucket.property("/LifecycleConfiguration/Rules"));
    rules.filter(|rule| at(rule, "/Status") == "Enabled")
}

fn old_versions_end(bucket: Resource<'_>) -> bool {
    rules(bucket).any(|rule| {
        at(rule, "/Prefix").is_null() && at(rule, "/NoncurrentVersionExpiration/NoncurrentDays").is_u64()
    })
}

/// Files with people in them end by themselves: nobody asks for everybody's erasure.
fn personal_files(bucket: Resource<'_>) -> impl Iterator<Item = Finding> {
    let ends = move |folder: &str| {
        rules(bucket).any(|rule| {
            at(rule, "/Prefix") == folder && super::value::whole(at(rule, "/ExpirationInDays")).is_some()
        })
    };
    let personal = ["orders/", "contacts/", "parked/", "replay/", "exports/"].into_iter();
    personal.filter(move |folder| !ends(folder)).map(move |folder| {
        let problem = format!("files with people in {folder} stay for ever");
        Finding::new(bucket.name, problem, format!("Add a lifecycle rule with ExpirationInDays for {folder}"))
    })
}

/// The marketers' policy lets them put files into exactly the folders that are read, and delete none.
fn marketers(template: &Template) -> Option<Finding> {
    let policy = template.get("MarketerPolicy")?;
    let writing = each(policy.property("/PolicyDocument/Statement"))
        .filter(|statement| texts(at(statement, "/Action")).any(|action| action == "s3:PutObject"));
    let written: BTreeSet<String> = writing
        .flat_map(|statement| each(at(statement, "/Resource")))
        .map(|resource| at(resource, "/Fn::Sub").as_str().unwrap_or("*").to_owned())
        .collect();
    let own: BTreeSet<String> = FOLDERS.iter().map(|folder| format!("${{Bucket.Arn}}/{folder}*")).collect();
    (written != own).then(|| {
        let problem = "marketers may write elsewhere than into their folders, or not into all of them";
        Finding::new(policy.name, problem, format!("Allow s3:PutObject on exactly {}", FOLDERS.join(", ")))
    })
}
