//! What is trusted: the system's certificates, TLS 1.2 and 1.3, HTTP/2 where the server has it.

use super::HttpError;
use rustls::{ClientConfig, RootCertStore, crypto, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// How TLS connections are made. Further certificates are trusted on top of the system's; a system
/// without any is warned about, because every https URL will then fail.
pub(super) fn configure(
    trusted: Vec<CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, HttpError> {
    let setup = |error: rustls::Error| HttpError::Setup(error.to_string());
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(setup)?;
    let mut config = match Verifier::new_with_extra_roots(trusted, provider) {
        Ok(verifier) => builder
            .dangerous() // the verifier is no weaker than the library's own
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        Err(error) => {
            tracing::warn!(
                %error, "no trusted certificates found on this system: every https URL will fail"
            );
            builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
