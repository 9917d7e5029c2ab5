//! Many jobs: how many end in a second, and whether a POST depends on how many wait.

use std::time::{Duration, Instant};

use crate::client::Times;
use crate::served::Served;
use crate::times;

pub(crate) fn rate() {
    let jobs = times(600, 20);
    let (served, client) = Served::with_demo("[jobs]\nmost_active_per_user = 100000\n");
    let algorithm = client.algorithm();
    let image = client.demo_image(&algorithm);
    let job = client.job_on(&algorithm, &image);
    let start = Instant::now();
    let mut posts = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..jobs {
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
    assert_eq!(good, jobs + 1, "every job succeeds");
    println!("| {jobs} jobs, one client | |");
    println!("|---|---|");
    println!(
        "| jobs per second, from the first POST to the last end | {:.1} |",
        jobs as f64 / seconds
    );
    println!(
        "| POSTs per second while jobs run | {:.1} |",
        jobs as f64 / posted
    );
    println!("| a POST, median ms | {:.1} |", Times::of(posts).median());
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}

/// First nothing runs, so that nothing but the POST is measured; then jobs run while the others wait.
pub(crate) fn queue() {
    let (queued, run) = (times(10_000, 60), times(300, 20));
    let tenth = queued / 10;
    let (mut served, client) =
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
    for _ in 1..queued {
        let start = Instant::now();
        client.submit(&job);
        posts.push(start.elapsed());
    }
    let (now, most) = served.memory();
    println!("| {queued} queued jobs | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    for (name, times) in [
        ("POST, the first tenth", &posts[..tenth]),
        ("POST, the last tenth", &posts[posts.len() - tenth..]),
    ] {
        println!("{}", Times::of(times.to_vec()).row(name));
    }
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
    served.restart("[jobs]\nmost_active_per_user = 100000\n");
    let client = served.client(client.token);
    let ended = || {
        let (_, text) = client.ask("/metrics");
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix("gantry_jobs{state=\"succeeded\"} "));
        line.map_or(0, |number| number.parse().expect("a number"))
    };
    let (start, first): (Instant, usize) = (Instant::now(), ended());
    let mut last = first;
    while last < first + run {
        std::thread::sleep(Duration::from_millis(20));
        last = ended();
    }
    println!(
        "Then {} of them ran, {:.1} in a second, while the others waited.",
        last - first,
        (last - first) as f64 / start.elapsed().as_secs_f64()
    );
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}
