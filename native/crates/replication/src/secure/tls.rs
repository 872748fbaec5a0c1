//! TLS 1.3 and 1.2 by rustls: each end shows a certificate that the other's authority has signed.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::SecurityError;
use crate::options::TlsFiles;

const CERTIFICATE: &str = "haTlsCertificateFile";
const KEY: &str = "haTlsKeyFile";
const AUTHORITY: &str = "haTlsCaFile";

/// First byte of a TLS connection. A position that begins so lies beyond 10^18 bytes.
pub(crate) const FIRST_BYTE: u8 = 0x16;

pub(crate) struct Tls {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    server_name: Option<String>,
}

impl Tls {
    pub(super) fn load(files: &TlsFiles) -> Result<Self, SecurityError> {
        let chain = certificates(CERTIFICATE, &files.certificate)?;
        let key = key(&files.key)?;
        let mut roots = RootCertStore::empty();
        for root in certificates(AUTHORITY, &files.authority)? {
            roots.add(root).map_err(unusable(AUTHORITY, &files.authority))?;
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let verifier = verifier.build().map_err(unusable(AUTHORITY, &files.authority))?;
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable(CERTIFICATE, &files.certificate))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(unusable(CERTIFICATE, &files.certificate))?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable(CERTIFICATE, &files.certificate))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(unusable(CERTIFICATE, &files.certificate))?;
        if let Some(name) = &files.server_name {
            server_name(name)?;
        }
        let server_name = files.server_name.clone();
        Ok(Self { server: Arc::new(server), client: Arc::new(client), server_name })
    }

    /// The name that the master's certificate must have: the configured one, else the host by
    /// which the master is known.
    pub(super) fn name_of(&self, host: &str) -> Result<ServerName<'static>, SecurityError> {
        server_name(self.server_name.as_deref().unwrap_or(host))
    }
}

fn server_name(name: &str) -> Result<ServerName<'static>, SecurityError> {
    ServerName::try_from(name.to_owned()).map_err(|_| {
        SecurityError::Incomplete(format!("haTlsServerName: {name} is no name of a host"))
    })
}

fn certificates(
    key: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, SecurityError> {
    let text = read(key, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(unusable(key, path))?;
    if found.is_empty() {
        return Err(unusable(key, path)("no certificate in it"));
    }
    Ok(found)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, SecurityError> {
    PrivateKeyDer::from_pem_slice(&read(KEY, path)?).map_err(unusable(KEY, path))
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, SecurityError> {
    let unreadable = |source| SecurityError::Unreadable { key, path: path.to_owned(), source };
    std::fs::read(path).map_err(unreadable)
}

fn unusable<E: std::fmt::Display>(key: &'static str, path: &Path) -> impl Fn(E) -> SecurityError {
    move |error| SecurityError::Unusable {
        key,
        path: path.to_owned(),
        reason: format!("cannot be used: {error}"),
    }
}
