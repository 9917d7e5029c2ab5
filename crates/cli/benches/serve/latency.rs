//! From the POST of a job to its end, beside `gantry run` and `docker run --rm` of the same image. The ways take turns.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::Times;
use crate::docker::{Docker, succeeds};
use crate::served::{Served, repository};
use crate::times;

/// Rounds that are not counted.
const WARM_UPS: usize = 3;

pub(crate) fn latency() {
    let rounds = times(30, 2);
    let (served, client) = Served::with_demo("");
    let algorithm = client.algorithm();
    let image = client.demo_image(&algorithm);
    let job = client.job_on(&algorithm, &image);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let desk = Desk {
        folder: folder.path().to_owned(),
    };
    let docker = Docker::find(folder.path()).filter(|docker| desk.lay_out(docker));
    let (mut ours, mut run, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..WARM_UPS + rounds {
        let start = Instant::now();
        let id = client.submit(&job);
        client.wait(&id);
        let time = start.elapsed();
        let at_desk = timed(&mut desk.gantry(round));
        let at_docker = docker
            .as_ref()
            .map(|docker| timed(&mut desk.in_docker(docker, round)));
        if round >= WARM_UPS {
            ours.push(time);
            run.push(at_desk);
            theirs.extend(at_docker);
        }
    }
    println!("| a job of otsu on head-mr.mha | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    let (ours, run) = (Times::of(ours), Times::of(run));
    println!("{}", ours.row("POST to final state"));
    println!("{}", run.row("`gantry run`"));
    let overhead = ours.median() - run.median();
    println!("| overhead of the server | {overhead:.1} | | |");
    if docker.is_some() {
        let theirs = Times::of(theirs);
        println!("{}", theirs.row("`docker run --rm`"));
        let ratio = ours.median() / theirs.median();
        println!("| ratio of the medians to Docker | {ratio:.3} | | |");
        crate::figures::note(
            "a job of the demo, POST to final state",
            ours.median(),
            &[
                crate::figures::limit("`gantry run`", run.median()),
                crate::figures::peer("docker run --rm", theirs.median(), 1.0 / 6.0),
            ],
        );
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

    /// Whether the image could be loaded; makes an input folder.
    fn lay_out(&self, docker: &Docker) -> bool {
        let images = self.folder.join("input/images/mri");
        fs_err::create_dir_all(&images).expect("room");
        let image = repository().join("fixtures/head-mr.mha");
        fs_err::copy(image, images.join("head-mr.mha")).expect("room");
        let archive = repository().join("target/images/otsu.docker.tar.gz");
        let is_loaded = succeeds(docker.command().args(["load", "-q", "-i"]).arg(archive));
        if !is_loaded {
            println!("Docker does not load the demo image.");
        }
        is_loaded
    }

    /// With the limits that Docker can keep, and an output folder that the image's user may write to.
    fn in_docker(&self, docker: &Docker, round: usize) -> Command {
        use std::os::unix::fs::PermissionsExt;
        let output = self.folder.join(format!("docker-{round}"));
        fs_err::create_dir(&output).expect("room");
        let anybody = std::fs::Permissions::from_mode(0o777);
        fs_err::set_permissions(&output, anybody).expect("our own folder");
        let input = self.folder.join("input");
        let mut command = docker.command();
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
