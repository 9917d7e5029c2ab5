//! The ways in which an attack reaches the product: the command line, the server, an engine.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::attack::Attack;
use crate::docker_engine::DockerEngine;
use crate::ground::{Ground, digest, entries, hex, settled};
use crate::image;
use crate::served::{OWN, Served, gantry};
use crate::wire::read_answer;

/// How the container is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `gantry run`, Gantry's own sandbox.
    Run,
    /// A job of a server, Gantry's own sandbox.
    Server,
    /// `gantry run --executor docker`.
    Docker,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Run => "run",
            Way::Server => "server",
            Way::Docker => "docker",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Way> {
        [Way::Run, Way::Server, Way::Docker]
            .into_iter()
            .find(|way| way.name() == name)
    }
}

/// What became of a job, as its user sees it, and what the host looks like afterwards.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// `succeeded`, or the code of the failure.
    pub(crate) end: String,
    pub(crate) stdout: String,
    /// Report or job, log, everything printed, every file.
    pub(crate) all: Vec<u8>,
    /// Pages and results, which browsers show.
    pub(crate) pages: String,
    /// Isolation as the kernel confirmed it.
    pub(crate) report: Value,
    /// What is wrong with the host.
    pub(crate) left: Vec<String>,
}

/// Everything an attack needs to be tried.
pub(crate) struct Field<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) served: &'a Served,
    /// For [`Way::Docker`].
    pub(crate) engine: Option<&'a DockerEngine>,
}

impl Field<'_> {
    /// Lays out what `gantry run` takes.
    pub(crate) fn prepare(&self) {
        let work = self.ground.at("work");
        for (name, user) in [("attack-user", "1000:1000"), ("attack-root", "")] {
            let folder = work.join(name);
            fs_err::create_dir_all(&folder).unwrap();
            let manifest = image::manifest(name, "image = \"image.tar\"");
            fs_err::write(folder.join("algorithm.toml"), manifest).unwrap();
            fs_err::write(folder.join("image.tar"), image::archive(user)).unwrap();
        }
        fs_err::write(work.join("scan.mha"), image::scan()).unwrap();
    }

    /// Tries one attack in one way and looks at everything afterwards.
    pub(crate) fn try_out(&self, attack: &Attack, way: Way, is_root: bool) -> Seen {
        let script = image::packed(&self.ground.fill_in(&attack.script));
        let algorithm = if is_root {
            "attack-root"
        } else {
            "attack-user"
        };
        let mut seen = match way {
            Way::Run => self.run(algorithm, &script, None),
            Way::Docker => self.run(algorithm, &script, self.engine),
            Way::Server => self.submit(algorithm, &script),
        };
        if self.ground.is_disclosed(&seen.all) {
            seen.left.push("a secret of the host came out".to_owned());
        }
        seen
    }

    fn run(&self, algorithm: &str, script: &str, engine: Option<&DockerEngine>) -> Seen {
        let (home, work) = (self.ground.at("home"), self.ground.at("work"));
        let scan = work.join("scan.mha");
        let before = (digest(&scan), digest(&home.join("images/layers")));
        let mut command = gantry(self.ground, "home");
        if let Some(engine) = engine {
            command.env("DOCKER_HOST", format!("unix://{}", engine.socket()));
        }
        let output = command
            .args(["run", algorithm, "-i", "scan=scan.mha", "-i"])
            .arg(format!("script=\"{script}\""))
            .args(["-o", "out", "--overwrite", "--json", "--allow-root"])
            .args(["--executor", engine.map_or("local", |_| "docker")])
            .output()
            .expect("gantry can be started");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let out = work.join("out");
        let mut seen = Seen {
            end: end_of(&report["status"], &report["failure"]),
            stdout: text(&out.join("gantry/stdout.log")),
            pages: text(&out.join("gantry/result.html")),
            all: [output.stdout, output.stderr].concat(),
            left: Vec::new(),
            report,
        };
        read_all(&out, &mut seen);
        if digest(&scan) != before.0 {
            seen.left.push("the input has changed".to_owned());
        }
        // The first run imports the image.
        let is_first = before.1 == hex(b"");
        if !is_first && digest(&home.join("images/layers")) != before.1 {
            seen.left.push("the container image has changed".to_owned());
        }
        let cgroups = cgroups(&seen.report);
        seen.left.extend(settled(|| {
            let mut left = self.ground.left(&home, &[]);
            left.extend(engine.into_iter().flat_map(containers));
            left.extend(remains(&home.join("runs")));
            left.extend(remains(&home.join("images/staging")));
            left.extend(remains(&self.ground.at("tmp")));
            left.extend(there(&cgroups));
            left
        }));
        seen
    }

    fn submit(&self, algorithm: &str, script: &str) -> Seen {
        let served = self.served;
        let layers = served.home.join("images/layers");
        let before = digest(&layers);
        let inputs = json!({"script": {"value": script}, "scan": {"image": served.scan}});
        let id = served.submit(algorithm, &inputs);
        let job = served.ended(&id);
        let (log, stdout, lines) = self.log(&id);
        let outputs = served.get(&format!("{OWN}jobs/{id}/outputs/"));
        let files = served.get(&format!("{OWN}jobs/{id}/outputs.zip"));
        let page = served.page(&format!("/jobs/{id}/"));
        let result = job["report"]["result"]["html"].as_str().unwrap_or_default();
        let pages = format!("{}{result}", page.text());
        let parts = [
            job.to_string().into_bytes(),
            stdout.clone().into_bytes(),
            log,
            outputs.body,
            files.body,
            page.body,
        ];
        let mut seen = Seen {
            end: end_of(&job["state"], &job["failure"]),
            stdout,
            all: parts.concat(),
            report: job["report"].clone(),
            pages,
            left: Vec::new(),
        };
        let whole = served.get(&format!("{OWN}jobs/{id}/log/?format=text"));
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        if count(&whole.body) != lines {
            let found = count(&whole.body);
            let problem = format!("the log as text has {found} lines, expected {lines}");
            seen.left.push(problem);
        }
        if String::from_utf8_lossy(&seen.all).contains(served.home.to_str().unwrap()) {
            let problem = "where the server keeps its data is told";
            seen.left.push(problem.to_owned());
        }
        if !seen.pages.contains(&id) {
            seen.left.push("the job has no page".to_owned());
        }
        if digest(&layers) != before {
            seen.left.push("the container image has changed".to_owned());
        }
        let cgroups = cgroups(&seen.report);
        seen.left.extend(settled(|| {
            let mut left: Vec<String> = named(&served.home, &id);
            left.extend(self.ground.left(&served.home, &self.active()));
            left.extend(there(&cgroups));
            left
        }));
        seen
    }

    /// Every page of the log of a job, as it was sent, what of it came on stdout, and the number of lines.
    fn log(&self, id: &str) -> (Vec<u8>, String, usize) {
        let (mut all, mut stdout, mut after, mut count) = (Vec::new(), String::new(), 0, 0);
        loop {
            let page = self
                .served
                .get(&format!("{OWN}jobs/{id}/log/?after={after}"));
            let lines = page.json();
            let lines = lines.as_array().expect("lines of a log");
            let Some(last) = lines.last() else {
                return (all, stdout, count);
            };
            count += lines.len();
            after = last["number"].as_u64().expect("lines are numbered");
            for line in lines.iter().filter(|line| line["is_stderr"] == false) {
                stdout += line["text"].as_str().unwrap_or_default();
                stdout.push('\n');
            }
            all.extend(page.body);
        }
    }

    /// UUIDs of jobs that are at work: the witness.
    fn active(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for state in ["provisioning", "executing", "parsing"] {
            let listed = self.served.get(&format!("{OWN}jobs/?state={state}")).json();
            let listed = listed["results"].as_array().cloned().unwrap_or_default();
            ids.extend(
                listed
                    .iter()
                    .filter_map(|job| job["id"].as_str().map(str::to_owned)),
            );
        }
        ids
    }
}

