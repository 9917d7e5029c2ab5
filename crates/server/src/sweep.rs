//! What has had its time: uploads that nothing used, logins, notes of failed logins.
//!
//! What has had its time by the wall clock alone stays: when somebody sets the clock forward, an upload that is on its way
//! must not end with it. So time passes here as by a clock that never jumps, counted from the start of the server.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, ToSpan};
use store::{Page, Store, StoreError};
use tokio::sync::watch;
use tracing::{info, warn};

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(3600);
/// Between two looks for bytes that have lost their last name: what is deleted is gone from the disk so soon.
const SOON: Duration = Duration::from_secs(5);
/// Failed logins are of interest for so long.
const FAILURES_DAYS: i64 = 1;

/// Sweeps now and every hour, and soon after something is deleted, until `stop` becomes true.
pub(crate) async fn run(store: Store, mut stop: watch::Receiver<bool>) {
    let (wall, start) = (Timestamp::now(), Instant::now());
    let mut due = start;
    let mut told = None;
    while !*stop.borrow() {
        let done = if Instant::now() < due {
            store.sweep_unnamed().await.map(drop)
        } else {
            due += EVERY;
            sweep(&store, steady(wall, Timestamp::now(), start.elapsed())).await
        };
        // What lasts, such as a full disk, is told once.
        let problem = done.err().map(|problem| problem.to_string());
        if let Some(problem) = problem.as_ref().filter(|_| problem != told) {
            warn!(%problem, "what has had its time could not be swept");
        }
        told = problem;
        tokio::select! {
            () = tokio::time::sleep(SOON) => {}
            _ = stop.changed() => {}
        }
    }
}

/// The wall clock, but never further from the start of the server than time has really passed.
fn steady(wall: Timestamp, now: Timestamp, passed: Duration) -> Timestamp {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    now.min(wall.saturating_add(passed).unwrap_or(now))
}

async fn sweep(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let old = store.expired_uploads(now, Page::ALL).await?;
    for upload in &old {
        store.consume_upload(upload.id).await?;
        if let Err(problem) = store.part_files().remove(upload.id) {
            warn!(upload = %upload.id, %problem, "parts of an upload could not be removed");
        }
    }
    let blobs = store.sweep_unnamed().await?
        + store.sweep_blobs(now).await?
        + store.sweep_orphans(now).await?;
    let ended = store.delete_expired_sessions(now).await?;
    let before = now - (24 * FAILURES_DAYS).hours();
    store.delete_old_login_failures(before).await?;
    if !old.is_empty() || ended > 0 || blobs > 0 {
        info!(
            uploads = old.len(),
            blobs,
            logins = ended,
            "what has had its time is swept"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use store::accounts::{NewAccount, Role};
    use store::uploads::UploadState;

    use super::*;

    #[test]
    fn a_clock_that_is_set_forward_ends_nothing() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let after = |hours: i64| start + hours.hours();
        let passed = |hours: u64| Duration::from_secs(3600 * hours);
        assert_eq!(steady(start, after(3), passed(3)), after(3));
        assert_eq!(steady(start, after(27), passed(3)), after(3));
        assert_eq!(steady(start, after(-21), passed(3)), after(-21));
    }

    #[tokio::test]
    async fn an_upload_that_nothing_used_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Utf8Path::from_path(folder.path()).unwrap())
            .await
            .unwrap();
        let account = NewAccount {
            username: "ada".to_owned(),
            email: String::new(),
            password_hash: String::new(),
            role: Role::User,
        };
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ada = store.create_account(&account, now).await.unwrap().id;
        let old = store
            .create_upload(ada, "a", now - 2.hours(), now - 1.hours())
            .await
            .unwrap();
        let new = store
            .create_upload(ada, "b", now, now + 1.hours())
            .await
            .unwrap();
        store
            .part_files()
            .write(old.id, 1, &mut &b"bytes"[..])
            .unwrap();
        sweep(&store, now).await.unwrap();
        let state = async |id| store.upload(id).await.unwrap().map(|upload| upload.state);
        assert_eq!(state(old.id).await, None);
        assert_eq!(state(new.id).await, Some(UploadState::Initialized));
        assert!(!store.part_files().path(old.id, 1).exists());
    }
}
