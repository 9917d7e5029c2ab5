//! Tokens: secrets with which programs call the API in one's name. A new one is shown once.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use store::ids::TokenId;
use store::tokens::Token;

use super::{Extra, draw};
use crate::error::ApiError;
use crate::links::Links;
use crate::own::login::new_token;
use crate::own::note;
use crate::path::Id;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;

/// A token in the table.
pub(super) struct TokenRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) prefix: String,
    pub(super) created: Moment,
    pub(super) expires: Option<Moment>,
    pub(super) has_ended: bool,
    pub(super) last_used: Option<Moment>,
}

impl From<&Token> for TokenRow {
    fn from(token: &Token) -> TokenRow {
        TokenRow {
            id: token.id.to_string(),
            name: token.name.clone(),
            prefix: token.prefix.clone(),
            created: token.created_at.into(),
            expires: token.expires_at.map(Moment::from),
            has_ended: token
                .expires_at
                .is_some_and(|end| end <= jiff::Timestamp::now()),
            last_used: token.last_used_at.map(Moment::from),
        }
    }
}

/// A token that was just made.
pub(super) struct NewSecret {
    pub(super) name: String,
    pub(super) secret: String,
}

/// What was typed.
pub(super) struct TokenForm {
    pub(super) name: String,
    pub(super) days: String,
}

impl Default for TokenForm {
    fn default() -> TokenForm {
        TokenForm {
            name: String::new(),
            days: "365".to_owned(),
        }
    }
}

impl TokenForm {
    /// Choices of an end, days; empty is never.
    pub(super) fn choices(&self) -> [(&'static str, &'static str, bool); 5] {
        [
            ("7", "after a week"),
            ("30", "after 30 days"),
            ("90", "after 90 days"),
            ("365", "after a year"),
            ("", "never"),
        ]
        .map(|(days, words)| (days, words, days == self.days))
    }
}

/// Makes a token and shows its secret.
pub(super) async fn create(
    State(state): State<AppState>,
    links: Links,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let account = form.visitor.require()?.id;
    let typed = TokenForm {
        name: form.get("name").trim().to_owned(),
        days: form.get("days").trim().to_owned(),
    };
    let mut problems = Problems::default();
    if typed.name.is_empty() {
        problems.add(
            "name",
            "A name is missing: what or where will call with the token?",
        );
    }
    let days = match typed.days.as_str() {
        "" => None,
        days => problems.take(
            "days",
            days.parse::<u32>()
                .map_err(|_| "it is no number of days".to_owned()),
        ),
    };
    if !problems.any() {
        match new_token(&state, account, &typed.name, days).await {
            Ok((_, secret)) => {
                let made = Some(NewSecret {
                    name: typed.name,
                    secret,
                });
                let extra = Extra {
                    made,
                    ..Extra::default()
                };
                return draw(&state, (&form.visitor, &headers), &links, extra).await;
            }
            Err(refused) => problems = Problems::of(refused)?,
        }
    }
    let extra = Extra {
        token_form: typed,
        problems,
        made: None,
    };
    draw(&state, (&form.visitor, &headers), &links, extra).await
}

/// Ends a token.
pub(super) async fn end(
    State(state): State<AppState>,
    Id(id): Id<TokenId>,
    form: Form,
) -> Result<Response, PageError> {
    let account = form.visitor.require()?.id;
    if !state.store().delete_token(account, id).await? {
        return Err(ApiError::not_found().into());
    }
    note(&state, account, "token.delete", &format!("token {id}")).await?;
    Ok(notice::redirect(
        "/account/",
        "The token has ended: whatever still calls with it is refused.",
    ))
}
