//! Schedules: in a time zone that exists, at an hour that exists, and never silently without a call.

use serde_json::Value;

use super::template::Resource;
use super::value::{target, whole};
use super::{Finding, Template, queues};

const SCHEDULE: &str = "AWS::Scheduler::Schedule";
/// Minute, hour, day of the month, month, day of the week, year: the form of Scheduler, not of crontab.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based>
const CRON_FIELDS: usize = 6;
/// Hours that daylight saving time skips or repeats somewhere in Europe: 0 on the Azores, 1 in Lisbon, 2 in Berlin.
const DOUBTFUL_HOURS: std::ops::Range<u64> = 0..3;

pub(super) fn check(template: &Template) -> Vec<Finding> {
    template.of_kind(SCHEDULE).flat_map(|schedule| schedule_findings(template, schedule)).collect()
}

fn schedule_findings(template: &Template, schedule: Resource<'_>) -> Vec<Finding> {
    let found = [
        time_zone(schedule),
        cron(schedule),
        dead_letters(template, schedule),
        retries(schedule),
        flexible(schedule),
        input(schedule),
    ];
    found.into_iter().flatten().collect()
}

fn zone(schedule: Resource<'_>) -> &str {
    schedule.property("/ScheduleExpressionTimezone").as_str().unwrap_or_default()
}

/// Scheduler refuses an unknown zone when the stack is deployed, not before.
fn time_zone(schedule: Resource<'_>) -> Option<Finding> {
    let zone = zone(schedule);
    jiff::tz::db().get(zone).is_err().then(|| {
        let problem = format!("there is no time zone \"{zone}\"");
        Finding::new(schedule.name, problem, "Take a name of the IANA database, such as Europe/Berlin")
    })
}

fn cron(schedule: Resource<'_>) -> Option<Finding> {
    let expression = schedule.property("/ScheduleExpression").as_str().unwrap_or_default();
    let fields: Vec<&str> = expression
        .strip_prefix("cron(")
        .and_then(|rest| rest.strip_suffix(')'))
        .map(|fields| fields.split_whitespace().collect())
        .unwrap_or_default();
    if fields.len() != CRON_FIELDS {
        let problem =
            format!("\"{expression}\" has {} fields, EventBridge's cron has {CRON_FIELDS}", fields.len());
        return Some(Finding::new(schedule.name, problem, "Write cron(minute hour day month weekday year)"));
    }
    let hours = fields.get(1).copied().unwrap_or_default();
    (!hours_are_safe(hours)).then(|| {
        let problem = format!("at the hours \"{hours}\" daylight saving time may skip a call or make two");
        Finding::new(schedule.name, problem, "Keep the hours between 3 and 23")
    })
}

/// Single hours, and ranges of them, that lie on one day outside the doubtful ones.
fn hours_are_safe(field: &str) -> bool {
    field.split(',').all(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) => {
                first <= last && last < 24 && !(first..=last).any(|hour| DOUBTFUL_HOURS.contains(&hour))
            }
            _ => false,
        }
    })
}

fn dead_letters(template: &Template, schedule: Resource<'_>) -> Option<Finding> {
    template.target(schedule.property("/Target/DeadLetterConfig/Arn"), queues::QUEUE).is_none().then(|| {
        let problem = "a call that cannot be made would leave no trace";
        Finding::new(schedule.name, problem, "Give the target a DeadLetterConfig with a queue")
    })
}

fn retries(schedule: Resource<'_>) -> Option<Finding> {
    let attempts = whole(schedule.property("/Target/RetryPolicy/MaximumRetryAttempts"));
    attempts.is_none_or(|attempts| attempts == 0).then(|| {
        let problem = "how often a call is tried again is not said, or never";
        Finding::new(schedule.name, problem, "Give the target a RetryPolicy with MaximumRetryAttempts")
    })
}

fn flexible(schedule: Resource<'_>) -> Option<Finding> {
    (schedule.property("/FlexibleTimeWindow/Mode") != "FLEXIBLE").then(|| {
        let problem = "all time zones and stacks would call in the same second";
        Finding::new(schedule.name, problem, "Set FlexibleTimeWindow to FLEXIBLE with a few minutes")
    })
}

/// The shops that are run are those of the schedule's own zone, by a function that reports its failed runs.
fn input(schedule: Resource<'_>) -> Option<Finding> {
    let text = schedule.property("/Target/Input").as_str().unwrap_or_default();
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let called = target(schedule.property("/Target/Arn")) == Some("SegmentationFunction");
    (!called || said.get("zone").and_then(Value::as_str) != Some(zone(schedule))).then(|| {
        let problem = format!("it runs in {} and calls with {text}", zone(schedule));
        Finding::new(
            schedule.name,
            problem,
            "Call SegmentationFunction with {\"zone\":\"<the same time zone>\"}",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_that_daylight_saving_time_touches_are_not_safe() {
        for safe in ["7", "7-20", "8,18", "3-4,23"] {
            assert!(hours_are_safe(safe), "{safe}");
        }
        for unsafe_hours in ["2", "1", "0", "0-4", "20-5", "*", "7-24", "", "8,2"] {
            assert!(!hours_are_safe(unsafe_hours), "{unsafe_hours}");
        }
    }
}
