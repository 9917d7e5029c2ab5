//! What somebody has taken of what they may take, for their own page and for administrators.

use store::ids::AccountId;

use super::problem::PageError;
use super::quantity::bytes;
use crate::own::quotas;
use crate::state::AppState;

/// What somebody has taken.
pub(super) struct Allowance {
    pub(super) rows: Vec<AllowanceRow>,
}

/// One thing of which there may be a bound.
pub(super) struct AllowanceRow {
    pub(super) name: &'static str,
    pub(super) used: String,
    /// `None`: no bound.
    pub(super) most: Option<String>,
    /// Of the bound, 0 to 100.
    pub(super) share: u64,
    /// Nothing more is taken.
    pub(super) is_full: bool,
}

impl Allowance {
    /// Of an account.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(super) async fn of(state: &AppState, account: AccountId) -> Result<Allowance, PageError> {
        let found = quotas::of(state, account).await?;
        let jobs = &state.config().jobs;
        let at_once = jobs.at_once_per_user.map(|most| most as u64);
        let quota = found.quota;
        // The server's own bound is about jobs that are submitted one by one.
        let alone = state.store().count_active_jobs(account).await?;
        let (unfinished, most_unfinished) = match quota.unfinished {
            Some(most) => (found.unfinished, most),
            None => (alone, jobs.most_active_per_user),
        };
        let count = |number: u64| number.to_string();
        Ok(Allowance {
            rows: vec![
                row(
                    "Jobs that run",
                    found.running,
                    quota.running.or(at_once),
                    count,
                ),
                row(
                    "Jobs that have not ended",
                    unfinished,
                    Some(most_unfinished),
                    count,
                ),
                row("Stored", found.bytes, quota.bytes, bytes),
            ],
        })
    }
}

fn row(name: &'static str, used: u64, most: Option<u64>, text: fn(u64) -> String) -> AllowanceRow {
    let share = |most: u64| match most {
        0 => 100,
        most => used.saturating_mul(100) / most,
    };
    AllowanceRow {
        name,
        used: text(used),
        share: most.map_or(0, share).min(100),
        is_full: most.is_some_and(|most| used >= most),
        most: most.map(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_is_reached_is_full() {
        let words = |used, most| {
            let row = row("Jobs", used, most, |number| number.to_string());
            (row.share, row.is_full, row.most)
        };
        assert_eq!(words(3, Some(4)), (75, false, Some("4".to_owned())));
        assert_eq!(words(5, Some(4)), (100, true, Some("4".to_owned())));
        assert_eq!(words(0, Some(0)), (100, true, Some("0".to_owned())));
        assert_eq!(words(7, None), (0, false, None));
    }
}
