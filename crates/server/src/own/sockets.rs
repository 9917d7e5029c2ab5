//! Sockets: found, and made by creators. The rules are those of `grand-challenge.md` section 1.5.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{OverlaySegment, RelativePath, Slug, Socket, SocketKind, SuperKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Page;
use store::sockets::{CreateSocketError, StoredSocket};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use super::part::{USUAL, bounded};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::AppState;

/// Which sockets.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SocketQuery {
    /// What short name, title or description holds.
    pub(crate) search: String,
    /// Label of a kind, such as `Segmentation`.
    pub(crate) kind: Option<String>,
    /// How many are left out at the start.
    pub(crate) offset: u64,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of a list of sockets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SocketList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownSocket>,
}

/// A socket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownSocket {
    /// Number.
    pub(crate) id: i64,
    /// Its short name.
    pub(crate) slug: String,
    /// Its name.
    pub(crate) title: String,
    /// May be empty.
    pub(crate) description: String,
    /// Label of its kind, such as `Image` or `Multiple points`.
    pub(crate) kind: String,
    /// `Value`, `File` or `Image`: how it is stored.
    pub(crate) super_kind: String,
    /// Below `/input` and `/output`.
    pub(crate) relative_path: String,
    /// Its JSON is a value, not a file.
    pub(crate) store_in_database: bool,
    /// What its JSON must fulfil besides the kind's own schema.
    pub(crate) schema: Option<Value>,
    /// What forms fill in.
    pub(crate) default: Option<Value>,
    /// What may fill it.
    pub(crate) example: Option<Value>,
    /// What the voxel values of a segmentation mean.
    pub(crate) overlay_segments: Vec<Segment>,
}

/// The meaning of a voxel value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Segment {
    /// The value; all values together are contiguous once 0 is added.
    pub(crate) voxel_value: i64,
    /// What it marks.
    #[schema(min_length = 1)]
    pub(crate) name: String,
    /// It is shown at first.
    #[serde(default = "yes")]
    pub(crate) visible: bool,
}

fn yes() -> bool {
    true
}

/// A new socket.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedSocket {
    /// Lower-case letters, digits and `-`.
    pub(crate) slug: String,
    /// Its name; without it, the short name.
    #[schema(max_length = 255)]
    pub(crate) title: Option<String>,
    /// For people.
    #[serde(default)]
    #[schema(max_length = 10000)]
    pub(crate) description: String,
    /// Label of its kind, such as `Image` or `Multiple points`.
    pub(crate) kind: String,
    /// Below `/input` and `/output`; nobody else's. Images: `images/NAME`; others end like their kind.
    pub(crate) relative_path: String,
    /// Without it, as its kind allows.
    pub(crate) store_in_database: Option<bool>,
    /// JSON Schema, for JSON kinds.
    pub(crate) schema: Option<Value>,
    /// For JSON kinds.
    pub(crate) default: Option<Value>,
    /// For JSON kinds.
    pub(crate) example: Option<Value>,
    /// For segmentations, which need them.
    #[serde(default)]
    pub(crate) overlay_segments: Vec<Segment>,
}

/// A kind of socket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kind {
    /// Its label, as sockets name it.
    pub(crate) label: String,
    /// `Value`, `File` or `Image`, as stored by default.
    pub(crate) super_kind: String,
    /// Its values are JSON: sockets may have a schema, a default and an example.
    pub(crate) is_json: bool,
    /// Its values may be stored in the database.
    pub(crate) may_store_in_database: bool,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(kinds))
        .routes(routes!(detail))
}

/// Sockets of this installation, by short name. Everybody who is logged in sees all.
#[utoipa::path(
    get, path = "/api/gantry/v1/sockets/", tag = "sockets", params(SocketQuery), operation_id = "list_sockets",
    responses((status = 200, body = SocketList), (status = 400), (status = 401))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SocketQuery>,
) -> Result<Json<SocketList>, ApiError> {
    Ok(Json(find(&state, &caller, &query).await?))
}

/// The sockets that a query is about.
///
/// # Errors
/// 401 when nobody is logged in, 400 when `limit` is out of range.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    query: &SocketQuery,
) -> Result<SocketList, ApiError> {
    caller.require()?;
    let page = Page {
        offset: query.offset,
        limit: u64::from(bounded(query.limit.unwrap_or(USUAL))?),
    };
    let found = state
        .store()
        .find_sockets(&query.search, query.kind.as_deref(), page)
        .await?;
    Ok(SocketList {
        count: found.count,
        results: found.items.iter().map(shown).collect(),
    })
}

/// One socket.
#[utoipa::path(
    get, path = "/api/gantry/v1/sockets/{slug}/", tag = "sockets", params(("slug" = String, Path)),
    operation_id = "socket", responses((status = 200, body = ShownSocket), (status = 401), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<ShownSocket>, ApiError> {
    caller.require()?;
    let slug = Slug::new(slug.as_str()).map_err(|_| ApiError::not_found())?;
    let found = state.store().socket_by_slug(&slug).await?;
    Ok(Json(shown(&found.ok_or_else(ApiError::not_found)?)))
}

/// The kinds that there are.
#[utoipa::path(
    get, path = "/api/gantry/v1/socket-kinds/", tag = "sockets", operation_id = "socket_kinds",
    responses((status = 200, body = Vec<Kind>))
)]
async fn kinds() -> Json<Vec<Kind>> {
    let kinds = SocketKind::ALL.iter().map(|kind| Kind {
        label: kind.label().to_owned(),
        super_kind: super_kind(kind.super_kind(kind.may_store_in_database())).to_owned(),
        is_json: kind.is_json(),
        may_store_in_database: kind.may_store_in_database(),
    });
    Json(kinds.collect())
}

