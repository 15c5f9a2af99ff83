//! HTTP over TLS to AWS, made ready at the first request.
//!
//! All clients of a process share it. None of them needs it before its first request, so a start does not pay for it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::wire::{Limits, Wire};

/// The roots of Amazon Trust Services: every AWS endpoint chains to them, and reading the system's whole store costs a
/// millisecond and more of every cold start.
///
/// Source: <https://www.amazontrust.com/repository/>
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// HTTP for clients of a process, which share its connections.
pub(super) fn on_demand(limits: Limits) -> SharedHttpClient {
    SharedHttpClient::new(OnDemand(Arc::new(Shared { limits, wire: OnceLock::new() })))
}

/// HTTP that is made ready when it is first needed.
#[derive(Debug, Clone)]
struct OnDemand(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    wire: OnceLock<Result<Wire, rustls::Error>>,
}

impl HttpClient for OnDemand {
    /// Every client has the same settings, so all get the same.
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

impl HttpConnector for OnDemand {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let made = || tls().map(|tls| Wire::new(tls, self.0.limits));
        match self.0.wire.get_or_init(made) {
            Ok(wire) => wire.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error.clone().into()))),
        }
    }
}

/// TLS 1.2 or 1.3 with whoever has a certificate of Amazon's.
pub(super) fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ROOTS) {
        roots.add(certificate.map_err(|error| rustls::Error::General(error.to_string()))?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(config.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

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
    fn the_roots_can_be_read() {
        assert!(tls().is_ok());
    }
}
