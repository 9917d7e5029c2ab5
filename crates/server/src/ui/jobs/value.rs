//! Inputs and outputs as people look at them: each kind in its own way, and nothing of it as markup.

use domain::{GeometryRecord, RunReport, SocketKind};
use serde_json::Value;
use store::StoreError;
use store::ids::JobId;
use store::values::{Content, StoredValue};

use crate::error::ApiError;
use crate::state::AppState;
use crate::ui::quantity::bytes;

mod annotation;
mod csv;
mod json;

use json::Folded;
pub(super) use json::number;

/// Bytes of a JSON file that are read for a page or a check.
pub(in crate::ui) const MOST_JSON: u64 = 16 << 20;
/// Characters of a text that are shown whole.
const LONG_TEXT: usize = 2000;

/// A value on a page.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) slug: String,
    pub(super) kind: &'static str,
    pub(super) description: String,
    pub(super) body: Body,
    pub(super) download: Option<Download>,
    /// How an output image lies against the input; the viewer above says more.
    pub(super) place: Option<Place>,
}

/// What a value looks like.
pub(super) enum Body {
    Number(String),
    Boolean(bool),
    Text(String),
    List(Vec<String>),
    Json(Folded),
    /// A Vega-Lite chart: its specification for the script, and as text for those without.
    Chart(String, Folded),
    /// A table, and the JSON that it was made of.
    Table(Table, Option<Folded>),
    /// Annotations that are drawn and listed with the images: the JSON.
    Drawn(Folded),
    Picture(String),
    Pdf(String),
    Video(String),
    /// An image: its id and name.
    Image(String, String),
    File,
    /// It cannot be shown, and why.
    Nothing(String),
}

/// Rows of text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// What is left out, in words.
    pub(super) left_out: Option<String>,
}

/// A file to take home.
pub(super) struct Download {
    pub(super) url: String,
    pub(super) filename: String,
    pub(super) size: Option<String>,
}

/// A badge.
pub(super) struct Place {
    pub(super) class: &'static str,
    pub(super) text: String,
}

impl Shown {
    pub(super) fn is_chart(&self) -> bool {
        matches!(self.body, Body::Chart(..))
    }

    pub(super) fn is_image(&self) -> bool {
        matches!(self.body, Body::Image(..))
    }

    /// Whether three of it fit beside each other.
    pub(super) fn is_narrow(&self) -> bool {
        matches!(self.body, Body::Image(..) | Body::Drawn(_))
    }

    /// Says of annotations that the images show them.
    pub(super) fn drawn_with_images(&mut self) {
        if let Body::Table(_, json @ Some(_)) = &mut self.body
            && let Some(folded) = json.take()
        {
            self.body = Body::Drawn(folded);
        }
    }

    /// Where it comes among others: what is small first, then images, then what is wide, last what others show already.
    fn rank(&self) -> u8 {
        match (self.is_small(), self.is_image()) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) if matches!(self.body, Body::Drawn(_)) => 3,
            (false, false) => 2,
        }
    }

    /// Whether it fits beside others.
    pub(super) fn is_small(&self) -> bool {
        matches!(self.body, Body::Number(_) | Body::Boolean(_))
            || matches!(&self.body, Body::Text(text) if text.len() <= 60 && !text.contains('\n'))
    }
}

/// The inputs and outputs of a job.
pub(super) async fn of_job(
    state: &AppState,
    job: JobId,
    report: Option<&RunReport>,
) -> Result<(Vec<Shown>, Vec<Shown>), ApiError> {
    let store = state.store();
    let (inputs, outputs) = store.job_values(job).await?;
    let mut all = [Vec::new(), Vec::new()];
    for (shown, ids) in all.iter_mut().zip([inputs, outputs]) {
        for value in store.values_of(&ids).await? {
            shown.push(show(state, &value, report).await?);
        }
        shown.sort_by_key(Shown::rank);
    }
    let [inputs, outputs] = all;
    Ok((inputs, outputs))
}

