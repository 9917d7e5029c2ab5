//! Where a case runs: a folder with a layer of busybox and the probe, an input, and room for the shim.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{LayerForm, Store};

use crate::image::builder::{Saved, options};

/// Set where layers are to be indexes (`in_an_index`).
pub(crate) const INDEXED: &str = "GANTRY_TEST_INDEXED";

/// Commands that cases use.
const APPLETS: [&str; 18] = [
    "cat", "dd", "echo", "env", "grep", "head", "id", "kill", "ls", "mkdir", "mount", "nproc",
    "ps", "pwd", "sh", "sleep", "true", "wc",
];
const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n";
const GROUP: &str = "root:x:0:\nuser:x:1000:\naudio:x:29:user\nvideo:x:44:other,user\n";

/// A folder for one case, removed with it.
pub(crate) struct Place {
    /// `None` only while it is being removed.
    root: Option<tempfile::TempDir>,
}

impl Drop for Place {
    /// That it can be removed shows that no shim works in it any more.
    fn drop(&mut self) {
        let removed = self.root.take().map(tempfile::TempDir::close);
        if !std::thread::panicking() {
            assert!(matches!(removed, Some(Ok(()))), "{removed:?}");
        }
    }
}

impl Place {
    /// With an image and an input.
    pub(crate) fn new() -> Self {
        let place = Self {
            root: Some(tempfile::tempdir().unwrap()),
        };
        fs_err::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["shared", "input"] {
            fs_err::create_dir(place.path().join(folder)).unwrap();
        }
        fs_err::write(place.path().join("input/value.json"), "{\"a\": 1}").unwrap();
        let program = place.path().join("input/program");
        fs_err::write(&program, "#!/bin/sh\nexit 0\n").unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        build_layer(&place.layer());
        place
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        let root = self.root.as_ref().expect("the place is not removed yet");
        Utf8Path::from_path(root.path()).expect("temporary folders have names in UTF-8")
    }

    /// The image's only layer.
    pub(crate) fn layer(&self) -> Utf8PathBuf {
        self.path().join("layer")
    }

    /// The layer as a container gets it: that folder, or an index over its tar if the environment asks for that.
    pub(crate) fn layer_to_run(&self) -> Utf8PathBuf {
        if std::env::var_os(INDEXED).is_none() {
            return self.layer();
        }
        // Several containers of one place may start at once.
        static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = ALONE.lock().unwrap();
        let mut tar = tar::Builder::new(Vec::new());
        tar.follow_symlinks(false);
        tar.append_dir_all("", self.layer()).unwrap();
        let saved = Saved::of_layers(vec![tar.into_inner().unwrap()]);
        let archive = self.path().join("image.tar");
        fs_err::write(&archive, saved.docker25()).unwrap();
        let store = Store::open(self.path().join("images")).unwrap();
        let image = store.import(&archive, &options(), &mut |_| {});
        let layer = image.unwrap().image.layers.remove(0);
        assert_eq!(layer.form, LayerForm::Indexed);
        layer.path
    }

    /// What all containers of this place share.
    pub(crate) fn shared(&self) -> Utf8PathBuf {
        self.path().join("shared")
    }
}

fn build_layer(layer: &Utf8Path) {
    for folder in ["bin", "etc", "opt/app", "home/user", "tmp"] {
        fs_err::create_dir_all(layer.join(folder)).unwrap();
    }
    fs_err::copy(busybox(), layer.join("bin/busybox")).unwrap();
    for applet in APPLETS {
        symlink("busybox", layer.join("bin").join(applet)).unwrap();
    }
    fs_err::copy(probe(), layer.join("bin/probe")).unwrap();
    fs_err::write(layer.join("etc/passwd"), PASSWD).unwrap();
    fs_err::write(layer.join("etc/group"), GROUP).unwrap();
    let open = std::fs::Permissions::from_mode(0o1777);
    fs_err::set_permissions(layer.join("tmp"), open).unwrap();
    if rustix::process::geteuid().is_root() {
        for folder in ["opt/app", "home/user"] {
            chown(layer.join(folder), Some(1000), Some(1000)).unwrap();
        }
    }
}

/// The shim's program.
pub(crate) fn shim() -> Utf8PathBuf {
    std::env::var("GANTRY_TEST_SHIM")
        .unwrap_or_else(|_| env!("CARGO_BIN_EXE_container-shim").into())
        .into()
}

fn busybox() -> &'static str {
    let places = ["/bin/busybox", "/usr/bin/busybox"];
    let found = places.into_iter().find(|path| Path::new(path).exists());
    found.expect("a static busybox; install the package `busybox-static`")
}

/// The probe, built anew when its sources are newer.
pub(crate) fn probe() -> Utf8PathBuf {
    if let Ok(path) = std::env::var("GANTRY_TEST_PROBE") {
        return path.into();
    }
    let workspace = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("static");
    let program = target.join("x86_64-unknown-linux-gnu/release/probe");
    let built = modified(&program);
    if built.is_none() || built < newest_source(&workspace.join("images/probe")) {
        let status = Command::new(env!("CARGO"))
            .current_dir(workspace)
            .args(["build", "--quiet", "--release", "--package", "probe"])
            .args(["--target", "x86_64-unknown-linux-gnu", "--target-dir"])
            .arg(&target)
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .status();
        assert!(status.unwrap().success(), "the probe must build");
    }
    program
}

fn modified(path: &Utf8Path) -> Option<SystemTime> {
    fs_err::metadata(path).and_then(|data| data.modified()).ok()
}

fn newest_source(folder: &Utf8Path) -> Option<SystemTime> {
    let sources = fs_err::read_dir(folder.join("src")).unwrap();
    sources
        .map(|entry| Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap())
        .chain([folder.join("Cargo.toml")])
        .filter_map(|path| modified(&path))
        .max()
}
