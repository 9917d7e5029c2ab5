//! Hours of jobs, uploads and viewers at four fifths of what the machine can do: memory, files, disk and times must stay flat.
//!
//! First visits follow one another as fast as they can, a few times; the slowest of those times gives the rate that the machine
//! can do. Then visits begin at fixed times, whether those before have ended or not, and a visit's time counts from when it was
//! to begin. Every job is deleted again some hundred jobs later. Minutes as `GANTRY_SOAK_MINUTES` (120); a line per ten seconds
//! goes into `GANTRY_SOAK_FIGURES`, which `cargo xtask soak` draws.

mod samples;
mod visits;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crate::served::Served;
use crate::times;
use samples::{Sampler, flat};
use visits::{Done, Visits};

/// Part of what the machine can do.
const LOAD: f64 = 0.8;
/// Clients, enough for visits that take long to overlap. As many find the rate: what has queued up once is served at that.
const CLIENTS: usize = 32;
/// How often the rate is looked for: a machine that others use too is not as fast at all times.
const TRIES: usize = 4;
/// Between two looks at the server.
const EVERY: Duration = Duration::from_secs(10);

pub(crate) fn soak() {
    let minutes =
        std::env::var("GANTRY_SOAK_MINUTES").map_or(Ok(120.0), |text| text.parse::<f64>());
    let length = Duration::from_secs_f64(minutes.expect("a number of minutes") * 60.0);
    let (served, client) = Served::with_demo("[jobs]\nmost_active_per_user = 100000\n");
    let visits = Arc::new(Visits::prepare(&client));
    let calibration = Duration::from_secs(times(30, 1) as u64);
    let rates = (0..TRIES).map(|_| rate(&visits, calibration));
    let rate = rates.fold(f64::INFINITY, f64::min);
    let pause = Duration::from_secs_f64(1.0 / (rate * LOAD));
    println!(
        "The machine does {rate:.1} visits in a second; for {:.0} minutes, one begins every {:.0} ms.",
        length.as_secs_f64() / 60.0,
        pause.as_secs_f64() * 1e3
    );
    let mut sampler = Sampler::new(&served);
    let (done, heard) = mpsc::channel();
    let start = Instant::now();
    let pacer = {
        let visits = Arc::clone(&visits);
        std::thread::spawn(move || pace(&visits, (start, pause, length), &done))
    };
    let mut next = start + EVERY;
    loop {
        match heard.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(one) => sampler.add(one),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                sampler.take(start.elapsed());
                next += EVERY;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    pacer.join().expect("no client panics");
    let verdict = flat(sampler.samples());
    println!("{}", verdict.table);
    assert!(
        verdict.problems.is_empty(),
        "{}",
        verdict.problems.join("; ")
    );
}

/// Visits in a second, one after the other in each of the clients.
fn rate(visits: &Arc<Visits>, length: Duration) -> f64 {
    let start = Instant::now();
    let threads: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let visits = Arc::clone(visits);
            std::thread::spawn(move || {
                let client = visits.client();
                let mut count = 0;
                while start.elapsed() < length {
                    visits.one(&client);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let counts = threads.into_iter().map(|thread| thread.join());
    let count: u32 = counts.map(|count| count.expect("no client panics")).sum();
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Lets a visit begin every `pause`, and tells of each how long it took from then on.
fn pace(
    visits: &Arc<Visits>,
    (start, pause, length): (Instant, Duration, Duration),
    done: &mpsc::Sender<Done>,
) {
    let (tickets, taken) = mpsc::channel::<Instant>();
    let taken = Arc::new(std::sync::Mutex::new(taken));
    let over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (visits, taken, done) = (Arc::clone(visits), Arc::clone(&taken), done.clone());
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                let client = visits.client();
                loop {
                    let due = taken.lock().expect("nobody panicked").recv();
                    let Ok(due) = due else { break };
                    if over.load(Ordering::SeqCst) {
                        continue;
                    }
                    let what = visits.one(&client);
                    // The listener goes last.
                    let _ = done.send(Done {
                        what,
                        time: due.elapsed(),
                    });
                }
            })
        })
        .collect();
    let mut due = start;
    while start.elapsed() < length {
        due += pause;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        tickets.send(due).expect("somebody waits for it");
    }
    // What has queued up behind a machine that was too slow is not waited for.
    over.store(true, Ordering::SeqCst);
    drop(tickets);
    for thread in threads {
        thread.join().expect("no client panics");
    }
}
