//! TLS of the verifier (rustls, ring): what a certificate file and a key file give.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::client_certificate::Held;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file holds no PEM of the wanted kind.
    #[error("{}: holds no {wanted} in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// Certificate and key cannot be used together.
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(rustls::Error),
}

impl TlsError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file_unusable",
            Self::Pem { .. } => "tls_no_pem",
            Self::Unusable(_) => "tls_unusable",
        }
    }
}

/// Reads a certificate chain, the verifier's own first, and its private key; clients may show a certificate.
///
/// # Errors
/// [`TlsError`]; no message holds any byte of the key.
pub fn tls(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error });
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&read(certificates)?).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::Pem { path: certificates.to_owned(), wanted: "certificate" });
    }
    let secret = zeroize::Zeroizing::new(read(key)?);
    let secret = PrivateKeyDer::from_pem_slice(&secret)
        .map_err(|_| TlsError::Pem { path: key.to_owned(), wanted: "private key" })?;
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_client_cert_verifier(Arc::new(Held(provider))).with_single_cert(chain, secret)
        })
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
