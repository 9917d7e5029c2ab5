//! A server on a data folder of its own, with the demo algorithm.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Client;

/// Until the server listens, or a container image is imported.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; killed with it.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
    folder: tempfile::TempDir,
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Served {
    /// An empty data folder, with this configuration.
    pub(crate) fn folder(config: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        fs_err::write(folder.path().join("gantry.toml"), config).expect("room");
        folder
    }

    /// Starts a server; gives the administrator's password at the first start.
    pub(crate) fn start(folder: tempfile::TempDir) -> (Served, Option<String>) {
        let (child, address, password) = begun(folder.path());
        let served = Served {
            address,
            child,
            folder,
        };
        (served, password)
    }

    /// Ends the server in order, and starts one with another configuration on the same folder.
    pub(crate) fn restart(&mut self, config: &str) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.child.wait().expect("it is ours");
        fs_err::write(self.folder.path().join("gantry.toml"), config).expect("room");
        let (child, address, _) = begun(self.folder.path());
        (self.child, self.address) = (child, address);
    }

    /// A server with the demo algorithm, and its administrator as a client.
    pub(crate) fn with_demo(config: &str) -> (Served, Client) {
        let (served, password) = Served::start(Served::folder(config));
        let client = served.log_in(&password.expect("a first start"));
        let root = repository();
        let manifest = fs_err::read_to_string(root.join("images/otsu/algorithm.toml"));
        let mut table: toml::Table = manifest
            .expect("the demo is there")
            .parse()
            .expect("it is TOML");
        table.remove("result_template_file");
        let text = toml::to_string(&table).expect("it was TOML");
        client.post_text("/api/gantry/v1/algorithms/", "application/toml", &text);
        let archive = fs_err::read(root.join("target/images/otsu.oci.tar"))
            .expect("run `cargo xtask images` first");
        let upload = client.upload(&archive, "otsu.tar");
        let id = upload.trim_end_matches('/').rsplit('/').next();
        let list = "/api/gantry/v1/algorithms/otsu/images/";
        client.post(list, &json!({"upload": id}));
        let since = std::time::Instant::now();
        loop {
            let all: Value = client.get(list);
            match all[0]["import_state"].as_str() {
                Some("completed") => break,
                Some("queued" | "started") if since.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                other => panic!("the import is {other:?}: {all}"),
            }
        }
        (served, client)
    }

    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// The administrator of a first start.
    pub(crate) fn log_in(&self, password: &str) -> Client {
        let mut client = self.client(String::new());
        let asked = json!({"username": "admin", "password": password, "name": "bench"});
        let made = client.post("/api/gantry/v1/login/token/", &asked);
        client.token = made["token"].as_str().expect("a token").to_owned();
        client
    }

    pub(crate) fn client(&self, token: String) -> Client {
        let authority = fs_err::read(self.home().join("tls/ca.pem")).expect("it was made");
        Client::new(&self.address, &authority, token)
    }

    /// Files, sockets and pipes that the server process has open.
    pub(crate) fn open_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.child.id());
        fs_err::read_dir(path).expect("it lives").count()
    }

    /// Memory of the server process, megabytes: now, and at most so far.
    pub(crate) fn memory(&self) -> (f64, f64) {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs_err::read_to_string(path).expect("it lives");
        let of = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kib.expect("the kernel says so") * 1024.0 / 1e6
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

/// A new server process once it listens, its address, and the password that it made.
fn begun(home: &Path) -> (Child, String, Option<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gantry"))
        .arg("--home")
        .arg(home)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    let mut stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
    let mut stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
    let (noted, notes) = mpsc::channel();
    std::thread::spawn(move || {
        for line in stderr.by_ref().lines().map_while(Result::ok) {
            // The server must never wait for us.
            let _ = noted.send(line);
        }
    });
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the server says where");
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    let address = line.trim().strip_prefix("gantry listens on ");
    let address = address.expect("the server starts").trim_end_matches('/');
    let mut password = None;
    while let Ok(note) = notes.recv_timeout(Duration::from_millis(500)) {
        if let Some((_, rest)) = note.split_once("password `") {
            password = rest.split_once('`').map(|(word, _)| word.to_owned());
        }
        if note.starts_with("Clients must trust") {
            break;
        }
    }
    (child, address.to_owned(), password)
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
