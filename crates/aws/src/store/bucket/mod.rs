//! The bucket: uploads, reports, published bytes.

mod reader;
mod versions;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, Object, ObjectIdentifier};
use nachklang_domain::ports::{PortError, PortResult};

use super::AwsStore;
use super::fault::fault;
use super::retry::Backoff;
use crate::config::Setting;

pub use reader::ObjectReader;
pub use versions::ObjectVersion;

/// An object that was found, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundObject {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Changes with the content.
    pub etag: String,
}

impl AwsStore {
    /// The object under a key, without its bytes.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn find_object(&self, key: &str) -> PortResult<Option<FoundObject>> {
        let bucket = self.config.get(Setting::Bucket)?;
        let answer = match self.clients.s3.head_object().bucket(bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if matches!(error.err(), HeadObjectError::NotFound(_)) => {
                return Ok(None);
            }
            Err(error) => return Err(fault("look for an object", bucket, &error)),
        };
        let size = answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
        Ok(Some(FoundObject { key: key.to_owned(), size, etag: answer.e_tag.unwrap_or_default() }))
    }

    /// Reads an object that was found, however large: it comes piece by piece, and no more than a few of them are in
    /// memory. If the object is replaced meanwhile, reading fails.
    ///
    /// The reader blocks; so read it on a thread that may, such as one of `tokio::task::spawn_blocking`.
    pub async fn open_object(&self, found: &FoundObject) -> ObjectReader {
        reader::open(self.clone(), found.clone())
    }

    /// The bytes under a key.
    ///
    /// # Errors
    /// A permanent one when there are more than `cap` of them, without reading them.
    pub async fn get_object(&self, key: &str, cap: u64) -> PortResult<Option<Vec<u8>>> {
        let bucket = self.config.get(Setting::Bucket)?;
        let mut backoff = Backoff::default();
        loop {
            let answer = match self.clients.s3.get_object().bucket(bucket).key(key).send().await {
                Ok(answer) => answer,
                Err(SdkError::ServiceError(error)) if matches!(error.err(), GetObjectError::NoSuchKey(_)) => {
                    return Ok(None);
                }
                Err(error) => return Err(fault("read an object", bucket, &error)),
            };
            if answer
                .content_length()
                .and_then(|length| u64::try_from(length).ok())
                .is_none_or(|size| size > cap)
            {
                return Err(too_large(bucket, key, cap));
            }
            match answer.body.collect().await {
                Ok(bytes) => return Ok(Some(bytes.to_vec())),
                Err(_) if backoff.pause().await => {}
                Err(error) => return Err(broken_off(bucket, key).because(error)),
            }
        }
    }

    /// Writes an object, whatever stood there.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn put_object(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<()> {
        let bucket = self.config.get(Setting::Bucket)?;
        let put = self.clients.s3.put_object().bucket(bucket).key(key).content_type(content_type);
        let call = put.body(ByteStream::from(bytes)).send().await;
        call.map_err(|error| fault("write an object", bucket, &error)).map(drop)
    }

    /// The objects whose keys begin with a prefix, sorted by key, up to a limit.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn list_objects(&self, prefix: &str, limit: usize) -> PortResult<Vec<FoundObject>> {
        let bucket = self.config.get(Setting::Bucket)?;
        let list = self.clients.s3.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut found = Vec::new();
        while found.len() < limit {
            let Some(page) = pages.next().await else { break };
            let page = page.map_err(|error| fault("list a folder", bucket, &error))?;
            found.extend(page.contents().iter().filter_map(listed));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Deletes all objects below a prefix.
    pub(super) async fn delete_folder(&self, prefix: &str) -> PortResult<()> {
        /// As many as one call lists and one call deletes.
        const OBJECTS: usize = 1_000;
        let bucket = self.config.get(Setting::Bucket)?;
        loop {
            let objects = self.list_objects(prefix, OBJECTS).await?;
            if objects.is_empty() {
                return Ok(());
            }
            let delete = self.clients.s3.delete_objects().bucket(bucket).delete(deletion(&objects)?);
            let answer = delete.send().await.map_err(|error| fault("delete objects", bucket, &error))?;
            if let Some(error) = answer.errors().first() {
                let code = error.code().unwrap_or("no code");
                let problem = format!("cannot delete objects ({bucket}): check the function's role [{code}]");
                return Err(PortError::transient(problem));
            }
        }
    }
}

fn listed(object: &Object) -> Option<FoundObject> {
    let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let etag = object.e_tag().unwrap_or_default().to_owned();
    Some(FoundObject { key: object.key()?.to_owned(), size, etag })
}

fn deletion(objects: &[FoundObject]) -> PortResult<Delete> {
    let unmade =
        |error| PortError::permanent("a request to S3 could not be made; this is a defect").because(error);
    let ids = objects.iter().map(|object| ObjectIdentifier::builder().key(&object.key).build());
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(unmade)?;
    Delete::builder().set_objects(Some(ids)).quiet(true).build().map_err(unmade)
}

fn too_large(bucket: &str, key: &str, cap: u64) -> PortError {
    let folder = folder(key);
    PortError::permanent(format!("cannot read a file in {folder} ({bucket}): it has more than {cap} bytes"))
}

fn broken_off(bucket: &str, key: &str) -> PortError {
    let folder = folder(key);
    PortError::transient(format!(
        "cannot read a file in {folder} ({bucket}): the answer broke off; try again in a moment"
    ))
}

/// Where a file lies. Its name is somebody's own words, and may be anybody's address: an error does not repeat it.
fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or("no folder", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_repeats_the_name_of_a_file() {
        for key in ["contacts/de/anna@example.com.csv", "anna@example.com"] {
            for error in [too_large("the-bucket", key, 9), broken_off("the-bucket", key)] {
                assert!(!error.to_string().contains("anna"), "{error}");
            }
        }
        assert_eq!((folder("contacts/de/codes.csv"), folder("codes.csv")), ("contacts/de", "no folder"));
    }
}
