//! No secret stands in the template.

use std::collections::BTreeSet;

use super::value::{all_texts, at};
use super::{Finding, Template};

/// How well-known keys begin: AWS, Shopify, Standard Webhooks, Stripe, GitHub, PEM, JSON Web Tokens.
const BEGINNINGS: [&str; 10] =
    ["AKIA", "ASIA", "shpss_", "shpat_", "whsec_", "sk_live_", "ghp_", "github_pat_", "-----BEGIN", "eyJ"];
/// Shorter words are no keys.
const SHORTEST_KEY: usize = 20;
/// A name of words in capitals has a few; a random text of that length has more.
const MOST_CHANGES: usize = 5;

pub(super) fn check(template: &Template) -> Vec<Finding> {
    parameters(template).into_iter().chain(texts(template)).collect()
}

/// Whoever may look at a stack sees its parameters' defaults.
fn parameters(template: &Template) -> Vec<Finding> {
    let parameters = template.source("/Parameters").as_object().into_iter().flatten();
    let told = parameters.filter(|(name, body)| {
        let default = at(body, "/Default").as_str().unwrap_or_default();
        looks_like_a_key(default) || (names_a_secret(name) && !default.is_empty())
    });
    told.map(|(name, _)| {
        let problem = "its default looks like a secret, and everybody who sees the template knows it";
        Finding::new(name, problem, "Keep the value in Secrets Manager and give the functions its name")
    })
    .collect()
}

fn texts(template: &Template) -> Vec<Finding> {
    let all = template.resources().flat_map(|resource| {
        all_texts(resource.whole()).into_iter().map(move |(path, text)| (resource.name, path, text))
    });
    all.filter(|(_, _, text)| looks_like_a_key(text))
        .map(|(name, path, _)| {
            let problem = format!("the text at {path} looks like a secret");
            Finding::new(name, problem, "Keep the value in Secrets Manager")
        })
        .collect()
}

fn names_a_secret(name: &str) -> bool {
    ["Secret", "Password", "Token", "ApiKey", "PrivateKey"].iter().any(|word| name.contains(word))
}

fn looks_like_a_key(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) || is_random(text)
}

/// One long word in which capitals, small letters and digits change all the time, as they do in no name.
fn is_random(text: &str) -> bool {
    let is_word = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter));
    text.len() >= SHORTEST_KEY && is_word && classes(text).len() == 3 && changes(text) > MOST_CHANGES
}

fn class(letter: char) -> Option<u8> {
    match letter {
        'a'..='z' => Some(0),
        'A'..='Z' => Some(1),
        '0'..='9' => Some(2),
        _ => None,
    }
}

fn classes(text: &str) -> BTreeSet<u8> {
    text.chars().filter_map(class).collect()
}

fn changes(text: &str) -> usize {
    let classes: Vec<u8> = text.chars().filter_map(class).collect();
    classes.windows(2).filter(|pair| pair.first() != pair.last()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_names() {
        for key in ["AKIAIOSFODNN7EXAMPLE", "whsec_c2VjcmV0", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"] {
            assert!(looks_like_a_key(key), "{key}");
        }
        for name in
            ["CouponAssignmentFunction", "AWS::Serverless-2016-10-31", "ApproximateNumberOfMessagesVisible"]
        {
            assert!(!looks_like_a_key(name), "{name}");
        }
        assert!(names_a_secret("ShopifySecret") && !names_a_secret("Stage"));
    }
}
