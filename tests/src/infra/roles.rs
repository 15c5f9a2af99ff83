//! Roles: each function may do what its work needs, on what its environment names, and nothing else.

use std::collections::BTreeSet;

use nachklang_aws::config::{Function, Setting};
use serde_json::Value;

use super::functions::{FUNCTION, identity, told};
use super::queues::MAPPING;
use super::template::Resource;
use super::value::{at, each, target, texts};
use super::{Finding, Template};

const TABLES: [Setting; 6] = [
    Setting::Contacts,
    Setting::Orders,
    Setting::Due,
    Setting::Coupons,
    Setting::Products,
    Setting::Settings,
];
const QUEUES: [Setting; 4] =
    [Setting::PlanningQueue, Setting::AssignmentQueue, Setting::DeliveryQueue, Setting::OwnDeadLetters];
/// Queues whose messages a function fetches by itself.
const LOOKED_THROUGH: [Setting; 1] = [Setting::EventsDeadLetters];
const SECRETS: [Setting; 3] = [Setting::ContactKey, Setting::LinkKeys, Setting::WebhookSecrets];

/// Actions that AWS lets nobody limit to a resource.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const WITHOUT_RESOURCE: [(&str, &str); 3] = [
    ("xray:PutTraceSegments", "X-Ray has no resource for a trace"),
    ("xray:PutTelemetryRecords", "X-Ray has no resource for a trace"),
    ("ses:GetAccount", "an account's own quota is no resource"),
];
/// What would read or change a whole table, queue or bucket.
const NEVER: [&str; 5] = [
    "dynamodb:Scan",
    "dynamodb:DeleteTable",
    "s3:DeleteObjectVersion",
    "sqs:PurgeQueue",
    "secretsmanager:PutSecretValue",
];
/// Who erases a person may look through the orders, which are found in no other way, and delete for good what names her.
const ERASING: [(&str, &[&str]); 2] = [
    ("dynamodb:Scan", &["OrdersTable.Arn"]),
    (
        "s3:DeleteObjectVersion",
        &[
            "${Bucket.Arn}/orders/*",
            "${Bucket.Arn}/contacts/*",
            "${Bucket.Arn}/parked/*",
            "${Bucket.Arn}/replay/*",
            "${Bucket.Arn}/exports/*",
        ],
    ),
];
/// The role of that function.
const ERASER: &str = "PersonDataRole";

/// Working copies: the only files that are deleted.
const DELETABLE: [&str; 2] = ["${Bucket.Arn}/snapshots/*", "${Bucket.Arn}/staging/*"];

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let statements = roles(template).flat_map(|role| {
        let statements = statements(role).flat_map(move |statement| statement_findings(role, statement));
        statements.chain(foreign_policies(role))
    });
    let functions = template.of_kind(FUNCTION).flat_map(|function| function_findings(template, function));
    statements.chain(functions).collect()
}

fn roles(template: &Template) -> impl Iterator<Item = Resource<'_>> {
    template.of_kind("AWS::IAM::Role").chain(template.of_kind("AWS::IAM::ManagedPolicy"))
}

pub(super) fn statements(role: Resource<'_>) -> impl Iterator<Item = &Value> {
    let inline = each(role.property("/Policies")).map(|policy| at(policy, "/PolicyDocument/Statement"));
    inline.chain([role.property("/PolicyDocument/Statement")]).flat_map(each)
}

fn statement_findings(role: Resource<'_>, statement: &Value) -> Vec<Finding> {
    let actions = || texts(at(statement, "/Action"));
    let mut found = Vec::new();
    let erases = |action: &&str| is_erasing(role, statement, action);
    let broad = actions().filter(|action| action.contains('*') || NEVER.contains(action) && !erases(action));
    found.extend(broad.map(|action| {
        let problem = format!("it allows {action}, which no work here needs");
        Finding::new(role.name, problem, "Name the single actions that are used")
    }));
    let everywhere = texts(at(statement, "/Resource")).any(|resource| resource == "*");
    let unlimited = actions().filter(|action| everywhere && !has_no_resource(action));
    found.extend(unlimited.map(|action| {
        let problem = format!("it allows {action} on everything in the account");
        Finding::new(role.name, problem, "Name the resource by !GetAtt or !Ref")
    }));
    let beyond = each(at(statement, "/Resource"))
        .any(|resource| at(resource, "/Fn::Sub").as_str().is_none_or(|arn| !DELETABLE.contains(&arn)));
    if beyond && actions().any(|action| action == "s3:DeleteObject") {
        let problem = "it may delete files that somebody uploaded or that mails are made of";
        found.push(Finding::new(role.name, problem, format!("Allow it on {} only", DELETABLE.join(" and "))));
    }
    found
}

