//! What the functions are told by their environment, read once; all mistakes are reported together.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use nachklang_domain::ports::{PortError, PortResult};

mod setting;

pub use setting::{Function, Setting};

/// Longest name of a stage; it stands in every metric.
const MAX_STAGE: usize = 16;

/// What a function was told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The region.
    pub region: String,
    /// Where AWS answers, if not at its own address.
    pub endpoint: Option<String>,
    /// Where SES answers, if not where the rest does.
    pub ses_endpoint: Option<String>,
    values: BTreeMap<Setting, String>,
}

/// Everything that is wrong with an environment.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidConfig(Vec<String>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is wrong: {}", self.0.join("; "))
    }
}

impl std::error::Error for InvalidConfig {}

impl Config {
    /// Reads what is needed. Values are trimmed; an empty one is none.
    ///
    /// # Errors
    /// [`InvalidConfig`], which names every variable that is missing or wrong.
    pub fn from_lookup(
        needs: &[Setting],
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let mut environment = Environment { lookup, faults: Vec::new() };
        let region = environment.need("AWS_REGION", Kind::Text);
        let endpoint = environment.may("AWS_ENDPOINT_URL", Kind::Url);
        let ses_endpoint = environment.may("AWS_ENDPOINT_URL_SESV2", Kind::Url);
        let values =
            needs.iter().map(|setting| (*setting, environment.need(setting.variable(), Kind::of(*setting))));
        let values = values.collect();
        if environment.faults.is_empty() {
            Ok(Self { region, endpoint, ses_endpoint, values })
        } else {
            Err(InvalidConfig(environment.faults))
        }
    }

    /// A value.
    ///
    /// # Errors
    /// A permanent [`PortError`] when the function was not told it.
    pub fn get(&self, setting: Setting) -> PortResult<&str> {
        let value = self.values.get(&setting).map(String::as_str);
        value.ok_or_else(|| PortError::permanent(format!("{} is not set", setting.variable())))
    }

    /// How many deliveries may run at once.
    ///
    /// # Errors
    /// A permanent [`PortError`] when the function was not told it.
    pub fn sending_share(&self) -> PortResult<NonZeroU32> {
        self.count(Setting::SendingShare)
    }

    /// When a message that failed for the first time comes again.
    ///
    /// # Errors
    /// A permanent [`PortError`] when the function was not told it.
    pub fn first_pause(&self) -> PortResult<Duration> {
        Ok(Duration::from_secs(self.count(Setting::RetrySeconds)?.get().into()))
    }

    fn count(&self, setting: Setting) -> PortResult<NonZeroU32> {
        let wrong = |_| PortError::permanent(format!("{}: {}", setting.variable(), Kind::Count.remedy()));
        self.get(setting)?.parse().map_err(wrong)
    }
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Url,
    Count,
    Stage,
}

impl Kind {
    const fn of(setting: Setting) -> Self {
        match setting {
            Setting::PlanningQueue
            | Setting::AssignmentQueue
            | Setting::DeliveryQueue
            | Setting::OwnQueue
            | Setting::OwnDeadLetters
            | Setting::EventsDeadLetters => Self::Url,
            Setting::SendingShare | Setting::RetrySeconds => Self::Count,
            Setting::Stage => Self::Stage,
            _ => Self::Text,
        }
    }

    fn fits(self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Url => value.starts_with("https://") || value.starts_with("http://"),
            Self::Count => value.parse::<NonZeroU32>().is_ok(),
            Self::Stage => {
                let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                value.len() <= MAX_STAGE && value.bytes().all(of_name)
            }
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Text => "give a text",
            Self::Url => "give a URL that begins with https:// (or http:// for an emulator)",
            Self::Count => "give a whole number from 1 on",
            Self::Stage => "give at most 16 lower-case letters, digits and hyphens, such as prod",
        }
    }
}

