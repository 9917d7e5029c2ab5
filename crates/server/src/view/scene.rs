//! What is shown together: an image, what lies over it, and how well it lies there.
//!
//! A page puts a scene into a viewer as JSON, with pictures and tables that need no script. It names addresses and holds
//! no samples, so that making one never waits for an image to be decoded; only the headers of overlays are read.

use axum::http::StatusCode;
use domain::{SocketKind, SuperKind};
use serde::Serialize;
use store::ids::{ImageId, JobId, ValueId};
use store::values::{Content, StoredValue};

use super::annotations::{self, Set};
use super::overlays;
use super::views::Shown;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

mod facts;
mod layer;
mod left_out;
mod verdict;

pub use facts::Fact;
pub use layer::{Layer, Role, Segment};
pub use left_out::LeftOut;
pub use verdict::Verdict;

/// Annotations of one value that go into a page; more are fetched.
const MOST_ITEMS: usize = 2000;

/// Which viewer shows a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SceneKind {
    /// `<volume-viewer>`.
    Volume,
    /// `<slide-viewer>`.
    Slide,
}

/// What is shown together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scene {
    /// Which viewer shows it.
    pub kind: SceneKind,
    /// Name of the image below everything.
    pub title: String,
    /// The image below everything, and what lies over it, lowest first.
    pub layers: Vec<Layer>,
    /// Images that should lie there and cannot be shown.
    pub left_out: Vec<LeftOut>,
    /// Points, boxes, contours and measurements.
    pub annotations: Vec<Set>,
    /// What the image below everything is, for people.
    #[serde(skip)]
    pub facts: Vec<Fact>,
    /// What is odd about the file of that image, as sentences.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// An image of a scene in the making.
struct Candidate {
    shown: Shown,
    /// The socket that it fills.
    value: Option<StoredValue>,
    role: Role,
    is_input: bool,
}

impl Scene {
    /// One image alone.
    ///
    /// # Errors
    /// 404 when there is none or the caller may not see it; 422 when nothing is known of its content.
    pub async fn of_image(
        state: &AppState,
        caller: &Caller,
        image: ImageId,
    ) -> Result<Scene, ApiError> {
        Scene::of_chosen(state, caller, image, (&[], &[])).await
    }

