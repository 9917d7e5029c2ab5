//! TLS: the operator's certificate, or one that Gantry makes, with its own authority for clients to trust.

use std::io;

use axum_server::tls_rustls::RustlsConfig;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::config::Config;
use crate::first_start::write_secret;

mod renew;

pub(crate) use renew::keep_fresh;

/// Browsers refuse certificates that are longer valid, days.
const SERVER_DAYS: i64 = 397;
/// The authority that clients were told to trust must not end soon, days.
const AUTHORITY_DAYS: i64 = 3650;

/// No TLS, so no server.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written, or is no certificate or key.
    #[error("TLS cannot be set up: {0}")]
    File(#[from] io::Error),
    /// The given files are no certificate with its key.
    #[error("`{certificate}` and `{key}` are no certificate with its key: {source}")]
    Given {
        /// The chain.
        certificate: Utf8PathBuf,
        /// The key.
        key: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// What the listener needs, and what clients need.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For the listener.
    pub config: RustlsConfig,
    /// The file with the authority that clients must trust; `None` for the operator's own certificate.
    pub authority: Option<Utf8PathBuf>,
}

/// Reads the operator's certificate, or makes one for this start: `<home>/tls/ca.pem` stays the same.
///
/// # Errors
/// When files cannot be read, written or understood.
pub async fn identity(home: &Utf8Path, config: &Config) -> Result<Identity, TlsError> {
    // Another one may be there already, in tests.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some((chain, secret)) = given(config)? {
        let made = RustlsConfig::from_pem(chain, secret).await;
        let given = made.map_err(|source| TlsError::Given {
            certificate: config.tls.certificate.clone().unwrap_or_default(),
            key: config.tls.key.clone().unwrap_or_default(),
            source,
        })?;
        return Ok(Identity {
            config: given,
            authority: None,
        });
    }
    let (chain, secret) = made(home, config)?;
    Ok(Identity {
        config: RustlsConfig::from_pem(chain, secret).await?,
        authority: Some(home.join("tls/ca.pem")),
    })
}

/// Chain and key, PEM.
type Pair = (Vec<u8>, Vec<u8>);

/// Those of the operator.
fn given(config: &Config) -> Result<Option<Pair>, TlsError> {
    let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) else {
        return Ok(None);
    };
    Ok(Some((fs_err::read(certificate)?, fs_err::read(key)?)))
}

/// Those that the authority of this data folder signs now.
fn made(home: &Utf8Path, config: &Config) -> Result<Pair, TlsError> {
    let folder = home.join("tls");
    fs_err::create_dir_all(&folder)?;
    let authority = authority(&folder)?;
    let (chain, secret) = certificate(&authority, names(config))?;
    Ok((chain.into_bytes(), secret.into_bytes()))
}

/// Names and addresses by which clients may call the server.
fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    names.extend(config.tls.names.iter().cloned());
    let address = config.listen.ip();
    if !address.is_unspecified() {
        names.push(address.to_string());
    }
    let host = config
        .public_url
        .as_ref()
        .and_then(|url| url.strip_prefix("https://"));
    if let Some(authority) = host.and_then(|host| host.parse::<axum::http::uri::Authority>().ok()) {
        names.push(authority.host().trim_matches(['[', ']']).to_owned());
    }
    names.sort();
    names.dedup();
    names
}

/// The authority of this data folder: read, or made at the first start.
fn authority(folder: &Utf8Path) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let (certificate, secret) = (folder.join("ca.pem"), folder.join("ca.key"));
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Gantry");
    valid_for(&mut params, AUTHORITY_DAYS);
    if certificate.exists() && secret.exists() {
        let key = KeyPair::from_pem(&fs_err::read_to_string(&secret)?)?;
        // What it signs names it and its key; the rest of it is in the file that clients have.
        return Ok(Issuer::new(params, key));
    }
    let key = KeyPair::generate()?;
    let made = params.self_signed(&key)?;
    write_secret(&secret, key.serialize_pem().as_bytes())?;
    fs_err::write(&certificate, made.pem())?;
    Ok(Issuer::new(params, key))
}

/// A certificate for these names, and its key; both PEM.
fn certificate(
    authority: &Issuer<'static, KeyPair>,
    names: Vec<String>,
) -> Result<(String, String), TlsError> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Gantry server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid_for(&mut params, SERVER_DAYS);
    let key = KeyPair::generate()?;
    let made = params.signed_by(&key, authority)?;
    Ok((made.pem(), key.serialize_pem()))
}

/// From yesterday, because clocks differ.
fn valid_for(params: &mut CertificateParams, days: i64) {
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |offset: i64| {
        let at = today.saturating_add(jiff::Span::new().days(offset));
        let part = |number: i8| u8::try_from(number).expect("months and days are positive");
        date_time_ymd(at.year().into(), part(at.month()), part(at.day()))
    };
    (params.not_before, params.not_after) = (day(-1), day(days - 1));
}
