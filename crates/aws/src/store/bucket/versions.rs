//! Every version of the objects below a folder: what an erasure looks through.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use nachklang_domain::ports::{PortError, PortResult};

use super::broken_off;
use crate::config::Setting;
use crate::store::AwsStore;
use crate::store::fault::fault;
use crate::store::retry::Backoff;

/// Most versions that one call deletes.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const DELETED_AT_ONCE: usize = 1_000;

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// Its key.
    pub key: String,
    /// Which version.
    pub version: String,
    /// Its size in bytes.
    pub size: u64,
    /// Changes with the content.
    pub etag: String,
    /// Whether it is the one that counts.
    pub is_latest: bool,
}

impl AwsStore {
    /// Every version of every object whose key begins with a prefix, by key and the newest first; deleted objects too,
    /// without the marks of their deletion.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn list_versions(&self, prefix: &str) -> PortResult<Vec<ObjectVersion>> {
        let bucket = self.config.get(Setting::Bucket)?;
        let mut versions = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let list = self.clients.s3.list_object_versions().bucket(bucket).prefix(prefix);
            let list = list.set_key_marker(key).set_version_id_marker(version);
            let page =
                list.send().await.map_err(|error| fault("list the versions of a folder", bucket, &error))?;
            versions.extend(page.versions().iter().filter_map(listed));
            (key, version) = (page.next_key_marker.clone(), page.next_version_id_marker.clone());
            if !page.is_truncated().unwrap_or(false) || key.is_none() {
                return Ok(versions);
            }
        }
    }

    /// The bytes of a version; `None` when it is gone.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn get_version(&self, of: &ObjectVersion) -> PortResult<Option<Vec<u8>>> {
        let bucket = self.config.get(Setting::Bucket)?;
        let mut backoff = Backoff::default();
        loop {
            let get = self.clients.s3.get_object().bucket(bucket).key(&of.key).version_id(&of.version);
            let answer = match get.send().await {
                Ok(answer) => answer,
                Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404) => {
                    return Ok(None);
                }
                Err(error) => return Err(fault("read a version of an object", bucket, &error)),
            };
            match answer.body.collect().await {
                Ok(bytes) => return Ok(Some(bytes.to_vec())),
                Err(_) if backoff.pause().await => {}
                Err(error) => return Err(broken_off(bucket, &of.key).because(error)),
            }
        }
    }

    /// Writes an object anew unless somebody has replaced this version of it; answers whether it was written.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn replace_version(&self, of: &ObjectVersion, bytes: Vec<u8>) -> PortResult<bool> {
        let bucket = self.config.get(Setting::Bucket)?;
        let put = self.clients.s3.put_object().bucket(bucket).key(&of.key).if_match(&of.etag);
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .raw_response()
                    .is_some_and(|raw| matches!(raw.status().as_u16(), 404 | 409 | 412)) =>
            {
                Ok(false)
            }
            Err(error) => Err(fault("replace an object", bucket, &error)),
        }
    }

    /// Deletes versions for good.
    ///
    /// # Errors
    /// When the bucket does not answer or keeps one.
    pub async fn delete_versions(&self, versions: &[ObjectVersion]) -> PortResult<()> {
        let bucket = self.config.get(Setting::Bucket)?;
        for versions in versions.chunks(DELETED_AT_ONCE) {
            let delete = self.clients.s3.delete_objects().bucket(bucket).delete(deletion(versions)?);
            let answer =
                delete.send().await.map_err(|error| fault("delete versions of objects", bucket, &error))?;
            if let Some(error) = answer.errors().first() {
                let code = error.code().unwrap_or("no code");
                let problem =
                    format!("cannot delete versions ({bucket}): check the function's role [{code}]");
                return Err(PortError::transient(problem));
            }
        }
        Ok(())
    }
}

fn listed(version: &aws_sdk_s3::types::ObjectVersion) -> Option<ObjectVersion> {
    Some(ObjectVersion {
        key: version.key()?.to_owned(),
        version: version.version_id()?.to_owned(),
        size: version.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        etag: version.e_tag().unwrap_or_default().to_owned(),
        is_latest: version.is_latest().unwrap_or(false),
    })
}

fn deletion(versions: &[ObjectVersion]) -> PortResult<Delete> {
    let unmade =
        |error| PortError::permanent("a request to S3 could not be made; this is a defect").because(error);
    let ids =
        versions.iter().map(|of| ObjectIdentifier::builder().key(&of.key).version_id(&of.version).build());
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(unmade)?;
    Delete::builder().set_objects(Some(ids)).quiet(true).build().map_err(unmade)
}
