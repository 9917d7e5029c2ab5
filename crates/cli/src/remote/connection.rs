//! Requests to a server, and what it says when it refuses.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::login::Login;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// For a connection; answers may take as long as they need.
const CONNECT: Duration = Duration::from_secs(20);
/// Bytes of a JSON answer.
const LARGEST: u64 = 200 << 20;

/// A server that knows us.
pub(crate) struct Connection {
    agent: Agent,
    login: Login,
}

impl Connection {
    /// With the login that was kept.
    pub(crate) fn open() -> Result<Connection, Problem> {
        Connection::with(Login::read()?)
    }

    /// With any login.
    pub(crate) fn with(login: Login) -> Result<Connection, Problem> {
        let roots = match &login.authority {
            Some(pem) => RootCerts::Specific(Arc::new(certificates(pem)?)),
            None => RootCerts::PlatformVerifier,
        };
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(crypto);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .https_only(true)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")));
        Ok(Connection {
            agent: config.build().into(),
            login,
        })
    }

    /// An address of this server.
    pub(crate) fn address(&self, path: &str) -> String {
        if path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.login.url)
        }
    }

    /// What is there, as JSON.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        json(self.get_raw(path)?, path)
    }

    /// What is there, as bytes.
    pub(crate) fn download(&self, path: &str) -> Result<impl Read + use<>, Problem> {
        Ok(self.get_raw(path)?.into_body().into_reader())
    }

    /// What is there, as bytes, and how many they are if the server says so.
    pub(crate) fn download_sized(
        &self,
        path: &str,
    ) -> Result<(Option<u64>, impl Read + use<>), Problem> {
        let body = self.get_raw(path)?.into_body();
        Ok((body.content_length(), body.into_reader()))
    }

    /// Sends JSON.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Problem> {
        let request = self.agent.post(self.address(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        json(self.accepted(sent, path)?, path)
    }

    /// Asks for something whose answer says nothing.
    pub(crate) fn ask(&self, path: &str) -> Result<(), Problem> {
        let request = self.agent.post(self.address(path));
        let sent = request.header("Authorization", self.bearer()).send_empty();
        self.accepted(sent, path).map(|_| ())
    }

    /// Puts JSON in the place of what is there.
    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Problem> {
        let request = self.agent.put(self.address(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        json(self.accepted(sent, path)?, path)
    }

    /// Changes something with JSON.
    pub(crate) fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, Problem> {
        let request = self.agent.patch(self.address(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        json(self.accepted(sent, path)?, path)
    }

    /// Sends a manifest.
    pub(crate) fn post_toml<T: DeserializeOwned>(
        &self,
        path: &str,
        text: &str,
    ) -> Result<T, Problem> {
        let request = self
            .agent
            .post(self.address(path))
            .header("Authorization", self.bearer());
        let sent = request.content_type("application/toml").send(text);
        json(self.accepted(sent, path)?, path)
    }

    /// Sends bytes to a signed address; gives the `ETag` of the answer.
    pub(crate) fn put_part(
        &self,
        address: &str,
        length: u64,
        bytes: &mut dyn Read,
    ) -> Result<String, Problem> {
        let request = self
            .agent
            .put(address)
            .header("Content-Length", length.to_string());
        let answer = self.accepted(request.send(ureq::SendBody::from_reader(bytes)), address)?;
        let etag = answer
            .headers()
            .get("etag")
            .and_then(|value| value.to_str().ok());
        etag.map(str::to_owned).ok_or_else(|| {
            Problem::new(
                ExitStatus::Internal,
                "the server took a part and gave no `ETag`".to_owned(),
            )
        })
    }

    fn get_raw(&self, path: &str) -> Result<Response<Body>, Problem> {
        let request = self.agent.get(self.address(path));
        self.accepted(request.header("Authorization", self.bearer()).call(), path)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.login.token)
    }

    fn accepted(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
        path: &str,
    ) -> Result<Response<Body>, Problem> {
        let answer = answer.map_err(|error| {
            Problem::from_error(ExitStatus::HostUnable, error)
                .context(format!("failed to ask `{}`", self.login.url))
                .hint("is the server up, and does `gantry login --ca` name its authority?")
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let text = answer
            .into_body()
            .with_config()
            .limit(LARGEST)
            .read_to_string()
            .unwrap_or_default();
        let said = serde_json::from_str::<Value>(&text).map_or(text, |body| sentences(&body));
        let problem = Problem::new(
            if status == StatusCode::UNAUTHORIZED {
                ExitStatus::Usage
            } else {
                ExitStatus::InputsRefused
            },
            format!(
                "the server refuses `{}` ({status}): {said}",
                path_only(path)
            ),
        );
        Err(match status {
            StatusCode::UNAUTHORIZED => {
                problem.hint("`gantry login` again: the token may have ended")
            }
            _ => problem,
        })
    }
}

fn path_only(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// What a refusal says, without its brackets.
fn sentences(body: &Value) -> String {
    match body {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let said: Vec<String> = items
                .iter()
                .map(sentences)
                .filter(|text| !text.is_empty())
                .collect();
            said.join("; ")
        }
        Value::Object(fields) => {
            let said: Vec<String> = fields
                .iter()
                .map(|(field, value)| match field.as_str() {
                    "detail" | "non_field_errors" => sentences(value),
                    field => format!("`{field}`: {}", sentences(value)),
                })
                .collect();
            said.join("; ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => body.to_string(),
    }
}

fn json<T: DeserializeOwned>(answer: Response<Body>, path: &str) -> Result<T, Problem> {
    let read = answer.into_body().with_config().limit(LARGEST).read_json();
    read.map_err(|error| {
        Problem::from_error(ExitStatus::Internal, error).context(format!(
            "failed to understand the answer to `{}`",
            path_only(path)
        ))
    })
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, Problem> {
    let found: Vec<Certificate<'static>> = parse_pem(pem.as_bytes())
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            Ok(_) | Err(_) => None,
        })
        .collect();
    if found.is_empty() {
        let message = "the file of `--ca` holds no certificate, expected PEM".to_owned();
        return Err(Problem::new(ExitStatus::Usage, message));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_read_as_sentences() {
        for (body, expected) in [
            (json!({"detail": "Not found."}), "Not found."),
            (
                json!({"inputs": [{}, {"age": ["-1 is less than 0"]}]}),
                "`inputs`: `age`: -1 is less than 0",
            ),
            (json!({"non_field_errors": ["a", "b"]}), "a; b"),
        ] {
            assert_eq!(sentences(&body), expected);
        }
    }
}
