//! Runs a case under a runtime, and checks after every one of them that nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use container::engine::Engine;
use container::sandbox::{
    BindMount, Canceller, ContainerPlan, End, EngineGpus, EnginePlan, KernelFacts, LogChunk,
    Measured, Orphaned, Outcome, ProcessPlan, ReadyShim, Running, SandboxLimits, StartProblem,
    Stream, Waivable, WritableFolder, start,
};

use super::place::{Place, shim};

pub(crate) const MIB: u64 = 1 << 20;

/// Where the tests of this process find an engine; set by the one that starts it (`in_an_engine`).
pub(crate) const ENGINE: &str = "GANTRY_TEST_ENGINE";

/// What runs the containers of this process: every case is tried under each.
#[derive(Debug, Clone)]
pub(crate) enum Runtime {
    /// `container::sandbox` alone.
    Native,
    /// The Docker engine that listens there.
    Engine(Utf8PathBuf),
}

impl Runtime {
    /// As the environment says.
    pub(crate) fn here() -> Self {
        match std::env::var(ENGINE) {
            Ok(socket) => Self::Engine(socket.into()),
            Err(_) => Self::Native,
        }
    }

    /// Whether an engine makes the containers, which promises less by itself.
    pub(crate) fn is_engine() -> bool {
        matches!(Self::here(), Self::Engine(_))
    }

    /// Adds to a plan what the runtime needs.
    pub(crate) fn place(self, plan: &mut ContainerPlan) {
        let Self::Engine(socket) = self else {
            return;
        };
        let engine = Engine::connect(&socket).unwrap();
        let image = engine.ensure_image(&plan.id, &plan.layers).unwrap();
        plan.engine = Some(EnginePlan {
            socket,
            image,
            gpus: EngineGpus::None,
        });
        // Debian's engine runs without `userns-remap`.
        plan.waive.insert(Waivable::UserNamespace);
    }
}

/// One container: an image, a program, limits.
pub(crate) struct Case {
    pub(crate) command: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) user: String,
    pub(crate) working_dir: String,
    pub(crate) limits: SandboxLimits,
    pub(crate) waive: BTreeSet<Waivable>,
    /// Changes the image.
    pub(crate) image: fn(&Utf8Path),
    /// Adds to the plan.
    pub(crate) extend: fn(&mut ContainerPlan),
    /// Called once, when the program has said `ready`.
    pub(crate) when_ready: fn(&Canceller),
}

impl Case {
    /// The given program with limits that leave room.
    pub(crate) fn new(command: &[&str]) -> Self {
        Self {
            command: command.iter().map(|&part| part.into()).collect(),
            env: vec![],
            user: "1000".into(),
            working_dir: "/opt/app".into(),
            limits: SandboxLimits {
                memory_bytes: 256 * MIB,
                cpu_percent: 200,
                pids: 64,
                wall_time_ms: 30_000,
                grace_ms: 200,
                disk_bytes: 64 * MIB,
                log_kept_bytes: MIB,
                log_max_bytes: 16 * MIB,
                shm_bytes: 64 * MIB,
                open_files: 1024,
            },
            waive: BTreeSet::new(),
            image: |_| (),
            extend: |_| (),
            when_ready: |_| (),
        }
    }

    /// A shell script.
    pub(crate) fn shell(script: &str) -> Self {
        Self::new(&["sh", "-c", script])
    }

    /// With other limits.
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut SandboxLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// With an image changed by `change`, given the layer's folder.
    pub(crate) fn image(mut self, change: fn(&Utf8Path)) -> Self {
        self.image = change;
        self
    }

    /// With more in the plan than all cases have.
    pub(crate) fn extend(mut self, extend: fn(&mut ContainerPlan)) -> Self {
        self.extend = extend;
        self
    }

    /// As another user.
    pub(crate) fn user(mut self, user: &str) -> Self {
        self.user = user.into();
        self
    }