    /// One image with others and annotations over it, as somebody chose them. Flat images over a slide are shown like
    /// slides.
    ///
    /// # Errors
    /// 404 when something is not there or the caller may not see it; 422 when nothing is known of an image's content.
    pub async fn of_chosen(
        state: &AppState,
        caller: &Caller,
        image: ImageId,
        (over, values): (&[ImageId], &[ValueId]),
    ) -> Result<Scene, ApiError> {
        let mut candidates = Vec::new();
        let mut left_out = Vec::new();
        for id in [image].iter().chain(over) {
            let is_base = candidates.is_empty();
            let shown = match Shown::find(state, caller, *id).await {
                Ok(shown) => shown,
                Err(why) if !is_base && why.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    let image = state.store().image(*id).await?;
                    let image = image.ok_or_else(ApiError::not_found)?;
                    left_out.push(LeftOut::chosen(&image, &why));
                    continue;
                }
                Err(why) => return Err(why),
            };
            if !is_base && let Err(why) = state.views().readable(&shown).await {
                left_out.push(LeftOut::chosen(&shown.image, &why));
                continue;
            }
            let mut role = Role::of_summary(&shown.summary);
            let is_float = shown.summary.component_type.is_some_and(|c| c.is_float());
            if !candidates.is_empty() && role == Role::Image && is_float {
                role = Role::Heat;
            }
            candidates.push(Candidate {
                shown,
                value: None,
                role,
                is_input: true,
            });
        }
        let base = candidates.remove(0);
        let mut made = Made {
            base: base.shown.clone(),
            scene: Scene::made_of(base, candidates),
        };
        made.scene.left_out = left_out;
        for layer in &mut made.scene.layers {
            layer.shown = true;
        }
        for value in values {
            if !state.store().may_view_value(caller.viewer, *value).await? {
                return Err(ApiError::not_found());
            }
        }
        let values = state.store().values_of(values).await?;
        made.annotate(state, &values).await?;
        Ok(made.scene)
    }

    /// Everything that a job got and gave: one scene for its volumes and one for its slides, as far as it has such; in
    /// each the first input image lies below; annotations lie on the first scene, which also says what could not be read.
    /// Empty without images that can be shown.
    ///
    /// # Errors
    /// 404 when there is no such job or the caller may not see it.
    pub async fn of_job(
        state: &AppState,
        caller: &Caller,
        job: JobId,
    ) -> Result<Vec<Scene>, ApiError> {
        let store = state.store();
        if !store.may_view_job(caller.viewer, job).await? {
            return Err(ApiError::not_found());
        }
        let (inputs, outputs) = store.job_values(job).await?;
        let inputs = store.values_of(&inputs).await?;
        let outputs = store.values_of(&outputs).await?;
        Scene::of_values(state, caller, (inputs, outputs)).await
    }

    /// As [`of_job`](Scene::of_job) for any values; the first ones are looked at as inputs.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn of_values(
        state: &AppState,
        caller: &Caller,
        (inputs, outputs): (Vec<StoredValue>, Vec<StoredValue>),
    ) -> Result<Vec<Scene>, ApiError> {
        let all = inputs.into_iter().map(|value| (value, true));
        let all = all.chain(outputs.into_iter().map(|value| (value, false)));
        let (mut images, mut others, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (value, is_input) in all {
            let kind = value.socket.socket.kind;
            let Content::Image(image, _) = &value.content else {
                others.push(value);
                continue;
            };
            let found = match Shown::find(state, caller, *image).await {
                Ok(shown) => state.views().readable(&shown).await.map(|()| shown),
                Err(why) => Err(why),
            };
            let shown = match found {
                Ok(shown) => shown,
                Err(why) => {
                    left_out.push(LeftOut::value(&value, &image.to_string(), &why));
                    continue;
                }
            };
            images.push(Candidate {
                role: Role::of_kind(kind),
                shown,
                value: Some(value),
                is_input,
            });
        }
        let mut scenes = grouped(images);
        if let Some(first) = scenes.first_mut() {
            first.annotate(state, &others).await?;
            first.scene.left_out = left_out;
        }
        Ok(scenes.into_iter().map(|made| made.scene).collect())
    }

    fn made_of(base: Candidate, over: Vec<Candidate>) -> Scene {
        let kind = if base.shown.is_slide() {
            SceneKind::Slide
        } else {
            SceneKind::Volume
        };
        let mut layers = vec![Layer::base(&base)];
        layers.extend(
            over.iter()
                .map(|candidate| Layer::over(candidate, &base, kind)),
        );
        Scene {
            kind,
            title: base.shown.image.name.clone(),
            facts: facts::of(&base.shown),
            warnings: facts::warnings(&base.shown),
            layers,
            left_out: Vec::new(),
            annotations: Vec::new(),
        }
    }

    /// Name of the element that shows it.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        match self.kind {
            SceneKind::Volume => "volume-viewer",
            SceneKind::Slide => "slide-viewer",
        }
    }

    /// The entry of `web/` that defines the element.
    #[must_use]
    pub fn script(&self) -> &'static str {
        match self.kind {
            SceneKind::Volume => "volume-viewer.ts",
            SceneKind::Slide => "slide-viewer.ts",
        }
    }

    /// The scene as JSON that may stand in a `<script>` of a page: no text in it can end the script.
    #[must_use]
    pub fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("names and finite numbers");
        json.replace('<', "\\u003c").replace('&', "\\u0026")
    }

    /// Whether the viewer says of a socket's image that it does not lie where the image below it lies.
    #[must_use]
    pub fn tells_place_of(&self, socket: &str) -> bool {
        self.layers.iter().any(|layer| {
            let verdict = layer.verdict.as_ref();
            layer.socket.as_deref() == Some(socket) && verdict.is_some_and(|found| !found.aligned)
        })
    }

    /// The image below everything.
    #[must_use]
    pub fn base(&self) -> &Layer {
        &self.layers[0]
    }

    /// Ids of the images that lie over the base in [`pictures`](Scene::pictures), with commas between.
    fn drawn_over(&self) -> String {
        let over = self.layers[1..].iter().filter(|layer| layer.shown);
        let ids = over.map(|layer| layer.image.as_str()).take(overlays::MOST);
        ids.collect::<Vec<_>>().join(",")
    }

    /// The address of a page that says which of the images over it could not be drawn in [`pictures`](Scene::pictures): that is
    /// known once they have been decoded, for which the scene does not wait.
    #[must_use]
    pub fn told_over(&self) -> Option<String> {
        let (base, over) = (self.base(), self.drawn_over());
        let is_drawn =
            self.kind == SceneKind::Volume && base.role != Role::Labels && !over.is_empty();
        is_drawn.then(|| format!("/images/{}/over/?overlay={over}", base.image))
    }

    /// Addresses of pictures that show the scene without scripts, each with a text that says what it shows.
    #[must_use]
    pub fn pictures(&self) -> Vec<(String, String)> {
        let base = self.base();
        if self.kind == SceneKind::Slide {
            let address = format!("/images/{}/view/thumbnail.jpg?side=1024", base.image);
            return vec![(address, format!("{}: the whole slide", self.title))];
        }
        let over = self.drawn_over();
        let flags = match (base.role, over.is_empty()) {
            (Role::Labels, _) => "&labels=1".to_owned(),
            (Role::Image | Role::Heat, true) => String::new(),
            (Role::Image | Role::Heat, false) => format!("&overlay={over}&readable=1"),
        };
        base.planes
            .iter()
            .map(|plane| {
                let address = format!(
                    "/images/{}/view/slice.jpg?plane={plane}&side=768{flags}",
                    base.image
                );
                let text = format!("{}: the middle {plane} slice", self.title);
                (address, text)
            })
            .collect()
    }
}

