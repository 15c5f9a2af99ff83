//! What the account may send, as SES itself says it.

use std::num::NonZeroU32;
use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Config as SesConfig;
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use aws_sdk_sesv2::types::SendQuota;
use nachklang_domain::ports::Halt;

use super::bucket::Pace;
use super::{ACCOUNT_TIMEOUT, within};

/// How many processes share the account's rate.
pub(super) type Share = NonZeroU32;

/// What the account may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    /// How fast this process may send.
    pub(super) pace: Pace,
    /// Why nothing may be sent, if so.
    pub(super) stopped: Option<(Halt, &'static str)>,
}

/// Asks SES, once. All operations but the sending ones share one call a second, so it may be refused; then nothing is
/// known.
///
/// Source: <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>
pub(super) async fn look(client: &Client, share: Share) -> Option<Account> {
    let limits = SesConfig::builder().timeout_config(within(ACCOUNT_TIMEOUT));
    match client.get_account().customize().config_override(limits).send().await {
        Ok(output) => Some(account(&output, share)),
        Err(error) => {
            let code = error.code().unwrap_or_default();
            tracing::warn!(code, error = %DisplayErrorContext(&error), "the account's limits are not known");
            None
        }
    }
}

fn account(output: &GetAccountOutput, share: Share) -> Account {
    let quota = output.send_quota();
    let pace = quota.and_then(|quota| pace(quota.max_send_rate(), share)).unwrap_or(Pace::SLOWEST);
    Account { pace, stopped: stopped(output) }
}

/// Source: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html>
fn stopped(output: &GetAccountOutput) -> Option<(Halt, &'static str)> {
    if output.enforcement_status() == Some("SHUTDOWN") {
        return Some((Halt::Account, "AWS has shut the account's sending down: look at the SES console"));
    }
    if !output.sending_enabled() {
        return Some((Halt::Account, "sending is switched off or paused in the account"));
    }
    if !output.production_access_enabled() {
        return Some((Halt::Account, "the account is in the SES sandbox: ask AWS for production access"));
    }
    let used_up = output.send_quota().is_some_and(is_used_up);
    used_up.then_some((Halt::Quota, "the account's quota of 24 hours is used up"))
}

/// A quota of -1 is none.
fn is_used_up(quota: &SendQuota) -> bool {
    quota.max24_hour_send() >= 0.0 && quota.sent_last24_hours() >= quota.max24_hour_send()
}

/// This process's share of a rate in mails a second. It may gather what flows in within a second, for SES bears short
/// bursts.
fn pace(rate: f64, share: Share) -> Option<Pace> {
    let interval = Duration::try_from_secs_f64(f64::from(share.get()) / rate).ok()?;
    if interval.is_zero() {
        return None;
    }
    let a_second = Duration::from_secs(1).as_nanos() / interval.as_nanos();
    Some(Pace { interval, capacity: u32::try_from(a_second).unwrap_or(u32::MAX).max(1) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn output(
        change: impl FnOnce(
            aws_sdk_sesv2::operation::get_account::builders::GetAccountOutputBuilder,
        ) -> aws_sdk_sesv2::operation::get_account::builders::GetAccountOutputBuilder,
    ) -> GetAccountOutput {
        let healthy = GetAccountOutput::builder()
            .enforcement_status("HEALTHY")
            .production_access_enabled(true)
            .sending_enabled(true)
            .send_quota(quota(50_000.0, 14.0, 100.0));
        change(healthy).build()
    }

    fn quota(day: f64, second: f64, sent: f64) -> SendQuota {
        SendQuota::builder().max24_hour_send(day).max_send_rate(second).sent_last24_hours(sent).build()
    }

    fn share(share: u32) -> Share {
        Share::new(share).unwrap()
    }

    #[test]
    fn an_account_in_order_sends_at_this_processs_share_of_its_rate() {
        let account = account(&output(|healthy| healthy), share(7));
        assert_eq!(account.stopped, None);
        assert_eq!(account.pace, Pace { interval: Duration::from_millis(500), capacity: 2 });
    }

    #[test]
    fn an_account_that_cannot_send_says_why() {
        for (output, halt, word) in [
            (output(|a| a.enforcement_status("SHUTDOWN")), Halt::Account, "shut"),
            (output(|a| a.sending_enabled(false)), Halt::Account, "switched off"),
            (output(|a| a.production_access_enabled(false)), Halt::Account, "sandbox"),
            (output(|a| a.send_quota(quota(200.0, 1.0, 200.0))), Halt::Quota, "quota"),
        ] {
            let (stopped, why) = account(&output, share(1)).stopped.unwrap();
            assert!(stopped == halt && why.contains(word), "{stopped:?}, {why}");
        }
    }

    #[test]
    fn probation_and_an_unlimited_quota_stop_nothing() {
        for output in [
            output(|a| a.enforcement_status("PROBATION")),
            output(|a| a.send_quota(quota(-1.0, 14.0, 1_000_000.0))),
            output(|a| a.send_quota(quota(200.0, 1.0, 199.0))),
            output(|a| a.set_send_quota(None)),
        ] {
            assert_eq!(account(&output, share(1)).stopped, None);
        }
    }

    #[test]
    fn without_a_rate_the_slowest_pace_is_kept() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(pace(rate, share(3)), None, "{rate}");
            let account = account(&output(|a| a.send_quota(quota(200.0, rate, 0.0))), share(3));
            assert_eq!(account.pace, Pace::SLOWEST);
        }
    }

    proptest! {
        #[test]
        fn all_shares_together_never_pass_the_rate(rate in 1_u32..2_000, processes in 1_u32..100) {
            let pace = pace(f64::from(rate), share(processes)).unwrap();
            let in_a_minute = 60_000_000_000 / pace.interval.as_nanos();
            let together = in_a_minute * u128::from(processes);
            // The interval is rounded to a nanosecond.
            prop_assert!(together <= u128::from(rate) * 60 + u128::from(processes));
            prop_assert!(pace.capacity <= rate.div_ceil(processes));
        }
    }
}
