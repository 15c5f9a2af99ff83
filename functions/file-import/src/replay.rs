//! Parked webhooks that were copied to `replay/` to be read again, once the cause is mended.

use nachklang_domain::id::ShopId;
use nachklang_domain::report::FileReport;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::publish::active_catalog;
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_domain::webhook::{Doors, ParkedWebhook, Received, read_verified};

use crate::bucket::Bucket;
use crate::importer::{Importer, World};
use crate::outcome::{Again, Took};
use crate::report::{State, UploadReport};

/// Largest parked file, in bytes: a body of the size that webhooks may have, escaped, with its headers.
const MAX_PARKED: u64 = 16 << 20;
/// What is done about a parked webhook that is still not read.
const REMEDY: &str = "mend the cause, then copy the parked file to replay/ again";

impl<W: World, B: Bucket> Importer<W, B> {
    /// Reads a parked webhook again. Its signature was verified when it came, so only its content is looked at; `secret`
    /// finds the secrets that a door needs to exist.
    ///
    /// # Errors
    /// [`Again`] when the message must come again. What still cannot be read is no error but a report.
    pub async fn replay(
        &self,
        key: &str,
        shop: &ShopId,
        contact_key: &SecretBytes,
        secret: impl Fn(&str) -> Option<SecretBytes>,
    ) -> Result<Took, Again> {
        let Some(bytes) = self.bucket.get(key, MAX_PARKED).await? else {
            return Ok(Took::Nothing);
        };
        let Some(catalog) = active_catalog(&self.world).await? else {
            return self.unread(key, "no shops are published").await;
        };
        let doors = Doors::make(&catalog, secret);
        let received = match read(&bytes, shop, &doors) {
            Ok(received) => received,
            Err(problem) => return self.unread(key, problem).await,
        };
        let desk = Desk { world: &self.world, catalog: &catalog, contact_key };
        let taken = receive_orders(desk, &received.events, (self.clock)()).await?;
        let outcome = format!("{} events stored, {} known before", taken.stored, taken.known);
        let file = FileReport {
            rows: taken.all(),
            accepted: taken.stored,
            unchanged: taken.known,
            ..FileReport::new(key)
        };
        let at = (self.clock)();
        self.write(&UploadReport { state: State::Taken, outcome, version: None, at: Some(at), file }).await?;
        Ok(Took::Looked { rejected: false })
    }

    async fn unread(&self, key: &str, problem: impl Into<String>) -> Result<Took, Again> {
        self.write(&UploadReport::of_problem(key, problem, REMEDY, (self.clock)())).await?;
        Ok(Took::Looked { rejected: true })
    }
}

/// What a parked file says, or why it cannot be read.
fn read(bytes: &[u8], shop: &ShopId, doors: &Doors) -> Result<Received, String> {
    let parked: ParkedWebhook =
        serde_json::from_slice(bytes).map_err(|_| "the file is no parked webhook".to_owned())?;
    if parked.shop != *shop {
        return Err(format!("the webhook was sent to the shop {}, not to {shop}", parked.shop));
    }
    let endpoint = doors.endpoint(shop.as_str(), &parked.wire);
    let endpoint =
        endpoint.ok_or_else(|| format!("the shop {shop} has no endpoint of this kind any more"))?;
    read_verified(&parked.topic, parked.body.as_bytes(), endpoint).map_err(|error| error.to_string())
}
