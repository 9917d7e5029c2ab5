//! A certificate that is renewed while the server runs: new connections get the new one, old ones go on.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info};

use super::{Identity, TlsError, given, made};
use crate::config::Config;

/// How often is looked whether the operator's files have changed.
const LOOK: Duration = Duration::from_secs(60);
/// A certificate that Gantry made is made anew after so long, well before it ends.
const RENEW: Duration = Duration::from_secs(30 * 24 * 3600);

/// Renews until `stop` becomes true: when the operator's files change or `SIGHUP` comes, and Gantry's own by time. What
/// cannot be read is told, and the certificate that is in use stays.
pub(crate) async fn keep_fresh(
    identity: Identity,
    (home, config): (Utf8PathBuf, Config),
    mut stop: watch::Receiver<bool>,
) {
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(problem) => {
            error!(%problem, "the certificate cannot be renewed: no `SIGHUP` can be heard");
            return;
        }
    };
    let mut seen = state(&config);
    let mut since = Instant::now();
    while !*stop.borrow() {
        let asked = tokio::select! {
            asked = heard(&mut hangups) => asked,
            () = tokio::time::sleep(LOOK) => false,
            _ = stop.changed() => continue,
        };
        let now = state(&config);
        let is_due = match &seen {
            Some(_) => now != seen,
            None => since.elapsed() >= RENEW,
        };
        if asked || is_due {
            match renew(&identity, &home, &config).await {
                Ok(()) => info!("the certificate is renewed"),
                Err(problem) => {
                    error!(%problem, "the certificate cannot be renewed; the one in use stays");
                }
            }
            (seen, since) = (now, Instant::now());
        }
    }
}

async fn heard(hangups: &mut Signal) -> bool {
    hangups.recv().await.is_some()
}

async fn renew(identity: &Identity, home: &Utf8Path, config: &Config) -> Result<(), TlsError> {
    let (chain, secret) = match given(config)? {
        Some(pair) => pair,
        None => made(home, config)?,
    };
    identity.config.reload_from_pem(chain, secret).await?;
    Ok(())
}

/// Sizes and times of the operator's files; `None` for a certificate of Gantry's.
fn state(config: &Config) -> Option<Vec<Option<(u64, std::time::SystemTime)>>> {
    let paths = [config.tls.certificate.as_ref()?, config.tls.key.as_ref()?];
    let look = |path: &Utf8PathBuf| {
        let metadata = fs_err::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    Some(paths.into_iter().map(look).collect())
}
