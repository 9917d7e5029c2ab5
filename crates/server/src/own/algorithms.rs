//! Algorithms: made and changed by their manifest `algorithm.toml`, as `gantry run` reads it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Limits, Manifest, Slug};
use jiff::Timestamp;
use serde::Serialize;
use store::algorithms::{CreateAlgorithmError, StoredAlgorithm};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) mod access;
pub(crate) mod interfaces;
pub(crate) mod list;
pub(crate) mod logo;
pub(crate) mod models;
pub(crate) mod settings;
pub(crate) mod statistics;

use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// An algorithm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownAlgorithm {
    /// UUID.
    id: String,
    /// Its short name.
    slug: String,
    /// Its name.
    title: String,
    /// May be empty.
    description: String,
    /// Such as `CT`; may be empty.
    modality: String,
    /// Everybody sees it.
    is_public: bool,
    /// `manual` or `accept_all`: what becomes of a request to use it.
    access_requests: String,
    /// The caller may submit jobs.
    may_run: bool,
    /// The caller may change it.
    may_change: bool,
    /// `warn` or `refuse`: what happens when an output image does not lie where the input lies.
    geometry: String,
    /// Jinja template for `results.json`; null: the default one.
    result_template: Option<String>,
    /// Path of its picture on this server; null: none.
    logo: Option<String>,
    /// UUID of the weights that new jobs use; null: none.
    active_model: Option<String>,
    /// Slugs of input and output sockets.
    interfaces: Vec<ShownInterface>,
    /// Limits of a job: bytes, milliseconds, per cent of a processor, processes.
    #[schema(value_type = Object)]
    limits: Limits,
    /// Mean run time of jobs that succeeded, seconds.
    average_seconds: Option<f64>,
    /// The version whose jobs run; null: none can run yet.
    active_image: Option<String>,
}

/// Slugs of sockets that belong together.
#[derive(Debug, Serialize, ToSchema)]
struct ShownInterface {
    /// What goes in.
    inputs: Vec<String>,
    /// What comes out.
    outputs: Vec<String>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create))
        .routes(routes!(detail, change, settings::patch))
        .routes(routes!(settings::preview))
        .routes(routes!(interfaces::list, interfaces::add))
        .routes(routes!(interfaces::remove))
        .routes(routes!(logo::get, logo::put, logo::remove))
        .routes(routes!(access::ask, access::list))
        .routes(routes!(access::answer))
        .routes(routes!(statistics::statistics))
        .merge(models::router())
}

/// Makes an algorithm from its manifest. Sockets that are there with the same definition are shared.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/", tag = "algorithms",
    request_body(content = String, content_type = "application/toml", description = "`algorithm.toml`"),
    responses((status = 201, body = ShownAlgorithm), (status = 400), (status = 401), (status = 403), (status = 409))
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    manifest: String,
) -> Result<(StatusCode, Json<ShownAlgorithm>), ApiError> {
    let account = caller.require_creator()?.id;
    let algorithm = read(&manifest)?;
    let made = state
        .store()
        .create_algorithm(&algorithm, Some(account), Timestamp::now());
    let made = made.await.map_err(refusal)?;
    note(
        &state,
        account,
        "algorithm.create",
        &format!("algorithm {}", made.id),
    )
    .await?;
    Ok((
        StatusCode::CREATED,
        Json(shown(&state, &caller, &made).await?),
    ))
}

/// An algorithm by its slug.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/", tag = "algorithms",
    params(("slug" = String, Path)), responses((status = 200, body = ShownAlgorithm), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<ShownAlgorithm>, ApiError> {
    let found = visible(&state, &caller, &slug).await?;
    Ok(Json(shown(&state, &caller, &found).await?))
}

/// Changes an algorithm to what its manifest says now; jobs keep the interface that they were submitted with.
#[utoipa::path(
    put, path = "/api/gantry/v1/algorithms/{slug}/", tag = "algorithms", params(("slug" = String, Path)),
    request_body(content = String, content_type = "application/toml", description = "`algorithm.toml`"),
    responses((status = 200, body = ShownAlgorithm), (status = 400), (status = 403), (status = 404), (status = 409))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    manifest: String,
) -> Result<Json<ShownAlgorithm>, ApiError> {
    let found = changeable(&state, &caller, &slug).await?;
    let algorithm = read(&manifest)?;
    if algorithm.slug != found.slug {
        let problem = format!(
            "The manifest is of `{}`, expected `{}`.",
            algorithm.slug, found.slug
        );
        return Err(ApiError::field("slug", problem));
    }
    let changed = state
        .store()
        .update_algorithm(found.id, &algorithm, Timestamp::now());
    let changed = changed
        .await
        .map_err(refusal)?
        .ok_or_else(ApiError::not_found)?;
    let account = caller.require()?.id;
    note(
        &state,
        account,
        "algorithm.change",
        &format!("algorithm {}", found.id),
    )
    .await?;
    Ok(Json(shown(&state, &caller, &changed).await?))
}

