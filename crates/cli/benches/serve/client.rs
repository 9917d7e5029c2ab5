//! A client that does what gcapi does: TLS, a token, JSON.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client with one connection; clones have their own.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: String,
    authority: Vec<u8>,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new(address: &str, authority: &[u8], token: String) -> Client {
        let certificate = Certificate::from_pem(authority).expect("PEM");
        let roots = RootCerts::Specific(Arc::new(vec![certificate]));
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(crypto);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false);
        Client {
            agent: config.build().into(),
            address: address.to_owned(),
            authority: authority.to_owned(),
            token,
        }
    }

    /// Somebody else with the same token, on connections of its own.
    pub(crate) fn another(&self) -> Client {
        Client::new(&self.address, &self.authority, self.token.clone())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("https://") {
            return path.to_owned();
        }
        format!("{}{path}", self.address)
    }

    /// Status and body, whatever they are.
    pub(crate) fn ask(&self, path: &str) -> (u16, String) {
        let request = self.agent.get(self.url(path));
        let answer = request.header("Authorization", self.bearer()).call();
        let mut answer = answer.expect("the server answers");
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(1 << 30);
        (
            status,
            body.lossy_utf8(true).read_to_string().expect("it is sent"),
        )
    }

    /// Status and bytes, whatever they are.
    pub(crate) fn fetch(&self, path: &str) -> (u16, Vec<u8>) {
        let request = self.agent.get(self.url(path));
        let answer = request.header("Authorization", self.bearer()).call();
        let mut answer = answer.expect("the server answers");
        let body = answer.body_mut().with_config().limit(1 << 30);
        let bytes = body.read_to_vec().expect("it is sent");
        (answer.status().as_u16(), bytes)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// Status and body, whatever they are.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(self.url(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        read(sent.expect("the server answers"))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.try_post(path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) fn post_text(&self, path: &str, kind: &str, text: &str) -> Value {
        let request = self.agent.post(self.url(path)).content_type(kind);
        let sent = request.header("Authorization", self.bearer()).send(text);
        let (status, answer) = read(sent.expect("the server answers"));
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// In parts of 32 MiB, as gcapi does; the upload's address.
    pub(crate) fn upload(&self, bytes: &[u8], name: &str) -> String {
        let begun = self.post("/api/v1/uploads/", &json!({"filename": name}));
        let text = |key: &str| begun[key].as_str().expect("text").to_owned();
        let place = format!("/api/v1/uploads/{}/{}", text("pk"), text("s3_upload_id"));
        let mut parts = Vec::new();
        for (index, part) in bytes.chunks(32 << 20).enumerate() {
            let number = index + 1;
            let wanted = json!({"part_numbers": [number]});
            let signed = self.patch(&format!("{place}/generate-presigned-urls/"), &wanted);
            let address = signed["presigned_urls"][number.to_string()].as_str();
            let sent = self.agent.put(address.expect("an address")).send(part);
            let answer = sent.expect("the server answers");
            assert_eq!(answer.status().as_u16(), 200);
            let etag = answer.headers()["etag"].to_str().expect("ASCII");
            parts.push(json!({"ETag": etag, "PartNumber": number}));
        }
        let done = json!({"parts": parts});
        self.patch(&format!("{place}/complete-multipart-upload/"), &done);
        text("api_url")
    }

    pub(crate) fn delete(&self, path: &str) {
        let request = self.agent.delete(self.url(path));
        let answer = request.header("Authorization", self.bearer()).call();
        let status = answer.expect("the server answers").status().as_u16();
        assert_eq!(status, 204, "{path}");
    }

    fn patch(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.patch(self.url(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        let (status, answer) = read(sent.expect("the server answers"));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) fn algorithm(&self) -> String {
        let found = self.get("/api/v1/algorithms/?slug=otsu");
        found["results"][0]["api_url"]
            .as_str()
            .expect("it was made")
            .to_owned()
    }

    /// What a job on an image is posted as.
    pub(crate) fn job_on(&self, algorithm: &str, image: &str) -> Value {
        json!({"algorithm": algorithm, "inputs": [{"interface": "mri", "image": image}]})
    }

    /// Posts a job; its id.
    pub(crate) fn submit(&self, job: &Value) -> String {
        let made = self.post("/api/v1/algorithms/jobs/", job);
        made["pk"].as_str().expect("an id").to_owned()
    }

    /// Returns when a job has ended: its events end with it.
    pub(crate) fn wait(&self, job: &str) {
        let (status, _) = self.ask(&format!("/api/gantry/v1/jobs/{job}/events/"));
        assert_eq!(status, 200);
    }

    /// The demo image on the server, brought by a first job.
    pub(crate) fn demo_image(&self, algorithm: &str) -> String {
        let bytes = fs_err::read(crate::served::repository().join("fixtures/head-mr.mha"));
        let upload = self.upload(&bytes.expect("the demo is there"), "head-mr.mha");
        let inputs = json!([{"interface": "mri", "user_uploads": [upload]}]);
        let job = self.submit(&json!({"algorithm": algorithm, "inputs": inputs}));
        self.wait(&job);
        let shown = self.get(&format!("/api/v1/algorithms/jobs/{job}/"));
        assert_eq!(shown["status"], "Succeeded", "{shown}");
        shown["inputs"][0]["image"]
            .as_str()
            .expect("an image")
            .to_owned()
    }
}

fn read(mut answer: Response<ureq::Body>) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap_or_default())
}

/// Times, sorted, in milliseconds.
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn of(times: Vec<Duration>) -> Times {
        let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        Times(sorted)
    }

    /// The time within which this many hundredths lie.
    pub(crate) fn within(&self, hundredths: usize) -> f64 {
        self.0[(self.0.len() * hundredths / 100).min(self.0.len() - 1)]
    }

    pub(crate) fn median(&self) -> f64 {
        self.within(50)
    }

    pub(crate) fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {:.1} | {:.1} | {:.1} |",
            self.median(),
            self.within(90),
            self.within(99)
        )
    }
}
