//! Identities (addresses and domains to send from) and configuration sets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::address;
use super::refusal::Refusal;

/// Who may send. An identity is created unverified, as on AWS; a test verifies it.
#[derive(Debug, Default)]
pub(super) struct Identities {
    verified: BTreeMap<String, bool>,
}

impl Identities {
    pub(super) fn verify(&mut self, identity: &str) {
        self.verified.insert(identity.to_ascii_lowercase(), true);
    }

    /// Whether mail from (in the sandbox: to) this bare address is allowed: by itself, its domain or a domain above it.
    pub(super) fn allows(&self, address: &str) -> bool {
        let domain = address::domain(address);
        let above = domain.match_indices('.').filter_map(|(dot, _)| domain.get(dot + 1..));
        let own = [address.to_ascii_lowercase(), domain.clone()];
        own.iter().map(String::as_str).chain(above).any(|name| self.verified.get(name) == Some(&true))
    }

    pub(super) fn create(&mut self, input: &Value) -> Result<Value, Refusal> {
        let identity = name(input, "EmailIdentity")?.to_ascii_lowercase();
        if self.verified.contains_key(&identity) {
            return Err(Refusal::already_exists(format!("Email identity {identity} already exist.")));
        }
        self.verified.insert(identity.clone(), false);
        Ok(describe(&identity, false))
    }

    pub(super) fn get(&self, identity: &str) -> Result<Value, Refusal> {
        let identity = identity.to_ascii_lowercase();
        let verified = self
            .verified
            .get(&identity)
            .ok_or_else(|| Refusal::not_found(format!("Email identity {identity} does not exist.")))?;
        Ok(describe(&identity, *verified))
    }
}

/// The configuration sets by name.
#[derive(Debug, Default)]
pub(super) struct ConfigurationSets {
    names: BTreeSet<String>,
}

impl ConfigurationSets {
    pub(super) fn add(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    pub(super) fn require(&self, name: &str) -> Result<(), Refusal> {
        if self.names.contains(name) {
            return Ok(());
        }
        Err(Refusal::not_found(format!("Configuration set <{name}> does not exist.")))
    }

    pub(super) fn create(&mut self, input: &Value) -> Result<Value, Refusal> {
        let name = name(input, "ConfigurationSetName")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(Refusal::bad_request("Configuration set name is invalid."));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(Refusal::already_exists(format!("Configuration set <{name}> already exists.")));
        }
        Ok(json!({}))
    }

    pub(super) fn get(&self, name: &str) -> Result<Value, Refusal> {
        self.require(name)?;
        Ok(json!({
            "ConfigurationSetName": name,
            "SendingOptions": { "SendingEnabled": true },
            "ReputationOptions": { "ReputationMetricsEnabled": true },
        }))
    }
}

fn name<'a>(input: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    let name = input.get(member).and_then(Value::as_str);
    name.ok_or_else(|| Refusal::bad_request(format!("{member} must not be null")))
}

fn describe(identity: &str, verified: bool) -> Value {
    let status = if verified { "SUCCESS" } else { "PENDING" };
    json!({
        "IdentityType": if identity.contains('@') { "EMAIL_ADDRESS" } else { "DOMAIN" },
        "FeedbackForwardingStatus": true,
        "VerifiedForSendingStatus": verified,
        "VerificationStatus": status,
        "DkimAttributes": { "SigningEnabled": true, "Status": status, "SigningAttributesOrigin": "AWS_SES" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verified_domain_covers_its_subdomains_and_nothing_that_only_ends_alike() {
        let mut identities = Identities::default();
        identities.verify("example.com");
        assert!(identities.allows("anna@Example.com"));
        assert!(identities.allows("anna@mail.shop.example.com"));
        assert!(!identities.allows("anna@notexample.com"));
    }

    #[test]
    fn a_created_identity_may_not_send_before_it_is_verified() {
        let mut identities = Identities::default();
        assert!(identities.create(&json!({ "EmailIdentity": "shop@example.com" })).is_ok());
        assert!(!identities.allows("shop@example.com"));
        identities.verify("shop@example.com");
        assert!(identities.allows("shop@example.com") && !identities.allows("other@example.com"));
    }
}
