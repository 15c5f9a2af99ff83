//! The HTML part of a mail as this machine can show it. The kept `.eml` stays as it is.

use nachklang_domain::catalog::Catalog;
use nachklang_domain::shop::Shop;

/// Where the starter content has its pictures; here they are drawn on demand.
pub const SAMPLE_MEDIA: &str = "https://media.lunaria.example/";
/// Where this machine has them.
const LOCAL_MEDIA: &str = "/media/";

/// Leads pictures of the starter content and the recipients' pages to this machine, and links into a tab of their own:
/// the frame that shows the mail may do nothing but show it.
pub fn of(html: &str, catalog: Option<&Catalog>) -> String {
    let mut copy = html.replace(SAMPLE_MEDIA, LOCAL_MEDIA);
    if let Some(catalog) = catalog {
        copy = copy.replace(catalog.brand.portal.as_str(), "/");
    }
    copy.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

/// A picture of the starter content by its place on this machine.
pub fn picture(url: &str) -> Option<String> {
    let file = url.strip_prefix(SAMPLE_MEDIA)?;
    Some(format!("{LOCAL_MEDIA}{file}"))
}

/// What the mail's frame may load: its own styles, and pictures from here or from where its shop keeps them.
pub fn policy(shop: Option<&Shop>) -> String {
    let hosts = shop.into_iter().flat_map(|shop| {
        let website = shop.website.host_str().into_iter();
        website.chain(shop.link_hosts.iter().map(String::as_str))
    });
    let pictures: String =
        hosts.filter(|host| is_host_name(host)).map(|host| format!(" https://{host}")).collect();
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'{pictures}; frame-ancestors 'self'; \
         base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
}

/// Nothing else may slip into the policy.
fn is_host_name(host: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    !host.is_empty() && host.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_the_starter_content_come_from_here_and_links_open_outside_the_frame() {
        let copy = of("<head></head><img src=\"https://media.lunaria.example/CC-001.png\">", None);
        assert_eq!(copy, "<head><base target=\"_blank\"></head><img src=\"/media/CC-001.png\">");
    }

    #[test]
    fn a_host_cannot_write_a_rule_of_its_own() {
        assert!(is_host_name("media.lunaria.example"));
        for wrong in ["", "a; script-src *", "a b", "*"] {
            assert!(!is_host_name(wrong), "{wrong}");
        }
    }
}
