//! What viewers share: decoded volumes, halved ones, open slides, and how much may be worked on at once.

use std::sync::Arc;

use axum::http::StatusCode;
use camino::Utf8PathBuf;
use imaging::convert::Target;
use imaging::serve::half_resolution;
use imaging::slide::Slide;
use imaging::{ImageSummary, ReadImageError, Volume};
use store::ids::ImageId;
use store::images::Image;
use tokio::sync::Semaphore;

use super::cache::Cache;
use super::prepared::{Prepared, bytes};
use super::slides::Slides;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Bytes of decoded volumes that are kept.
const VOLUMES: u64 = 512 << 20;
/// Bytes of halved volumes that are kept.
const HALVES: u64 = 192 << 20;
/// Volumes that are decoded at once.
const DECODING: usize = 2;
/// Most often that a volume is halved.
pub(super) const MOST_HALVINGS: u8 = 6;

/// What viewers share.
pub struct Views {
    volumes: Cache<Prepared>,
    halves: Cache<Volume>,
    slides: Arc<Slides>,
    decoding: Arc<Semaphore>,
    drawing: Arc<Semaphore>,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Views(…)")
    }
}

impl Default for Views {
    fn default() -> Views {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Views {
            volumes: Cache::new(VOLUMES),
            halves: Cache::new(HALVES),
            slides: Arc::default(),
            decoding: Arc::new(Semaphore::new(DECODING)),
            drawing: Arc::new(Semaphore::new(processors)),
        }
    }
}

/// An image that somebody may see, with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) image: Image,
    pub(super) summary: ImageSummary,
    path: Utf8PathBuf,
}

impl Shown {
    /// The image with this id.
    ///
    /// # Errors
    /// 404 when there is none or the caller may not see it; 422 when nothing is known of its content.
    pub(super) async fn find(
        state: &AppState,
        caller: &Caller,
        id: ImageId,
    ) -> Result<Shown, ApiError> {
        let store = state.store();
        if !store.may_view_image(caller.viewer, id).await? {
            return Err(ApiError::not_found());
        }
        let image = store.image(id).await?.ok_or_else(ApiError::not_found)?;
        let path = store.blobs().path(&image.blob);
        let summary = serde_json::from_value(image.summary.clone()).map_err(|_| {
            ApiError::detail(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Nothing is known of the content of this image, so it cannot be shown.",
            )
        })?;
        Ok(Shown {
            image,
            summary,
            path,
        })
    }

    pub(super) fn is_slide(&self) -> bool {
        Target::of(&self.summary) == Target::Slide
    }
}

impl Views {
    /// The whole volume, decoded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn volume(&self, shown: &Shown) -> Result<Arc<Prepared>, ApiError> {
        let make = async {
            let shown = shown.clone();
            let read = move || {
                Prepared::read(&shown.path, &shown.summary, &shown.image.modality).map_err(refused)
            };
            let prepared = apart(&self.decoding, read).await??;
            let size = prepared.bytes();
            Ok((prepared, size))
        };
        self.volumes.get(shown.image.blob.as_str(), make).await
    }

    /// Whether the file of an image is there and begins as it should; its samples are not looked at.
    ///
    /// # Errors
    /// 422 with the reason when it does not.
    pub(super) async fn readable(&self, shown: &Shown) -> Result<(), ApiError> {
        let path = shown.path.clone();
        let looked = self.draw(move || imaging::inspect(&path)).await?;
        looked.map(drop).map_err(refused)
    }

    /// The volume, halved `halvings` times.
    ///
    /// # Errors
    /// When it cannot be read, or halved so often.
    pub(super) async fn level(&self, shown: &Shown, halvings: u8) -> Result<Arc<Volume>, ApiError> {
        let prepared = self.volume(shown).await?;
        let mut level = prepared.volume.clone();
        if halvings > MOST_HALVINGS {
            return Err(ApiError::not_found());
        }
        for number in 1..=halvings {
            let name = format!("{}/{number}", shown.image.blob.as_str());
            let (larger, halving) = (level.clone(), prepared.halving);
            let make = async {
                let half = apart(&self.decoding, move || half_resolution(&larger, halving)).await?;
                let half = half.map_err(|problem| refused_drawing(&problem))?;
                let size = bytes(&half);
                Ok::<_, ApiError>((half, size))
            };
            level = self.halves.get(&name, make).await?;
        }
        Ok(level)
    }

    /// Does something with an open slide; `labels` says that its numbers are labels, else it finds out.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn slide<T: Send + 'static>(
        &self,
        (shown, labels): (&Shown, bool),
        work: impl FnOnce(&mut Slide) -> Result<T, ReadImageError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (slides, shown) = (self.slides.clone(), shown.clone());
        let key = (shown.image.blob.clone(), labels);
        self.draw(move || slides.with(&key, &shown.path, work))
            .await?
            .map_err(refused)
    }

    /// Works where no request waits for it, as many at once as there are processors.
    ///
    /// # Errors
    /// When the work panics.
    pub(super) async fn draw<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        apart(&self.drawing, work).await
    }
}

/// Works on a thread of its own once it is its turn; the turn ends with the work, also when nobody waits any more.
async fn apart<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let turn = turns.clone().acquire_owned().await;
    let turn = turn.map_err(|problem| ApiError::internal(&problem))?;
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    })
    .await
    .map_err(|problem| ApiError::internal(&problem))
}

/// 422: the image is there and cannot be shown. The path of its file is nobody's business.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(problem: ReadImageError) -> ApiError {
    let said = problem.to_string();
    let said = said
        .split_once("`: ")
        .map_or(said.as_str(), |(_, said)| said);
    ApiError::detail(
        StatusCode::UNPROCESSABLE_ENTITY,
        format!("This image cannot be shown: {said}."),
    )
}

/// 404 for slices and time points that are not there, 422 for what cannot be drawn.
pub(super) fn refused_drawing(problem: &imaging::render::RenderError) -> ApiError {
    use imaging::render::RenderError as E;
    let status = match problem {
        E::NoSuchSlice { .. } | E::NoSuchTime { .. } => StatusCode::NOT_FOUND,
        E::Empty(_)
        | E::SampleCount { .. }
        | E::Geometry(_)
        | E::Spacing(_)
        | E::LabelChannels(_)
        | E::OtherSize { .. }
        | E::Encode { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    ApiError::detail(status, format!("This cannot be drawn: {problem}."))
}