/// A scene and the image below everything in it.
struct Made {
    scene: Scene,
    base: Shown,
}

impl Made {
    async fn annotate(&mut self, state: &AppState, values: &[StoredValue]) -> Result<(), ApiError> {
        for value in values {
            let is_drawn = annotations::is_annotation(value.socket.socket.kind)
                && value.socket.socket.super_kind() != SuperKind::Image;
            if !is_drawn {
                continue;
            }
            let set = Set::of_value(state, value, &self.base.summary.geometry).await?;
            let url = annotations::address(self.base.image.id, value.id);
            let set = set.map(|set| set.within(MOST_ITEMS, url));
            self.scene.annotations.extend(set);
        }
        Ok(())
    }
}

/// Volumes and slides apart, each over the best base that there is.
fn grouped(images: Vec<Candidate>) -> Vec<Made> {
    let has_slides = images.iter().any(|image| image.shown.is_slide());
    // Small masks of slides are often written without tiles.
    let (slides, volumes): (Vec<_>, Vec<_>) = images.into_iter().partition(|image| {
        image.shown.is_slide()
            || has_slides && image.shown.summary.format == imaging::ImageFormat::Tiff
    });
    let groups = [volumes, slides].into_iter();
    groups.filter_map(scene_of).collect()
}

fn scene_of(mut images: Vec<Candidate>) -> Option<Made> {
    let rank = |image: &Candidate| {
        let is_image = image.role == Role::Image;
        (!is_image, !image.is_input)
    };
    let best = (0..images.len()).min_by_key(|place| rank(&images[*place]))?;
    let base = images.remove(best);
    let shown = base.shown.clone();
    Some(Made {
        scene: Scene::made_of(base, images),
        base: shown,
    })
}

impl Role {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "two of the forty kinds are drawn over images; whatever else is an image is one"
    )]
    fn of_kind(kind: SocketKind) -> Role {
        match kind {
            SocketKind::Segmentation => Role::Labels,
            SocketKind::HeatMap => Role::Heat,
            _ => Role::Image,
        }
    }
}