    /// In another folder.
    pub(crate) fn working_dir(mut self, folder: &str) -> Self {
        self.working_dir = folder.into();
        self
    }

    /// With something to do once the program has said `ready`.
    pub(crate) fn when_ready(mut self, act: fn(&Canceller)) -> Self {
        self.when_ready = act;
        self
    }

    /// Runs it; the result must pass `check`.
    pub(crate) fn check(&self, check: impl Fn(&Ran)) {
        let ran = run(self);
        // Shown only when the check fails.
        println!("{:?}: {ran:#?}", Runtime::here());
        check(&ran);
    }

    /// The plan for a container of this case in a place.
    pub(crate) fn plan(&self, place: &Place) -> ContainerPlan {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let id = format!("it-{}-{number}", std::process::id());
        let work_dir = place.path().join(&id);
        fs_err::create_dir(&work_dir).unwrap();
        let owner = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        let writable = |target: &str, mode| WritableFolder {
            target: target.into(),
            mode,
        };
        let mut plan = ContainerPlan {
            id,
            work_dir,
            shared_dir: place.shared(),
            layers: vec![place.layer_to_run()],
            process: ProcessPlan {
                command: self.command.clone(),
                env: self.env.clone(),
                working_dir: self.working_dir.clone(),
                user: self.user.clone(),
            },
            binds: vec![BindMount {
                source: place.path().join("input"),
                target: "/input".into(),
                owner: Some(owner),
                executable: false,
            }],
            writable: vec![writable("/output", 0o755), writable("/tmp", 0o1777)],
            devices: vec![],
            links: vec![],
            limits: self.limits.clone(),
            waive: self.waive.clone(),
            orphaned: Orphaned::Stop,
            engine: None,
        };
        (self.extend)(&mut plan);
        Runtime::here().place(&mut plan);
        plan
    }
}

/// Starts what a plan says.
pub(crate) fn launch(plan: &ContainerPlan) -> Running {
    start(plan, ReadyShim::start(&[shim()]).unwrap()).unwrap()
}

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Bytes that the log says are missing.
    pub(crate) gap_bytes: u64,
    /// Names in `/output`, sorted.
    pub(crate) outputs: Vec<String>,
}

impl Ran {
    pub(crate) fn end(&self) -> &End {
        &self.outcome.end
    }

    pub(crate) fn measured(&self) -> &Measured {
        self.outcome
            .measured
            .as_ref()
            .expect("the program was started")
    }

    pub(crate) fn facts(&self) -> &KernelFacts {
        self.outcome.facts.as_ref().expect("the sandbox was built")
    }

    /// `name value` lines of stdout.
    pub(crate) fn answers(&self) -> BTreeMap<&str, &str> {
        self.stdout
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect()
    }

    /// The value of one such line, as a number.
    pub(crate) fn number(&self, name: &str) -> u64 {
        let answers = self.answers();
        let value = answers
            .get(name)
            .unwrap_or_else(|| panic!("no line `{name}`"));
        value.parse().unwrap()
    }

    /// It returned 0.
    pub(crate) fn succeeded(&self) {
        assert_eq!(*self.end(), End::Exited { code: 0 });
    }

    /// It never ran, for a reason of this kind, whose message or hint has all these words.
    pub(crate) fn refused(&self, problem: StartProblem, words: &[&str]) {
        let End::NotStarted { error } = self.end() else {
            panic!("expected a refusal, found {:?}", self.end());
        };
        assert_eq!(error.problem, problem);
        let said = format!("{error} {}", error.hint.as_deref().unwrap_or_default());
        for word in words {
            assert!(said.contains(word), "`{word}` is not in `{said}`");
        }
    }
}

fn run(case: &Case) -> Ran {
    let place = Place::new();
    (case.image)(&place.layer());
    let plan = case.plan(&place);
    let ran = follow(&plan, launch(&plan), case.when_ready);
    assert_nothing_left(&plan);
    ran
}