/// Whether an action is allowed to whoever erases a person, on nothing but what an erasure needs.
fn is_erasing(role: Resource<'_>, statement: &Value, action: &str) -> bool {
    let Some((_, allowed)) = ERASING.iter().find(|(known, _)| *known == action) else { return false };
    let resource = |resource: &Value| {
        let attribute = texts(at(resource, "/Fn::GetAtt")).collect::<Vec<_>>().join(".");
        let name = at(resource, "/Fn::Sub").as_str().map_or(attribute, str::to_owned);
        allowed.contains(&name.as_str())
    };
    role.name == ERASER && each(at(statement, "/Resource")).all(resource)
}

fn has_no_resource(action: &str) -> bool {
    WITHOUT_RESOURCE.iter().any(|(known, _)| *known == action)
}

/// AWS's own policies name no resource of this stack, so they allow too much.
fn foreign_policies(role: Resource<'_>) -> impl Iterator<Item = Finding> {
    let foreign = each(role.property("/ManagedPolicyArns")).filter(|policy| target(policy).is_none());
    foreign.map(move |policy| {
        let problem = format!("it takes over the policy {policy}, which is not of this template");
        Finding::new(role.name, problem, "Write the actions and resources here")
    })
}

fn function_findings(template: &Template, function: Resource<'_>) -> Vec<Finding> {
    let Some(role) = template.target(function.property("/Role"), "AWS::IAM::Role") else {
        return Vec::new();
    };
    let mut sending = told(function, &QUEUES);
    sending.extend(failure_queues(template, function));
    // It alone puts a message into its own queue anew.
    if identity(function) == Some(Function::FileImport) {
        sending.extend(told(function, &[Setting::OwnQueue]));
    }
    let mut receiving = received(template, function);
    receiving.extend(told(function, &LOOKED_THROUGH));
    let pairs = [
        ("dynamodb:", told(function, &TABLES)),
        ("secretsmanager:GetSecretValue", told(function, &SECRETS)),
        ("sqs:SendMessage", sending),
        ("sqs:ReceiveMessage", receiving),
    ];
    let mut found: Vec<Finding> =
        pairs.into_iter().filter_map(|(action, used)| compare(role, action, &used)).collect();
    found.extend(only_delivery_sends(role, function));
    found
}

fn received<'a>(template: &'a Template, function: Resource<'a>) -> BTreeSet<&'a str> {
    let of_function =
        move |mapping: &Resource<'_>| target(mapping.property("/FunctionName")) == Some(function.name);
    let queues = template.of_kind(MAPPING).filter(of_function);
    queues.filter_map(|mapping| target(mapping.property("/EventSourceArn"))).collect()
}

fn failure_queues<'a>(template: &'a Template, function: Resource<'a>) -> impl Iterator<Item = &'a str> {
    let configs = template.of_kind("AWS::Lambda::EventInvokeConfig");
    let own = configs.filter(move |config| target(config.property("/FunctionName")) == Some(function.name));
    own.filter_map(|config| target(config.property("/DestinationConfig/OnFailure/Destination")))
}

/// The role allows an action on exactly what the function uses by that action.
fn compare(role: Resource<'_>, action: &str, used: &BTreeSet<&str>) -> Option<Finding> {
    let allowed = allowed(role, action);
    if allowed == *used {
        return None;
    }
    let problem = format!(
        "{action} is allowed on [{}], while the function is told or fed by [{}]",
        joined(&allowed),
        joined(used)
    );
    Some(Finding::new(role.name, problem, "Make the role and the function's environment or mapping equal"))
}

fn allowed<'a>(role: Resource<'a>, action: &str) -> BTreeSet<&'a str> {
    let matching = statements(role)
        .filter(|statement| texts(at(statement, "/Action")).any(|allowed| allowed.starts_with(action)));
    matching.flat_map(|statement| each(at(statement, "/Resource"))).filter_map(target).collect()
}

fn joined(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

/// One function talks to SES, so that one place keeps the promise of at most one mail.
fn only_delivery_sends(role: Resource<'_>, function: Resource<'_>) -> Option<Finding> {
    let mut actions = statements(role).flat_map(|statement| texts(at(statement, "/Action")));
    let sends = actions.any(|action| action.starts_with("ses:Send"));
    (sends != (identity(function) == Some(Function::MailDelivery))).then(|| {
        let problem = format!("{} {} send mail", function.name, if sends { "may" } else { "may not" });
        Finding::new(role.name, problem, "Allow ses:SendEmail to mail-delivery, and to nobody else")
    })
}
