//! The last steps between our process 1 and the program of the container image.

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;

use super::init::{Birth, Report, send};
use super::program::Program;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::sys;

/// Becomes the program, or reports why that cannot be and exits with the code a shell would use.
pub(super) fn become_program(birth: &Birth, program: &Program) -> ! {
    let error = match put_on_clothes(birth, program) {
        Ok(()) => execute(program),
        Err(error) => error,
    };
    // The descriptor closes itself on a successful start, so the shim hears from here about failures only.
    let _ = send(&birth.socket, &Report::Failed(error));
    sys::exit_now(127)
}

fn put_on_clothes(birth: &Birth, program: &Program) -> Result<(), ShimError> {
    let plain =
        |step: &str, error: io::Error| ShimError::internal(format!("failed to {step}: {error}"));
    // A leader's own group is what SIGTERM is sent to.
    rustix::process::setsid().map_err(|error| plain("start a session", error.into()))?;
    let null = fs_err::File::open("/dev/null").map_err(|error| plain("open `/dev/null`", error))?;
    rustix::stdio::dup2_stdin(null.as_fd()).map_err(|error| plain("set stdin", error.into()))?;
    rustix::stdio::dup2_stdout(birth.stdout.as_fd())
        .map_err(|error| plain("set stdout", error.into()))?;
    rustix::stdio::dup2_stderr(birth.stderr.as_fd())
        .map_err(|error| plain("set stderr", error.into()))?;
    let folder = &program.working_dir;
    rustix::process::chdir(folder.as_str())
        .map_err(|error| closed_folder(folder, &io::Error::from(error)))?;
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)
        .map_err(|error| plain("tie the program to process 1", error))?;
    sys::close_descriptors(true).map_err(|error| plain("close what is ours", error))?;
    sys::reset_signals().map_err(|error| plain("reset signals", error))
}

fn execute(program: &Program) -> ShimError {
    let name = program.command.first().map_or("", String::as_str);
    let c_strings = |texts: &[String]| {
        texts
            .iter()
            .map(|text| CString::new(text.as_str()))
            .collect::<Result<Vec<_>, _>>()
    };
    let (Ok(arguments), Ok(env)) = (c_strings(&program.command), c_strings(&program.env)) else {
        return zero_byte();
    };
    let mut worst = io::Error::from_raw_os_error(libc::ENOENT);
    for path in program.candidates() {
        let error = sys::execute(&path, &arguments, &env);
        if !matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) {
            worst = error;
        }
    }
    refusal(name, &worst)
}

/// The working folder is there and not for this user, or is no folder.
pub(super) fn closed_folder(folder: &str, error: &dyn std::fmt::Display) -> ShimError {
    ShimError::image(
        format!("the working folder `{folder}` cannot be entered: {error}"),
        Some("make the folder readable for the image's user, or choose another WORKDIR"),
    )
}

/// No program can be given such an argument or variable.
pub(super) fn zero_byte() -> ShimError {
    ShimError::image(
        "the command or a variable of the image holds a zero byte",
        None,
    )
}

/// Why a program of the image could not be executed.
pub(super) fn refusal(name: &str, error: &io::Error) -> ShimError {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => ShimError::image(
            format!(
                "the command `{name}` does not exist in the image, or its interpreter or loader is missing there"
            ),
            Some("check ENTRYPOINT and CMD, and the first line of scripts"),
        ),
        Some(libc::EACCES) => ShimError::image(
            format!("the command `{name}` may not be executed by the image's user"),
            Some("run `chmod +x` on it in the image"),
        ),
        Some(libc::ENOEXEC) => ShimError::image(
            format!(
                "the command `{name}` is not a program for this processor, expected an amd64 program or a script with `#!`"
            ),
            Some("build the image with `--platform=linux/amd64`"),
        ),
        _ => ShimError::image(
            format!("the command `{name}` cannot be started: {error}"),
            None,
        ),
    }
}
