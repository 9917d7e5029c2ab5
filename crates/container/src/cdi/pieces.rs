//! A device as parts of a container's plan.

use super::devices::GpuDevices;
use super::edits::set_variable;
use crate::sandbox::{BindMount, Device, Symlink};

const LIBRARY_PATH: &str = "LD_LIBRARY_PATH=";

/// What a plan needs besides what it has.
#[derive(Debug, Clone)]
pub struct SandboxPieces {
    /// Files and folders of the driver, to add to the plan's binds.
    pub binds: Vec<BindMount>,
    /// Device nodes, to add to the plan's devices.
    pub devices: Vec<Device>,
    /// The whole environment, in place of the image's.
    pub env: Vec<String>,
    /// Symlinks, to add to the plan's links.
    pub links: Vec<Symlink>,
}

impl GpuDevices {
    /// Parts of a plan. `image_env` is the environment so far, `NAME=value`; variables of the driver replace those of
    /// the same name, and `LD_LIBRARY_PATH` gets one folder more, last, as the library cache comes last.
    pub fn sandbox_pieces(&self, image_env: &[String]) -> SandboxPieces {
        let binds = self.mounts.iter().map(|mount| BindMount {
            source: mount.host.clone(),
            target: mount.container.clone(),
            owner: None,
            executable: mount.executable,
        });
        let devices = self.nodes.iter().map(|node| Device {
            source: node.host.clone(),
            target: node.container.clone(),
        });
        let links = self.links.iter().map(|link| Symlink {
            path: link.path.clone(),
            target: link.target.clone(),
        });
        let mut env = image_env.to_vec();
        for entry in &self.env {
            set_variable(&mut env, entry);
        }
        if let Some(folder) = &self.library_path {
            let old = env
                .iter()
                .find_map(|entry| entry.strip_prefix(LIBRARY_PATH));
            // An empty part would be the working folder.
            let old = old.map(|old| old.trim_end_matches(':')).unwrap_or_default();
            let new = if old.is_empty() {
                format!("{LIBRARY_PATH}{folder}")
            } else {
                format!("{LIBRARY_PATH}{old}:{folder}")
            };
            set_variable(&mut env, &new);
        }
        SandboxPieces {
            binds: binds.collect(),
            devices: devices.collect(),
            env,
            links: links.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Driver;
    use super::super::select::GpuRequest;

    #[test]
    fn a_plan_gets_binds_devices_links_and_the_environment() {
        let driver = Driver::install();
        let devices = driver.select(&GpuRequest::Any).unwrap();
        let image = [
            "PATH=/bin",
            "NVIDIA_VISIBLE_DEVICES=all",
            "LD_LIBRARY_PATH=/opt/lib:",
        ];
        let pieces = devices.sandbox_pieces(&image.map(str::to_owned));
        assert_eq!(
            pieces.env,
            [
                "PATH=/bin",
                "NVIDIA_VISIBLE_DEVICES=void",
                "LD_LIBRARY_PATH=/opt/lib:/run/gantry/gpu",
                "NVIDIA_CTK_LIBCUDA_DIR=/usr/lib/x86_64-linux-gnu",
            ]
        );
        assert_eq!(pieces.binds.len(), devices.mounts.len());
        assert!(pieces.binds.iter().all(|bind| bind.owner.is_none()));
        let node = pieces
            .devices
            .iter()
            .find(|device| device.target == "/dev/nvidia0");
        assert_eq!(node.unwrap().source, "/dev/zero");
        let links = pieces.links.iter().map(|link| (&link.path, &link.target));
        let expected = devices.links.iter().map(|link| (&link.path, &link.target));
        assert!(links.eq(expected) && !pieces.links.is_empty());
        let alone = devices.sandbox_pieces(&[]);
        assert!(
            alone
                .env
                .contains(&"LD_LIBRARY_PATH=/run/gantry/gpu".into()),
            "{:?}",
            alone.env
        );
    }
}
