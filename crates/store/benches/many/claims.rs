//! Claims, from the first to the last of many that wait.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::jobs::Room;

use crate::fill::{Clinic, asked};
use crate::row;

/// Jobs that wait at once; `GANTRY_BENCH_QUEUED` says another number.
static QUEUED: LazyLock<usize> = LazyLock::new(|| asked("GANTRY_BENCH_QUEUED", 10_000));

pub(crate) async fn claims(clinic: &Clinic) {
    let (queued, tenth) = (*QUEUED, (*QUEUED / 10).max(1));
    let mut submits = Vec::new();
    for _ in 0..queued {
        let start = Instant::now();
        clinic.submit().await;
        submits.push(start.elapsed());
    }
    println!("| {queued} queued jobs | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    row("submit, the first tenth", submits[..tenth].to_vec());
    row("submit, the last tenth", submits[queued - tenth..].to_vec());
    let nothing = Room {
        memory: 1,
        ..everything()
    };
    let mut looks = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        let found = clinic.store.next_job(&nothing).await.expect("it answers");
        looks.push(start.elapsed());
        assert_eq!(found, None);
    }
    row("a look that finds none that fits", looks);
    let claims = claim_all(clinic).await;
    for (index, times) in claims.chunks(tenth).enumerate() {
        if index % 3 == 0 {
            let left = queued - index * tenth;
            row(&format!("claim, with {left} waiting"), times.to_vec());
        }
    }
}

fn everything() -> Room {
    Room {
        memory: u64::MAX,
        millicpus: u64::MAX,
        disk: u64::MAX,
        gpus: u64::MAX,
        but_not_of: Vec::new(),
        but_not: Vec::new(),
    }
}

/// As the worker does it: the next that fits, then the claim.
async fn claim_all(clinic: &Clinic) -> Vec<Duration> {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let next = clinic.store.next_job(&everything()).await;
        let Some(next) = next.expect("it answers") else {
            assert_eq!(times.len(), *QUEUED);
            return times;
        };
        let claimed = clinic.store.claim(next.id, "bench", Timestamp::now());
        claimed.await.expect("nobody else claims");
        times.push(start.elapsed());
    }
}
