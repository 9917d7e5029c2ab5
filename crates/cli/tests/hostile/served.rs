//! The server under attack: started as users start it, furnished through its own API.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ground::{Ground, pause};
use crate::image;
use crate::wire::{Answer, Wire};

/// What a form of a browser is sent as.
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// Gantry's own API.
pub(crate) const OWN: &str = "/api/gantry/v1/";

/// A server that runs; killed with it. Asks as its administrator.
pub(crate) struct Served {
    child: Child,
    pub(crate) home: PathBuf,
    client: Client,
    /// Of the first start.
    pub(crate) password: String,
    /// UUID of the scan that attacking jobs get.
    pub(crate) scan: String,
    /// Header with the cookie of the administrator's browser.
    cookie: String,
}

/// Somebody who asks a server.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) wire: Wire,
    /// Header with the token, or nothing.
    pub(crate) token: String,
}

impl std::ops::Deref for Served {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// `gantry`, with a data folder and a secret in its environment, and nothing else of ours.
pub(crate) fn gantry(ground: &Ground, home: &str) -> Command {
    prepared(Command::new(program()), ground, home)
}

/// Another build can be attacked too, such as one that was weakened to see that cases fail.
fn program() -> std::ffi::OsString {
    let built = || env!("CARGO_BIN_EXE_gantry").into();
    std::env::var_os("GANTRY_BINARY").unwrap_or_else(built)
}

fn prepared(mut command: Command, ground: &Ground, home: &str) -> Command {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GANTRY_HOME", ground.at(home))
        .env("HOST_SECRET", &ground.canary)
        .env("TMPDIR", ground.at("tmp"))
        .current_dir(ground.at("work"))
        .stdin(Stdio::null());
    command
}

impl Served {
    /// Starts a server and gives it two attacking algorithms and a witness.
    pub(crate) fn start(ground: &Ground) -> Served {
        let home = ground.at("server");
        fs_err::create_dir_all(&home).unwrap();
        let settings = "silence_seconds = 3\n[jobs]\nallow_root = true\ncpus = 8.0\nat_once = 4\n[log]\nfilter = \"warn\"\n";
        fs_err::write(home.join("gantry.toml"), settings).unwrap();
        // A suite that is killed must not leave it behind.
        let mut tied = Command::new("setpriv");
        tied.args(["--pdeathsig", "TERM"]).arg(program());
        let mut child = prepared(tied, ground, "server")
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let heard = listen(&mut child);
        let (mut address, mut password) = (String::new(), String::new());
        while address.is_empty() || password.is_empty() {
            let line = heard
                .recv_timeout(Duration::from_secs(60))
                .expect("the server says where it listens");
            if let Some(found) = line.strip_prefix("gantry listens on ") {
                address = found.trim().to_owned();
            }
            if let Some((_, rest)) = line.split_once("password `") {
                password = rest.split('`').next().unwrap_or_default().to_owned();
            }
        }
        let wire = Wire::new(&address, &home.join("tls/ca.pem"));
        let mut served = Served {
            child,
            home,
            client: Client {
                wire,
                token: String::new(),
            },
            password,
            scan: String::new(),
            cookie: String::new(),
        };
        served.furnish();
        served
    }

    fn furnish(&mut self) {
        let login = json!({"username": "admin", "password": self.password, "name": "suite"});
        let made = self.post(&format!("{OWN}login/token/"), &login);
        let made = made.json();
        let token = made["token"].as_str().expect("a token");
        self.client.token = format!("Authorization: Bearer {token}\r\n");
        self.enter();
        self.choose_password();
        self.enter();
        for (name, user) in [
            ("attack-user", "1000:1000"),
            ("attack-root", ""),
            ("witness", "1000:1000"),
            ("forged", "1000:1000"),
        ] {
            self.make_algorithm(name, &image::archive(user));
        }
        let upload = self.upload(&image::scan(), "scan.mha");
        let inputs =
            json!({"script": {"value": image::packed("good")}, "scan": {"uploads": [upload]}});
        let job = self.submit("witness", &inputs);
        let ended = self.ended(&job);
        assert_eq!(ended["state"], "succeeded", "an honest job: {ended:#}");
        let inputs = self.get(&format!("{OWN}jobs/{job}/inputs/")).json();
        let image = inputs
            .as_array()
            .unwrap()
            .iter()
            .find_map(|input| input["image_id"].as_str());
        self.scan = image.expect("the job's image").to_owned();
    }

    /// Logs the administrator in as a browser does.
    fn enter(&mut self) {
        let form = format!("csrf=&next=&username=admin&password={}", self.password);
        let entered = self.wire.ask("POST", "/login/", FORM, form.as_bytes());
        let cookie = entered.header("set-cookie").split(';').next();
        self.cookie = format!("Cookie: {}\r\n", cookie.unwrap_or_default());
    }

