//! Many jobs: how many end in a second, and whether a POST depends on how many wait.

use std::time::{Duration, Instant};

use crate::client::Times;
use crate::served::Served;

/// Jobs of the sustained rate.
const JOBS: usize = 600;
/// Jobs that wait at once.
const QUEUED: usize = 10_000;
/// Posts that are told of together.
const TENTH: usize = QUEUED / 10;

pub(crate) fn rate() {
    let (served, client) = Served::with_demo("[jobs]\nmost_active_per_user = 100000\n");
    let algorithm = client.algorithm();
    let image = client.demo_image(&algorithm);
    let job = client.job_on(&algorithm, &image);
    let start = Instant::now();
    let mut posts = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..JOBS {
        let posted = Instant::now();
        ids.push(client.submit(&job));
        posts.push(posted.elapsed());
    }
    let posted = start.elapsed().as_secs_f64();
    for id in &ids {
        client.wait(id);
    }
    let seconds = start.elapsed().as_secs_f64();
    let found = client.get("/api/v1/algorithms/jobs/?limit=1000");
    let all = found["results"].as_array().expect("a list");
    let good = all
        .iter()
        .filter(|job| job["status"] == "Succeeded")
        .count();
    assert_eq!(good, JOBS + 1, "every job succeeds");
    println!("| {JOBS} jobs, one client | |");
    println!("|---|---|");
    println!(
        "| jobs per second, from the first POST to the last end | {:.1} |",
        JOBS as f64 / seconds
    );
    println!(
        "| POSTs per second while jobs run | {:.1} |",
        JOBS as f64 / posted
    );
    println!("| a POST, median ms | {:.1} |", Times::of(posts).median());
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}

/// Nothing runs meanwhile, so that nothing but the POST is measured.
pub(crate) fn queue() {
    let (served, client) =
        Served::with_demo("[jobs]\nat_once = 0\nmost_active_per_user = 100000\n");
    let algorithm = client.algorithm();
    let bytes = fs_err::read(crate::served::repository().join("fixtures/head-mr.mha"));
    let upload = client.upload(&bytes.expect("the demo is there"), "head-mr.mha");
    let job = serde_json::json!({
        "algorithm": algorithm, "inputs": [{"interface": "mri", "user_uploads": [upload]}],
    });
    let first = client.submit(&job);
    let shown = format!("/api/v1/algorithms/jobs/{first}/");
    let image = loop {
        let found = client.get(&shown);
        if let Some(image) = found["inputs"][0]["image"].as_str() {
            break image.to_owned();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let job = client.job_on(&algorithm, &image);
    let mut posts = Vec::new();
    for _ in 1..QUEUED {
        let start = Instant::now();
        client.submit(&job);
        posts.push(start.elapsed());
    }
    let (now, most) = served.memory();
    println!("| {QUEUED} queued jobs | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    for (name, times) in [
        ("POST, the first thousand", &posts[..TENTH]),
        ("POST, the last thousand", &posts[posts.len() - TENTH..]),
    ] {
        println!("{}", Times::of(times.to_vec()).row(name));
    }
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}
