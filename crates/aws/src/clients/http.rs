//! HTTP over TLS to AWS, made ready at the first request.
//!
//! Every SDK client would otherwise make a TLS configuration when it is built, only to see that it can, and throw it
//! away: five of them at each start.

use std::sync::OnceLock;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// The roots of Amazon Trust Services: every AWS endpoint chains to them, and reading the system's whole store costs a
/// millisecond and more of every cold start.
///
/// Source: <https://www.amazontrust.com/repository/>
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// HTTP that is made ready when it is first needed.
#[derive(Debug, Default)]
struct OnDemand(OnceLock<SharedHttpClient>);

impl HttpClient for OnDemand {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.get_or_init(over_tls).http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.get().and_then(HttpClient::connector_metadata)
    }
}

/// HTTP for all clients of a process, which share its connections.
pub(super) fn on_demand() -> SharedHttpClient {
    SharedHttpClient::new(OnDemand::default())
}

fn over_tls() -> SharedHttpClient {
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(tls) => builder.tls_context(tls).build_https(),
        // Without a context of our own the client reads the system's roots.
        Err(_) => builder.build_https(),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use aws_smithy_types::config_bag::ConfigBag;

    use super::*;

    fn certificates() -> Vec<Vec<u8>> {
        let text = std::str::from_utf8(ROOTS).unwrap();
        let bodies = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        let bodies = bodies.map(|rest| rest.split("-----END").next().unwrap().replace('\n', ""));
        bodies.map(|body| STANDARD.decode(body).unwrap()).collect()
    }

    #[test]
    fn the_roots_are_those_of_amazon_that_mozilla_trusts_today() {
        let amazons = |der: &&[u8]| {
            [&b"Amazon Root CA"[..], b"Starfield Services Root"]
                .iter()
                .any(|name| der.windows(name.len()).any(|part| part == *name))
        };
        let trusted = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(AsRef::<[u8]>::as_ref);
        let mut trusted: Vec<Vec<u8>> = trusted.filter(amazons).map(<[u8]>::to_vec).collect();
        let mut ours = certificates();
        trusted.sort();
        ours.sort();
        assert_eq!(ours.len(), 5);
        assert_eq!(ours, trusted);
    }

    #[test]
    fn the_roots_make_a_connector() {
        // This makes one for a trial; a certificate that cannot be read would panic.
        let trial = RuntimeComponentsBuilder::new("trial");
        over_tls().validate_base_client_config(&trial, &ConfigBag::base()).unwrap();
    }
}
