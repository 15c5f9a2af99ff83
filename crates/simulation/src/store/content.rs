//! Published content: every version is kept, one of a name is active.

use std::collections::BTreeMap;

use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{Content, NewContent, PortResult};

use super::past::Past;
use super::{State, Store};

#[derive(Debug, Default)]
pub(super) struct Tables {
    versions: BTreeMap<String, Vec<u8>>,
    active: BTreeMap<(String, String), Past<String>>,
}

impl Content for Store {
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        Ok(publish(&mut self.write(), kind, name, content))
    }

    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        let mut state = self.write();
        Ok(contents.iter().map(|new| publish(&mut state, new.kind, &new.name, &new.bytes)).collect())
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let (state, key) = (self.lock(), (kind.to_owned(), name.to_owned()));
        Ok(state.content.active.get(&key).and_then(Past::now).cloned())
    }

    async fn glance_active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let (state, key) = (self.lock(), (kind.to_owned(), name.to_owned()));
        Ok(state.content.active.get(&key).and_then(|past| past.seen(self.seen)).cloned())
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        let state = self.lock();
        let of_kind = state.content.active.iter().filter(|((of, _), _)| of == kind);
        Ok(of_kind.filter_map(|((_, name), past)| Some((name.clone(), past.now()?.clone()))).collect())
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        Ok(self.lock().content.versions.get(version).cloned())
    }
}

fn publish(state: &mut State, kind: &str, name: &str, content: &[u8]) -> String {
    let (version, write) = (content_hash(content), state.writes);
    state.content.versions.entry(version.clone()).or_insert_with(|| content.to_owned());
    let key = (kind.to_owned(), name.to_owned());
    state.content.active.entry(key).or_default().set(write, version.clone());
    version
}
