//! A new socket by form.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::SocketKind;
use jiff::Timestamp;
use store::sockets::CreateSocketError;

use super::check::taken;
use super::typed::{Typed, field_of};
use crate::error::ApiError;
use crate::own::note;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// Kinds that belong together.
struct KindGroup {
    label: &'static str,
    kinds: Vec<SocketKind>,
}

#[derive(Template)]
#[template(path = "sockets/create.html")]
struct CreatePage {
    frame: Frame,
    typed: Typed,
    groups: Vec<KindGroup>,
    problems: Problems,
}

impl CreatePage {
    /// `json`, `json-file`, `image`, `segmentation` or `file`: which fields a kind has, for the script.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates hand out references"
    )]
    fn sort(kind: &SocketKind) -> &'static str {
        if *kind == SocketKind::Segmentation {
            "segmentation"
        } else if kind.is_image() {
            "image"
        } else if kind.may_store_in_database() {
            "json"
        } else if kind.is_json() {
            "json-file"
        } else {
            "file"
        }
    }

    /// A value of the kind, for the script to fill in; empty for images and files.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates hand out references"
    )]
    fn example(kind: &SocketKind) -> String {
        let value = domain::example::of_kind(*kind);
        let text = value.map(|value| serde_json::to_string(&value).unwrap_or_default());
        text.unwrap_or_default()
    }
}

fn groups() -> Vec<KindGroup> {
    let of = |is: fn(SocketKind) -> bool| {
        let kinds = SocketKind::ALL.iter().copied();
        kinds.filter(|kind| is(*kind)).collect()
    };
    vec![
        KindGroup {
            label: "Images",
            kinds: of(SocketKind::is_image),
        },
        KindGroup {
            label: "Values (JSON)",
            kinds: of(|kind| kind.may_store_in_database()),
        },
        KindGroup {
            label: "Long lists (JSON files)",
            kinds: of(|kind| kind.is_json() && !kind.may_store_in_database()),
        },
        KindGroup {
            label: "Files",
            kinds: of(|kind| !kind.is_json() && !kind.is_image()),
        },
    ]
}

fn draw(visitor: &Visitor, typed: Typed, problems: Problems) -> Result<Response, PageError> {
    let shown = CreatePage {
        frame: Frame::new(visitor, Section::Algorithms, "New socket"),
        typed,
        groups: groups(),
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// An empty form.
pub(super) async fn show(visitor: Visitor) -> Result<Response, PageError> {
    visitor.require()?;
    visitor.caller.require_creator()?;
    draw(&visitor, Typed::empty(), Problems::default())
}

/// Makes it, or shows the form again.
pub(super) async fn create(
    State(state): State<AppState>,
    form: Form,
) -> Result<Response, PageError> {
    let visitor = &form.visitor;
    visitor.require()?;
    let by = visitor.caller.require_creator()?.id;
    let mut typed = Typed::of(&form);
    if form.get("do") == "more-segments" {
        typed.grow();
        return draw(visitor, typed, Problems::default());
    }
    let declared = match typed.read() {
        Ok(declared) => declared,
        Err(problems) => return draw(visitor, typed, problems),
    };
    let problems = taken(&state, &declared).await?;
    if problems.any() {
        return draw(visitor, typed, problems);
    }
    let made = state
        .store()
        .create_socket(
            &declared.socket,
            declared.example.as_ref(),
            Some(by),
            Timestamp::now(),
        )
        .await;
    let made = match made {
        Ok(made) => made,
        Err(problem) => return draw(visitor, typed, placed(problem)?),
    };
    note(
        &state,
        by,
        "socket.create",
        &format!("socket {}", made.id.0),
    )
    .await?;
    let slug = made.socket.slug;
    let said = format!("The socket `{slug}` is made. Algorithms take it by this name.");
    Ok(notice::redirect(&format!("/sockets/{slug}/"), &said))
}

/// The refusal of the store beside its field.
fn placed(problem: CreateSocketError) -> Result<Problems, ApiError> {
    let said = problem.to_string();
    let field = match problem {
        CreateSocketError::Store(problem) => return Err(problem.into()),
        CreateSocketError::SlugTaken(_) => "slug",
        CreateSocketError::PathTaken { .. } => "path",
        CreateSocketError::Invalid(broken) => field_of(&broken),
        CreateSocketError::Example(_) | CreateSocketError::ExampleOnFile(_) => "example",
    };
    let mut problems = Problems::default();
    problems.add(field, said);
    Ok(problems)
}
