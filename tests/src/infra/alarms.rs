//! Alarms: what the operator must hear of, each with somebody to hear it.

use serde_json::{Value, json};

use super::functions::FUNCTION;
use super::queues::{QUEUE, is_dead_letters};
use super::template::Resource;
use super::value::{each, target, whole};
use super::{Finding, Template};

const ALARM: &str = "AWS::CloudWatch::Alarm";
/// A day on which the clock goes back has 25 hours; one more for the run itself.
const LONGEST_DAY: u64 = 25 * 60 * 60;

/// A metric of the product that must be watched.
struct Watch {
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    comparison: &'static str,
    /// The threshold, or the parameter that says it.
    threshold: &'static str,
}

const fn watch(
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    comparison: &'static str,
    threshold: &'static str,
) -> Watch {
    Watch { namespace, metric, statistic, comparison, threshold }
}

const OWN: &str = "Nachklang";
/// SES reviews an account at 5 % bounces and 0.1 % complaints: the alarm must come before.
/// <https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html>
const WATCHES: [Watch; 14] = [
    watch(OWN, "RunCompleted", "Sum", "LessThanThreshold", "1"),
    watch(OWN, "RunLagDays", "Maximum", "GreaterThanThreshold", "1"),
    watch(OWN, "MailUnknown", "Sum", "GreaterThanThreshold", "0"),
    watch(OWN, "MailPostponed", "Sum", "GreaterThanThreshold", "0"),
    watch(OWN, "WebhookParked", "Sum", "GreaterThanThreshold", "0"),
    watch(OWN, "WebhookRejected", "Sum", "GreaterThanOrEqualToThreshold", "20"),
    watch(OWN, "SendingStopped", "Sum", "GreaterThanThreshold", "0"),
    watch("AWS/ApiGateway", "5xx", "Sum", "GreaterThanOrEqualToThreshold", "1"),
    watch(OWN, "CouponAlert", "Sum", "GreaterThanThreshold", "0"),
    watch(OWN, "CouponFree", "Minimum", "LessThanThreshold", "FreeCodesAlarm"),
    watch(OWN, "CouponRunwayDays", "Minimum", "LessThanThreshold", "RunwayDaysAlarm"),
    watch(OWN, "FeedAgeHours", "Maximum", "GreaterThanThreshold", "FeedAgeHoursAlarm"),
    watch("AWS/SES", "Reputation.BounceRate", "Maximum", "GreaterThanOrEqualToThreshold", "0.03"),
    watch("AWS/SES", "Reputation.ComplaintRate", "Maximum", "GreaterThanOrEqualToThreshold", "0.0005"),
];

/// The product's own metrics that are watched.
pub fn own_metrics() -> impl Iterator<Item = &'static str> {
    WATCHES.iter().filter(|watch| watch.namespace == OWN).map(|watch| watch.metric)
}

pub(super) fn check(template: &Template) -> Vec<Finding> {
    let silent = template.of_kind(ALARM).filter_map(|alarm| heard(template, alarm));
    let watched = WATCHES.iter().filter_map(|watch| watched(template, watch));
    let watchers = silent
        .chain(watched)
        .chain(run_missing(template))
        .chain(run_lag(template))
        .chain(unknown(template))
        .chain(postponed(template));
    watchers.chain(queues(template)).chain(functions(template)).chain(dashboards(template)).collect()
}

fn heard(template: &Template, alarm: Resource<'_>) -> Option<Finding> {
    let mut actions = each(alarm.property("/AlarmActions"));
    (!actions.any(|action| template.target(action, "AWS::SNS::Topic").is_some()))
        .then(|| Finding::new(alarm.name, "nobody hears it", "Set AlarmActions to [!Ref AlarmTopic]"))
}

fn of_metric<'a>(template: &'a Template, namespace: &str, metric: &str) -> Vec<Resource<'a>> {
    let is_it = |alarm: &Resource<'_>| {
        alarm.property("/Namespace") == namespace && alarm.property("/MetricName") == metric
    };
    template.of_kind(ALARM).filter(is_it).collect()
}

fn watched(template: &Template, watch: &Watch) -> Option<Finding> {
    let alarms = of_metric(template, watch.namespace, watch.metric);
    let Some(alarm) = alarms.first() else {
        let problem = format!("nobody watches {} of {}", watch.metric, watch.namespace);
        return Some(Finding::new(watch.metric, problem, "Add an alarm"));
    };
    let (metric, statistic, comparison) = (watch.metric, watch.statistic, watch.comparison);
    let given = |member: &str| template.source(&format!("/Resources/{}/Properties/{member}", alarm.name));
    if given("Dimensions") != &dimensions(watch.namespace) {
        let problem = format!("it listens where nobody tells of {metric}, and stays silent");
        let remedy = format!("Set Dimensions to {}", dimensions(watch.namespace));
        return Some(Finding::new(alarm.name, problem, remedy));
    }
    let threshold = given("Threshold");
    let is_right = alarm.property("/Statistic") == statistic
        && alarm.property("/ComparisonOperator") == comparison
        && is_threshold(threshold, watch.threshold);
    (!is_right).then(|| {
        let problem = format!("it does not say when {metric} is bad");
        let remedy = format!("Alarm when the {statistic} is {comparison} of {}", watch.threshold);
        Finding::new(alarm.name, problem, remedy)
    })
}

fn is_threshold(given: &Value, needed: &str) -> bool {
    match (given, given["Ref"].as_str()) {
        (_, Some(parameter)) => parameter == needed,
        (Value::Number(number), None) => number.to_string() == needed,
        _ => false,
    }
}

