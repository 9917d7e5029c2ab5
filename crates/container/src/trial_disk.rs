//! A small disk of one's own that can fail: for tests of what a program loses with its disk.
//!
//! It is an ext4 file system in a file, on a loop device, mounted in a mount namespace that the calling thread and the processes
//! that it starts have to themselves: nothing of it is seen elsewhere, and it goes with the last of them. The disk itself is
//! the file: what the kernel has not written there when the power is cut is gone, as on a real one.

use std::io;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};
use rustix::fs::{FallocateFlags, fallocate, fsync, statvfs};

use crate::loop_device::LoopDevice;
use crate::sandbox::sys;

/// Until the last process that has it mounted has gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A mounted disk.
#[derive(Debug)]
pub struct TrialDisk {
    image: Utf8PathBuf,
    folder: Utf8PathBuf,
    /// `loop0`, as long as it is mounted.
    device: String,
}

impl TrialDisk {
    /// Makes the file `image` of `bytes` bytes a disk and mounts it at `folder`, which exists and is empty.
    ///
    /// The calling thread gets a mount namespace of its own for that.
    ///
    /// # Errors
    ///
    /// Without root, loop devices or `mkfs.ext4`.
    pub fn make(image: &Utf8Path, folder: &Utf8Path, bytes: u64) -> io::Result<TrialDisk> {
        sys::unshare(libc::CLONE_NEWNS)?;
        sys::mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        File::create(image)?.set_len(bytes)?;
        let made = Command::new("mkfs.ext4")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .args(["-q", "-F", "-m", "0", image.as_str()])
            .stdin(Stdio::null())
            .output()?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).trim().to_owned();
            return Err(io::Error::other(format!("`mkfs.ext4` failed: {said}")));
        }
        let mut disk = TrialDisk {
            image: image.to_owned(),
            folder: folder.to_owned(),
            device: String::new(),
        };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&mut self) -> io::Result<()> {
        let image = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.image)?;
        let device = LoopDevice::attach(&image)?;
        let name = device.path.trim_start_matches("/dev/").to_owned();
        sys::mount(&device.path, self.folder.as_str(), "ext4", 0, "")?;
        self.device = name;
        Ok(())
    }

    /// Cuts the power: whatever was not on the disk by now is lost, and everything fails from here on.
    ///
    /// # Errors
    ///
    /// When the kernel cannot; then nothing has changed.
    #[expect(unsafe_code, reason = "a file system is shut down by ioctl")]
    pub fn cut(&self) -> io::Result<()> {
        /// `EXT4_IOC_SHUTDOWN`.
        const SHUT_DOWN: libc::c_ulong = 0x8004_587D;
        /// The journal is not written any more either.
        const WITHOUT_FLUSH: u32 = 2;
        let folder = File::open(&self.folder)?;
        let flag = WITHOUT_FLUSH;
        // SAFETY: the ioctl reads one number of 32 bits, which outlives the call.
        let done = unsafe { libc::ioctl(folder.as_raw_fd(), SHUT_DOWN, &raw const flag) };
        if done == 0 {
            return Ok(());
        }
        Err(io::Error::last_os_error())
    }

    /// Gives the power back: what is on the disk is mounted anew. Every process that uses it must have ended, or be about to.
    ///
    /// # Errors
    ///
    /// When one still uses it after 20 seconds, or what is on the disk cannot be mounted.
    pub fn restore(&mut self) -> io::Result<()> {
        sys::unmount(self.folder.as_str(), true)?;
        let held = Utf8PathBuf::from(format!("/sys/block/{}/loop/backing_file", self.device));
        let is_ours =
            || fs_err::read_to_string(&held).is_ok_and(|name| name.trim_end() == self.image);
        let since = Instant::now();
        while is_ours() {
            if since.elapsed() > PATIENCE {
                return Err(io::Error::other("a process still uses the disk"));
            }
            std::thread::sleep(LOOK);
        }
        self.mount()
    }

    /// Takes all room that is left with the file `name` on the disk, until that is removed.
    ///
    /// # Errors
    ///
    /// When the file cannot be written at all.
    pub fn fill(&self, name: &str) -> io::Result<Utf8PathBuf> {
        let path = self.folder.join(name);
        let file = File::create(&path)?;
        let mut length = 0;
        let mut piece = free(&self.folder)?;
        // Every file system keeps a little for itself: pieces get smaller until not one block is left.
        while piece >= 4096 {
            match fallocate(&file, FallocateFlags::empty(), length, piece) {
                Ok(()) => length += piece,
                Err(rustix::io::Errno::NOSPC) => piece /= 2,
                Err(error) => return Err(error.into()),
            }
        }
        // The room of what is on its way was promised already.
        fsync(&file)?;
        Ok(path)
    }
}

impl Drop for TrialDisk {
    fn drop(&mut self) {
        // It may be gone already, after a restoring that failed.
        let _ = sys::unmount(self.folder.as_str(), true);
    }
}

fn free(folder: &Utf8Path) -> io::Result<u64> {
    let stat = statvfs(folder.as_std_path())?;
    Ok(stat.f_bavail * stat.f_frsize)
}
