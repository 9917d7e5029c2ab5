//! A client for the tests that want to do much with little: the demo algorithm on an image that is there already.

use serde_json::{Value, json};

use super::{Gantry, Server};

/// A client with a token.
pub(super) struct Load {
    agent: ureq::Agent,
    address: String,
    /// Of the one who may do all there.
    pub(super) token: String,
}

/// An upload that has been begun.
pub(super) struct Upload {
    place: String,
    api_url: String,
    /// Those that were sent.
    parts: Vec<Value>,
}

/// The state of a job.
pub(super) fn job(shown: &Value) -> &str {
    shown["state"].as_str().unwrap_or_default()
}

impl Load {
    /// A new server, and a client of the one who may do all there.
    pub(super) fn with_server(gantry: &Gantry) -> (Server, Load) {
        let server = Server::start(gantry);
        let load = Load::new(&server, &server.prepare());
        (server, load)
    }

    pub(super) fn new(server: &Server, token: &str) -> Load {
        let pem = fs_err::read(&server.ca).unwrap();
        let authority = ureq::tls::Certificate::from_pem(&pem).unwrap();
        let roots = ureq::tls::RootCerts::Specific(std::sync::Arc::new(vec![authority]));
        let crypto = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(crypto);
        let config = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false);
        Load {
            agent: config.build().into(),
            address: server.address.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn url(&self, path: &str) -> String {
        if let Some(place) = path.strip_prefix("https://") {
            // The server may listen elsewhere by now.
            let start = place.find('/').unwrap();
            return format!("{}{}", self.address, &place[start..]);
        }
        format!("{}{path}", self.address)
    }

    /// Status and body.
    pub(super) fn get(&self, path: &str) -> (u16, String) {
        let request = self.agent.get(self.url(path));
        let mut answer = request
            .header("Authorization", self.bearer())
            .call()
            .unwrap();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().lossy_utf8(true);
        (status, body.read_to_string().unwrap_or_default())
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Status and body.
    pub(super) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(self.url(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        let mut answer = sent.unwrap();
        let status = answer.status().as_u16();
        (status, answer.body_mut().read_json().unwrap_or_default())
    }

    /// Uploads a file in one part; status of the part, and the upload's address once it is completed.
    pub(super) fn upload(&self, bytes: &[u8], name: &str) -> (u16, Option<String>) {
        let mut upload = self.begin_upload(name);
        let status = self.send_part(&mut upload, bytes);
        if status != 200 {
            return (status, None);
        }
        let status = self.complete(&upload);
        (status, (status == 200).then_some(upload.api_url))
    }

    pub(super) fn begin_upload(&self, name: &str) -> Upload {
        let (status, begun) = self.post("/api/v1/uploads/", &json!({"filename": name}));
        assert_eq!(status, 201, "{begun}");
        let text = |key: &str| begun[key].as_str().unwrap().to_owned();
        Upload {
            place: format!("/api/v1/uploads/{}/{}", text("pk"), text("s3_upload_id")),
            api_url: text("api_url"),
            parts: Vec::new(),
        }
    }

    fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.patch(self.url(path));
        let sent = request
            .header("Authorization", self.bearer())
            .send_json(body);
        let mut answer = sent.unwrap();
        let status = answer.status().as_u16();
        (status, answer.body_mut().read_json().unwrap_or_default())
    }

    /// Status of a deletion.
    pub(super) fn delete(&self, path: &str) -> u16 {
        let request = self.agent.delete(self.url(path));
        let answer = request.header("Authorization", self.bearer()).call();
        answer.unwrap().status().as_u16()
    }

    /// The path to which the next part is to be sent.
    pub(super) fn place_of_next_part(&self, upload: &Upload) -> String {
        let number = upload.parts.len() + 1;
        let path = format!("{}/generate-presigned-urls/", upload.place);
        let (_, signed) = self.patch(&path, &json!({"part_numbers": [number]}));
        let signed = &signed["presigned_urls"][number.to_string()];
        self.url(signed.as_str().unwrap())[self.address.len()..].to_owned()
    }

    /// Sends the next part; 0 when the connection broke.
    pub(super) fn send_part(&self, upload: &mut Upload, bytes: &[u8]) -> u16 {
        let address = self.url(&self.place_of_next_part(upload));
        let Ok(answer) = self.agent.put(address).send(bytes) else {
            return 0;
        };
        let status = answer.status().as_u16();
        if status == 200 {
            let etag = answer.headers()["etag"].to_str().unwrap();
            let number = upload.parts.len() + 1;
            upload
                .parts
                .push(json!({"ETag": etag, "PartNumber": number}));
        }
        status
    }

    pub(super) fn complete(&self, upload: &Upload) -> u16 {
        let path = format!("{}/complete-multipart-upload/", upload.place);
        self.patch(&path, &json!({"parts": upload.parts})).0
    }

    fn algorithm(&self) -> String {
        let found = self.json("/api/v1/algorithms/?slug=otsu");
        found["results"][0]["api_url"].as_str().unwrap().to_owned()
    }

    fn submitted(&self, input: Value) -> (u16, Value) {
        let body = json!({"algorithm": self.algorithm(), "inputs": [input]});
        self.post("/api/v1/algorithms/jobs/", &body)
    }

    /// A job on a new image; the image's address once the job has succeeded.
    pub(super) fn first_job(&self, image: &std::path::Path) -> String {
        let bytes = fs_err::read(image).unwrap();
        let (_, upload) = self.upload(&bytes, "head.mha");
        let (id, _) = self.submit_upload(&upload.unwrap());
        assert_eq!(job(&self.ended(&id)), "succeeded");
        let shown = self.json(&format!("/api/v1/algorithms/jobs/{id}/"));
        shown["inputs"][0]["image"].as_str().unwrap().to_owned()
    }

    /// A job on uploaded files; its id, and everything that was said.
    pub(super) fn submit_upload(&self, upload: &str) -> (String, Value) {
        let input = json!({"interface": "mri", "user_uploads": [upload]});
        let (status, said) = self.submitted(input);
        assert_eq!(status, 201, "{said}");
        (said["pk"].as_str().unwrap().to_owned(), said)
    }

    /// A job on an image that is there.
    pub(super) fn submit(&self, image: &str) -> String {
        let (status, said) = self.try_submit(image);
        assert_eq!(status, 201, "{said}");
        said["pk"].as_str().unwrap().to_owned()
    }

    /// The same, whatever the server says.
    pub(super) fn try_submit(&self, image: &str) -> (u16, Value) {
        self.submitted(json!({"interface": "mri", "image": self.url(image)}))
    }

    /// The job, if there is one, once it has ended.
    pub(super) fn find(&self, id: &str) -> Option<Value> {
        let path = format!("/api/gantry/v1/jobs/{id}/");
        (self.get(&path).0 == 200).then(|| self.ended(id))
    }

    /// The job once it has ended.
    pub(super) fn ended(&self, id: &str) -> Value {
        // Its events end with it.
        let (status, _) = self.get(&format!("/api/gantry/v1/jobs/{id}/events/"));
        assert_eq!(status, 200);
        self.json(&format!("/api/gantry/v1/jobs/{id}/"))
    }

    /// How many outputs it has.
    pub(super) fn outputs(&self, id: &str) -> usize {
        let shown = self.json(&format!("/api/v1/algorithms/jobs/{id}/"));
        shown["outputs"].as_array().unwrap().len()
    }

    fn file_of(&self, image: &str) -> String {
        let shown = self.json(image);
        shown["files"][0]["file"].as_str().unwrap().to_owned()
    }

    /// SHA-256 of the file of an image, which is the name of its blob.
    pub(super) fn digest_of(&self, image: &str) -> String {
        let request = self.agent.get(self.url(&self.file_of(image)));
        let answer = request
            .header("Authorization", self.bearer())
            .call()
            .unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap();
        tag.trim_matches('"').to_owned()
    }

    /// Status and text of the download of an image.
    pub(super) fn download(&self, image: &str) -> (u16, String) {
        self.get(&self.file_of(image))
    }

    /// The file of an image, or a part of it: status, `Content-Range`, bytes.
    pub(super) fn part(&self, image: &str, range: Option<&str>) -> (u16, String, Vec<u8>) {
        let mut request = self.agent.get(self.url(&self.file_of(image)));
        request = request.header("Authorization", self.bearer());
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        let mut answer = request.call().unwrap();
        let said = answer.headers().get("content-range");
        let said = said.map_or("", |said| said.to_str().unwrap()).to_owned();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        (answer.status().as_u16(), said, bytes)
    }
}
