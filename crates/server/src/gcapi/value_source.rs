//! A value on its way in: eight keys, all but the socket and one source null (`gcapi.md` section 6).

use domain::Slug;
use serde::Deserialize;
use serde_json::{Value, json};
use store::ids::{ImageId, ImageImportId, UploadId};

use crate::error::ApiError;
use crate::links::Links;
use crate::submit::InputSource;

/// As the client sends it; null counts as absent.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct SentValue {
    /// Slug of the socket.
    interface: String,
    value: Option<Value>,
    image: Option<String>,
    user_upload: Option<String>,
    user_uploads: Option<Vec<String>>,
    upload_session: Option<String>,
    file: Option<String>,
    image_name: Option<String>,
}

/// One refusal per value, in their order, empty where there is none: as the client logs it.
pub(super) fn read_all(
    sent: &[SentValue],
    field: &str,
    links: &Links,
) -> Result<Vec<(Slug, InputSource)>, ApiError> {
    let read: Vec<_> = sent.iter().map(|value| value.read(links)).collect();
    if read.iter().all(Result::is_ok) {
        return Ok(read.into_iter().flatten().collect());
    }
    let problems: Vec<Value> = read
        .into_iter()
        .map(|result| result.err().unwrap_or_else(|| json!({})))
        .collect();
    Err(ApiError::bad(json!({field: problems})))
}

impl SentValue {
    fn read(&self, links: &Links) -> Result<(Slug, InputSource), Value> {
        let slug = Slug::new(&self.interface).map_err(|_| {
            json!({"interface": [format!("Object with slug={} does not exist.", self.interface)]})
        })?;
        Ok((slug, self.source(links)?))
    }

    fn source(&self, links: &Links) -> Result<InputSource, Value> {
        let wrong = |field: &str, url: &str, what: &str| json!({field: [format!("`{url}` is no address of {what} on this server.")]});
        let upload = |field: &str, url: &String| {
            let id = links.id_of::<UploadId>(url, "uploads");
            id.ok_or_else(|| wrong(field, url, "an upload"))
        };
        if self.file.is_some() {
            return Err(json!({"file": ["Files are given as `user_upload`, expected null here."]}));
        }
        if let Some(session) = &self.upload_session {
            return match links.id_of::<ImageImportId>(session, "cases/upload-sessions") {
                Some(_) => Err(
                    json!({"upload_session": ["Upload sessions have no socket, expected `user_uploads`."]}),
                ),
                None => Err(wrong("upload_session", session, "an upload session")),
            };
        }
        let mut sources = Vec::new();
        if let Some(value) = &self.value {
            sources.push(InputSource::Json(value.clone()));
        }
        if let Some(url) = &self.image {
            let id = links.id_of::<ImageId>(url, "cases/images");
            sources.push(InputSource::Image(
                id.ok_or_else(|| wrong("image", url, "an image"))?,
            ));
        }
        if let Some(url) = &self.user_upload {
            sources.push(InputSource::Uploads(vec![upload("user_upload", url)?]));
        }
        if let Some(urls) = &self.user_uploads {
            let uploads: Result<Vec<_>, _> =
                urls.iter().map(|url| upload("user_uploads", url)).collect();
            sources.push(InputSource::Uploads(uploads?));
        }
        let count = sources.len();
        match (sources.pop(), sources.is_empty(), &self.image_name) {
            // The name of a set of DICOM files; images are called like their first file here.
            (Some(source), true, None | Some(_)) => Ok(source),
            (_, _, _) => Err(json!({"non_field_errors": [format!(
                "{count} sources are given, expected exactly one of `value`, `image`, `user_upload`, `user_uploads`."
            )]})),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sent: Value) -> Result<Vec<(Slug, InputSource)>, String> {
        let sent: Vec<SentValue> = serde_json::from_value(json!([sent])).unwrap();
        let links = Links::to("https://here");
        read_all(&sent, "inputs", &links).map_err(|refused| format!("{refused:?}"))
    }

    #[test]
    fn exactly_one_source_is_taken() {
        let upload = UploadId::new();
        let nulls = json!({
            "interface": "ct", "value": null, "file": null, "image": null, "upload_session": null,
            "user_upload": null, "user_uploads": [format!("https://here/api/v1/uploads/{upload}/")],
            "image_name": null,
        });
        let found = read(nulls).unwrap();
        assert_eq!(found[0].1, InputSource::Uploads(vec![upload]));
        for (sent, says) in [
            (json!({"interface": "ct"}), "0 sources"),
            (
                json!({"interface": "ct", "value": 1, "image": format!("https://here/api/v1/cases/images/{upload}/")}),
                "2 sources",
            ),
            (
                json!({"interface": "ct", "image": "https://there/api/v1/cases/images/1/"}),
                "no address of an image",
            ),
            (json!({"interface": "Ct!", "value": 1}), "does not exist"),
            (json!({"interface": "ct", "file": "x"}), "user_upload"),
        ] {
            let problem = read(sent).unwrap_err();
            assert!(problem.contains(says), "{says}: {problem}");
        }
    }
}
