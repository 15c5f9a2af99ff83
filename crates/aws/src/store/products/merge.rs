//! Several sorted sheets, walked side by side.

use std::slice;

use nachklang_domain::ports::PortResult;

use super::snapshot::{Line, SnapshotReader};

/// Where sorted rows come from. No name occurs twice.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// Nowhere.
    Empty,
    /// Memory.
    Lines(slice::Iter<'a, Line>),
    /// The bucket.
    Stored(Box<SnapshotReader<'a>>),
}

impl Source<'_> {
    async fn next(&mut self) -> PortResult<Option<Line>> {
        match self {
            Self::Empty => Ok(None),
            Self::Lines(lines) => Ok(lines.next().cloned()),
            Self::Stored(reader) => reader.next().await,
        }
    }
}

/// A row in all sources.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Versions {
    pub(super) name: String,
    /// Its JSON in each source, in their order.
    pub(super) json: Vec<Option<String>>,
}

/// The rows of several sources by name. Holds one row of each source.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    heads: Vec<(Source<'a>, Option<Line>)>,
}

impl<'a> Merge<'a> {
    /// Begins at the first row of each source.
    pub(super) async fn new(sources: Vec<Source<'a>>) -> PortResult<Self> {
        let mut heads = Vec::with_capacity(sources.len());
        for mut source in sources {
            let first = source.next().await?;
            heads.push((source, first));
        }
        Ok(Self { heads })
    }

    /// The next name.
    pub(super) async fn next(&mut self) -> PortResult<Option<Versions>> {
        let names = self.heads.iter().filter_map(|(_, line)| line.as_ref()).map(|line| line.name.as_str());
        let Some(name) = names.min().map(str::to_owned) else {
            return Ok(None);
        };
        let mut json = Vec::with_capacity(self.heads.len());
        for (source, head) in &mut self.heads {
            match head.take_if(|line| line.name == name) {
                Some(line) => {
                    json.push(Some(line.json));
                    *head = source.next().await?;
                }
                None => json.push(None),
            }
        }
        Ok(Some(Versions { name, json }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &[(&str, &str)]) -> Vec<Line> {
        let line = |(name, json): &(&str, &str)| Line { name: (*name).to_owned(), json: (*json).to_owned() };
        rows.iter().map(line).collect()
    }

    #[tokio::test]
    async fn every_name_comes_once_in_order_with_all_its_versions() {
        let (old, new) = (lines(&[("a", "1"), ("c", "1")]), lines(&[("a", "2"), ("b", "2")]));
        let sources = vec![Source::Lines(old.iter()), Source::Empty, Source::Lines(new.iter())];
        let mut merge = Merge::new(sources).await.unwrap();
        let mut seen = Vec::new();
        while let Some(Versions { name, json }) = merge.next().await.unwrap() {
            seen.push((name, json.into_iter().map(Option::unwrap_or_default).collect::<String>()));
        }
        assert_eq!(seen, [("a", "12"), ("b", "2"), ("c", "1")].map(|(n, j)| (n.to_owned(), j.to_owned())));
    }
}
