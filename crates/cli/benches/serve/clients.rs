//! Two hundred clients at once, each on a TLS connection of its own, doing what gcapi does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::client::{Client, Times};
use crate::served::Served;
use crate::times;

pub(crate) fn clients() {
    let (clients, rounds) = (times(200, 20), times(10, 2));
    let (served, client) = Served::with_demo("[jobs]\nmost_active_per_user = 100000\n");
    let algorithm = client.algorithm();
    let image = client.demo_image(&algorithm);
    let job = client.job_on(&algorithm, &image);
    let start = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|number| {
            let (own, job, image) = (client.another(), job.clone(), image.clone());
            std::thread::spawn(move || one(&own, (number, rounds), &job, &image))
        })
        .collect();
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    let mut count = 0;
    for thread in threads {
        for (what, status, time) in thread.join().expect("no client panics") {
            times.entry(what).or_default().push(time);
            *statuses.entry(status).or_default() += 1;
            count += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("| {clients} clients at once | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    for (what, times) in times {
        println!("{}", Times::of(times).row(what));
    }
    let bad: usize = statuses
        .iter()
        .filter(|(status, _)| **status >= 500)
        .map(|(_, count)| count)
        .sum();
    println!(
        "{count} requests in {seconds:.1} s, {:.0} in a second; answers by status: {statuses:?}; {bad} of 5xx.",
        count as f64 / seconds
    );
    assert_eq!(bad, 0, "no client is answered with 5xx");
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}

/// What was asked, the status, and how long it took.
type Asked = (&'static str, u16, Duration);

/// Looks, lists, polls, now and then posts a job or reads an image, as a script with gcapi does.
fn one(
    client: &Client,
    (number, rounds): (usize, usize),
    job: &serde_json::Value,
    image: &str,
) -> Vec<Asked> {
    let mut asked = Vec::new();
    let mut time = |what: &'static str, ask: &mut dyn FnMut() -> u16| {
        let start = Instant::now();
        let status = ask();
        asked.push((what, status, start.elapsed()));
    };
    let mut id = String::new();
    for round in 0..rounds {
        let first = round == 0;
        let name = if first {
            "first GET, with its handshake"
        } else {
            "GET of an algorithm"
        };
        time(name, &mut || client.ask("/api/v1/algorithms/?slug=otsu").0);
        if (number + round).is_multiple_of(10) {
            time("POST of a job", &mut || {
                let (status, made) = client.try_post("/api/v1/algorithms/jobs/", job);
                made["pk"].as_str().unwrap_or_default().clone_into(&mut id);
                status
            });
        }
        if !id.is_empty() {
            let path = format!("/api/v1/algorithms/jobs/{id}/");
            time("GET of a job", &mut || client.ask(&path).0);
        }
        time("GET of a list of 10 jobs", &mut || {
            client.ask("/api/v1/algorithms/jobs/?limit=10").0
        });
        time("GET of an image", &mut || client.ask(image).0);
    }
    asked
}
