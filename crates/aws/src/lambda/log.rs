//! The log: one JSON object a line, under the settings that Lambda hands to every function.
//!
//! Lambda filters by `level` and reads `timestamp`; it takes a line without a valid timestamp for `INFO`, so each line
//! has both.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;

/// Starts the log. `AWS_LAMBDA_LOG_FORMAT` chooses `JSON` (which is also used when it is not set) or `Text`,
/// `AWS_LAMBDA_LOG_LEVEL` the level.
pub(super) fn start(lookup: impl Fn(&str) -> Option<String>) {
    let level =
        lookup("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level_of(&level)).unwrap_or(LevelFilter::INFO);
    let log = tracing_subscriber::fmt().with_target(false).with_ansi(false).with_max_level(level);
    let started = match lookup("AWS_LAMBDA_LOG_FORMAT") {
        Some(format) if format.eq_ignore_ascii_case("text") => log.try_init(),
        _ => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    if let Err(error) = started {
        tracing::warn!(error, "another log was started before");
    }
    std::panic::set_hook(Box::new(note_panic));
}

/// An error with what caused it, for the log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn level_of(name: &str) -> Option<LevelFilter> {
    // Lambda knows FATAL as well, which nothing here is.
    if name.eq_ignore_ascii_case("fatal") { Some(LevelFilter::OFF) } else { name.parse().ok() }
}

/// Says where a panic happened. What it says may hold a person's data.
fn note_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place = place.as_deref().unwrap_or("unknown"), "panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_lambda_are_known() {
        let known = [
            ("TRACE", LevelFilter::TRACE),
            ("DEBUG", LevelFilter::DEBUG),
            ("INFO", LevelFilter::INFO),
            ("WARN", LevelFilter::WARN),
            ("ERROR", LevelFilter::ERROR),
            ("FATAL", LevelFilter::OFF),
        ];
        for (name, level) in known {
            assert_eq!(level_of(name), Some(level), "{name}");
        }
        assert_eq!(level_of("loud"), None);
    }
}
