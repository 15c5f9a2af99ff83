//! What must hold between the files, beyond what each one's form demands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;

use super::{Catalog, Files, MailFacts, Reports};
use crate::coupon::CouponCode;
use crate::flow::{CouponRule, EmptyPool, Flow, ProductSource, Segment};
use crate::id::{MailName, SeriesId};
use crate::mail::message::DisplayName;
use crate::mail::url::{AllowedHosts, Utm};
use crate::shop::Shop;
use crate::story::MailStory;

/// Longest delay that still makes sense; also keeps every date inside the calendar.
const MAX_DAYS: u16 = 400;
/// More products overload a mail (R79).
const MAX_PRODUCTS: usize = 12;

/// Checks the catalog as a whole and notes what is wrong.
pub fn check(catalog: &Catalog, files: &Files, mails: &BTreeMap<MailName, MailFacts>, reports: &mut Reports) {
    let mut desk = Desk {
        catalog,
        files,
        mails,
        reports,
    };
    desk.check_brand();
    for shop in catalog.shops.values() {
        desk.check_shop(shop);
    }
    for flow in catalog.flows.values() {
        desk.check_flow(flow);
    }
    let is_shop = |path: &String| path.starts_with("shops/") && path != super::BRAND_FILE;
    if !files.keys().any(is_shop) {
        desk.reports.error(
            "shops/",
            0,
            "there is no shop",
            "upload one file per shop, such as shops/de.toml",
        );
    }
}

struct Desk<'a> {
    catalog: &'a Catalog,
    files: &'a Files,
    mails: &'a BTreeMap<MailName, MailFacts>,
    reports: &'a mut Reports,
}

