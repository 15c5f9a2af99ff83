//! Addresses as SES takes them.

use super::refusal::Refusal;

/// The bare address of `Anna <anna@example.com>`, with the checks that SES makes.
///
/// SES has no SMTPUTF8: both parts must be ASCII, a domain beyond it comes as Punycode.
pub(super) fn bare(mailbox: &str) -> Result<&str, Refusal> {
    if mailbox.chars().any(char::is_control) {
        return Err(Refusal::bad_request("Illegal address: control character"));
    }
    let address = between_brackets(mailbox).unwrap_or(mailbox).trim();
    let (local, domain) =
        address.rsplit_once('@').ok_or_else(|| Refusal::bad_request("Missing final '@domain'"))?;
    if local.is_empty() || domain.is_empty() || address.contains([' ', '<', '>', ',']) {
        return Err(Refusal::bad_request("Illegal address"));
    }
    if !address.is_ascii() {
        return Err(Refusal::bad_request("Local address or domain contains non-ASCII characters"));
    }
    Ok(address)
}

/// The domain of a bare address, in lower case.
pub(super) fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_ascii_lowercase()
}

fn between_brackets(mailbox: &str) -> Option<&str> {
    let (_, behind) = mailbox.rsplit_once('<')?;
    behind.trim_end().strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_is_not_part_of_the_address() {
        assert_eq!(bare("\"Anna <3\" <anna@example.com>"), Ok("anna@example.com"));
        assert_eq!(bare(" anna@example.com "), Ok("anna@example.com"));
    }

    #[test]
    fn addresses_that_ses_cannot_send_to_are_refused() {
        for wrong in
            ["anna", "@example.com", "anna@", "ännä@example.com", "a b@example.com", "a@b.de\r\nBcc: c@d.de"]
        {
            assert!(bare(wrong).is_err(), "{wrong}");
        }
    }
}
