//! A file as a block device that can be mounted.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

use fs_err::{File, OpenOptions};

/// A loop device that frees itself when it is unmounted.
#[derive(Debug)]
pub(crate) struct LoopDevice {
    /// Such as `/dev/loop0`.
    pub(crate) path: String,
    /// Keeps the device until it is mounted.
    _open: OwnedFd,
}

impl LoopDevice {
    /// Attaches an image file to a free loop device.
    #[expect(unsafe_code, reason = "loop devices are configured by ioctl")]
    pub(crate) fn attach(image: &File) -> io::Result<LoopDevice> {
        const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
        const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
        const AUTOCLEAR: u32 = 4;
        /// Where `lo_flags` stands in `struct loop_config`: after two numbers and five 64-bit fields and four 32-bit ones.
        const FLAGS_WORD: usize = (8 + 40 + 12) / 4;
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/loop-control")?;
        loop {
            // SAFETY: an ioctl without argument on a valid descriptor.
            let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) };
            if number < 0 {
                return Err(io::Error::last_os_error());
            }
            let path = format!("/dev/loop{number}");
            let device = OpenOptions::new().read(true).write(true).open(&path)?;
            let mut config = [0_u32; 304 / 4];
            config[0] = image.as_raw_fd().cast_unsigned();
            config[FLAGS_WORD] = AUTOCLEAR;
            // SAFETY: `struct loop_config` is 304 bytes of plain numbers; ours is that large and outlives the call.
            if unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, config.as_ptr()) } == 0 {
                let raw = device.into_parts().0.into_raw_fd();
                return Ok(LoopDevice {
                    path,
                    // SAFETY: the descriptor was just given up by its owner.
                    _open: unsafe { OwnedFd::from_raw_fd(raw) },
                });
            }
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(libc::EBUSY) {
                return Err(error);
            }
            // Another container took that device between the two calls.
        }
    }
}