impl Desk<'_> {
    /// Notes an error at the first line of the file that holds `near`.
    fn error(&mut self, path: &str, near: &str, problem: String, remedy: &str) {
        let text = self.files.get(path).map_or("", String::as_str);
        let line = (1..)
            .zip(text.lines())
            .find(|(_, line)| !near.is_empty() && line.contains(near))
            .map_or(0, |(n, _)| n);
        self.reports.error(path, line, problem, remedy);
    }

    fn check_brand(&mut self) {
        if self.catalog.brand.staff.is_empty() {
            self.error(
                super::BRAND_FILE,
                "staff",
                "nobody is named who gets alerts".into(),
                "list at least one address under staff",
            );
        }
        self.check_pools();
        let portal = &self.catalog.brand.portal;
        if portal.scheme() != "https" || !portal.path().ends_with('/') {
            let problem = "portal must be https and end with a slash".to_owned();
            self.error(
                super::BRAND_FILE,
                "portal",
                problem,
                "write it like https://mail.shop.example/ (RFC 8058)",
            );
        }
    }

    /// Codes of one pool are of one currency, whichever flow gives them out.
    fn check_pools(&mut self) {
        let mut currencies = BTreeMap::new();
        for flow in self.catalog.flows.values() {
            for used in flow.coupon.iter().flat_map(|rule| &rule.pools) {
                let known = *currencies.entry(&used.pool).or_insert(used.currency);
                if known != used.currency {
                    let problem = format!("the pool {} is used for {known} and {}", used.pool, used.currency);
                    let path = format!("flows/{}.toml", flow.id);
                    self.error(
                        &path,
                        used.pool.as_str(),
                        problem,
                        "give each currency a pool of its own",
                    );
                }
            }
        }
    }

    fn check_shop(&mut self, shop: &Shop) {
        let path = format!("shops/{}.toml", shop.id);
        if let Err(error) = AllowedHosts::parse(shop.link_hosts.iter().map(String::as_str)) {
            self.error(
                &path,
                "link_hosts",
                error.to_string(),
                "write host names only, such as media.shop.example",
            );
        }
        if let Err(error) = DisplayName::parse(&shop.sender.name) {
            self.error(
                &path,
                "[sender]",
                format!("the sender's name cannot stand in a mail: {error}"),
                "write it under [sender] as recipients know it",
            );
        }
        if shop.languages.is_empty() {
            self.error(
                &path,
                "languages",
                "the shop has no language".into(),
                "list at least one, the default first",
            );
        }
        for language in &shop.languages {
            if !shop.legal_notice.contains_key(language) {
                let problem = format!("legal_notice has no text for the language {language}");
                self.error(
                    &path,
                    "legal_notice",
                    problem,
                    "say in that language why she gets the mail and how to object",
                );
            }
        }
        for (country, language) in &shop.country_languages {
            if !shop.languages.contains(language) {
                let problem =
                    format!("country_languages maps {country} to {language}, which the shop does not write");
                self.error(
                    &path,
                    "country_languages",
                    problem,
                    "use a language of `languages`",
                );
            }
        }
        if shop.imprint.iter().all(|line| line.trim().is_empty()) {
            self.error(
                &path,
                "imprint",
                "the Impressum is empty".into(),
                "give name, address, register and contact (§ 5 DDG)",
            );
        }
        if (Time::constant(2, 0, 0, 0)..Time::constant(3, 1, 0, 0)).contains(&shop.send_at) {
            let problem = format!(
                "send_at {} lies in the hour that some days skip or repeat",
                shop.send_at
            );
            self.error(
                &path,
                "send_at",
                problem,
                "choose a time before 02:00 or after 03:00",
            );
        }
        if shop.website.scheme() != "https" || shop.privacy_url.scheme() != "https" {
            self.error(
                &path,
                "http:",
                "website and privacy_url must be https".into(),
                "write https://",
            );
        }
    }

    fn check_flow(&mut self, flow: &Flow) {
        let path = format!("flows/{}.toml", flow.id);
        for shop in flow.shops.iter().filter(|shop| self.catalog.shop(shop).is_none()) {
            self.error(
                &path,
                shop.as_str(),
                format!("there is no shop {shop}"),
                "name a file of shops/ or remove it",
            );
        }
        if let Err(error) = Utm::new("nachklang", "email", &MailStory::campaign(flow), "x") {
            let remedy =
                "use letters, digits, dots, hyphens and underscores; flow and edition together at most 63";
            self.error(
                &path,
                "edition",
                format!("the edition cannot stand in links: {error}"),
                remedy,
            );
        }
        self.check_days(&path, flow);
        self.check_segments(&path, flow);
        if let Some(rule) = &flow.coupon {
            self.check_coupon(&path, flow, rule);
        }
    }

    fn check_days(&mut self, path: &str, flow: &Flow) {
        if flow.steps.is_empty() {
            self.error(
                path,
                "steps",
                "the flow has no step".into(),
                "add [[steps]] with days = …",
            );
        }
        if !(1..=MAX_DAYS).contains(&flow.useful_days) {
            let problem = format!("useful_days = {} makes no possible date", flow.useful_days);
            self.error(path, "useful_days", problem, "use 1 to 400 days");
        }
        for (at, step) in flow.steps.iter().enumerate() {
            let variants = step.experiment.iter().flat_map(|experiment| &experiment.variants);
            let days = variants.clone().map(|variant| variant.days).chain([step.days]);
            for days in days.filter(|days| *days > MAX_DAYS) {
                self.error(
                    path,
                    &format!("{days}"),
                    format!("days = {days} makes no possible date"),
                    "use 0 to 400 days",
                );
            }
            let shares: u32 = variants.map(|variant| variant.share).fold(0, u32::saturating_add);
            if step.experiment.is_some() && shares != 100 {
                self.error(
                    path,
                    "share",
                    format!("the shares of the experiment add up to {shares}"),
                    "make them 100",
                );
            }
            if step.experiment.is_some() && at > 0 {
                self.error(
                    path,
                    "experiment",
                    "only the first step may have an experiment".into(),
                    "move it to the first step",
                );
            }
        }
    }

    fn check_segments(&mut self, path: &str, flow: &Flow) {
        let last = flow.segments.len().saturating_sub(1);
        if flow.segments.is_empty() {
            self.error(
                path,
                "segments",
                "the flow has no segment".into(),
                "add [[segments]]; the last without `when`",
            );
        }
        let mut seen = BTreeSet::new();
        for (at, segment) in flow.segments.iter().enumerate() {
            let near = format!("\"{}\"", segment.id);
            if !seen.insert(&segment.id) {
                self.error(
                    path,
                    &near,
                    format!("the segment {} stands twice", segment.id),
                    "give each its own id",
                );
            }
            if segment.when.is_empty() != (at == last) {
                let problem = format!(
                    "the segment {} must {}have conditions",
                    segment.id,
                    if at == last { "not " } else { "" }
                );
                self.error(
                    path,
                    &near,
                    problem,
                    "the last segment takes the rest and has no `when`; all others have one",
                );
            }
            self.check_segment(path, flow, segment, &near);
        }
        for id in flow
            .steps
            .iter()
            .flat_map(|step| step.mails.keys())
            .filter(|id| !seen.contains(id))
        {
            self.error(
                path,
                id.as_str(),
                format!("a step names the segment {id}, which is not there"),
                "use an id of [[segments]]",
            );
        }
    }

    fn check_segment(&mut self, path: &str, flow: &Flow, segment: &Segment, near: &str) {
        let (ProductSource::Topsellers {
            series,
            count,
            at_least,
        }
        | ProductSource::Recommendations {
            series,
            count,
            at_least,
        }) = &segment.products;
        if *count == 0 || *count > MAX_PRODUCTS || at_least > count {
            let problem = format!(
                "the segment {} wants {count} products and at least {at_least}",
                segment.id
            );
            self.error(
                path,
                near,
                problem,
                "use 1 to 12 products, at_least no more than count",
            );
        }
        let named: Vec<&SeriesId> = segment.when.series.iter().chain(series).collect();
        for id in named
            .into_iter()
            .filter(|id| self.catalog.brand.series.iter().all(|rule| rule.id != **id))
        {
            self.error(
                path,
                id.as_str(),
                format!("there is no series {id}"),
                "name a series of shops/brand.toml",
            );
        }
        for step in 0..u32::try_from(flow.steps.len()).unwrap_or(0) {
            self.check_mail(path, flow, &flow.mail_for(step, segment));
        }
    }

    fn check_mail(&mut self, path: &str, flow: &Flow, mail: &MailName) {
        let Some(facts) = self.mails.get(mail) else {
            let remedy = "upload the folder mails/<mail>, or correct what is wrong with it";
            return self.error(
                path,
                mail.as_str(),
                format!("there is no mail {mail} that can be published"),
                remedy,
            );
        };
        for shop in self.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            for language in shop
                .languages
                .iter()
                .filter(|language| !facts.languages.contains(language))
            {
                let problem = format!(
                    "the mail {mail} has no text in {language}, a language of the shop {}",
                    shop.id
                );
                self.error(
                    path,
                    mail.as_str(),
                    problem,
                    &format!("upload mails/{mail}/{language}.toml"),
                );
            }
        }
    }

    fn check_coupon(&mut self, path: &str, flow: &Flow, rule: &CouponRule) {
        if !(1..=MAX_DAYS).contains(&rule.valid_days) {
            self.error(
                path,
                "valid_days",
                format!("valid_days = {} makes no possible date", rule.valid_days),
                "use 1 to 400 days",
            );
        }
        if let EmptyPool::Hold { days } = &rule.empty
            && *days > flow.useful_days
        {
            let problem = format!(
                "a mail would wait {days} days for a code but is useful for {} only",
                flow.useful_days
            );
            self.error(
                path,
                "days",
                problem,
                "make useful_days at least as long as empty.days",
            );
        }
        let fallback = match &rule.empty {
            EmptyPool::Fallback { code } => Some(code),
            EmptyPool::Hold { .. } | EmptyPool::Skip | EmptyPool::Without => None,
        };
        let fixed = rule.pools.iter().filter_map(|pool| pool.generic.as_ref());
        for code in fixed.chain(fallback) {
            if let Err(error) = CouponCode::parse(code) {
                let near = if code.trim().is_empty() { "" } else { code };
                self.error(
                    path,
                    near,
                    format!("a code for everybody cannot be used: {error}"),
                    error.remedy(),
                );
            }
        }
        for shop in self.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            if rule.pool_for(&shop.id, shop.currency).is_none() {
                let problem = format!("no coupon pool serves the shop {} in {}", shop.id, shop.currency);
                self.error(
                    path,
                    "pools",
                    problem,
                    "add a pool of that currency under [coupon]",
                );
            }
            for language in shop
                .languages
                .iter()
                .filter(|language| !rule.benefit.contains_key(language))
            {
                let problem = format!(
                    "coupon.benefit has no text for the language {language} of the shop {}",
                    shop.id
                );
                self.error(
                    path,
                    "benefit",
                    problem,
                    "say in that language what the coupon gives",
                );
            }
        }
    }
}