/// Makes a socket; accounts with the role `creator` or `administrator`.
#[utoipa::path(
    post, path = "/api/gantry/v1/sockets/", tag = "sockets", request_body = WantedSocket, operation_id = "create_socket",
    responses(
        (status = 201, body = ShownSocket), (status = 400, description = "the problem, under the name of its field"),
        (status = 401), (status = 403), (status = 409, description = "short name or path belong to another socket"),
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedSocket>,
) -> Result<(StatusCode, Json<ShownSocket>), ApiError> {
    Ok((
        StatusCode::CREATED,
        Json(make(&state, &caller, wanted).await?),
    ))
}

/// Makes a socket.
///
/// # Errors
/// 403 for who may not make any, 400 by field, 409 when name or path are taken.
pub(crate) async fn make(
    state: &AppState,
    caller: &Caller,
    wanted: WantedSocket,
) -> Result<ShownSocket, ApiError> {
    let by = caller.require_creator()?.id;
    let example = wanted.example.clone();
    let socket = read(wanted)?;
    let made = state
        .store()
        .create_socket(&socket, example.as_ref(), Some(by), Timestamp::now())
        .await
        .map_err(refusal)?;
    note(state, by, "socket.create", &format!("socket {}", made.id.0)).await?;
    Ok(shown(&made))
}

fn read(wanted: WantedSocket) -> Result<Socket, ApiError> {
    let field =
        |name: &str, problem: &dyn std::fmt::Display| ApiError::field(name, problem.to_string());
    let slug = Slug::new(wanted.slug.as_str()).map_err(|problem| field("slug", &problem))?;
    let kind = SocketKind::parse(&wanted.kind).map_err(|problem| field("kind", &problem))?;
    let path = RelativePath::new(wanted.relative_path.as_str());
    let relative_path = path.map_err(|problem| field("relative_path", &problem))?;
    let title = wanted.title.filter(|title| !title.trim().is_empty());
    let title = title.unwrap_or_else(|| slug.to_string());
    for (name, text, most) in [
        ("title", &title, 255),
        ("description", &wanted.description, 10_000),
    ] {
        let length = text.chars().count();
        if length > most {
            let problem = format!("It has {length} characters, expected at most {most}.");
            return Err(ApiError::field(name, problem));
        }
    }
    let segments = wanted.overlay_segments.into_iter();
    Ok(Socket {
        slug,
        title,
        description: wanted.description,
        kind,
        relative_path,
        schema: wanted.schema,
        default: wanted.default,
        overlay_segments: segments
            .map(|segment| OverlaySegment {
                voxel_value: segment.voxel_value,
                name: segment.name,
                visible: segment.visible,
            })
            .collect(),
        store_in_database: wanted
            .store_in_database
            .unwrap_or_else(|| kind.may_store_in_database()),
    })
}

fn refusal(problem: CreateSocketError) -> ApiError {
    use domain::socket::InvalidSocket;
    let text = problem.to_string();
    let field = match problem {
        CreateSocketError::Store(problem) => return problem.into(),
        CreateSocketError::SlugTaken(_) | CreateSocketError::PathTaken { .. } => {
            return ApiError::detail(StatusCode::CONFLICT, text);
        }
        CreateSocketError::Example(_) | CreateSocketError::ExampleOnFile(_) => "example",
        CreateSocketError::Invalid(problem) => match problem {
            InvalidSocket::Path(_) => "relative_path",
            InvalidSocket::Schema(_) | InvalidSocket::SchemaOnFile(_) => "schema",
            InvalidSocket::Default(_) | InvalidSocket::DefaultOnFile(_) => "default",
            InvalidSocket::NotInDatabase(_) => "store_in_database",
            InvalidSocket::SegmentsMissing
            | InvalidSocket::SegmentsOnOther(_)
            | InvalidSocket::SegmentValues { .. }
            | InvalidSocket::SegmentName(_) => "overlay_segments",
        },
    };
    ApiError::field(field, text)
}

fn super_kind(kind: SuperKind) -> &'static str {
    match kind {
        SuperKind::Value => "Value",
        SuperKind::File => "File",
        SuperKind::Image => "Image",
    }
}

/// As it is shown.
pub(crate) fn shown(stored: &StoredSocket) -> ShownSocket {
    let socket = &stored.socket;
    let segments = socket.overlay_segments.iter();
    ShownSocket {
        id: stored.id.0,
        slug: socket.slug.to_string(),
        title: socket.title.clone(),
        description: socket.description.clone(),
        kind: socket.kind.label().to_owned(),
        super_kind: super_kind(socket.super_kind()).to_owned(),
        relative_path: socket.relative_path.to_string(),
        store_in_database: socket.store_in_database,
        schema: socket.schema.clone(),
        default: socket.default.clone(),
        example: stored.example.clone(),
        overlay_segments: segments
            .map(|segment| Segment {
                voxel_value: segment.voxel_value,
                name: segment.name.clone(),
                visible: segment.visible,
            })
            .collect(),
    }
}
