//! Parts of short lists: `offset` and `limit`.

use serde::Deserialize;
use store::Page;
use utoipa::IntoParams;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// How many are left out at the start.
    pub(crate) offset: u64,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: u64,
    /// What the name holds.
    pub(crate) search: String,
}

impl Default for Part {
    fn default() -> Part {
        Part {
            offset: 0,
            limit: USUAL,
            search: String::new(),
        }
    }
}

/// How many there are when nobody says.
pub(crate) const USUAL: u64 = 100;
/// How many there are at most.
const MOST: u64 = 1000;

/// A number of rows within bounds.
pub(crate) fn bounded(limit: u64) -> Result<u32, crate::error::ApiError> {
    u32::try_from(limit)
        .ok()
        .filter(|limit| (1..=MOST).contains(&u64::from(*limit)))
        .ok_or_else(|| {
            let problem = format!("`{limit}` is out of range, expected 1 to {MOST}.");
            crate::error::ApiError::field("limit", problem)
        })
}

impl Part {
    /// As the store takes it.
    ///
    /// # Errors
    /// 400 when `limit` is out of range.
    pub(crate) fn page(&self) -> Result<Page, crate::error::ApiError> {
        Ok(Page {
            offset: self.offset,
            limit: u64::from(bounded(self.limit)?),
        })
    }
}
