//! One sentence for the next page: "saved", after the redirect that follows a form.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};

use crate::auth::{cookie, hex};

/// The cookie that carries it.
const COOKIE: &str = "gantry_notice";
/// Characters that are carried.
const LONGEST: usize = 300;

/// Goes to a page of ours, which shows the sentence.
#[must_use]
pub fn redirect(to: &str, sentence: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    let short: String = sentence.chars().take(LONGEST).collect();
    let value = format!(
        "{COOKIE}={}; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
        hex(short.as_bytes())
    );
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// What takes the sentence away once it is shown.
pub(super) const CLEAR: HeaderValue =
    HeaderValue::from_static("gantry_notice=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");

/// The sentence, if there is one.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let text = cookie(headers, COOKIE)?;
    if text.is_empty() || !text.is_ascii() || text.len() > LONGEST * 8 {
        return None;
    }
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE as COOKIE_HEADER;

    use super::*;

    #[test]
    fn a_sentence_comes_through_a_cookie() {
        let response = redirect("/jobs/", "Saved: naïve “quotes”; done");
        let set = response.headers()[SET_COOKIE].to_str().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE_HEADER,
            set.split(';').next().unwrap().parse().unwrap(),
        );
        assert_eq!(
            read(&headers).as_deref(),
            Some("Saved: naïve “quotes”; done")
        );
    }

    #[test]
    fn what_is_no_sentence_is_left_out() {
        for value in ["", "zz", "ff", "abc"] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE_HEADER, format!("{COOKIE}={value}").parse().unwrap());
            assert_eq!(
                read(&headers).filter(|text| !text.is_ascii()),
                None,
                "{value}"
            );
        }
    }
}