/// The containers of an engine that has none but those of jobs.
fn containers(engine: &DockerEngine) -> Vec<String> {
    let mut socket = UnixStream::connect(engine.socket()).unwrap();
    let question =
        "GET /containers/json?all=true HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n";
    socket.write_all(question.as_bytes()).unwrap();
    let answer = read_answer(&mut socket);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let listed = answer.json();
    let listed = listed.as_array().expect("a list of containers");
    listed
        .iter()
        .map(|one| format!("container {} ({})", one["Names"], one["Status"]))
        .collect()
}

fn end_of(status: &Value, failure: &Value) -> String {
    let status = status.as_str().unwrap_or("no report");
    failure["code"].as_str().unwrap_or(status).to_owned()
}

/// The cgroups that the kernel confirmed.
fn cgroups(report: &Value) -> Vec<String> {
    let folders = report["isolation"]["facts"]["cgroup"]["folders"].as_object();
    let folders = folders.into_iter().flatten();
    folders
        .filter_map(|(_, folder)| folder.as_str().map(str::to_owned))
        .collect()
}

fn remains(folder: &Path) -> Vec<String> {
    entries(folder)
        .iter()
        .map(|path| format!("left behind: {}", path.display()))
        .collect()
}

/// Everything below a data folder whose name is that of a job, but for what is kept of it.
fn named(home: &Path, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(home.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        for path in entries(&folder) {
            if path.to_string_lossy().contains(id) {
                found.push(format!("left behind: {}", path.display()));
            } else if depth < 2 && path.is_dir() && !path.is_symlink() {
                waiting.push((path, depth + 1));
            }
        }
    }
    found
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs_err::read(path).unwrap_or_default()).into_owned()
}

/// Adds every file below a folder; a link or a special file among them is a finding.
fn read_all(folder: &Path, seen: &mut Seen) {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for path in entries(&folder) {
            let about = fs_err::symlink_metadata(&path).unwrap();
            if about.is_dir() {
                waiting.push(path.clone());
            } else if about.is_file() {
                let bytes = fs_err::read(&path).unwrap();
                seen.all
                    .extend_from_slice(&bytes[..bytes.len().min(1 << 20)]);
            } else {
                seen.left
                    .push(format!("`{}` is no plain file", path.display()));
            }
            seen.all
                .extend_from_slice(path.to_string_lossy().as_bytes());
        }
    }
}

/// Those of some paths that are there.
fn there(paths: &[String]) -> impl Iterator<Item = String> {
    let there = paths.iter().filter(|path| Path::new(path).exists());
    there.cloned()
}
