//! Waiting for what the functions do, without sleeping longer than it takes.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::Stack;

/// Long enough for a busy machine; what works takes a second or two.
const WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

impl Stack {
    /// Asks until there is an answer.
    ///
    /// # Errors
    /// The asker's; or after a minute, with what the functions said last.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + WITHIN;
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                bail!("not within {} s: {what}. The functions said last:\n{}", WITHIN.as_secs(), self.last_words().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
