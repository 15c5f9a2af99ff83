//! `/`: the mails in the outbox, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::response::Html;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::story::MailStory;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;

use super::letter::Letter;
use super::page::{self, Moment, Reference};
use super::staff::Notice;
use super::{App, Fault};

/// Mails on one page.
const PAGE: usize = 100;

/// Which mails are shown: those that fit every value that is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    shop: Option<String>,
    segment: Option<String>,
    language: Option<String>,
    variant: Option<String>,
    page: Option<String>,
}

/// What mails are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Facet {
    Shop,
    Segment,
    Language,
    Variant,
}

impl Facet {
    const ALL: [Self; 4] = [Self::Shop, Self::Segment, Self::Language, Self::Variant];

    const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Segment => "segment",
            Self::Language => "language",
            Self::Variant => "variant",
        }
    }

    fn of(self, story: &MailStory) -> Option<&str> {
        match self {
            Self::Shop => Some(story.shop.as_str()),
            Self::Segment => Some(story.segment.as_str()),
            Self::Language => Some(story.language.as_str()),
            Self::Variant => story.variant.as_ref().map(|variant| variant.as_str()),
        }
    }
}

impl Filter {
    fn value(&self, facet: Facet) -> Option<&str> {
        let value = match facet {
            Facet::Shop => &self.shop,
            Facet::Segment => &self.segment,
            Facet::Language => &self.language,
            Facet::Variant => &self.variant,
        };
        value.as_deref().filter(|value| !value.is_empty())
    }

    fn fits(&self, story: &MailStory, facets: impl IntoIterator<Item = Facet>) -> bool {
        facets.into_iter().all(|facet| self.value(facet).is_none_or(|wanted| facet.of(story) == Some(wanted)))
    }

    /// Pages count from 1; what is no number is the first.
    fn page(&self) -> usize {
        let asked = self.page.as_ref().and_then(|page| page.parse().ok());
        asked.unwrap_or(1).max(1)
    }

    /// The address of this list with one value changed; the page begins anew.
    fn href(&self, changed: Facet, value: Option<&str>) -> String {
        address(Facet::ALL.map(|facet| {
            let value = if facet == changed { value } else { self.value(facet) };
            (facet.name(), value)
        }))
    }

    fn page_href(&self, page: usize) -> String {
        let facets = Facet::ALL.map(|facet| (facet.name(), self.value(facet)));
        let page = page.to_string();
        address(facets.into_iter().chain([("page", Some(page.as_str()))]))
    }
}

fn address<'a>(values: impl IntoIterator<Item = (&'static str, Option<&'a str>)>) -> String {
    let given = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let start = String::from("/?");
    let after = start.len();
    Serializer::for_suffix(start, after).extend_pairs(given).finish()
}

/// One facet with the number of mails for each of its values, under the values of the others.
#[derive(Debug, Serialize)]
struct Counted {
    name: &'static str,
    all: Choice,
    choices: Vec<Choice>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    count: usize,
    href: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    href: String,
    subject: String,
    to: String,
    at: Moment,
    shop: String,
    segment: String,
    language: String,
    variant: Option<String>,
    coupon: bool,
}

#[derive(Debug, Serialize)]
struct List {
    total: usize,
    shown: usize,
    from: usize,
    rows: Vec<Row>,
    facets: Vec<Counted>,
    newer: Option<String>,
    older: Option<String>,
    untold: Vec<Reference>,
    notices: Vec<Notice>,
    parked: usize,
}

/// The list.
pub async fn show(State(app): State<App>, Query(filter): Query<Filter>) -> Result<Html<String>, Fault> {
    let parked = app.site.store.parked().await?.len();
    let made = tokio::task::spawn_blocking(move || list(&app, &filter, parked));
    let list = made.await.context("the list was given up")??;
    Ok(page::render("Outbox", page::LIST, &list)?)
}

fn list(app: &App, filter: &Filter, parked: usize) -> anyhow::Result<List> {
    let catalog = app.site.catalog().ok();
    let stories = app.library.stories(&app.site.outbox)?;
    let fitting: Vec<&Arc<MailStory>> =
        stories.told.iter().filter(|story| filter.fits(story, Facet::ALL)).collect();
    let start = (filter.page() - 1).saturating_mul(PAGE);
    let rows = fitting.iter().skip(start).take(PAGE);
    let more = fitting.len() > start.saturating_add(PAGE);
    Ok(List {
        total: stories.told.len() + stories.untold.len(),
        shown: fitting.len(),
        from: start,
        rows: rows.map(|story| row(app, story, catalog.as_deref())).collect(),
        facets: Facet::ALL.map(|facet| counted(facet, filter, &stories.told)).into(),
        newer: (start > 0).then(|| filter.page_href(filter.page() - 1)),
        older: more.then(|| filter.page_href(filter.page() + 1)),
        untold: stories.untold.into_iter().map(page::mail_reference).collect(),
        notices: super::staff::notices(&app.site.outbox)?,
        parked,
    })
}

fn counted(facet: Facet, filter: &Filter, stories: &[Arc<MailStory>]) -> Counted {
    let others = || Facet::ALL.into_iter().filter(move |other| *other != facet);
    let under_others = stories.iter().filter(|story| filter.fits(story, others()));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for story in under_others {
        all += 1;
        if let Some(value) = facet.of(story) {
            *counts.entry(value).or_default() += 1;
        }
    }
    let choice = |value: Option<&str>, count| Choice {
        value: value.unwrap_or("all").to_owned(),
        count,
        href: filter.href(facet, value),
        chosen: filter.value(facet) == value,
    };
    Counted {
        name: facet.name(),
        all: choice(None, all),
        choices: counts.into_iter().map(|(value, count)| choice(Some(value), count)).collect(),
    }
}

fn row(app: &App, story: &MailStory, catalog: Option<&Catalog>) -> Row {
    let eml = std::fs::read(app.site.outbox.eml(story.mail)).unwrap_or_default();
    let letter = Letter::read(&eml);
    let (subject, to) = letter.map_or_else(Default::default, |letter| (letter.subject, letter.to));
    Row {
        href: format!("/mails/{}", story.mail),
        subject,
        to,
        at: page::moment(story.made_at, &story.shop, catalog),
        shop: story.shop.to_string(),
        segment: story.segment.to_string(),
        language: story.language.to_string(),
        variant: story.variant.as_ref().map(ToString::to_string),
        coupon: story.coupon.is_some(),
    }
}
