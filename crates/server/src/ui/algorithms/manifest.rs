//! An algorithm made or changed by its manifest `algorithm.toml`, pasted or uploaded.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Algorithm, Manifest};
use jiff::Timestamp;

use super::create::made_it;
use super::head::{Head, Tab, edited};
use crate::error::ApiError;
use crate::own::algorithms::refusal;
use crate::own::note;
use crate::state::AppState;
use crate::ui::files::{FilesForm, SentFile};
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// Bytes of a manifest, and of a template.
const LARGEST: u64 = 1 << 20;

#[derive(Template)]
#[template(path = "algorithm/manifest.html")]
struct ManifestPage {
    frame: Frame,
    /// `None`: a new one.
    head: Option<Head>,
    manifest: String,
    problems: Problems,
}

fn draw(
    visitor: &Visitor,
    head: Option<Head>,
    (manifest, problems): (String, Problems),
) -> Result<Response, PageError> {
    let title = head.as_ref().map_or_else(
        || "New algorithm from a manifest".to_owned(),
        |head| format!("{}: from a manifest", head.title),
    );
    let shown = ManifestPage {
        frame: Frame::new(visitor, Section::Algorithms, title),
        head,
        manifest,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// The form for a new one.
pub(super) async fn show_new(visitor: Visitor) -> Result<Response, PageError> {
    visitor.require()?;
    visitor.caller.require_creator()?;
    draw(&visitor, None, (String::new(), Problems::default()))
}

/// Makes it.
pub(super) async fn create(
    State(state): State<AppState>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let by = form.visitor.caller.require_creator()?.id;
    let (text, algorithm) = declared(&state, &form).await?;
    let algorithm = match algorithm {
        Ok(algorithm) => algorithm,
        Err(problems) => return draw(&form.visitor, None, (text, problems)),
    };
    let made = state
        .store()
        .create_algorithm(&algorithm, Some(by), Timestamp::now())
        .await;
    let made = match made {
        Ok(made) => made,
        Err(problem) => {
            let problems = as_manifest(refusal(problem))?;
            return draw(&form.visitor, None, (text, problems));
        }
    };
    note(
        &state,
        by,
        "algorithm.create",
        &format!("algorithm {}", made.id),
    )
    .await?;
    Ok(made_it(made.slug.as_str()))
}

/// The form for one that there is.
pub(super) async fn show_change(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let (_, head) = edited(&state, &visitor, (&slug, Tab::Edit)).await?;
    draw(&visitor, Some(head), (String::new(), Problems::default()))
}

/// Changes it to what the manifest says now.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let visitor = &form.visitor;
    let (stored, head) = edited(&state, visitor, (&slug, Tab::Edit)).await?;
    let (text, algorithm) = declared(&state, &form).await?;
    let algorithm = match algorithm {
        Ok(algorithm) => algorithm,
        Err(problems) => return draw(visitor, Some(head), (text, problems)),
    };
    let mut problems = Problems::default();
    if algorithm.slug == stored.slug {
        let changed = state
            .store()
            .update_algorithm(stored.id, &algorithm, Timestamp::now());
        if let Err(problem) = changed.await {
            problems = as_manifest(refusal(problem))?;
        }
    } else {
        let said = format!(
            "The manifest is of `{}`, expected `{slug}`.",
            algorithm.slug
        );
        problems.add("manifest", said);
    }
    if problems.any() {
        return draw(visitor, Some(head), (text, problems));
    }
    let by = visitor.require()?.id;
    note(
        &state,
        by,
        "algorithm.change",
        &format!("algorithm {}", stored.id),
    )
    .await?;
    let said = "The algorithm is what the manifest says.";
    Ok(notice::redirect(&format!("/algorithms/{slug}/"), said))
}

/// The manifest's text, and what it declares.
async fn declared(
    state: &AppState,
    form: &FilesForm,
) -> Result<(String, Result<Algorithm, Problems>), ApiError> {
    let files = form.files("files");
    let manifest = files.iter().find(|file| file.filename.ends_with(".toml"));
    let mut problems = Problems::default();
    let text = match manifest {
        Some(file) => read(state, file).await?,
        None => Ok(form.get("manifest").to_owned()),
    };
    let Some(text) = problems.take("files", text) else {
        return Ok((String::new(), Err(problems)));
    };
    if text.trim().is_empty() {
        let said = if files.is_empty() {
            "There is nothing: paste a manifest, or choose its file."
        } else {
            "None of the files is a manifest: its name ends with `.toml`."
        };
        problems.add("manifest", said);
        return Ok((text, Err(problems)));
    }
    let Some(mut parsed) = problems.take("manifest", Manifest::parse(&text)) else {
        return Ok((text, Err(problems)));
    };
    if let Some(path) = &parsed.result_template_file {
        let name = path.rsplit('/').next().unwrap_or(path);
        match files.iter().find(|file| file.filename == name) {
            Some(file) => {
                let template = read(state, file).await?;
                parsed.algorithm.result_template = problems.take("files", template);
            }
            None => problems.add(
                "files",
                format!("The manifest names the template `{path}`: choose the file `{name}` together with the manifest."),
            ),
        }
    }
    if problems.any() {
        return Ok((text, Err(problems)));
    }
    Ok((text, Ok(parsed.algorithm)))
}

/// A small text file; the inner error says what it is instead.
async fn read(state: &AppState, file: &SentFile) -> Result<Result<String, String>, ApiError> {
    let upload = state.store().upload(file.upload).await?;
    let Some((digest, size)) = upload.and_then(|upload| Some((upload.blob?, upload.size))) else {
        return Ok(Err(format!(
            "`{}` is not complete: choose it again",
            file.filename
        )));
    };
    if size > LARGEST {
        let problem = format!(
            "`{}` has {size} bytes, expected at most {LARGEST}",
            file.filename
        );
        return Ok(Err(problem));
    }
    let bytes = tokio::fs::read(state.store().blobs().path(&digest))
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|_| format!("`{}` is not UTF-8", file.filename)))
}

/// A refusal concerns the manifest as a whole.
fn as_manifest(refused: ApiError) -> Result<Problems, PageError> {
    let mut placed = Problems::default();
    for (_, problem) in Problems::of(refused)?.all() {
        placed.add("manifest", problem.clone());
    }
    Ok(placed)
}
