//! What every mail passes before it is handed to SES: the breakers of the account and of its shop, the account's state,
//! the token bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use nachklang_domain::id::ShopId;
use nachklang_domain::ports::SendError;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::account::Account;
use super::breaker::{Breaker, OPEN_FOR, Passage};
use super::bucket::{Bucket, Pace};

/// How long a mail waits for its token. Who would wait longer comes back later.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How long nothing is sent after SES asked to slow down.
const SLOW_DOWN: Duration = Duration::from_secs(1);
/// After this time the account is looked at again.
const KNOWN_FOR: Duration = OPEN_FOR;
/// After this time it is looked at again when nothing was answered.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// The gate of one process.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<State>);

impl Gate {
    /// Lets one mail of a shop pass, after a wait if need be. `look` asks for the account's state when that is not known; all
    /// others wait for its answer.
    pub(super) async fn pass(
        &self,
        shop: &ShopId,
        look: impl AsyncFnOnce() -> Option<Account>,
    ) -> Result<(), SendError> {
        let mut state = self.0.lock().await;
        let mut next = state.next(shop, Instant::now());
        if next == Next::Look {
            let account = look().await;
            state.learn(account, Instant::now());
            next = state.next(shop, Instant::now());
        }
        drop(state);
        match next {
            Next::Go { wait } => tokio::time::sleep(wait).await,
            Next::Barred(why) => return Err(why),
            Next::Later | Next::Look => return Err(SendError::Throttled),
        }
        Ok(())
    }

    /// Learns from what SES answered to a mail of a shop.
    pub(super) async fn heed(&self, shop: &ShopId, answer: &Result<String, SendError>) {
        if let Err(error) = answer {
            self.0.lock().await.heed(shop, error, Instant::now());
        }
    }
}

/// What a mail does next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// It goes, after this time.
    Go { wait: Duration },
    /// The account's state must be known first.
    Look,
    /// The account, or the shop's sender, cannot send.
    Barred(SendError),
    /// No token will be there in time.
    Later,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    breaker: Breaker,
    /// Of the shops whose sender was refused.
    senders: BTreeMap<ShopId, Breaker>,
    look_again: Option<Instant>,
}

impl Default for State {
    fn default() -> Self {
        let (breaker, senders) = (Breaker::default(), BTreeMap::new());
        Self { bucket: Bucket::new(Pace::SLOWEST), breaker, senders, look_again: None }
    }
}

impl State {
    fn next(&mut self, shop: &ShopId, now: Instant) -> Next {
        for breaker in std::iter::once(&mut self.breaker).chain(self.senders.get_mut(shop)) {
            match breaker.ask(now) {
                Passage::Free => {}
                Passage::FreeAgain { kept_back } => tracing::info!(kept_back, "sending is tried again"),
                Passage::Barred(why) => return Next::Barred(why),
            }
        }
        if self.look_again.is_none_or(|at| at <= now) {
            return Next::Look;
        }
        self.bucket.take(now, PATIENCE).map_or(Next::Later, |wait| Next::Go { wait })
    }

    /// What is not answered leaves the pace as it is, so that no outage of that one call stops the mails.
    fn learn(&mut self, account: Option<Account>, now: Instant) {
        self.look_again = Some(now + if account.is_some() { KNOWN_FOR } else { UNKNOWN_FOR });
        let Some(Account { pace, stopped }) = account else {
            return;
        };
        self.bucket.set_pace(pace);
        if let Some((halt, why)) = stopped {
            self.stop(SendError::Halted(halt, why.to_owned()), now);
        }
    }

    fn heed(&mut self, shop: &ShopId, error: &SendError, now: Instant) {
        match error {
            SendError::AccountStopped(_) | SendError::Halted(..) => self.stop(error.clone(), now),
            SendError::SenderStopped(_) => self.stop_sender(shop, error.clone(), now),
            SendError::Throttled => self.bucket.pause(now, SLOW_DOWN),
            SendError::Rejected(_) | SendError::Ambiguous => {}
        }
    }

    /// The other shops have senders of their own.
    fn stop_sender(&mut self, shop: &ShopId, why: SendError, now: Instant) {
        tracing::error!(shop = shop.as_str(), reason = %why, "the shop cannot send");
        self.senders.entry(shop.clone()).or_default().trip(now, why);
    }

