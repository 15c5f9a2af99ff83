//! Reads a data file on a thread that may wait for its bytes.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use nachklang_domain::upload::Upload;
use nachklang_domain::use_case::import_upload::{DataFile, Imported, import_upload};
use nachklang_domain::use_case::{Desk, Taken, UseCaseError};

use crate::importer::World;
use crate::intake::CloudIntake;
use crate::outcome::Again;

/// A file that is being read, on a thread that may wait for its bytes.
pub(crate) struct Reading<R> {
    pub(crate) upload: Upload,
    /// Its name without folders.
    pub(crate) name: String,
    pub(crate) read: R,
    /// What was taken of it before.
    pub(crate) resume: Taken,
}

impl<R: Read + Send + 'static> Reading<R> {
    /// The outer error is that of the thread.
    pub(crate) async fn run<W: World, L: Fn() -> Duration + Send + Sync + 'static>(
        self,
        mut intake: CloudIntake<W, L>,
    ) -> Result<Result<Imported, UseCaseError>, Again> {
        let runtime = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            let (world, catalog, key) =
                (intake.world.clone(), Arc::clone(&intake.catalog), intake.contact_key.clone());
            let desk = Desk { world: &world, catalog: &catalog, contact_key: &key };
            let file = DataFile {
                upload: &self.upload,
                name: &self.name,
                read: self.read,
                resume: self.resume,
                allow_shrink: false,
            };
            runtime.block_on(import_upload(desk, file, &mut intake))
        });
        work.await.map_err(|_| Again::Panicked)
    }
}
