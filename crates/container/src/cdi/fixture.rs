//! A host with a driver for two cards, as tests see it. Devices that every machine has stand for the cards.

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::devices::GpuDevices;
use super::error::SelectGpuError;
use super::libraries::library_bytes;
use super::read::Specs;
use super::select::{GpuRequest, select};

/// The installed driver; its files go with it.
#[derive(Debug)]
pub(super) struct Driver {
    /// Everything is below.
    pub(super) root: Utf8PathBuf,
    /// The folder of specifications.
    pub(super) folder: Utf8PathBuf,
    _files: Option<TempDir>,
}

impl Driver {
    /// Another name of card 0.
    pub(super) const UUID: &str = "GPU-6c2c9a4e-1f0d-4f4e-9f6f-0c5b7d1d2a11";

    pub(super) fn install() -> Self {
        let files = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(files.path()).unwrap().to_owned();
        for folder in ["cdi", "share", "firmware", "run"] {
            fs_err::create_dir(root.join(folder)).unwrap();
        }
        fs_err::write(root.join("libcuda.so"), library_bytes("libcuda.so.1")).unwrap();
        fs_err::write(root.join("nvidia-smi"), "").unwrap();
        std::os::unix::net::UnixListener::bind(root.join("run/socket")).unwrap();
        let text = NVIDIA
            .replace("HOST", root.as_str())
            .replace("UUID", Self::UUID);
        fs_err::write(root.join("cdi/nvidia.yaml"), text).unwrap();
        Self {
            _files: Some(files),
            ..Self::at(root)
        }
    }

    /// One that another process has installed.
    pub(super) fn at(root: Utf8PathBuf) -> Self {
        Self {
            folder: root.join("cdi"),
            root,
            _files: None,
        }
    }

    pub(super) fn specs(&self) -> Specs {
        Specs::read(std::slice::from_ref(&self.folder))
    }

    pub(super) fn select(&self, request: &GpuRequest) -> Result<GpuDevices, SelectGpuError> {
        select(&self.specs(), request, &self.root.join("locks"))
    }
}

/// A specification with one device `v.example/gpu=0` that has these edits.
pub(super) fn spec_with(edits: &str) -> String {
    format!(
        r#"{{"cdiVersion":"1.1.0","kind":"v.example/gpu","devices":[{{"name":"0","containerEdits":{edits}}}]}}"#
    )
}

const NVIDIA: &str = r#"---
cdiVersion: "0.7.0"
kind: nvidia.com/gpu
annotations:
  written-by: test
devices:
- name: "0"
  containerEdits: &card0
    deviceNodes:
    - {path: /dev/nvidia0, hostPath: /dev/zero, major: 1, minor: 5, type: c}
    - {path: /dev/dri/card1, hostPath: HOST/gone, fileMode: 432, permissions: rwm, gid: 44}
- name: UUID
  containerEdits: *card0
- name: "1"
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia1
      hostPath: /dev/full
- name: "0:1"
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0, hostPath: /dev/zero}
    - {path: /dev/nvidia-caps/nvidia-cap21, hostPath: /dev/urandom}
- name: "0:2"
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0, hostPath: /dev/zero}
    - {path: /dev/nvidia-caps/nvidia-cap30, hostPath: /dev/random}
- name: all
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0, hostPath: /dev/zero}
    - {path: /dev/nvidia1, hostPath: /dev/full}
containerEdits:
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  - NVIDIA_CTK_LIBCUDA_DIR=/usr/lib/x86_64-linux-gnu
  deviceNodes:
  - {path: /dev/nvidiactl, hostPath: /dev/null}
  - {path: /dev/nvidia-uvm, hostPath: /dev/null}
  hooks:
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, create-symlinks, --link, "libcuda.so.1::/usr/lib/x86_64-linux-gnu/libcuda.so"]
    env: [NVIDIA_CTK_DEBUG=false]
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, enable-cuda-compat, --host-driver-version=550.54.14]
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib/x86_64-linux-gnu]
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, disable-device-node-modification]
  mounts:
  - hostPath: HOST/libcuda.so
    containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14
    options: [ro, nosuid, nodev, rbind, rprivate]
  - hostPath: HOST/nvidia-smi
    containerPath: /usr/bin/nvidia-smi
    options: [ro, nosuid, nodev, rbind, rprivate]
  - hostPath: HOST/share
    containerPath: /usr/share/nvidia
    options: [ro, nosuid, nodev, rbind, rprivate]
  - hostPath: HOST/firmware
    containerPath: /lib/firmware/nvidia/550.54.14
    options: [ro, nosuid, nodev, noexec, rbind, rprivate]
  - hostPath: HOST/run/socket
    containerPath: /run/nvidia-persistenced/socket
    options: [ro, nosuid, nodev, rbind, rprivate, noexec]
"#;