    fn stop(&mut self, why: SendError, now: Instant) {
        tracing::error!(reason = %why, "the account cannot send");
        // Whether sending works again is asked before a mail tries.
        self.look_again = None;
        self.breaker.trip(now, why);
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::ports::Halt;

    use super::*;

    const FAST: Account =
        Account { pace: Pace { interval: Duration::from_millis(100), capacity: 1 }, stopped: None };
    const HALTED: Account = Account { stopped: Some((Halt::Account, "paused")), ..FAST };

    /// A gate that has learnt this of the account at this moment.
    fn knowing(account: Option<Account>, now: Instant) -> State {
        let mut state = State::default();
        assert_eq!(state.next(&de(), now), Next::Look, "nothing is known at first");
        state.learn(account, now);
        state
    }

    fn de() -> ShopId {
        ShopId::parse("de").unwrap()
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn go(milliseconds: u64) -> Next {
        Next::Go { wait: Duration::from_millis(milliseconds) }
    }

    fn barred() -> Next {
        Next::Barred(halted())
    }

    fn halted() -> SendError {
        SendError::Halted(Halt::Account, "paused".to_owned())
    }

    #[test]
    fn the_account_is_looked_at_once_in_five_minutes() {
        let now = Instant::now();
        let mut state = knowing(Some(FAST), now);
        assert_eq!((state.next(&de(), now), state.next(&de(), now)), (go(0), go(100)));
        assert_eq!(state.next(&de(), now + seconds(299)), go(0));
        assert_eq!(state.next(&de(), now + seconds(300)), Next::Look);
    }

    #[test]
    fn an_unknown_account_sends_slowly_and_is_looked_at_again_soon() {
        let now = Instant::now();
        let mut state = knowing(None, now);
        assert_eq!(
            [state.next(&de(), now), state.next(&de(), now), state.next(&de(), now)],
            [go(0), go(1_000), go(2_000)]
        );
        assert_eq!(state.next(&de(), now), Next::Later, "who would wait longer comes back");
        assert_eq!(state.next(&de(), now + seconds(30)), Next::Look);
    }

    #[test]
    fn what_is_known_stays_when_the_next_look_fails() {
        let now = Instant::now();
        let mut state = knowing(Some(FAST), now);
        let later = now + seconds(300);
        state.learn(None, later);
        assert_eq!((state.next(&de(), later), state.next(&de(), later)), (go(0), go(100)));
    }

    #[test]
    fn a_stopped_account_is_found_before_any_mail_and_asked_again_before_the_next() {
        let now = Instant::now();
        let mut state = knowing(Some(HALTED), now);
        assert_eq!((state.next(&de(), now), state.next(&de(), now + seconds(9))), (barred(), barred()));
        let later = now + seconds(10);
        assert_eq!(state.next(&de(), later), Next::Look, "before a mail tries");
        state.learn(Some(HALTED), later);
        assert_eq!(state.next(&de(), later), barred());
        let last = later + seconds(10);
        assert_eq!(state.next(&de(), last), Next::Look);
        state.learn(Some(FAST), last);
        assert_eq!(state.next(&de(), last), go(0));
    }

    #[test]
    fn the_answer_that_the_account_is_stopped_bars_the_way() {
        let now = Instant::now();
        for (stopped, last) in [(SendError::AccountStopped("credentials".to_owned()), 300), (halted(), 10)] {
            let mut state = knowing(Some(FAST), now);
            state.heed(&de(), &stopped, now + seconds(1));
            assert_eq!(state.next(&de(), now + seconds(last)), Next::Barred(stopped));
            assert_eq!(state.next(&de(), now + seconds(last + 1)), Next::Look);
        }
    }

    #[test]
    fn a_refused_sender_bars_the_way_for_its_own_shop_alone() {
        let (now, fr) = (Instant::now(), ShopId::parse("fr").unwrap());
        let mut state = knowing(Some(FAST), now);
        let refused = SendError::SenderStopped("not verified".to_owned());
        state.heed(&fr, &refused, now);
        assert_eq!(state.next(&fr, now + seconds(299)), Next::Barred(refused));
        assert_eq!(state.next(&de(), now + seconds(299)), go(0));
        assert_eq!(state.next(&fr, now + seconds(300)), Next::Look, "it is tried again");
    }

    #[test]
    fn after_a_throttle_nothing_is_sent_for_a_second() {
        let now = Instant::now();
        let mut state = knowing(Some(FAST), now);
        state.heed(&de(), &SendError::Throttled, now);
        assert_eq!(state.next(&de(), now), go(1_000));
    }

    #[test]
    fn a_refused_mail_or_a_lost_answer_holds_up_nobody() {
        let now = Instant::now();
        let mut state = knowing(Some(FAST), now);
        state.heed(&de(), &SendError::Ambiguous, now);
        state.heed(&de(), &SendError::Rejected("virus".to_owned()), now);
        assert_eq!(state.next(&de(), now), go(0));
    }
}