    /// A password of one's own, in place of the one that the first start made: no page comes before that.
    fn choose_password(&mut self) {
        let page = self.wire.ask("GET", "/account/", &self.cookie, b"");
        let text = page.text();
        let csrf = text.split_once("name=\"csrf\" value=\"");
        let csrf = csrf.and_then(|(_, rest)| rest.split('"').next());
        let own = format!("own-{}", self.password);
        let form = format!(
            "csrf={}&new={own}&again={own}",
            csrf.expect("a form with a secret")
        );
        let headers = format!("{}{FORM}", self.cookie);
        let chosen = self
            .wire
            .ask("POST", "/account/password/", &headers, form.as_bytes());
        assert_eq!(chosen.status, 303, "{}", chosen.text());
        self.password = own;
    }

    fn make_algorithm(&self, name: &str, archive: &[u8]) {
        let manifest = image::manifest(name, "");
        let made = self.create_algorithm(&manifest);
        assert_eq!(made.status, 201, "{}", made.text());
        let version = self.push(name, archive);
        assert_eq!(version["import_state"], "completed", "{version:#}");
    }

    /// A page as the administrator's browser gets it.
    pub(crate) fn page(&self, path: &str) -> Answer {
        self.wire.ask("GET", path, &self.cookie, b"")
    }

    /// Number of descriptors that the server has open.
    pub(crate) fn descriptors(&self) -> usize {
        crate::ground::entries(format!("/proc/{}/fd", self.child.id())).len()
    }

    /// Resident memory of the server, bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let words = line.and_then(|line| line.split_whitespace().next());
        words.and_then(|word| word.parse::<u64>().ok()).unwrap_or(0) << 10
    }

    /// Asks the server to end, and waits; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Client {
    /// Uploads an archive as a version of an algorithm, and says what became of the import.
    pub(crate) fn push(&self, algorithm: &str, archive: &[u8]) -> Value {
        let upload = self.upload(archive, "image.tar");
        let path = format!("{OWN}algorithms/{algorithm}/images/");
        let pushed = self.post(&path, &json!({"upload": upload}));
        assert_eq!(pushed.status, 202, "{}", pushed.text());
        let id = pushed.json()["id"].clone();
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            let versions = self.get(&path).json();
            let mut versions = versions.as_array().unwrap().iter();
            let version = versions.find(|version| version["id"] == id).unwrap();
            let state = version["import_state"].as_str().unwrap();
            if !matches!(state, "queued" | "started") || Instant::now() > end {
                return version.clone();
            }
            pause(Duration::from_millis(20));
        }
    }

    /// Uploads bytes in one part; the upload's UUID.
    pub(crate) fn upload(&self, bytes: &[u8], name: &str) -> String {
        let begun = self
            .post("/api/v1/uploads/", &json!({"filename": name}))
            .json();
        let text = |key: &str| begun[key].as_str().expect("an upload").to_owned();
        let place = format!("/api/v1/uploads/{}/{}", text("pk"), text("s3_upload_id"));
        let patch = |action: &str, body: Value| {
            let path = format!("{place}/{action}/");
            self.send("PATCH", &path, &body)
        };
        let signed = patch("generate-presigned-urls", json!({"part_numbers": [1]})).json();
        let address = signed["presigned_urls"]["1"].as_str().expect("an address");
        let path = &address[address.find("/uploads/").expect("a path")..];
        let sent = self.wire.ask("PUT", path, "", bytes);
        assert_eq!(sent.status, 200, "{}", sent.text());
        let parts = json!({"parts": [{"ETag": sent.header("etag"), "PartNumber": 1}]});
        let done = patch("complete-multipart-upload", parts);
        assert_eq!(done.status, 200, "{}", done.text());
        text("pk")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.wire.ask("GET", path, &self.token, b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body)
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send_as("application/json", (method, path), body.as_bytes())
    }

    /// Sends a body of any kind.
    pub(crate) fn send_as(&self, kind: &str, (method, path): (&str, &str), body: &[u8]) -> Answer {
        let headers = format!("{}Content-Type: {kind}\r\n", self.token);
        self.wire.ask(method, path, &headers, body)
    }

    /// Makes an algorithm of a manifest.
    pub(crate) fn create_algorithm(&self, manifest: &str) -> Answer {
        let place = format!("{OWN}algorithms/");
        self.send_as("application/toml", ("POST", &place), manifest.as_bytes())
    }

    /// Submits a job; its UUID.
    pub(crate) fn submit(&self, algorithm: &str, inputs: &Value) -> String {
        let body = json!({"algorithm": algorithm, "inputs": inputs});
        let made = self.post(&format!("{OWN}jobs/"), &body);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// The job once it has ended.
    pub(crate) fn ended(&self, id: &str) -> Value {
        // Its events end with it.
        let events = self.get(&format!("{OWN}jobs/{id}/events/"));
        assert_eq!(events.status, 200, "{}", events.text());
        self.get(&format!("{OWN}jobs/{id}/")).json()
    }
}

/// Lines of stdout and stderr as they come.
fn listen(child: &mut Child) -> mpsc::Receiver<String> {
    let (said, heard) = mpsc::channel();
    let streams: [Box<dyn Read + Send>; 2] = [
        Box::new(child.stdout.take().unwrap()),
        Box::new(child.stderr.take().unwrap()),
    ];
    for stream in streams {
        let said = said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                // Nobody may be listening any more.
                let _ = said.send(line);
            }
        });
    }
    heard
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
