//! The HTTP API: throttled, each route joined with its function, and no person in its log.

use std::collections::BTreeMap;

use super::template::Resource;
use super::value::{at, target, whole};
use super::{Finding, Template};

const FUNCTION: &str = super::functions::FUNCTION;
/// Who answers what.
const ROUTES: [(&str, &str); 3] = [
    ("POST /webhooks/{shop}/{wire}/{topic}", "ShopWebhookFunction"),
    ("GET /u/{token}", "RecipientPortalFunction"),
    ("POST /u/{token}", "RecipientPortalFunction"),
];
/// What the access log may hold. The caller's address is a person's, and a path under /u/ holds a token.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>
const LOGGED: [&str; 7] = [
    "$context.requestId",
    "$context.routeKey",
    "$context.status",
    "$context.responseLatency",
    "$context.integrationLatency",
    "$context.responseLength",
    "$context.error.responseType",
];
/// An HTTP API ends a call after this many seconds, whatever the function does.
const LONGEST: u64 = 30;

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let stages = template.of_kind("AWS::ApiGatewayV2::Stage").flat_map(stage_findings);
    stages.chain(routes(template)).chain(functions(template)).collect()
}

fn stage_findings(stage: Resource<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let places = ["/DefaultRouteSettings", "/RouteSettings/POST ~1webhooks~1{shop}~1{wire}~1{topic}"];
    for place in places {
        let limited = ["ThrottlingRateLimit", "ThrottlingBurstLimit"]
            .into_iter()
            .all(|limit| whole(stage.property(&format!("{place}/{limit}"))).is_some_and(|value| value > 0));
        if !limited {
            let problem = "one caller could use up the account's concurrency";
            let remedy =
                format!("Set ThrottlingRateLimit and ThrottlingBurstLimit in {}", place.replace("~1", "/"));
            found.push(Finding::new(stage.name, problem, remedy));
        }
    }
    found.extend(access_log(stage));
    found
}

fn access_log(stage: Resource<'_>) -> Vec<Finding> {
    let format = stage.property("/AccessLogSettings/Format").as_str().unwrap_or_default();
    let fields = format.split('"').filter(|part| part.contains("$context"));
    let personal = fields.filter(|field| !LOGGED.contains(field)).map(|field| {
        let problem = format!("its log holds {field}, which may tell who called or with which token");
        Finding::new(stage.name, problem, format!("Log only {}", LOGGED.join(", ")))
    });
    let silent = (!format.contains("$context.status")).then(|| {
        let problem = "nobody could see afterwards what was answered";
        Finding::new(stage.name, problem, "Set AccessLogSettings with $context.routeKey and $context.status")
    });
    personal.chain(silent).collect()
}

fn routes(template: &Template) -> Vec<Finding> {
    let there: BTreeMap<&str, Option<&str>> = template
        .of_kind("AWS::ApiGatewayV2::Route")
        .filter_map(|route| Some((route.property("/RouteKey").as_str()?, answers(template, route))))
        .collect();
    let expected: BTreeMap<&str, Option<&str>> =
        ROUTES.into_iter().map(|(route, function)| (route, Some(function))).collect();
    let wrong = expected.iter().filter(|(route, function)| there.get(*route) != Some(function));
    let unknown = there.keys().filter(|route| !expected.contains_key(*route)).map(|route| {
        Finding::new(
            route,
            "nothing answers this route",
            "Remove it, or say in this check which function it is",
        )
    });
    wrong
        .map(|(route, function)| {
            let problem = format!("it is not answered by {}", function.unwrap_or_default());
            Finding::new(route, problem, "Join route, integration and function")
        })
        .chain(unknown)
        .collect()
}

fn answers<'a>(template: &'a Template, route: Resource<'a>) -> Option<&'a str> {
    let integration = at(route.property("/Target"), "/Fn::Sub").as_str()?;
    let integration = integration.strip_prefix("integrations/${")?.strip_suffix('}')?;
    let integration = template.get(integration)?;
    let is_right = integration.property("/IntegrationType") == "AWS_PROXY"
        && integration.property("/PayloadFormatVersion") == "2.0";
    let function = template.target(integration.property("/IntegrationUri"), FUNCTION)?;
    is_right.then_some(function.name)
}

fn functions(template: &Template) -> Vec<Finding> {
    let mut names: Vec<&str> = ROUTES.iter().map(|(_, function)| *function).collect();
    names.dedup();
    let there = names.into_iter().filter_map(|name| template.get(name));
    there.flat_map(|function| [permitted(template, function), in_time(function)]).flatten().collect()
}

fn permitted(template: &Template, function: Resource<'_>) -> Option<Finding> {
    let allowed = template.of_kind("AWS::Lambda::Permission").any(|permission| {
        target(permission.property("/FunctionName")) == Some(function.name)
            && permission.property("/Principal") == "apigateway.amazonaws.com"
            && at(permission.property("/SourceArn"), "/Fn::Sub")
                .as_str()
                .is_some_and(|arn| arn.contains("${HttpApi}"))
    });
    (!allowed).then(|| {
        let problem = "the HTTP API may not call it, or every API of the account may";
        Finding::new(
            function.name,
            problem,
            "Add an AWS::Lambda::Permission with the SourceArn of ${HttpApi}",
        )
    })
}

fn in_time(function: Resource<'_>) -> Option<Finding> {
    let timeout = whole(function.property("/Timeout")).unwrap_or(3);
    (timeout >= LONGEST).then(|| {
        let problem =
            format!("it may work for {timeout} s, while the caller hears of a failure after {LONGEST}");
        Finding::new(function.name, problem, format!("Set Timeout below {LONGEST}"))
    })
}
