//! From the POST of a job to its end, beside `gantry run` and `docker run --rm` of the same image. The ways take turns.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Times;
use crate::served::{Served, repository};

const ROUNDS: usize = 30;
const WARM_UPS: usize = 3;

pub(crate) fn latency() {
    let (served, client) = Served::with_demo("");
    let algorithm = client.algorithm();
    let image = client.demo_image(&algorithm);
    let job = client.job_on(&algorithm, &image);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let desk = Desk {
        folder: folder.path().to_owned(),
    };
    let has_docker = desk.lay_out_docker();
    let (mut ours, mut run, mut docker) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..WARM_UPS + ROUNDS {
        let start = Instant::now();
        let id = client.submit(&job);
        client.wait(&id);
        let time = start.elapsed();
        let at_desk = timed(&mut desk.gantry(round));
        let theirs = has_docker.then(|| timed(&mut desk.docker(round)));
        if round >= WARM_UPS {
            ours.push(time);
            run.push(at_desk);
            docker.extend(theirs);
        }
    }
    println!("| a job of otsu on head-mr.mha | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    let (ours, run) = (Times::of(ours), Times::of(run));
    println!("{}", ours.row("POST to final state"));
    println!("{}", run.row("`gantry run`"));
    let overhead = ours.median() - run.median();
    println!("| overhead of the server | {overhead:.1} | | |");
    if has_docker {
        let docker = Times::of(docker);
        println!("{}", docker.row("`docker run --rm`"));
        let ratio = ours.median() / docker.median();
        println!("| ratio of the medians to Docker | {ratio:.3} | | |");
    } else {
        println!("| `docker run --rm` | no daemon answers | | |");
    }
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}

/// The same job without a server.
struct Desk {
    folder: std::path::PathBuf,
}

impl Desk {
    fn gantry(&self, round: usize) -> Command {
        let root = repository();
        let mut input = std::ffi::OsString::from("mri=");
        input.push(root.join("fixtures/head-mr.mha"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command.arg("--home").arg(self.folder.join("home"));
        command.arg("run").arg(root.join("images/otsu"));
        command.arg("-i").arg(input);
        command
            .arg("-o")
            .arg(self.folder.join(format!("out-{round}")));
        command
    }

    /// Whether there is a daemon, with the image and an input folder.
    fn lay_out_docker(&self) -> bool {
        let images = self.folder.join("input/images/mri");
        fs_err::create_dir_all(&images).expect("room");
        let image = repository().join("fixtures/head-mr.mha");
        fs_err::copy(image, images.join("head-mr.mha")).expect("room");
        let archive = repository().join("target/images/otsu.docker.tar.gz");
        succeeds(Command::new("docker").arg("info"))
            && succeeds(
                Command::new("docker")
                    .args(["load", "-q", "-i"])
                    .arg(archive),
            )
    }

    /// With the limits that Docker can keep, and an output folder that the image's user may write to.
    fn docker(&self, round: usize) -> Command {
        use std::os::unix::fs::PermissionsExt;
        let output = self.folder.join(format!("docker-{round}"));
        fs_err::create_dir(&output).expect("room");
        let anybody = std::fs::Permissions::from_mode(0o777);
        fs_err::set_permissions(&output, anybody).expect("our own folder");
        let input = self.folder.join("input");
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
        command.arg(format!("{}:/input:ro", input.display()));
        command
            .arg("-v")
            .arg(format!("{}:/output", output.display()));
        command.arg("gantry/otsu:0.1.0");
        command
    }
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    assert!(succeeds(command), "{command:?} failed");
    start.elapsed()
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
