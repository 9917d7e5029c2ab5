//! Parts of lists: `offset` and `limit` come in, `count`, `next`, `previous` and `results` go out.

use axum::Json;
use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Listed, Page};

use crate::error::ApiError;
use crate::links::Links;
use crate::state::AppState;

/// How many there are when nobody says.
const USUAL: u64 = 100;
/// How many there are at most.
const MOST: u64 = 1000;

/// Which part, and what else the query says. Nonsense counts as nothing, and so do keys that nobody knows.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) page: Page,
    pairs: Vec<(String, String)>,
    path: String,
    links: Links,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Asked, ApiError> {
        let links = Links::from_request_parts(parts, state).await?;
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state)
            .await
            .unwrap_or_else(|never| match never {});
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&uri);
        let pairs = pairs.map_or_else(|_| Vec::new(), |Query(pairs)| pairs);
        let number = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.and_then(|(_, value)| value.parse::<u64>().ok())
        };
        Ok(Asked {
            page: Page {
                offset: number("offset").unwrap_or(0),
                limit: number("limit")
                    .filter(|limit| *limit > 0)
                    .unwrap_or(USUAL)
                    .min(MOST),
            },
            path: uri.path().to_owned(),
            pairs,
            links,
        })
    }
}

impl Asked {
    /// What the query says under a key; empty counts as nothing.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(name, _)| name == key);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// An id in the query: nothing asked is `Ok(None)`, and what is no id matches nothing.
    pub(super) fn id<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, NoSuchId> {
        match self.text(key) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| NoSuchId),
        }
    }

    /// The answer.
    pub(super) fn answer<T: Serialize>(&self, count: u64, results: &[T]) -> Json<Value> {
        let Page { offset, limit } = self.page;
        let after = offset.saturating_add(limit);
        let next = (after < count).then(|| self.address(after));
        let previous = (offset > 0).then(|| self.address(offset.saturating_sub(limit)));
        Json(json!({"count": count, "next": next, "previous": previous, "results": results}))
    }

    /// The answer with each item turned into what goes over the wire.
    pub(super) fn answer_with<T, S: Serialize>(
        &self,
        listed: &Listed<T>,
        shape: impl FnMut(&T) -> S,
    ) -> Json<Value> {
        let results: Vec<S> = listed.items.iter().map(shape).collect();
        self.answer(listed.count, &results)
    }

    /// The answer when nothing can match.
    pub(super) fn nothing(&self) -> Json<Value> {
        self.answer::<Value>(0, &[])
    }

    fn address(&self, offset: u64) -> String {
        let limit = self.page.limit;
        let mut query = format!("limit={limit}&offset={offset}");
        for (key, value) in &self.pairs {
            if key != "limit" && key != "offset" {
                query.push('&');
                query.push_str(&escaped(key));
                query.push('=');
                query.push_str(&escaped(value));
            }
        }
        self.links.absolute(&format!("{}?{query}", self.path))
    }
}

/// The query asks for something that cannot be.
#[derive(Debug)]
pub(super) struct NoSuchId;

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
