//! Changing an algorithm piece by piece, and looking at a result template before it is used.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{GeometryRule, Limits};
use executor::result_template::{DEFAULT_TEMPLATE, render_result};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use store::algorithms::{AccessRequests, AlgorithmChange};
use store::ids::JobId;
use store::values::Content;
use utoipa::ToSchema;

use super::{ShownAlgorithm, changeable, shown, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::state::AppState;

/// Characters of a result template.
const LONGEST_TEMPLATE: usize = 100_000;
/// The output that templates are about (`grand-challenge.md` section 2.9), by its path.
const RESULTS: &str = "results.json";

/// What changes of an algorithm; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct AlgorithmPatch {
    /// 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) title: Option<String>,
    /// At most 10000 characters.
    #[schema(max_length = 10000)]
    pub(crate) description: Option<String>,
    /// Such as `CT`; empty takes it away.
    #[schema(max_length = 64)]
    pub(crate) modality: Option<String>,
    /// Everybody sees it; only users and editors run it.
    pub(crate) is_public: Option<bool>,
    /// `manual` (an editor answers) or `accept_all`: what becomes of a request to use it.
    pub(crate) access_requests: Option<String>,
    /// `warn` or `refuse`: what happens when an output image does not lie where the input lies.
    pub(crate) geometry: Option<String>,
    /// Limits of new jobs; what is left out stays.
    pub(crate) limits: Option<LimitsPatch>,
    /// Jinja template for `results.json`; null: the default one.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 100000)]
    pub(crate) result_template: Option<Option<String>>,
}

/// Limits that change.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
pub(crate) struct LimitsPatch {
    /// Memory, swap included, bytes.
    #[schema(minimum = 1_000_000)]
    pub(crate) memory_bytes: Option<u64>,
    /// Per cent of one processor.
    #[schema(minimum = 1)]
    pub(crate) cpu_percent: Option<u32>,
    /// Processes and threads.
    #[schema(minimum = 1)]
    pub(crate) pids: Option<u32>,
    /// Wall time of the program, milliseconds.
    #[schema(minimum = 1)]
    pub(crate) wall_time_ms: Option<u64>,
    /// What may be written, bytes.
    #[schema(minimum = 1_000_000)]
    pub(crate) disk_bytes: Option<u64>,
    /// `/dev/shm`, bytes; counts against memory.
    pub(crate) shm_bytes: Option<u64>,
    /// `none`, `any`, or the name of a CDI device.
    pub(crate) gpu: Option<String>,
}

/// A template to try.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Preview {
    /// UUID of a job of this algorithm whose `results.json` is taken; else `results` is.
    pub(crate) job: Option<String>,
    /// What the template gets as `results`.
    #[schema(value_type = Option<Value>)]
    pub(crate) results: Option<Value>,
    /// Jinja; without it, the algorithm's own template.
    #[schema(max_length = 100000)]
    pub(crate) template: Option<String>,
}

/// A rendered result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Previewed {
    /// Cleaned HTML.
    pub(crate) html: String,
    /// Plain text.
    pub(crate) text: String,
}

/// Tells null from nothing.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// Changes title, description, visibility, limits or result template of an algorithm; its editors.
#[utoipa::path(
    patch, path = "/api/gantry/v1/algorithms/{slug}/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = AlgorithmPatch, operation_id = "patch_algorithm",
    responses((status = 200, body = ShownAlgorithm), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(patch): crate::json::Json<AlgorithmPatch>,
) -> Result<Json<ShownAlgorithm>, ApiError> {
    edit(&state, &caller, &slug, patch).await?;
    let now = visible(&state, &caller, &slug).await?;
    Ok(Json(shown(&state, &caller, &now).await?))
}

/// Changes an algorithm.
///
/// # Errors
/// 404, 403 for who may not change it, 400 for what cannot be.
pub(crate) async fn edit(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    patch: AlgorithmPatch,
) -> Result<(), ApiError> {
    let found = changeable(state, caller, slug).await?;
    let change = read(patch, &found.limits)?;
    let store = state.store();
    store
        .change_algorithm(found.id, &change, Timestamp::now())
        .await?;
    let by = caller.require()?.id;
    note(
        state,
        by,
        "algorithm.change",
        &format!("algorithm {}", found.id),
    )
    .await
}

fn read(patch: AlgorithmPatch, limits: &Limits) -> Result<AlgorithmChange, ApiError> {
    let title = patch.title.as_deref().map(str::trim);
    if title.is_some_and(|title| title.is_empty() || title.chars().count() > 255) {
        return Err(ApiError::field("title", "A title has 1 to 255 characters."));
    }
    for (field, text, most) in [
        ("description", &patch.description, 10_000),
        ("modality", &patch.modality, 64),
        (
            "result_template",
            &patch.result_template.clone().flatten(),
            LONGEST_TEMPLATE,
        ),
    ] {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > most {
            let problem = format!("It has {length} characters, expected at most {most}.");
            return Err(ApiError::field(field, problem));
        }
    }
    if let Some(Some(template)) = &patch.result_template {
        // A template that fails on some results may be right for others; one that is no Jinja never is.
        if let Err(problem @ executor::result_template::RenderResultError::Invalid { .. }) =
            render_result(template, &Value::Null)
        {
            return Err(ApiError::field("result_template", problem.to_string()));
        }
    }
    Ok(AlgorithmChange {
        title: title.map(str::to_owned),
        description: patch.description,
        modality: patch.modality,
        is_public: patch.is_public,
        access_requests: patch.access_requests.as_deref().map(access).transpose()?,
        geometry: patch.geometry.as_deref().map(geometry).transpose()?,
        limits: patch.limits.map(|it| it.applied(limits)).transpose()?,
        result_template: patch.result_template,
    })
}

