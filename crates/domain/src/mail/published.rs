//! A checked and compiled mail, as it is stored under its content's hash.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{MailName, SegmentId, content_hash};
use crate::language::Language;

/// How the reader is addressed: German `du` or `Sie`, French `tu` or `vous`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AddressForm {
    /// By the first name; also the only form of a language that has one.
    #[default]
    Informal,
    /// Formally.
    Formal,
}

/// Which version of a mail a contact gets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VariantKey {
    /// The contact's language.
    pub language: Language,
    /// The segment of the basket.
    pub segment: SegmentId,
    /// The shop's address form.
    pub form: AddressForm,
}

impl VariantKey {
    /// The same in the informal address: what a language with one form has.
    #[must_use]
    pub fn informal(&self) -> Self {
        Self { form: AddressForm::Informal, ..self.clone() }
    }
}

impl std::fmt::Display for VariantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = match self.form {
            AddressForm::Informal => "informal",
            AddressForm::Formal => "formal",
        };
        write!(f, "{}/{}/{form}", self.language, self.segment)
    }
}

/// What is left of a mail's files once texts are put in and MJML is compiled: four templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedVariant {
    /// Which version it is.
    #[serde(flatten)]
    pub key: VariantKey,
    /// The subject's template, without HTML escaping.
    pub subject: String,
    /// The preheader's template, without HTML escaping; it also stands inside the HTML.
    pub preheader: String,
    /// The HTML part's template, with HTML escaping.
    pub html: String,
    /// The text part's template, without HTML escaping.
    pub text: String,
}

/// A mail that may be sent: every language, segment and address form, checked and compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedMail {
    /// The mail's name.
    pub name: MailName,
    /// Its versions, sorted by key.
    pub variants: Vec<PublishedVariant>,
}

impl PublishedMail {
    /// The content's hash: what runs pin, so that an upload changes no mail that is planned already.
    #[must_use]
    pub fn version(&self) -> String {
        let mut content = self.name.to_string();
        for variant in &self.variants {
            let key = variant.key.to_string();
            let parts = [&key, &variant.subject, &variant.preheader, &variant.html, &variant.text];
            for part in parts {
                content.push_str(&format!("\n{}\n{part}", part.len()));
            }
        }
        content_hash(content.as_bytes())
    }

    /// The languages it can be sent in.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<Language> {
        self.variants.iter().map(|variant| variant.key.language).collect()
    }
}
