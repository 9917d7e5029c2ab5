//! Error numbers by name, as tests compare them.

use std::io;

/// The result of an attempt: done, or the error number.
pub(crate) type Attempt = Result<(), i32>;

/// Something to try, by name.
pub(crate) type Named = (&'static str, fn() -> Attempt);

/// From a call that returns -1 on failure.
pub(crate) fn check(value: libc::c_long) -> Attempt {
    if value == -1 {
        Err(io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        Ok(())
    }
}

/// From the standard library.
pub(crate) fn of<T>(result: io::Result<T>) -> Attempt {
    result
        .map(drop)
        .map_err(|error| error.raw_os_error().unwrap_or(0))
}

/// `allowed`, or the name of the error.
pub(crate) fn name(attempt: Attempt) -> String {
    let known = [
        (libc::EPERM, "EPERM"),
        (libc::ENOENT, "ENOENT"),
        (libc::ESRCH, "ESRCH"),
        (libc::EBADF, "EBADF"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EACCES, "EACCES"),
        (libc::ENXIO, "ENXIO"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::EROFS, "EROFS"),
        (libc::ENOSYS, "ENOSYS"),
        (libc::ENETUNREACH, "ENETUNREACH"),
        (libc::EAFNOSUPPORT, "EAFNOSUPPORT"),
    ];
    match attempt {
        Ok(()) => "allowed".into(),
        Err(number) => known
            .iter()
            .find(|(known, _)| *known == number)
            .map_or_else(|| format!("errno-{number}"), |(_, name)| (*name).into()),
    }
}
