//! A Docker engine for tests: Debian's, in folders of its own, without networks, ended with the test.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

/// It is up in two seconds; a machine that is busy needs longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that runs for as long as this lives.
pub(crate) struct DockerEngine {
    folder: tempfile::TempDir,
    daemon: Child,
}

impl DockerEngine {
    /// Starts it, and waits until it answers.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("engine-")
            .tempdir()
            .unwrap();
        let path = |name: &str| utf8(folder.path()).join(name);
        let log = fs_err::File::create(path("log")).unwrap().into_parts().0;
        // `setpriv`: a test that is killed must not leave an engine behind.
        let daemon = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "TERM",
                "dockerd",
                "--bridge=none",
                "--iptables=false",
            ])
            .args(["--ip-masq=false", "--storage-driver=overlay2"])
            .args(["--data-root", path("data").as_str()])
            .args(["--exec-root", path("exec").as_str()])
            .args(["--pidfile", path("pid").as_str()])
            .args(["--host", &format!("unix://{}", path("socket"))])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("`setpriv` of util-linux starts the engine");
        let mut engine = Self { folder, daemon };
        engine.wait_until_it_answers();
        engine
    }

    fn wait_until_it_answers(&mut self) {
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            let ended = self.daemon.try_wait().unwrap();
            if ended.is_some() || began.elapsed() > PATIENCE {
                let mut log = String::new();
                let file = fs_err::File::open(self.path("log")).unwrap();
                file.take(1 << 20).read_to_string(&mut log).unwrap();
                panic!(
                    "this machine cannot run Debian's Docker engine (package `docker.io`), which these tests need \
                     as root and with the storage driver overlay2; it says:\n{log}"
                );
            }
            std::thread::yield_now();
        }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        utf8(self.folder.path()).join(name)
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> Utf8PathBuf {
        self.path("socket")
    }

    /// Ends it as an operator does: it ends its containers first.
    pub(crate) fn stop(&mut self) {
        let pid = i32::try_from(self.daemon.id()).expect("a pid");
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.daemon.wait().unwrap();
    }

    /// Ends it at once, as a crash does; its containers go on.
    pub(crate) fn crash(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }
}

impl Drop for DockerEngine {
    fn drop(&mut self) {
        if let Ok(None) = self.daemon.try_wait() {
            self.stop();
        }
        unmount_below(&utf8(self.folder.path()));
    }
}

/// An engine that was killed leaves the mounts of its containers.
fn unmount_below(folder: &Utf8Path) {
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for line in mounts.lines().rev() {
        let target = line.split(' ').nth(4).unwrap_or_default();
        if Utf8Path::new(target).starts_with(folder) {
            let _ = Command::new("umount").args(["--lazy", target]).status();
        }
    }
}

fn utf8(path: &std::path::Path) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(path.to_owned()).expect("temporary folders have names in UTF-8")
}
