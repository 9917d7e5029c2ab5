//! What one person may take: refused with a sentence that says of what, how much is used and how much is allowed.

use store::ids::AccountId;
use store::quotas::Quota;
use store::{Store, StoreError};

/// A quota is used up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsedUp {
    /// Jobs that have not ended.
    #[error(
        "your quota of jobs that have not ended is used up: {found} of {most}; wait for one, or cancel it"
    )]
    Jobs {
        /// How many there are.
        found: u64,
        /// How many are allowed.
        most: u64,
    },
    /// Jobs that a run over an archive would add.
    #[error(
        "your quota of jobs that have not ended has no room for this run: {found} of {most} are used and it would add {more}"
    )]
    Run {
        /// How many there are.
        found: u64,
        /// How many the run has.
        more: u64,
        /// How many are allowed.
        most: u64,
    },
    /// Bytes that are kept.
    #[error(
        "your quota of stored bytes is used up: {} of {}; delete images, jobs or uploads that you no longer need",
        size(*.used), size(*.most)
    )]
    Bytes {
        /// How many there are.
        used: u64,
        /// How many are allowed.
        most: u64,
    },
}

/// Bytes with all their digits and a unit, since 10.0 GB of 10.0 GB would leave one wondering.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => format!("{:.2} MB", bytes as f64 / 1e6),
        _ => format!("{:.3} GB", bytes as f64 / 1e9),
    }
}

/// Which quotas keep somebody from submitting one more job; `everybody` is how many jobs that have not ended the server
/// gives each, not counting those of runs over archives.
///
/// # Errors
/// When the database fails.
pub async fn against_job(
    store: &Store,
    account: AccountId,
    everybody: u64,
) -> Result<Vec<UsedUp>, StoreError> {
    let quota = store.quota(account).await?;
    let (found, most) = match quota.unfinished {
        Some(most) => (store.count_taken_jobs(account).await?.1, most),
        None => (store.count_active_jobs(account).await?, everybody),
    };
    let mut used_up = Vec::new();
    if found >= most {
        used_up.push(UsedUp::Jobs { found, most });
    }
    used_up.extend(bytes_used_up(store, account, (&quota, 0)).await?);
    Ok(used_up)
}

/// Which quota keeps somebody from starting a run over an archive with so many jobs. Only what was said for this person
/// counts: the server's own number is about jobs that are submitted one by one.
///
/// # Errors
/// When the database fails.
pub async fn against_run(
    store: &Store,
    account: AccountId,
    more: u64,
) -> Result<Option<UsedUp>, StoreError> {
    let quota = store.quota(account).await?;
    if let Some(most) = quota.unfinished {
        let (_, found) = store.count_taken_jobs(account).await?;
        if found.saturating_add(more) > most {
            return Ok(Some(UsedUp::Run { found, more, most }));
        }
    }
    bytes_used_up(store, account, (&quota, 0)).await
}

/// Whether the quota of somebody has no room for more bytes, such as those of a part of an upload.
///
/// # Errors
/// When the database fails.
pub async fn against_bytes(
    store: &Store,
    account: AccountId,
    more: u64,
) -> Result<Option<UsedUp>, StoreError> {
    let quota = store.quota(account).await?;
    bytes_used_up(store, account, (&quota, more)).await
}

async fn bytes_used_up(
    store: &Store,
    account: AccountId,
    (quota, more): (&Quota, u64),
) -> Result<Option<UsedUp>, StoreError> {
    let Some(most) = quota.bytes else {
        return Ok(None);
    };
    let used = store.stored_bytes(account).await?;
    // Exactly full is full: whoever asks wants more.
    let is_over = used >= most || used.saturating_add(more) > most;
    Ok(is_over.then_some(UsedUp::Bytes { used, most }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_the_quota_and_both_numbers() {
        let said = UsedUp::Jobs { found: 3, most: 3 }.to_string();
        assert!(said.contains("jobs that have not ended") && said.contains("3 of 3"));
        let said = UsedUp::Bytes {
            used: 10_000_500_000,
            most: 10_000_000_000,
        };
        let said = said.to_string();
        assert!(
            said.contains("stored bytes") && said.contains("10.001 GB of 10.000 GB"),
            "{said}"
        );
        assert_eq!(size(999_999), "999999 bytes");
    }
}
