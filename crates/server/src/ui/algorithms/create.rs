//! A new algorithm by form; [`edit`](super::edit) shows the same form for one that there is.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::Socket;
use jiff::Timestamp;
use store::algorithms::AlgorithmChange;

use super::draft::{Draft, Wish};
use super::gather::{Choice, choices, named};
use super::head::Head;
use super::logo;
use crate::error::ApiError;
use crate::own::algorithms::{logo::set as set_logo, refusal};
use crate::own::note;
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// A socket that was chosen.
pub(super) struct Chosen {
    slug: String,
    title: String,
    kind: &'static str,
}

/// An interface in the form.
pub(super) struct InterfaceForm {
    /// From 0, as in the names of fields.
    index: usize,
    sides: [SideForm; 2],
}

/// Inputs or outputs.
pub(super) struct SideForm {
    /// `in` or `out`.
    name: &'static str,
    title: &'static str,
    chosen: Vec<Chosen>,
    typed: String,
}

#[derive(Template)]
#[template(path = "algorithm/form.html")]
pub(super) struct AlgorithmForm {
    frame: Frame,
    /// `None`: a new one.
    head: Option<Head>,
    draft: Draft,
    interfaces: Vec<InterfaceForm>,
    choices: Vec<Choice>,
    problems: Problems,
}

impl AlgorithmForm {
    /// The field of names to be added to a side.
    fn field(&self, side: &SideForm, index: &usize) -> String {
        format!("add-{}:{index}", side.name)
    }
}

/// The form.
pub(super) async fn draw(
    state: &AppState,
    visitor: &Visitor,
    head: Option<Head>,
    (draft, problems): (Draft, Problems),
) -> Result<Response, PageError> {
    let sockets = named(state, &draft).await?;
    let title = head.as_ref().map_or_else(
        || "New algorithm".to_owned(),
        |head| format!("{}: edit", head.title),
    );
    let interfaces = draft.interfaces.iter().enumerate();
    let interfaces = interfaces.map(|(index, one)| InterfaceForm {
        index,
        sides: [
            side(
                ("in", "What goes in"),
                (&one.inputs, &one.add_input),
                &sockets,
            ),
            side(
                ("out", "What comes out"),
                (&one.outputs, &one.add_output),
                &sockets,
            ),
        ],
    });
    let shown = AlgorithmForm {
        frame: Frame::new(visitor, Section::Algorithms, title),
        interfaces: interfaces.collect(),
        head,
        choices: choices(state).await?,
        draft,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

fn side(
    (name, title): (&'static str, &'static str),
    (slugs, typed): (&[String], &str),
    sockets: &[Socket],
) -> SideForm {
    let found = slugs
        .iter()
        .filter_map(|slug| sockets.iter().find(|one| one.slug.as_str() == slug));
    SideForm {
        name,
        title,
        chosen: found
            .map(|socket| Chosen {
                slug: socket.slug.to_string(),
                title: socket.title.clone(),
                kind: socket.kind.label(),
            })
            .collect(),
        typed: typed.to_owned(),
    }
}

/// An empty form.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    visitor.require()?;
    visitor.caller.require_creator()?;
    draw(
        &state,
        &visitor,
        None,
        (Draft::empty(), Problems::default()),
    )
    .await
}

/// Makes the algorithm, or shows the form again.
pub(super) async fn create(
    State(state): State<AppState>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let visitor = &form.visitor;
    let by = visitor.caller.require_creator()?.id;
    let (mut draft, wish) = Draft::sent(&form);
    let sockets = named(&state, &draft).await?;
    let mut problems = Problems::default();
    draft.take_in(&sockets, &mut problems);
    if wish == Wish::TakeIn || problems.any() {
        return draw(&state, visitor, None, (draft, problems)).await;
    }
    let picture = logo::sent(&state, &form, &mut problems).await?;
    let algorithm = match draft.declared(&sockets, None) {
        Ok(algorithm) if !problems.any() => algorithm,
        Ok(_) => return draw(&state, visitor, None, (draft, problems)).await,
        Err(more) => {
            for (field, problem) in more.all() {
                problems.add(field, problem.clone());
            }
            return draw(&state, visitor, None, (draft, problems)).await;
        }
    };
    let (store, now) = (state.store(), Timestamp::now());
    let made = match store.create_algorithm(&algorithm, Some(by), now).await {
        Ok(made) => made,
        Err(problem) => {
            let problems = slug_first(Problems::of(refusal(problem))?);
            return draw(&state, visitor, None, (draft, problems)).await;
        }
    };
    note(
        &state,
        by,
        "algorithm.create",
        &format!("algorithm {}", made.id),
    )
    .await?;
    let change = AlgorithmChange {
        modality: Some(draft.modality.clone()),
        ..AlgorithmChange::default()
    };
    store.change_algorithm(made.id, &change, now).await?;
    if let Some(picture) = picture {
        set_logo(&state, &visitor.caller, made.slug.as_str(), picture).await?;
    }
    Ok(made_it(made.slug.as_str()))
}

/// Where one goes from a new algorithm.
pub(super) fn made_it(slug: &str) -> Response {
    let said = "The algorithm is made. Next: upload its container image.";
    notice::redirect(&format!("/algorithms/{slug}/versions/"), said)
}

/// That a name is taken concerns the field of the name.
fn slug_first(problems: Problems) -> Problems {
    let mut placed = Problems::default();
    for (field, problem) in problems.all() {
        let field = if field.is_empty() { "slug" } else { field };
        placed.add(field, problem.clone());
    }
    placed
}

/// What of a refusal concerns no field that the form has.
pub(super) fn as_interfaces(refused: ApiError) -> Result<Problems, PageError> {
    let mut placed = Problems::default();
    for (field, problem) in Problems::of(refused)?.all() {
        let field = if field.is_empty() {
            "interfaces"
        } else {
            field
        };
        placed.add(field, problem.clone());
    }
    Ok(placed)
}