fn access(word: &str) -> Result<AccessRequests, ApiError> {
    AccessRequests::parse(word).ok_or_else(|| {
        let problem = format!("`{word}` is unknown, expected `manual` or `accept_all`.");
        ApiError::field("access_requests", problem)
    })
}

fn geometry(word: &str) -> Result<GeometryRule, ApiError> {
    match word {
        "warn" => Ok(GeometryRule::Warn),
        "refuse" => Ok(GeometryRule::Refuse),
        other => {
            let problem = format!("`{other}` is unknown, expected `warn` or `refuse`.");
            Err(ApiError::field("geometry", problem))
        }
    }
}

impl LimitsPatch {
    fn applied(self, now: &Limits) -> Result<Limits, ApiError> {
        let least = [
            ("memory_bytes", self.memory_bytes, 1_000_000),
            ("cpu_percent", self.cpu_percent.map(u64::from), 1),
            ("pids", self.pids.map(u64::from), 1),
            ("wall_time_ms", self.wall_time_ms, 1),
            ("disk_bytes", self.disk_bytes, 1_000_000),
        ];
        for (field, wanted, least) in least {
            if let Some(wanted) = wanted.filter(|wanted| *wanted < least) {
                let problem = format!("`{wanted}` is too little, expected at least {least}.");
                return Err(ApiError::field("limits", format!("`{field}`: {problem}")));
            }
        }
        let largest = i64::MAX.unsigned_abs();
        let sizes = [
            self.memory_bytes,
            self.wall_time_ms,
            self.disk_bytes,
            self.shm_bytes,
        ];
        if sizes.into_iter().flatten().any(|size| size > largest) {
            return Err(ApiError::field("limits", "A limit is beyond all machines."));
        }
        Ok(Limits {
            memory_bytes: self.memory_bytes.unwrap_or(now.memory_bytes),
            cpu_percent: self.cpu_percent.unwrap_or(now.cpu_percent),
            pids: self.pids.unwrap_or(now.pids),
            wall_time_ms: self.wall_time_ms.unwrap_or(now.wall_time_ms),
            disk_bytes: self.disk_bytes.unwrap_or(now.disk_bytes),
            shm_bytes: self.shm_bytes.unwrap_or(now.shm_bytes),
            gpu: self
                .gpu
                .map_or_else(|| now.gpu.clone(), |text| domain::GpuRequest::parse(&text)),
            ..now.clone()
        })
    }
}

/// Renders a result template on the `results.json` of a job, or on given results; nothing is kept.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/result-template/preview/", tag = "algorithms",
    params(("slug" = String, Path)), request_body = Preview, operation_id = "preview_result_template",
    responses(
        (status = 200, body = Previewed), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "the job has no `results.json`"),
    )
)]
pub(super) async fn preview(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(asked): crate::json::Json<Preview>,
) -> Result<Json<Previewed>, ApiError> {
    Ok(Json(render(&state, &caller, &slug, asked).await?))
}

/// Renders a template.
///
/// # Errors
/// 404, 403 for who may not change the algorithm, 400 with what is wrong with the template and where.
pub(crate) async fn render(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    asked: Preview,
) -> Result<Previewed, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let results = match (&asked.job, asked.results) {
        (Some(job), _) => results_of(state, caller, (algorithm.id, job)).await?,
        (None, Some(results)) => results,
        (None, None) => {
            let problem = "Nothing to render: expected `job` or `results`.";
            return Err(ApiError::invalid(problem));
        }
    };
    let template = asked.template.or(algorithm.result_template);
    let template = template.unwrap_or_else(|| DEFAULT_TEMPLATE.to_owned());
    if template.chars().count() > LONGEST_TEMPLATE {
        let problem = format!("It is longer than {LONGEST_TEMPLATE} characters.");
        return Err(ApiError::field("template", problem));
    }
    // Bounded work, but work: not on a thread that answers others.
    let rendering = tokio::task::spawn_blocking(move || render_result(&template, &results));
    let rendered = rendering
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let rendered = rendered.map_err(|problem| ApiError::field("template", problem.to_string()))?;
    Ok(Previewed {
        html: rendered.html,
        text: rendered.text,
    })
}

/// The `results.json` of a job of the algorithm that the caller may see.
async fn results_of(
    state: &AppState,
    caller: &Caller,
    (algorithm, job): (store::ids::AlgorithmId, &str),
) -> Result<Value, ApiError> {
    let none = || ApiError::field("job", format!("There is no job `{job}` of this algorithm."));
    let id = job.parse::<JobId>().map_err(|_| none())?;
    let found = crate::own::jobs::visible(state, caller, id).await;
    let found = found.map_err(|_| none())?;
    if found.algorithm != algorithm {
        return Err(none());
    }
    let store = state.store();
    let (_, outputs) = store.job_values(id).await?;
    let values = store.values_of(&outputs).await?;
    let results = values
        .into_iter()
        .find(|value| value.socket.socket.relative_path.as_str() == RESULTS);
    let missing = || {
        let problem = "The job has no output `results.json`.";
        ApiError::detail(StatusCode::CONFLICT, problem)
    };
    match results.ok_or_else(missing)?.content {
        Content::Json(value) => Ok(value),
        Content::File { blob, .. } => {
            let path = store.blobs().path(&blob);
            let bytes = tokio::fs::read(&path)
                .await
                .map_err(|problem| ApiError::internal(&problem))?;
            serde_json::from_slice(&bytes).map_err(|problem| ApiError::internal(&problem))
        }
        Content::Image(..) => Err(missing()),
    }
}