/// Follows a container to its end and lets go of it.
pub(crate) fn follow(
    plan: &ContainerPlan,
    mut running: Running,
    when_ready: fn(&Canceller),
) -> Ran {
    let canceller = running.canceller();
    let (mut stdout, mut stderr, mut gap_bytes, mut was_ready) = (Vec::new(), Vec::new(), 0, false);
    let outcome = running.wait(&mut |chunk| {
        match chunk {
            LogChunk::Bytes {
                stream: Stream::Stdout,
                bytes,
                ..
            } => stdout.extend(bytes),
            LogChunk::Bytes {
                stream: Stream::Stderr,
                bytes,
                ..
            } => stderr.extend(bytes),
            LogChunk::Gap { bytes, .. } => gap_bytes += bytes,
        }
        if !was_ready && stdout.starts_with(b"ready") {
            was_ready = true;
            when_ready(&canceller);
        }
    });
    let outcome = outcome.unwrap();
    let outputs = match outcome.end {
        End::NotStarted { .. } => vec![],
        End::Exited { .. }
        | End::Signaled { .. }
        | End::TimedOut { .. }
        | End::OutOfMemory
        | End::LogFlood
        | End::DiskFull
        | End::Lost { .. }
        | End::Cancelled => output_names(&running),
    };
    running.let_go().wait().unwrap();
    let said = fs_err::read_to_string(plan.shim_log_path()).unwrap();
    assert_eq!(said, "", "the shim complains");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran {
        outcome,
        stdout: text(stdout),
        stderr: text(stderr),
        gap_bytes,
        outputs,
    }
}

fn output_names(running: &Running) -> Vec<String> {
    let folder = running.open_writable("/output").unwrap();
    let entries = fs_err::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd())).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// No cgroup, no loop device, no mount, no process, no file but the reports.
pub(crate) fn assert_nothing_left(plan: &ContainerPlan) {
    assert_eq!(
        cgroups_named(&plan.id),
        Vec::<String>::new(),
        "cgroups are left"
    );
    assert_eq!(
        loop_devices_left(plan),
        Vec::<String>::new(),
        "loop devices are left"
    );
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(plan.work_dir.as_str()), "mounts are left");
    let mut names: Vec<_> = fs_err::read_dir(&plan.work_dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let reports = ["log.frames", "outcome.json", "plan.json", "shim.log"];
    assert_eq!(names, reports, "files are left in the work folder");
    if let Some(engine) = &plan.engine {
        let engine = Engine::connect(&engine.socket).unwrap();
        let left = engine.containers(&plan.shared_dir).unwrap();
        assert!(
            !left.contains(&plan.id),
            "a container is left in the engine"
        );
        let lock = plan.shared_dir.join("engine").join(&plan.id);
        assert!(!lock.exists(), "a lock is left");
    }
}

/// Folders of our cgroups for a container, in all hierarchies.
pub(crate) fn cgroups_named(id: &str) -> Vec<String> {
    let wanted = format!("gantry-{id}");
    let mut found = Vec::new();
    let mut open = vec![std::path::PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = open.pop() {
        // Others make and remove cgroups meanwhile.
        for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy() == wanted {
                    found.push(entry.path().display().to_string());
                }
                open.push(entry.path());
            }
        }
    }
    found
}

/// A container of an engine that starts at the same time may hold a device for a moment: it copies the mounts of the host.
fn loop_devices_left(plan: &ContainerPlan) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let left = loop_devices_below(&plan.work_dir);
        if left.is_empty() || plan.engine.is_none() || Instant::now() > until {
            return left;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn loop_devices_below(folder: &Utf8Path) -> Vec<String> {
    let devices = fs_err::read_dir("/sys/block")
        .into_iter()
        .flatten()
        .flatten();
    devices
        .filter_map(|device| fs_err::read_to_string(device.path().join("loop/backing_file")).ok())
        .filter(|file| file.contains(folder.as_str()))
        .collect()
}
