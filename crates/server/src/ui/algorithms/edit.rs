//! Changing an algorithm by the form that made it.

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use store::algorithms::AlgorithmChange;

use super::create::{as_interfaces, draw};
use super::draft::{Draft, Wish};
use super::gather::named;
use super::head::{Tab, edited};
use super::logo;
use crate::own::algorithms::{logo::set as set_logo, refusal};
use crate::own::note;
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::notice;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// The form, filled in.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(&state, &visitor, (&slug, Tab::Edit)).await?;
    let draft = Draft::of_stored(&algorithm);
    draw(&state, &visitor, Some(head), (draft, Problems::default())).await
}

/// Changes the algorithm, or shows the form again.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let visitor = &form.visitor;
    let (stored, head) = edited(&state, visitor, (&slug, Tab::Edit)).await?;
    let by = visitor.require()?.id;
    let (mut draft, wish) = Draft::sent(&form);
    draft.slug.clone_from(&head.slug);
    let sockets = named(&state, &draft).await?;
    let mut problems = Problems::default();
    draft.take_in(&sockets, &mut problems);
    if wish == Wish::TakeIn || problems.any() {
        return draw(&state, visitor, Some(head), (draft, problems)).await;
    }
    let picture = logo::sent(&state, &form, &mut problems).await?;
    let declared = match draft.declared(&sockets, Some(&stored.to_domain())) {
        Ok(declared) => declared,
        Err(more) => {
            for (field, problem) in more.all() {
                problems.add(field, problem.clone());
            }
            return draw(&state, visitor, Some(head), (draft, problems)).await;
        }
    };
    if problems.any() {
        return draw(&state, visitor, Some(head), (draft, problems)).await;
    }
    let (store, now) = (state.store(), Timestamp::now());
    if let Err(problem) = store.update_algorithm(stored.id, &declared, now).await {
        let problems = as_interfaces(refusal(problem))?;
        return draw(&state, visitor, Some(head), (draft, problems)).await;
    }
    let change = AlgorithmChange {
        modality: Some(draft.modality.clone()),
        ..AlgorithmChange::default()
    };
    store.change_algorithm(stored.id, &change, now).await?;
    if let Some(picture) = picture {
        set_logo(&state, &visitor.caller, &slug, picture).await?;
    } else if form.is_ticked("no-logo") {
        store.set_algorithm_logo(stored.id, None, now).await?;
    }
    note(
        &state,
        by,
        "algorithm.change",
        &format!("algorithm {}", stored.id),
    )
    .await?;
    Ok(notice::redirect(
        &format!("/algorithms/{slug}/"),
        "The algorithm is changed.",
    ))
}