async fn show(
    state: &AppState,
    value: &StoredValue,
    report: Option<&RunReport>,
) -> Result<Shown, ApiError> {
    let socket = &value.socket.socket;
    let outputs = report.map_or(&[][..], |report| &report.outputs);
    let geometry = outputs
        .iter()
        .find(|output| {
            socket.slug.as_str() == output.socket && matches!(value.content, Content::Image(..))
        })
        .and_then(|output| output.geometry.as_ref());
    Ok(Shown {
        title: socket.title.clone(),
        slug: socket.slug.to_string(),
        kind: socket.kind.label(),
        description: socket.description.clone(),
        body: body(state, value).await?,
        download: download(state, value).await?,
        place: geometry.map(|found| place(socket.kind, found)),
    })
}

fn place(kind: SocketKind, found: &GeometryRecord) -> Place {
    let is_overlay = matches!(kind, SocketKind::Segmentation | SocketKind::HeatMap);
    let class = match found.aligned {
        true => "good",
        false if is_overlay || found.mistake.is_some() => "bad",
        false => "plain",
    };
    let off = found.worst_corner_mm.filter(|mm| *mm > 0.0);
    let text = match (found.aligned, off) {
        (true, _) => "Lies where the input lies".to_owned(),
        (false, Some(mm)) => format!("Not where the input lies: {mm:.1} mm off"),
        (false, None) => "Not where the input lies".to_owned(),
    };
    Place { class, text }
}

