//! What is wrong with a form, field by field.

use axum::http::StatusCode;

use super::problem::PageError;
use crate::error::ApiError;

/// Problems by the name of the field that they stand beside; the empty name is for the whole form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(String, String)>);

impl Problems {
    /// Adds one.
    pub fn add(&mut self, field: &str, problem: impl Into<String>) {
        self.0.push((field.to_owned(), sentence(&problem.into())));
    }

    /// Takes the value, or notes what is wrong with it.
    pub fn take<T, E: ToString>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(problem) => {
                self.add(field, problem.to_string());
                None
            }
        }
    }

    /// The refusal of an operation, for a form that is shown again.
    ///
    /// # Errors
    /// What no other input would mend: not found, not allowed, our own failure.
    pub fn of(refused: ApiError) -> Result<Problems, PageError> {
        match refused.status() {
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
                let mut problems = Problems::default();
                for (field, problem) in refused.by_field() {
                    problems.add(&field, problem);
                }
                Ok(problems)
            }
            _ => Err(refused.into()),
        }
    }

    /// What is wrong with a field; templates ask this.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == field);
        found.map(|(_, problem)| problem.as_str())
    }

    /// Whether anything is wrong.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }

    /// The status of the form when it is shown again.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.any() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        }
    }
}

/// Errors are fragments; beside a field stands a sentence.
fn sentence(fragment: &str) -> String {
    let trimmed = fragment.trim();
    let mut letters = trimmed.chars();
    let mut text = match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    };
    if !text.ends_with(['.', '?', '!', ':', '…']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_become_sentences() {
        assert_eq!(sentence("there is none"), "There is none.");
        assert_eq!(sentence("`a` is wrong."), "`a` is wrong.");
    }

    #[test]
    fn refusals_are_split_by_field() {
        let problems = Problems::of(ApiError::field("slug", "it is taken")).unwrap();
        assert_eq!(problems.at("slug"), Some("It is taken."));
        let whole = Problems::of(ApiError::invalid("nothing fits")).unwrap();
        assert_eq!(whole.at(""), Some("Nothing fits."));
        assert!(Problems::of(ApiError::not_found()).is_err());
    }
}
