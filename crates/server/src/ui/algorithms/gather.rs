//! The sockets that a form of an algorithm needs: those that stand in it, and those to choose from.

use domain::{Slug, Socket};
use store::Page;
use store::sockets::StoredSocket;

use super::draft::Draft;
use crate::error::ApiError;
use crate::state::AppState;

/// A socket to choose.
pub(super) struct Choice {
    pub(super) slug: String,
    pub(super) words: String,
}

/// Sockets to choose from while one types: at most a thousand; others are found by their whole name.
///
/// # Errors
/// When the database fails.
pub(super) async fn choices(state: &AppState) -> Result<Vec<Choice>, ApiError> {
    let found = state.store().find_sockets("", None, Page::ALL).await?;
    let choice = |stored: StoredSocket| Choice {
        words: format!("{} ({})", stored.socket.title, stored.socket.kind.label()),
        slug: stored.socket.slug.to_string(),
    };
    Ok(found.items.into_iter().map(choice).collect())
}

/// Every socket that a form names and that there is.
///
/// # Errors
/// When the database fails.
pub(super) async fn named(state: &AppState, draft: &Draft) -> Result<Vec<Socket>, ApiError> {
    let mut names = draft.names();
    names.extend(draft.added());
    let mut sockets = Vec::new();
    for name in names {
        let Ok(slug) = Slug::new(name.as_str()) else {
            continue;
        };
        if let Some(found) = state.store().socket_by_slug(&slug).await? {
            sockets.push(found.socket);
        }
    }
    Ok(sockets)
}