async fn body(state: &AppState, value: &StoredValue) -> Result<Body, ApiError> {
    let kind = value.socket.socket.kind;
    Ok(match &value.content {
        Content::Json(json) => json_body(kind, json),
        Content::Image(id, name) => Body::Image(id.to_string(), name.clone()),
        Content::File { .. } if kind.is_json() => match file_json(state, value).await? {
            Ok(json) => json_body(kind, &json),
            Err(why) => Body::Nothing(why),
        },
        Content::File { filename, .. } => {
            let url = format!("{}?inline", address(value, filename));
            file_body(state, value, url).await?
        }
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a way for a few of the forty kinds; the rest is a download"
)]
async fn file_body(state: &AppState, value: &StoredValue, url: String) -> Result<Body, ApiError> {
    let is_as_said = crate::media::inline_type(state, value).await?.is_some();
    Ok(match value.socket.socket.kind {
        SocketKind::Csv => match head(state, value, csv::MOST_BYTES).await? {
            Some((text, is_whole)) => Body::Table(csv::read(&text, is_whole), None),
            None => Body::Nothing("Its bytes cannot be read.".to_owned()),
        },
        SocketKind::ThumbnailJpg | SocketKind::ThumbnailPng if is_as_said => Body::Picture(url),
        SocketKind::Pdf if is_as_said => Body::Pdf(url),
        SocketKind::Mp4 if is_as_said => Body::Video(url),
        kind @ (SocketKind::ThumbnailJpg
        | SocketKind::ThumbnailPng
        | SocketKind::Pdf
        | SocketKind::Mp4) => Body::Nothing(format!(
            "It is called a {} but does not begin like one, so it is not shown.",
            kind.label()
        )),
        _ => Body::File,
    })
}

fn json_body(kind: SocketKind, json: &Value) -> Body {
    if let Some(table) = annotation::table(kind, json) {
        return Body::Table(table, Some(Folded::of(json)));
    }
    match (kind, json) {
        (SocketKind::Chart, _) => {
            let text = serde_json::to_string(json).expect("JSON is plain data");
            Body::Chart(json::in_script(&text), Folded::of(json))
        }
        (_, Value::Number(found)) => Body::Number(number(found)),
        (_, Value::Bool(is_true)) => Body::Boolean(*is_true),
        (_, Value::String(text)) if text.len() <= LONG_TEXT => Body::Text(text.clone()),
        (SocketKind::MultipleChoice, Value::Array(items)) if items.iter().all(Value::is_string) => {
            let texts = items.iter().filter_map(Value::as_str);
            Body::List(texts.map(str::to_owned).collect())
        }
        _ => Body::Json(Folded::of(json)),
    }
}

/// The JSON of a value that is a file; else why it cannot be shown.
async fn file_json(
    state: &AppState,
    value: &StoredValue,
) -> Result<Result<Value, String>, ApiError> {
    let Content::File { size, .. } = &value.content else {
        return Ok(Err("It is no file.".to_owned()));
    };
    if *size > MOST_JSON {
        return Ok(Err(format!(
            "It has {}, too much for a page: download it.",
            bytes(*size)
        )));
    }
    let Some((text, _)) = head(state, value, MOST_JSON).await? else {
        return Ok(Err("Its bytes cannot be read.".to_owned()));
    };
    Ok(serde_json::from_slice(&text).map_err(|problem| format!("It is no JSON: {problem}.")))
}

/// The first bytes of a value's file, and whether they are all; `None` when the file is not there.
async fn head(
    state: &AppState,
    value: &StoredValue,
    most: u64,
) -> Result<Option<(Vec<u8>, bool)>, ApiError> {
    let Content::File { blob, size, .. } = &value.content else {
        return Ok(None);
    };
    let (blobs, blob, is_whole) = (state.store().blobs().clone(), blob.clone(), *size <= most);
    let reading = tokio::task::spawn_blocking(move || {
        use std::io::Read as _;
        let mut found = Vec::new();
        let file = blobs.open_blob(&blob).ok()?;
        file.take(most).read_to_end(&mut found).ok()?;
        Some(found)
    });
    let read = reading
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    Ok(read.map(|found| (found, is_whole)))
}

/// Where the file of a value is to be had.
fn address(value: &StoredValue, filename: &str) -> String {
    format!(
        "/files/values/{}/{}",
        value.id.0,
        crate::links::escaped(filename)
    )
}

async fn download(state: &AppState, value: &StoredValue) -> Result<Option<Download>, StoreError> {
    Ok(match &value.content {
        Content::Json(_) => {
            let filename = format!("{}.json", value.socket.socket.slug);
            Some(Download {
                url: address(value, &filename),
                filename,
                size: None,
            })
        }
        Content::File { filename, size, .. } => Some(Download {
            url: address(value, filename),
            filename: filename.clone(),
            size: Some(bytes(*size)),
        }),
        Content::Image(id, _) => {
            let found = state.store().image(*id).await?;
            found.map(|image| {
                let filename = format!("{id}.{}", image.extension.as_str());
                Download {
                    url: format!("/files/images/{id}/{filename}"),
                    filename,
                    size: Some(bytes(image.size)),
                }
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_has_its_own_look() {
        let number = json_body(SocketKind::Float, &json!(12.5));
        assert!(matches!(number, Body::Number(text) if text == "12.5"));
        assert!(matches!(
            json_body(SocketKind::Bool, &json!(true)),
            Body::Boolean(true)
        ));
        let choices = json_body(SocketKind::MultipleChoice, &json!(["a", "b"]));
        assert!(matches!(choices, Body::List(list) if list == ["a", "b"]));
        assert!(matches!(
            json_body(SocketKind::Anything, &json!({"a": 1})),
            Body::Json(_)
        ));
        assert!(matches!(
            json_body(SocketKind::Anything, &json!(null)),
            Body::Json(_)
        ));
    }

    #[test]
    fn a_chart_cannot_end_its_script() {
        let hostile = json!({"title": "</script><script>alert(1)</script>&<!--"});
        let Body::Chart(text, _) = json_body(SocketKind::Chart, &hostile) else {
            panic!("a chart");
        };
        assert!(!text.contains('<') && !text.contains('&'), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
