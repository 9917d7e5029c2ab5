//! Who asks: lists hold only what they may see.

use crate::ids::AccountId;

/// Whoever asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Who; `None` for somebody who is not logged in.
    pub account: Option<AccountId>,
    /// Sees everything.
    pub is_administrator: bool,
}

impl Viewer {
    /// Somebody who is not logged in.
    pub const ANONYMOUS: Viewer = Viewer {
        account: None,
        is_administrator: false,
    };

    /// The server itself.
    pub const SYSTEM: Viewer = Viewer {
        account: None,
        is_administrator: true,
    };

    /// The id as a column has it; empty, which is nobody's, for somebody who is not logged in.
    pub(crate) fn column(self) -> String {
        self.account.map(|id| id.to_string()).unwrap_or_default()
    }
}
