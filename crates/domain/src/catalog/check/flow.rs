//! What must hold in a flow file, apart from its coupon.

use std::collections::BTreeSet;

use super::{Desk, MAX_DAYS};
use crate::flow::{Flow, ProductSource, Segment, Step};
use crate::id::{MailName, SegmentId};
use crate::mail::data::MAX_PRODUCTS;
use crate::mail::url::Utm;
use crate::story::MailStory;

impl Desk<'_> {
    pub(super) fn check_flow(&mut self, flow: &Flow) {
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
            let problem = format!("the edition cannot stand in links: {error}");
            let remedy =
                "use letters, digits, dots, hyphens and underscores; flow and edition together at most 63";
            self.error(&path, "edition", problem, remedy);
        }
        self.check_days(&path, flow);
        self.check_segments(&path, flow);
        if let Some(rule) = &flow.coupon {
            self.check_coupon(&path, flow, rule);
        }
    }

    fn check_days(&mut self, path: &str, flow: &Flow) {
        if flow.steps.is_empty() {
            self.error(path, "steps", "the flow has no step".to_owned(), "add [[steps]] with days = …");
        }
        if !(1..=MAX_DAYS).contains(&flow.useful_days) {
            let problem = format!("useful_days = {} makes no possible date", flow.useful_days);
            self.error(path, "useful_days", problem, "use 1 to 400 days");
        }
        for (at, step) in flow.steps.iter().enumerate() {
            self.check_step(path, at, step);
        }
    }

    fn check_step(&mut self, path: &str, at: usize, step: &Step) {
        let variants = step.experiment.iter().flat_map(|experiment| &experiment.variants);
        let days = variants.clone().map(|variant| variant.days).chain([step.days]);
        for days in days.filter(|days| *days > MAX_DAYS) {
            let problem = format!("days = {days} makes no possible date");
            self.error(path, &days.to_string(), problem, "use 0 to 400 days");
        }
        if step.experiment.is_none() {
            return;
        }
        let shares: u32 = variants.map(|variant| variant.share).fold(0, u32::saturating_add);
        if shares != 100 {
            self.error(
                path,
                "share",
                format!("the shares of the experiment add up to {shares}"),
                "make them 100",
            );
        }
        if at > 0 {
            let problem = "only the first step may have an experiment".to_owned();
            self.error(path, "experiment", problem, "move it to the first step");
        }
    }

    fn check_segments(&mut self, path: &str, flow: &Flow) {
        if flow.segments.is_empty() {
            let problem = "the flow has no segment".to_owned();
            self.error(path, "segments", problem, "add [[segments]]; the last without `when`");
        }
        let mut seen = BTreeSet::new();
        for (left, segment) in (0..flow.segments.len()).rev().zip(&flow.segments) {
            let near = format!("\"{}\"", segment.id);
            if !seen.insert(&segment.id) {
                let problem = format!("the segment {} stands twice", segment.id);
                self.error(path, &near, problem, "give each its own id");
            }
            self.check_conditions(path, &near, segment, left == 0);
            self.check_products(path, &near, segment);
            self.check_mails(path, flow, segment);
        }
        self.check_step_mails(path, flow, &seen);
    }

    fn check_step_mails(&mut self, path: &str, flow: &Flow, known: &BTreeSet<&SegmentId>) {
        let named = flow.steps.iter().flat_map(|step| step.mails.keys());
        for id in named.filter(|id| !known.contains(id)) {
            let problem = format!("a step names the segment {id}, which is not there");
            self.error(path, id.as_str(), problem, "use an id of [[segments]]");
        }
    }

    fn check_conditions(&mut self, path: &str, near: &str, segment: &Segment, is_last: bool) {
        if segment.when.is_empty() != is_last {
            let must = if is_last { "must not" } else { "must" };
            let problem = format!("the segment {} {must} have conditions", segment.id);
            let remedy = "the last segment takes the rest and has no `when`; all others have one";
            self.error(path, near, problem, remedy);
        }
    }

    fn check_products(&mut self, path: &str, near: &str, segment: &Segment) {
        let (ProductSource::Topsellers { series, count, at_least }
        | ProductSource::Recommendations { series, count, at_least }) = &segment.products;
        if *count == 0 || *count > MAX_PRODUCTS || at_least > count {
            let problem =
                format!("the segment {} wants {count} products and at least {at_least}", segment.id);
            self.error(path, near, problem, "use 1 to 12 products, at_least no more than count");
        }
        for id in segment.when.series.iter().chain(series) {
            if self.catalog.brand.series.iter().all(|rule| rule.id != *id) {
                self.error(
                    path,
                    id.as_str(),
                    format!("there is no series {id}"),
                    "name a series of shops/brand.toml",
                );
            }
        }
    }

    fn check_mails(&mut self, path: &str, flow: &Flow, segment: &Segment) {
        for step in 0..u32::try_from(flow.steps.len()).unwrap_or(0) {
            self.check_mail(path, flow, &flow.mail_for(step, segment));
        }
    }

    fn check_mail(&mut self, path: &str, flow: &Flow, mail: &MailName) {
        let Some(facts) = self.mails.get(mail) else {
            let problem = format!("there is no mail {mail} that can be published");
            let remedy = "upload the folder mails/<mail>, or correct what is wrong with it";
            return self.error(path, mail.as_str(), problem, remedy);
        };
        for shop in self.catalog.shops.values().filter(|shop| flow.runs_in(&shop.id)) {
            for language in shop.languages.iter().filter(|language| !facts.languages.contains(language)) {
                let problem =
                    format!("the mail {mail} has no text in {language}, a language of the shop {}", shop.id);
                self.error(path, mail.as_str(), problem, &format!("upload mails/{mail}/{language}.toml"));
            }
        }
    }
}
