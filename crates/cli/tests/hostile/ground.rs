//! The machine under attack, as far as it is ours: secrets that must not get out, services that nobody may reach, and a look
//! from outside at what a container has left.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::io::FdFlags;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Long enough for what ends beside the answer, such as the removal of a folder.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// Folders, secrets and listeners of the suite.
pub(crate) struct Ground {
    folder: TempDir,
    /// What stands in files, variables and descriptors of the host and must never come out.
    pub(crate) canary: String,
    /// A file with the canary that every `gantry` inherits as an open descriptor.
    leak: fs_err::File,
    /// Port of services on the host's loopback, TCP and UDP.
    pub(crate) port: u16,
    /// Name of an abstract socket of the host.
    pub(crate) hidden: String,
    visits: Arc<AtomicUsize>,
}

impl Ground {
    /// Lays everything out and lets the listeners count who comes.
    pub(crate) fn new() -> Ground {
        let folder = tempfile::Builder::new()
            .prefix("gantry-hostile-")
            .tempdir()
            .expect("a temporary folder");
        let open = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(folder.path(), open).unwrap();
        let canary = format!("canary-{}", random());
        let secret = folder.path().join("secret");
        fs_err::create_dir(&secret).unwrap();
        fs_err::write(secret.join("canary"), &canary).unwrap();
        for name in ["work", "tmp"] {
            fs_err::create_dir(folder.path().join(name)).unwrap();
        }
        let leak = fs_err::File::open(secret.join("canary")).unwrap();
        // Without the flag it goes through `exec`, as a careless parent's descriptors do.
        rustix::io::fcntl_setfd(&leak, FdFlags::empty()).unwrap();
        let visits = Arc::new(AtomicUsize::new(0));
        let port = listen_tcp(&visits);
        let hidden = format!("gantry-hostile-{}", random());
        listen_unix(&hidden, &secret.join("socket"), &visits);
        Ground {
            folder,
            canary,
            leak,
            port,
            hidden,
            visits,
        }
    }

    /// A place in the ground.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a script calls the host's things by.
    pub(crate) fn fill_in(&self, script: &str) -> String {
        let secret = self.at("secret/canary");
        script
            .replace("@SECRET@", secret.to_str().unwrap())
            .replace("@SOCKET@", self.at("secret/socket").to_str().unwrap())
            .replace("@PORT@", &self.port.to_string())
            .replace("@HIDDEN@", &self.hidden)
            .replace("@FD@", &self.leak.as_raw_fd().to_string())
            .replace("@PID@", &std::process::id().to_string())
    }

    /// How often somebody reached a service of the host.
    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// Whether these bytes hold the canary, plain or as a program might wrap it.
    pub(crate) fn is_disclosed(&self, bytes: &[u8]) -> bool {
        let secret = self.canary.trim_start_matches("canary-");
        let hex: String = secret.bytes().fold(String::new(), |mut all, byte| {
            let _ = write!(all, "{byte:02x}");
            all
        });
        let text = String::from_utf8_lossy(bytes);
        text.contains(secret) || text.contains(&hex)
    }

    /// What of this data folder is still at work: processes, mounts, loop devices; folders of runs that nobody keeps.
    pub(crate) fn left(&self, home: &Path, kept: &[String]) -> Vec<String> {
        let home = home.to_str().unwrap();
        let is_left =
            |text: &str| text.contains(home) && !kept.iter().any(|name| text.contains(name));
        let mut left = Vec::new();
        for line in lines("/proc/self/mountinfo") {
            if is_left(&line) {
                left.push(format!("a mount: {line}"));
            }
        }
        for process in processes() {
            let mounts = lines(process.join("mountinfo"));
            if mounts.iter().any(|line| is_left(line)) {
                let name = text(process.join("comm"));
                left.push(format!("process {} ({})", process.display(), name.trim()));
            }
        }
        for device in entries("/sys/block") {
            let file = text(device.join("loop/backing_file"));
            if is_left(&file) {
                left.push(format!("loop device {}", device.display()));
            }
        }
        left
    }
}

/// Polls until nothing is said to be wrong, for a while; then what is still wrong.
pub(crate) fn settled(mut wrong: impl FnMut() -> Vec<String>) -> Vec<String> {
    let end = Instant::now() + SOON;
    loop {
        let found = wrong();
        if found.is_empty() || Instant::now() > end {
            return found;
        }
        pause(Duration::from_millis(20));
    }
}

/// Waits between two looks at something that has no event of its own.
pub(crate) fn pause(time: Duration) {
    std::thread::park_timeout(time);
}

/// Digest over names, kinds, rights, owners and bytes of everything below a folder.
pub(crate) fn digest(folder: &Path) -> String {
    let mut all = BTreeSet::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let Ok(about) = fs_err::symlink_metadata(&path) else {
            continue;
        };
        let mut line = format!(
            "{} {:o} {} {} {} {}",
            path.display(),
            about.mode(),
            about.uid(),
            about.gid(),
            about.mtime(),
            about.nlink()
        );
        if about.is_file() {
            line += &hex(&fs_err::read(&path).unwrap_or_default());
        } else if about.is_dir() {
            waiting.extend(entries(&path));
        } else if about.is_symlink() {
            line += fs_err::read_link(&path).unwrap().to_str().unwrap_or("?");
        }
        all.insert(line);
    }
    hex(all.into_iter().collect::<Vec<_>>().join("\n").as_bytes())
}

/// SHA-256, hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Paths in a folder; none if it cannot be read.
pub(crate) fn entries(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder.as_ref()) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn processes() -> Vec<PathBuf> {
    let is_process = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let own = std::fs::read_link("/proc/self/ns/mnt").unwrap_or_default();
    let elsewhere = |path: &PathBuf| {
        std::fs::read_link(path.join("ns/mnt")).is_ok_and(|namespace| namespace != own)
    };
    let mut all = entries("/proc");
    all.retain(|path| is_process(path) && elsewhere(path));
    all
}

fn text(path: impl AsRef<Path>) -> String {
    let bytes = fs_err::read(path.as_ref()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn lines(path: impl AsRef<Path>) -> Vec<String> {
    text(path).lines().map(str::to_owned).collect()
}

/// 32 hexadecimal digits that nobody can guess.
pub(crate) fn random() -> String {
    let text = text("/proc/sys/kernel/random/uuid");
    text.trim().replace('-', "")
}

fn listen_tcp(visits: &Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let datagrams = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let (tcp, udp) = (Arc::clone(visits), Arc::clone(visits));
    std::thread::spawn(move || {
        for _visit in listener.incoming().flatten() {
            tcp.fetch_add(1, Ordering::SeqCst);
        }
    });
    std::thread::spawn(move || {
        while datagrams.recv_from(&mut [0; 64]).is_ok() {
            udp.fetch_add(1, Ordering::SeqCst);
        }
    });
    port
}

fn listen_unix(hidden: &str, path: &Path, visits: &Arc<AtomicUsize>) {
    let address = SocketAddr::from_abstract_name(hidden).unwrap();
    for listener in [UnixListener::bind_addr(&address), UnixListener::bind(path)] {
        let (listener, visits) = (listener.unwrap(), Arc::clone(visits));
        std::thread::spawn(move || {
            for _visit in listener.incoming().flatten() {
                visits.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
}