/// Under which dimensions the metrics of a namespace are told.
fn dimensions(namespace: &str) -> Value {
    match namespace {
        OWN => json!([{ "Name": "Stage", "Value": { "Ref": "Stage" } }]),
        "AWS/ApiGateway" => json!([{ "Name": "ApiId", "Value": { "Ref": "HttpApi" } }]),
        _ => Value::Null,
    }
}

/// A run that does not happen reports nothing: silence itself is the alarm. While no run is called it is none, or the alarm
/// would stand already when runs begin, and nothing would change that could be told.
fn run_missing(template: &Template) -> Option<Finding> {
    let alarm = of_metric(template, OWN, "RunCompleted").first().copied()?;
    let window = window(alarm).unwrap_or(0);
    let all = alarm.property("/DatapointsToAlarm") == alarm.property("/EvaluationPeriods");
    let silence = template.source(&format!("/Resources/{}/Properties/TreatMissingData", alarm.name));
    let is_right = *silence == json!({ "Fn::If": ["RunsDaily", "breaching", "notBreaching"] })
        && (LONGEST_DAY..=2 * LONGEST_DAY).contains(&window)
        && all;
    (!is_right).then(|| {
        let problem = "a run that does not happen reports nothing, and a day may have 25 hours";
        let remedy =
            "Set TreatMissingData: !If [RunsDaily, breaching, notBreaching] over a little more than 25 hours, all without a run";
        Finding::new(alarm.name, problem, remedy)
    })
}

/// The days behind are told with each call of a schedule. In the night there is none, and nothing has become better.
fn run_lag(template: &Template) -> Option<Finding> {
    let alarm = of_metric(template, OWN, "RunLagDays").first().copied()?;
    (alarm.property("/TreatMissingData") != "ignore").then(|| {
        let problem = "each night it would say that the shop has caught up";
        Finding::new(alarm.name, problem, "Set TreatMissingData: ignore")
    })
}

/// The metric counts mails whose end became unknown. That none was added for a while settles none of them.
fn unknown(template: &Template) -> Option<Finding> {
    let alarm = of_metric(template, OWN, "MailUnknown").first().copied()?;
    let says_where =
        alarm.property("/AlarmDescription").as_str().is_some_and(|text| text.contains("docs/CONFIG.md"));
    (!alarm.property("/OKActions").is_null() || !says_where).then(|| {
        let problem = "it tells that all is well while the mail's end is as unknown as before";
        let remedy =
            "Leave OKActions out, and let the description say that docs/CONFIG.md tells how to find the mail";
        Finding::new(alarm.name, problem, remedy)
    })
}

/// A mail that waits is counted once a day. Between two days nothing has been mended.
fn postponed(template: &Template) -> Option<Finding> {
    let alarm = of_metric(template, OWN, "MailPostponed").first().copied()?;
    let window = window(alarm).unwrap_or(0);
    let is_right =
        alarm.property("/DatapointsToAlarm") == 1 && (LONGEST_DAY..=2 * LONGEST_DAY).contains(&window);
    (!is_right).then(|| {
        let problem = "each night it would say that nothing waits any more";
        Finding::new(alarm.name, problem, "Let one hour of the last 25 be enough: DatapointsToAlarm: 1")
    })
}

/// Over how many seconds an alarm looks.
fn window(alarm: Resource<'_>) -> Option<u64> {
    Some(whole(alarm.property("/Period"))? * whole(alarm.property("/EvaluationPeriods"))?)
}

fn queues(template: &Template) -> Vec<Finding> {
    let unwatched = template.of_kind(QUEUE).filter_map(|queue| {
        let (metric, problem) = if is_dead_letters(template, queue) {
            ("ApproximateNumberOfMessagesVisible", "nobody hears that a message was given up")
        } else {
            ("ApproximateAgeOfOldestMessage", "nobody hears that its messages wait for hours")
        };
        let alarms = of_metric(template, "AWS/SQS", metric);
        let watched = alarms.iter().any(|alarm| dimension(*alarm) == Some(queue.name));
        (!watched).then(|| Finding::new(queue.name, problem, format!("Add an alarm on {metric}")))
    });
    unwatched.collect()
}

fn functions(template: &Template) -> Vec<Finding> {
    let alarms = of_metric(template, "AWS/Lambda", "Errors");
    let unwatched = template
        .of_kind(FUNCTION)
        .filter(|function| !alarms.iter().any(|alarm| dimension(*alarm) == Some(function.name)));
    unwatched
        .map(|function| Finding::new(function.name, "nobody hears that it fails", "Add an alarm on Errors"))
        .collect()
}

/// A dashboard is one long text: nobody else looks into it before it is deployed.
fn dashboards(template: &Template) -> Vec<Finding> {
    template.of_kind("AWS::CloudWatch::Dashboard").flat_map(|board| board_findings(template, board)).collect()
}

fn board_findings(template: &Template, board: Resource<'_>) -> Vec<Finding> {
    let text = board.property("/DashboardBody/Fn::Sub").as_str().unwrap_or_default();
    let mut found: Vec<Finding> = references(text)
        .filter(|name| !name.starts_with("AWS::") && template.get(name).is_none())
        .map(|name| {
            let problem = format!("it names {name}, which is not in the template");
            Finding::new(board.name, problem, format!("Correct ${{{name}}}"))
        })
        .collect();
    if let Err(error) = serde_json::from_str::<Value>(text) {
        found.push(Finding::new(
            board.name,
            format!("its body cannot be read: {error}"),
            "Make it valid JSON",
        ));
    }
    found
}

/// The resources that a text for `Fn::Sub` refers to.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    names.map(|name| name.split('.').next().unwrap_or(name))
}

fn dimension(alarm: Resource<'_>) -> Option<&str> {
    target(alarm.property("/Dimensions/0/Value"))
}
