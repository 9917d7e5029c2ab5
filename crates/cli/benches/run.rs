//! `gantry run` of the demo algorithm on the demo image, a small image in and out, beside `docker run --rm` of the same
//! container image on the same file where a Docker daemon answers.
//!
//! `./dev bench`, or `cargo xtask images && cargo bench -p gantry --bench run`. The ways take turns. Prints median and 90th
//! percentile of the time from start to exit, in milliseconds.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

#[path = "../../container/benches/figures/note.rs"]
#[expect(dead_code, reason = "there is no bound of the machine for all of this")]
mod figures;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Measured runs of each way, after two that are not.
const ROUNDS: usize = 20;
const WARM_UPS: usize = 2;

fn main() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let archive = repository.join("target/images/otsu.docker.tar.gz");
    assert!(
        archive.is_file(),
        "no `{}`: run `cargo xtask images` first",
        archive.display()
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bench = Bench {
        image: repository.join("fixtures/head-mr.mha"),
        algorithm: repository.join("images/otsu"),
        folder: folder.path().to_owned(),
    };
    bench.lay_out_input();
    let has_docker = succeeds(Command::new("docker").arg("info"))
        && succeeds(
            Command::new("docker")
                .args(["load", "-q", "-i"])
                .arg(&archive),
        );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..WARM_UPS + ROUNDS {
        let gantry = time(&mut bench.gantry(round));
        let docker = has_docker.then(|| time(&mut bench.docker(round)));
        if round >= WARM_UPS {
            ours.push(gantry);
            theirs.extend(docker);
        }
    }
    println!("| otsu on head-mr.mha | median ms | p90 ms |");
    println!("|---|---|---|");
    let gantry = row("gantry run", ours);
    if has_docker {
        let docker = row("docker run --rm", theirs);
        println!("| ratio of the medians | {:.2} | |", gantry / docker);
        let beside = [figures::peer("docker run --rm", docker, 1.0 / 8.0)];
        figures::note("`gantry run` of the demo", gantry, &beside);
    } else {
        println!("| docker run --rm | no daemon answers | |");
    }
}

struct Bench {
    image: PathBuf,
    algorithm: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn lay_out_input(&self) {
        let images = self.folder.join("input/images/mri");
        fs_err::create_dir_all(&images).expect("room");
        fs_err::copy(&self.image, images.join("head-mr.mha")).expect("room");
    }

    fn gantry(&self, round: usize) -> Command {
        let mut input = std::ffi::OsString::from("mri=");
        input.push(&self.image);
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command.arg("--home").arg(self.folder.join("home"));
        command.arg("run").arg(&self.algorithm).arg("-i").arg(input);
        command
            .arg("-o")
            .arg(self.folder.join(format!("gantry-{round}")));
        command
    }

    /// With the limits that Docker can keep, and an output folder that the image's user may write to.
    fn docker(&self, round: usize) -> Command {
        use std::os::unix::fs::PermissionsExt;
        let output = self.folder.join(format!("docker-{round}"));
        fs_err::create_dir(&output).expect("room");
        let anybody = std::fs::Permissions::from_mode(0o777);
        fs_err::set_permissions(&output, anybody).expect("our own folder");
        let mut command = Command::new("docker");
        command.args([
            "run",
            "--rm",
            "--network",
            "none",
            "--memory",
            "1g",
            "--cpus",
            "2",
        ]);
        command.args(["--pids-limit", "64", "-v"]);
        command.arg(format!("{}:/input:ro", self.folder.join("input").display()));
        command
            .arg("-v")
            .arg(format!("{}:/output", output.display()));
        command.arg("gantry/otsu:0.1.0");
        command
    }
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let succeeded = succeeds(command);
    let time = start.elapsed();
    assert!(succeeded, "{command:?} failed");
    time
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn row(way: &str, mut times: Vec<Duration>) -> f64 {
    times.sort();
    let ms = |at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1e3;
    let median = ms(times.len() / 2);
    println!("| {way} | {median:.1} | {:.1} |", ms(times.len() * 9 / 10));
    median
}