fn read(manifest: &str) -> Result<domain::Algorithm, ApiError> {
    let manifest =
        Manifest::parse(manifest).map_err(|problem| ApiError::invalid(problem.to_string()))?;
    if manifest.result_template_file.is_some() {
        let problem = "Files beside the manifest stay behind, expected `result_template` with the text itself.";
        return Err(ApiError::field("result_template_file", problem));
    }
    Ok(manifest.algorithm)
}

/// An algorithm that the caller may see.
pub(crate) async fn visible(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<StoredAlgorithm, ApiError> {
    let slug = Slug::new(slug).map_err(|_| ApiError::not_found())?;
    let store = state.store();
    let found = store
        .algorithm_by_slug(&slug)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if !store.may_view_algorithm(caller.viewer, found.id).await? {
        return Err(ApiError::not_found());
    }
    Ok(found)
}

/// An algorithm that the caller may change.
pub(crate) async fn changeable(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<StoredAlgorithm, ApiError> {
    caller.require()?;
    let found = visible(state, caller, slug).await?;
    if !state
        .store()
        .may_change_algorithm(caller.viewer, found.id)
        .await?
    {
        return Err(ApiError::forbidden(
            "Only editors of the algorithm may do this.",
        ));
    }
    Ok(found)
}

/// An algorithm that cannot be made or changed.
pub(crate) fn refusal(problem: CreateAlgorithmError) -> ApiError {
    match problem {
        CreateAlgorithmError::Store(problem) => problem.into(),
        CreateAlgorithmError::SlugTaken(_) => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
        CreateAlgorithmError::Invalid(_)
        | CreateAlgorithmError::Socket { .. }
        | CreateAlgorithmError::SocketDiffers { .. } => ApiError::invalid(problem.to_string()),
    }
}

/// Everything that is known of an algorithm, and what the caller may do with it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn shown(
    state: &AppState,
    caller: &Caller,
    stored: &StoredAlgorithm,
) -> Result<ShownAlgorithm, ApiError> {
    let slugs = |sockets: &[store::sockets::StoredSocket]| {
        sockets
            .iter()
            .map(|socket| socket.socket.slug.to_string())
            .collect()
    };
    let (store, viewer) = (state.store(), caller.viewer);
    let active = store.active_algorithm_image(stored.id).await?;
    let model = store.active_algorithm_model(stored.id).await?;
    let logo = stored.logo.as_ref();
    Ok(ShownAlgorithm {
        id: stored.id.to_string(),
        slug: stored.slug.to_string(),
        title: stored.title.clone(),
        description: stored.description.clone(),
        modality: stored.modality.clone(),
        is_public: stored.is_public,
        access_requests: stored.access_requests.word().to_owned(),
        may_run: store.may_run_algorithm(viewer, stored.id).await?,
        may_change: store.may_change_algorithm(viewer, stored.id).await?,
        geometry: match stored.geometry {
            domain::GeometryRule::Warn => "warn".to_owned(),
            domain::GeometryRule::Refuse => "refuse".to_owned(),
        },
        result_template: stored.result_template.clone(),
        logo: logo.map(|_| format!("/api/gantry/v1/algorithms/{}/logo/", stored.slug)),
        active_model: model.map(|model| model.id.to_string()),
        interfaces: stored
            .interfaces
            .iter()
            .map(|interface| ShownInterface {
                inputs: slugs(&interface.inputs),
                outputs: slugs(&interface.outputs),
            })
            .collect(),
        limits: stored.limits.clone(),
        average_seconds: stored.average_seconds,
        active_image: active.map(|image| image.id.to_string()),
    })
}
