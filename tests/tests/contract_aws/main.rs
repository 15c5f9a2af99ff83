//! The store over AWS: the contract of the ports, and what only a wire can do to it.
//!
//! All of it speaks through the real SDK to the emulator; `NACHKLANG_SKIP_AWS=1` skips it.

mod bucket;
mod feeds;
mod queue;
mod units;
mod wire;

use nachklang_aws::store::AwsStore;
use nachklang_tests::aws_world::AwsWorld;

mod aws {
    use super::empty;

    nachklang_tests::contract_suite!(empty());
}

async fn empty() -> anyhow::Result<Option<AwsStore>> {
    Ok(AwsWorld::new().await?.map(|world| world.store()))
}
