//! Absolute addresses, which clients follow: of this server, as the operator or the client calls it.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::error::ApiError;
use crate::state::AppState;

/// Makes and reads addresses.
#[derive(Debug, Clone)]
pub struct Links {
    /// Such as `https://gantry.hospital.example`, without a slash at the end.
    base: String,
}

impl FromRequestParts<AppState> for Links {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Links, ApiError> {
        if let Some(base) = &state.config().public_url {
            return Ok(Links { base: base.clone() });
        }
        // HTTP/2 says it in the address instead.
        let host = parts.headers.get("host");
        let host = host
            .and_then(|value| value.to_str().ok())
            .or(parts.uri.authority().map(Authority::as_str));
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        let host = host.ok_or_else(|| {
            ApiError::detail(StatusCode::BAD_REQUEST, "The request has no header `Host`.")
        })?;
        Ok(Links {
            base: format!("https://{host}"),
        })
    }
}

impl Links {
    /// For tests and messages.
    #[must_use]
    pub fn to(base: &str) -> Links {
        Links {
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// A path of this server, absolute.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// An object of the compatible API, such as `algorithms/jobs` and an id.
    #[must_use]
    pub fn api(&self, collection: &str, id: impl Display) -> String {
        format!("{}/api/v1/{collection}/{id}/", self.base)
    }

    /// The file of an image.
    #[must_use]
    pub fn image_file(&self, image: impl Display, extension: &str) -> String {
        format!("{}/files/images/{image}/{image}.{extension}", self.base)
    }

    /// The file of a value.
    #[must_use]
    pub fn value_file(&self, value: impl Display, filename: &str) -> String {
        format!("{}/files/values/{value}/{}", self.base, escaped(filename))
    }

    /// The id at the end of an address of an object of the compatible API; a path alone will do.
    #[must_use]
    pub fn id_of<T: FromStr>(&self, url: &str, collection: &str) -> Option<T> {
        let path = url.strip_prefix(&self.base).unwrap_or(url);
        let path = path.strip_prefix("/api/v1/")?.strip_prefix(collection)?;
        let id = path.strip_prefix('/')?;
        id.strip_suffix('/').unwrap_or(id).parse().ok()
    }
}

/// A file name as the last segment of an address.
pub(crate) fn escaped(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use store::ids::JobId;

    use super::*;

    #[test]
    fn an_address_leads_back_to_its_id() {
        let links = Links::to("https://here:8443/");
        let id = JobId::new();
        let url = links.api("algorithms/jobs", id);
        assert_eq!(
            url,
            format!("https://here:8443/api/v1/algorithms/jobs/{id}/")
        );
        let back = |url: &str| links.id_of::<JobId>(url, "algorithms/jobs");
        assert_eq!(back(&url), Some(id));
        assert_eq!(back(&format!("/api/v1/algorithms/jobs/{id}")), Some(id));
        assert_eq!(back(&url.replace("here", "there")), None);
        assert_eq!(back(&url.replace("jobs", "images")), None);
        assert_eq!(links.id_of::<JobId>(&url, "algorithms"), None);
    }

    #[test]
    fn names_of_files_are_escaped() {
        let links = Links::to("https://here");
        let url = links.value_file(7, "a b/ü?.csv");
        assert_eq!(url, "https://here/files/values/7/a%20b%2F%C3%BC%3F.csv");
    }
}