/// An environment while it is read, with what is wrong with it.
struct Environment<L> {
    lookup: L,
    faults: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Environment<L> {
    /// A value that must be there; empty when it is not, which is a fault.
    fn need(&mut self, variable: &str, kind: Kind) -> String {
        let faults = self.faults.len();
        let value = self.may(variable, kind);
        if value.is_none() && self.faults.len() == faults {
            self.faults.push(format!("{variable} is not set"));
        }
        value.unwrap_or_default()
    }

    /// A value that may be there; one of the wrong kind is a fault.
    fn may(&mut self, variable: &str, kind: Kind) -> Option<String> {
        let value = (self.lookup)(variable)?;
        let value = value.trim();
        if !kind.fits(value) && !value.is_empty() {
            self.faults.push(format!("{variable} is {value:?}: {}", kind.remedy()));
            return None;
        }
        (!value.is_empty()).then(|| value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(function: Function) -> BTreeMap<&'static str, String> {
        let value = |setting: Setting| match Kind::of(setting) {
            Kind::Text => "text".to_owned(),
            Kind::Url => "https://sqs.eu-central-1.amazonaws.com/1/q".to_owned(),
            Kind::Count => "2".to_owned(),
            Kind::Stage => "prod".to_owned(),
        };
        let needed = function.needs().into_iter().map(|setting| (setting.variable(), value(setting)));
        needed.chain([("AWS_REGION", "eu-central-1".to_owned())]).collect()
    }

    fn read(function: Function, variables: &BTreeMap<&'static str, String>) -> Result<Config, InvalidConfig> {
        Config::from_lookup(&function.needs(), |name| variables.get(name).cloned())
    }

    #[test]
    fn each_function_starts_with_exactly_what_it_needs() {
        for function in Function::ALL {
            let variables = variables(function);
            let config = read(function, &variables).unwrap();
            for setting in function.needs() {
                assert_eq!(config.get(setting).unwrap(), variables[setting.variable()]);
            }
            for variable in variables.keys() {
                let mut fewer = variables.clone();
                fewer.remove(variable);
                let error = read(function, &fewer).unwrap_err();
                assert_eq!(error, InvalidConfig(vec![format!("{variable} is not set")]), "{function:?}");
            }
        }
    }

    #[test]
    fn no_function_is_told_a_secret_or_table_that_it_does_not_use() {
        let portal = read(Function::RecipientPortal, &variables(Function::RecipientPortal)).unwrap();
        for foreign in [Setting::ContactKey, Setting::WebhookSecrets, Setting::Coupons, Setting::Orders] {
            assert!(!portal.get(foreign).unwrap_err().is_transient(), "{foreign:?}");
        }
        for function in Function::ALL {
            let sends = function.needs().contains(&Setting::ConfigurationSet);
            assert_eq!(sends, function == Function::MailDelivery);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_what_to_do() {
        let mut variables = variables(Function::MailDelivery);
        variables.remove("AWS_REGION");
        variables.insert("NACHKLANG_BUCKET", " \n".to_owned());
        variables.insert("NACHKLANG_QUEUE_DELIVERY", "delivery".to_owned());
        variables.insert("NACHKLANG_SENDING_SHARE", "0".to_owned());
        variables.insert("NACHKLANG_STAGE", "Prod Ä".to_owned());
        variables.insert("AWS_ENDPOINT_URL", "127.0.0.1:4566".to_owned());
        let told = read(Function::MailDelivery, &variables).unwrap_err().to_string();
        for part in [
            "AWS_REGION is not set",
            "AWS_ENDPOINT_URL is \"127.0.0.1:4566\": give a URL",
            "NACHKLANG_BUCKET is not set",
            "NACHKLANG_QUEUE_DELIVERY is \"delivery\": give a URL",
            "NACHKLANG_SENDING_SHARE is \"0\": give a whole number from 1 on",
            "NACHKLANG_STAGE is \"Prod Ä\": give at most 16",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(told.matches("; ").count(), 5, "{told}");
    }

    #[test]
    fn a_value_is_trimmed_and_an_empty_optional_one_is_none() {
        let mut variables = variables(Function::MailDelivery);
        variables.insert("NACHKLANG_SENDING_SHARE", " 8\n".to_owned());
        variables.insert("AWS_ENDPOINT_URL", String::new());
        variables.insert("AWS_ENDPOINT_URL_SESV2", " http://127.0.0.1:8025 ".to_owned());
        let config = read(Function::MailDelivery, &variables).unwrap();
        assert_eq!(config.sending_share().unwrap().get(), 8);
        assert_eq!((config.endpoint, config.ses_endpoint.as_deref()), (None, Some("http://127.0.0.1:8025")));
    }

    #[test]
    fn only_whole_numbers_from_one_on_are_a_share() {
        for (value, fits) in
            [("1", true), ("1000", true), ("0", false), ("-1", false), ("1.5", false), ("two", false)]
        {
            assert_eq!(Kind::Count.fits(value), fits, "{value}");
        }
    }
}
