//! Start and end of a container that runs `true`, beside `runc run` and `docker run` of the same root file system, where
//! runc is installed and a Docker engine answers (`DOCKER_HOST` says where).
//!
//! `sudo cargo bench -p container --bench start [-- ROUNDS]`. Ours is measured from `sandbox::start` to the end of the
//! clean-up: cgroups, namespaces, a disk limit, a system call filter, logs and the facts read back. `runc run` is measured
//! from its start to its end, with limits on memory, processors and processes and with the system call filter that
//! podman and Docker ship, but without a user namespace, a writable layer or a disk limit. `docker run --rm` is measured likewise, with the same limits, its own
//! default filter and no network. The ways take turns.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

#[path = "figures/note.rs"]
mod figures;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::{
    ContainerPlan, End, Orphaned, ProcessPlan, ReadyShim, Running, SandboxLimits, ShimTimings,
    WritableFolder, start,
};
use serde_json::{Value, json};

/// The filter that `podman` and, in other words, Docker install.
const FILTER: &str = "/usr/share/containers/seccomp.json";
const MEMORY_BYTES: u64 = 512 << 20;
const PIDS: u32 = 512;
const CPU_PERCENT: u32 = 200;

fn main() {
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let rounds = rounds.unwrap_or(60);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
    let layer = make_layer(folder);
    let others: Vec<Box<dyn Way>> = [Runc::prepare(folder, &layer), Docker::prepare(&layer)]
        .into_iter()
        .flatten()
        .collect();
    let (mut ours, mut steps, mut forks) = (Vec::new(), Vec::new(), Vec::new());
    let mut theirs = vec![Vec::new(); others.len()];
    for round in 0..rounds + 3 {
        let (took, timings) = run_ours(folder, &layer, round);
        let took_others: Vec<_> = others.iter().map(|way| way.run(round)).collect();
        let bare = timed(&mut Command::new(layer.join("bin/true")));
        // The first ones make what later ones find.
        if round >= 3 {
            ours.push(took);
            steps.push(timings);
            forks.push(bare);
            for (times, took) in theirs.iter_mut().zip(took_others) {
                times.push(took);
            }
        }
    }
    println!("| way | rounds | median | least | 90 % within |");
    println!("|---|---|---|---|---|");
    row("gantry", &mut ours);
    let step = |name: &str, of: fn(&ShimTimings) -> f64| {
        let mut times: Vec<_> = steps
            .iter()
            .map(|timings| Duration::from_secs_f64(of(timings)))
            .collect();
        row(&format!("- of which {name}"), &mut times);
    };
    step("building the sandbox", |timings| timings.provision_seconds);
    step("the program", |timings| timings.run_seconds);
    for (way, times) in others.iter().zip(&mut theirs) {
        row(way.name(), times);
    }
    row("fork and exec of the program alone", &mut forks);
    if others.is_empty() {
        println!("neither runc nor docker runs here, or this is not root: nothing to compare with");
    }
    for (way, times) in others.iter().zip(&mut theirs) {
        let ratio = quantile(times, 50).as_secs_f64() / quantile(&mut ours, 50).as_secs_f64();
        println!("gantry takes 1/{ratio:.1} of the time of {}", way.name());
    }
    let ms = |times: &mut [Duration]| quantile(times, 50).as_secs_f64() * 1e3;
    let mut beside = vec![figures::limit("fork and exec", ms(&mut forks))];
    for (way, times) in others.iter().zip(&mut theirs) {
        beside.push(figures::peer(way.name(), ms(times), way.goal()));
    }
    figures::note("a container that runs `true`", ms(&mut ours), &beside);
}

/// Another way to run the same program from the same root file system.
trait Way {
    fn name(&self) -> &'static str;
    /// The share of its time that ours may take.
    fn goal(&self) -> f64;
    /// From the start of its command to the end.
    fn run(&self, round: usize) -> Duration;
}

fn timed(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdin(Stdio::null()).status();
    let took = begin.elapsed();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{command:?} failed"
    );
    took
}

