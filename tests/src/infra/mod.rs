//! What `infra/template.yaml` must hold and no linter looks at, checked on what SAM makes of it.
//!
//! One file per group of rules. A check looks at the translated template and names resource, problem and remedy.

pub mod alarms;
mod data;
mod functions;
pub mod grants;
mod http;
mod literals;
mod mail;
mod policies;
mod presence;
mod queues;
mod roles;
mod schedules;
mod template;
mod translation;
mod uploads;
mod value;

use std::fmt;

pub use template::Template;
pub use translation::translated;

/// Something that is wrong with the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The resource or parameter by its name in the template.
    pub resource: String,
    /// What is wrong, and why that matters.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl Finding {
    fn new(resource: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { resource: resource.to_owned(), problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}.", self.resource, self.problem, self.remedy)
    }
}

/// A group of rules.
pub type Check = fn(&Template) -> Vec<Finding>;

/// Every group of rules.
pub const CHECKS: [Check; 13] = [
    alarms::check,
    data::check,
    functions::check,
    grants::check,
    http::check,
    literals::check,
    mail::check,
    policies::check,
    presence::check,
    queues::check,
    roles::check,
    schedules::check,
    uploads::check,
];

/// Everything that is wrong with a template.
#[must_use]
pub fn findings(template: &Template) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(template)).collect()
}
