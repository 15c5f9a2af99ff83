//! Functions: one folder, one role, one log group each, and exactly the environment that their configuration asks for.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_aws::config::{Function, Setting};
use serde_json::Value;

use super::template::Resource;
use super::value::{all_texts, target, texts, whole};
use super::{Finding, Template};

pub(super) const FUNCTION: &str = "AWS::Lambda::Function";
/// What every function may be told besides: where an emulator listens. Empty parameters leave them out.
const OPTIONAL: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2"];
const ARCHITECTURES: [&str; 2] = ["arm64", "x86_64"];
/// Those that put messages into the queue that feeds them.
const COME_BACK: [Function; 3] = [Function::Segmentation, Function::MailDelivery, Function::FileImport];

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let each = template.of_kind(FUNCTION).flat_map(|function| function_findings(template, function));
    each.chain(missing(template)).chain(shared_roles(template)).chain(failed_runs(template)).collect()
}

/// The name that folder, package and binary have too: the end of the function's own name.
pub(super) fn identity(function: Resource<'_>) -> Option<Function> {
    let name = function.property("/FunctionName/Fn::Sub").as_str()?.strip_prefix("${AWS::StackName}-")?;
    Function::ALL.into_iter().find(|known| known.name() == name)
}

fn missing(template: &Template) -> impl Iterator<Item = Finding> {
    let there: BTreeSet<Function> = template.of_kind(FUNCTION).filter_map(identity).collect();
    Function::ALL.into_iter().filter(move |function| !there.contains(function)).map(|function| {
        let name = function.name();
        let remedy = format!("Add a function whose FunctionName is !Sub ${{AWS::StackName}}-{name}");
        Finding::new(name, "the template has no such function", remedy)
    })
}

fn function_findings(template: &Template, function: Resource<'_>) -> Vec<Finding> {
    let Some(identity) = identity(function) else {
        let problem = "its name is none of the functions'";
        return vec![Finding::new(
            function.name,
            problem,
            "Set FunctionName to !Sub ${AWS::StackName}-<folder>",
        )];
    };
    let mut found = environment(function, identity);
    found.extend(platform(function));
    found.extend(log_group(template, function, identity));
    found.extend(secret_values(function));
    found.extend(loops(function, identity));
    found
}

fn environment(function: Resource<'_>, identity: Function) -> Vec<Finding> {
    let needed: BTreeSet<&str> = identity.needs().into_iter().map(|setting| setting.variable()).collect();
    let empty = serde_json::Map::new();
    let given = function.property("/Environment/Variables").as_object().unwrap_or(&empty);
    let lacking = needed.iter().filter(|name| !given.contains_key(**name)).map(|name| {
        let problem = format!("the function does not start without {name}");
        Finding::new(function.name, problem, format!("Add {name} to its environment"))
    });
    let useless =
        given.keys().filter(|name| !needed.contains(name.as_str()) && !OPTIONAL.contains(&name.as_str()));
    let useless = useless.map(|name| {
        let problem = format!("it is told {name} and does not use it");
        Finding::new(function.name, problem, format!("Remove {name}, and the permission that goes with it"))
    });
    lacking.chain(useless).collect()
}

fn platform(function: Resource<'_>) -> Option<Finding> {
    let architecture = texts(function.property("/Architectures")).next().unwrap_or_default();
    let is_right = function.property("/Runtime") == "provided.al2023"
        && function.property("/Handler") == "bootstrap"
        && ARCHITECTURES.contains(&architecture)
        && function.property("/TracingConfig/Mode") == "Active"
        && function.property("/LoggingConfig/LogFormat") == "JSON";
    (!is_right).then(|| {
        let problem = "it is not what the others are: provided.al2023, bootstrap, traced, logs as JSON";
        Finding::new(
            function.name,
            problem,
            "Leave Runtime, Handler, Architectures, Tracing and LogFormat to Globals",
        )
    })
}

fn log_group(template: &Template, function: Resource<'_>, identity: Function) -> Option<Finding> {
    let group = template.target(function.property("/LoggingConfig/LogGroup"), "AWS::Logs::LogGroup");
    let name = format!("/aws/lambda/${{AWS::StackName}}-{}", identity.name());
    let is_right = group.is_some_and(|group| {
        group.property("/LogGroupName/Fn::Sub") == name.as_str()
            && whole(group.property("/RetentionInDays")).is_some_and(|days| days > 0)
    });
    (!is_right).then(|| {
        let problem = "its logs have no group of their own that ends them after some days";
        Finding::new(function.name, problem, format!("Add a log group {name} with RetentionInDays"))
    })
}

/// Lambda stops a function that its own messages have brought back some sixteen times, and then counts a receive for each message
/// of the batch. Who works on so is meant to come back.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>
fn loops(function: Resource<'_>, identity: Function) -> Option<Finding> {
    let is_right = COME_BACK.contains(&identity) == (function.property("/RecursiveLoop") == "Allow");
    (!is_right).then(|| {
        let problem = "only a function that puts messages into its own queue may come back by them";
        Finding::new(function.name, problem, format!("Set RecursiveLoop: Allow on {COME_BACK:?} alone"))
    })
}

/// A secret in the environment can be read by whoever may look at the function, and is old after a rotation.
fn secret_values(function: Resource<'_>) -> Vec<Finding> {
    let variables = all_texts(function.property("/Environment/Variables"));
    let resolved = variables.into_iter().filter(|(_, text)| text.contains("{{resolve:"));
    resolved
        .map(|(path, _)| {
            let problem = format!("its environment holds a secret's value at {path}");
            Finding::new(
                function.name,
                problem,
                "Give it the secret's name; it reads and renews the value itself",
            )
        })
        .collect()
}

fn shared_roles(template: &Template) -> Vec<Finding> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut found = Vec::new();
    for function in template.of_kind(FUNCTION) {
        match template.target(function.property("/Role"), "AWS::IAM::Role") {
            Some(role) => users.entry(role.name).or_default().push(function.name),
            None => found.push(Finding::new(
                function.name,
                "it has no role of this template, so SAM makes one with broad policies",
                "Set Role to !GetAtt <its role>.Arn",
            )),
        }
    }
    let shared = users.into_iter().filter(|(_, users)| users.len() > 1);
    found.extend(shared.map(|(role, users)| {
        let problem = format!("{} may all do what one of them must", users.join(" and "));
        Finding::new(role, problem, "Give each function a role of its own")
    }));
    found
}

/// Lambda drops an asynchronous call after its last attempt, unless it is told where to put it.
fn failed_runs(template: &Template) -> Option<Finding> {
    let kept = template.of_kind("AWS::Lambda::EventInvokeConfig").any(|config| {
        target(config.property("/FunctionName")) == Some("SegmentationFunction")
            && target(config.property("/DestinationConfig/OnFailure/Destination")).is_some()
    });
    (!kept).then(|| {
        let problem = "a run that fails in all attempts would leave no trace";
        let remedy = "Add an AWS::Lambda::EventInvokeConfig with an OnFailure destination";
        Finding::new("SegmentationFunction", problem, remedy)
    })
}

/// What the environment points to by a kind of variable, such as all tables.
pub(super) fn told<'a>(function: Resource<'a>, settings: &[Setting]) -> BTreeSet<&'a str> {
    let variables = function.property("/Environment/Variables");
    let values = settings.iter().map(|setting| variables.get(setting.variable()).unwrap_or(&Value::Null));
    values.filter_map(target).collect()
}