fn row(name: &str, times: &mut [Duration]) {
    let (middle, most) = (quantile(times, 50), quantile(times, 90));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {name} | {} | {:.2} ms | {:.2} ms | {:.2} ms |",
        times.len(),
        ms(middle),
        ms(times[0]),
        ms(most)
    );
}

/// `percent` of the times are this long or shorter.
fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[times.len() * percent / 100]
}

fn make_layer(folder: &Utf8Path) -> Utf8PathBuf {
    let layer = folder.join("layer");
    // What runc mounts onto must be there.
    for name in ["bin", "etc", "proc", "sys", "dev", "tmp", "output"] {
        fs_err::create_dir_all(layer.join(name)).expect("a folder of the image");
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"];
    let busybox = busybox
        .into_iter()
        .find(|path| Utf8Path::new(path).exists());
    let busybox = busybox.expect("a static busybox; install the package `busybox-static`");
    fs_err::copy(busybox, layer.join("bin/true")).expect("the program");
    layer
}

/// The shim is started for it, as for whoever has nothing to do meanwhile.
fn start_in(plan: &ContainerPlan) -> Running {
    let shim = ReadyShim::start(&[env!("CARGO_BIN_EXE_container-shim")]).expect("a shim");
    start(plan, shim).expect("a container")
}

fn run_ours(folder: &Utf8Path, layer: &Utf8Path, round: usize) -> (Duration, ShimTimings) {
    let plan = plan(
        folder,
        layer,
        &format!("bench-{}-{round}", std::process::id()),
    );
    fs_err::create_dir(&plan.work_dir).expect("the work folder");
    let begin = Instant::now();
    let mut running = start_in(&plan);
    let outcome = running.wait(&mut |_| ()).expect("an outcome");
    running.let_go().wait().expect("a clean end");
    let took = begin.elapsed();
    assert_eq!(outcome.end, End::Exited { code: 0 });
    (took, outcome.timings)
}

fn plan(folder: &Utf8Path, layer: &Utf8Path, id: &str) -> ContainerPlan {
    let writable = |target: &str, mode| WritableFolder {
        target: target.into(),
        mode,
    };
    ContainerPlan {
        id: id.into(),
        work_dir: folder.join(id),
        shared_dir: folder.join("shared"),
        layers: vec![layer.into()],
        process: ProcessPlan {
            command: vec!["/bin/true".into()],
            env: vec![],
            working_dir: "/".into(),
            user: "1000".into(),
        },
        binds: vec![],
        writable: vec![writable("/output", 0o755), writable("/tmp", 0o1777)],
        devices: vec![],
        links: vec![],
        limits: SandboxLimits {
            memory_bytes: MEMORY_BYTES,
            cpu_percent: CPU_PERCENT,
            pids: PIDS,
            wall_time_ms: 60_000,
            grace_ms: 1_000,
            disk_bytes: 1 << 30,
            log_kept_bytes: 1 << 20,
            log_max_bytes: 1 << 24,
            shm_bytes: 64 << 20,
            open_files: 1024,
        },
        waive: BTreeSet::new(),
        orphaned: Orphaned::Stop,
        engine: None,
    }
}

/// A bundle for runc.
struct Runc {
    bundle: Utf8PathBuf,
    name: &'static str,
}

impl Runc {
    /// `None` where runc cannot run.
    fn prepare(folder: &Utf8Path, layer: &Utf8Path) -> Option<Box<dyn Way>> {
        let bundle = folder.join("bundle");
        fs_err::create_dir(&bundle).expect("the bundle's folder");
        let made = Command::new("runc")
            .arg("spec")
            .current_dir(&bundle)
            .status();
        if !made.is_ok_and(|status| status.success()) || !rustix::process::geteuid().is_root() {
            return None;
        }
        let path = bundle.join("config.json");
        let text = fs_err::read(&path).expect("runc's own configuration");
        let mut config: Value = serde_json::from_slice(&text).expect("runc writes JSON");
        config["root"] = json!({"path": layer, "readonly": true});
        config["process"]["terminal"] = json!(false);
        config["process"]["args"] = json!(["/bin/true"]);
        config["process"]["user"] = json!({"uid": 1000, "gid": 1000});
        config["process"]["capabilities"] = json!({});
        config["linux"]["resources"] = json!({
            "memory": {"limit": MEMORY_BYTES, "swap": MEMORY_BYTES},
            "cpu": {"quota": CPU_PERCENT * 1000, "period": 100_000},
            "pids": {"limit": PIDS},
        });
        let filter = filter();
        let name = match &filter {
            Some(_) => "runc run, with its filter",
            None => "runc run, no filter found",
        };
        config["linux"]["seccomp"] = filter.unwrap_or_default();
        fs_err::write(&path, config.to_string()).expect("the configuration");
        Some(Box::new(Self { bundle, name }))
    }
}

impl Way for Runc {
    fn name(&self) -> &'static str {
        self.name
    }

    fn goal(&self) -> f64 {
        1.0 / 4.0
    }

    fn run(&self, round: usize) -> Duration {
        timed(
            Command::new("runc")
                .args(["run", "--bundle", self.bundle.as_str()])
                .arg(format!("gantry-bench-{}-{round}", std::process::id())),
        )
    }
}

