//! The JSON of `SendEmail`.

use serde::Deserialize;
use serde_json::Value;

/// `SendEmailRequest` of the API model. What the sink cannot do is kept, so that it can be refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendEmail {
    pub from_email_address: Option<String>,
    pub destination: Option<Destination>,
    pub reply_to_addresses: Option<Vec<String>>,
    pub content: Option<EmailContent>,
    pub email_tags: Option<Vec<Tag>>,
    pub configuration_set_name: Option<String>,
    pub list_management_options: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Destination {
    pub to_addresses: Vec<String>,
    pub cc_addresses: Vec<String>,
    pub bcc_addresses: Vec<String>,
}

impl Destination {
    pub(super) fn recipients(&self) -> Vec<String> {
        [&self.to_addresses, &self.cc_addresses, &self.bcc_addresses].into_iter().flatten().cloned().collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EmailContent {
    pub simple: Option<Simple>,
    pub raw: Option<Raw>,
    pub template: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Simple {
    pub subject: Content,
    pub body: Body,
    #[serde(default)]
    pub headers: Vec<Tag>,
    #[serde(default)]
    pub attachments: Vec<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Body {
    pub text: Option<Content>,
    pub html: Option<Content>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    pub data: String,
    pub charset: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Raw {
    /// Base64.
    pub data: String,
}

/// A message tag, or a header: both are a name and a value.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub name: String,
    pub value: String,
}
