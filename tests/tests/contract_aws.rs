//! The contract of the ports, kept by the store over AWS.

use nachklang_aws::store::AwsStore;
use nachklang_domain::ports::MailTask;
use nachklang_tests::aws_world::AwsWorld;
use nachklang_tests::contract::{Kept, queues};

mod aws {
    use super::empty;

    nachklang_tests::contract_suite!(empty());
}

async fn empty() -> anyhow::Result<Option<AwsStore>> {
    Ok(AwsWorld::new().await?.map(|world| world.store()))
}