/// An image in a Docker engine; removed at the end.
struct Docker {
    image: String,
}

impl Docker {
    /// `None` where no engine answers.
    fn prepare(layer: &Utf8Path) -> Option<Box<dyn Way>> {
        let asked = Command::new("docker")
            .args(["version", "--format", "{{.Server.Version}}"])
            .output();
        if !asked.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let mut archive = tar::Builder::new(Vec::new());
        archive
            .append_dir_all(".", layer)
            .expect("an archive of the layer");
        let archive = archive.into_inner().expect("an archive of the layer");
        let image = format!("gantry-bench:{}", std::process::id());
        let mut import = Command::new("docker")
            .args(["import", "-", &image])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("docker answered just now");
        let mut input = import.stdin.take().expect("stdin is piped");
        input.write_all(&archive).expect("docker reads the archive");
        drop(input);
        let imported = import.wait().expect("docker ends");
        assert!(imported.success(), "docker could not import the layer");
        Some(Box::new(Self { image }))
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // What stays is a small image with a telling name.
        let _ = Command::new("docker")
            .args(["rmi", "--force", &self.image])
            .stdout(Stdio::null())
            .status();
    }
}

impl Way for Docker {
    fn name(&self) -> &'static str {
        "docker run --rm"
    }

    fn goal(&self) -> f64 {
        1.0 / 18.0
    }

    fn run(&self, _round: usize) -> Duration {
        timed(
            Command::new("docker")
                .args(["run", "--rm", "--network=none", "--user=1000"])
                .arg(format!("--memory={MEMORY_BYTES}"))
                .arg(format!("--memory-swap={MEMORY_BYTES}"))
                .arg(format!("--cpus={}", f64::from(CPU_PERCENT) / 100.0))
                .arg(format!("--pids-limit={PIDS}"))
                .args([&self.image, "/bin/true"]),
        )
    }
}

/// The installed filter, as runc wants it: for a process without capabilities on this kind of processor.
fn filter() -> Option<Value> {
    let profile: Value = serde_json::from_slice(&fs_err::read(FILTER).ok()?).ok()?;
    let listed = |rule: &Value, side: &str, what: &str| -> Vec<String> {
        let values = rule[side][what].as_array();
        let values = values.into_iter().flatten().filter_map(Value::as_str);
        values.map(str::to_owned).collect()
    };
    let applies = |rule: &&Value| {
        let arches = listed(rule, "includes", "arches");
        listed(rule, "includes", "caps").is_empty()
            && (arches.is_empty() || arches.iter().any(|arch| arch == "amd64"))
            && !listed(rule, "excludes", "arches").contains(&"amd64".to_owned())
    };
    let bare = |rule: &Value| {
        let mut bare = json!({"names": rule["names"], "action": rule["action"]});
        for key in ["args", "errnoRet"] {
            if rule[key].is_number() || rule[key].as_array().is_some_and(|list| !list.is_empty()) {
                bare[key] = rule[key].clone();
            }
        }
        bare
    };
    let rules = profile["syscalls"].as_array()?.iter().filter(applies);
    Some(json!({
        "defaultAction": profile["defaultAction"],
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": rules.map(bare).collect::<Vec<_>>(),
    }))
}
