//! TLS from certificate files, read again when they change. A new pair that is not right is logged, and the
//! old one stays.

use super::config::TlsFiles;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;
use tokio_rustls::TlsAcceptor;

/// Why a certificate or key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// A certificate in use.
#[derive(Debug)]
pub(crate) struct Certificate(Arc<CertifiedKey>);

impl Certificate {
    /// Whether it was issued for a name or an address.
    pub(crate) fn names(&self, name: &str) -> bool {
        let Some(first) = self.0.cert.first() else { return false };
        let (Ok(cert), Ok(name)) =
            (webpki::EndEntityCert::try_from(first), ServerName::try_from(name))
        else {
            return false;
        };
        cert.verify_is_valid_for_subject_name(&name).is_ok()
    }
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

/// When files were written, and how long they are.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// The server's TLS.
pub(crate) struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    stamp: Mutex<Stamp>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    [&files.cert, &files.key].map(|path| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    })
}

fn load(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let wrong = |what: &str, path: &Path, reason: &dyn std::fmt::Display| {
        TlsError(format!("the {what} {} can't be used: {reason}", path.display()))
    };
    let of_cert = |reason: &dyn std::fmt::Display| wrong("certificate", &files.cert, reason);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|error| of_cert(&error))?;
    let first = chain.first().ok_or_else(|| of_cert(&"there is none in the file"))?;
    webpki::EndEntityCert::try_from(first).map_err(|error| of_cert(&error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| wrong("key", &files.key, &error))?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|error| wrong("key", &files.key, &error))?;
    let pair = CertifiedKey::new(chain, key);
    pair.keys_match().map_err(|_| wrong("key", &files.key, &"it is not the certificate's"))?;
    Ok(pair)
}

impl Tls {
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let stamp = stamp(files);
        let current = Arc::new(Current(RwLock::new(Arc::new(load(files)?))));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files: files.clone(),
            current,
            stamp: Mutex::new(stamp),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate(self.current.get())
    }

    /// Looks whether the files changed, and reads them if so; true if a new certificate is in use.
    pub(crate) fn look(&self) -> bool {
        let now = stamp(&self.files);
        {
            let mut before = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
            if *before == now {
                return false;
            }
            *before = now;
        }
        match load(&self.files) {
            Ok(pair) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!("a new certificate is in use");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the certificate files changed; the old certificate stays");
                false
            }
        }
    }
}
