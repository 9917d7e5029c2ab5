//! Lists of jobs where there are a million.

use std::time::Instant;

use store::jobs::{JobFilter, JobOrder};
use store::{Page, Viewer};

use crate::fill::{Clinic, ROWS};
use crate::row;

/// How often each question is asked.
const ASKED: usize = 60;

/// Who asks, for what, from where on.
type Question = (&'static str, Viewer, JobFilter, u64);

pub(crate) async fn lists(clinic: &Clinic) {
    let (person, algorithm) = clinic.fill().await;
    let viewer = |is_administrator| Viewer {
        account: Some(person),
        is_administrator,
    };
    let (user, administrator) = (viewer(false), viewer(true));
    let all = JobFilter::default();
    let of_algorithm = JobFilter {
        algorithm: Some(algorithm),
        ..JobFilter::default()
    };
    let failed = JobFilter {
        state: Some("failed"),
        ..JobFilter::default()
    };
    println!("| a list of 100 of {ROWS} jobs | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    let questions: [Question; 9] = [
        ("user, first page", user, all, 0),
        ("user, page at 15 000", user, all, 15_000),
        ("user, one algorithm", user, of_algorithm, 0),
        ("user, failed", user, failed, 0),
        ("administrator, first page", administrator, all, 0),
        (
            "administrator, page at 500 000",
            administrator,
            all,
            500_000,
        ),
        (
            "administrator, page at 900 000",
            administrator,
            all,
            900_000,
        ),
        (
            "administrator, one algorithm",
            administrator,
            of_algorithm,
            0,
        ),
        ("administrator, failed", administrator, failed, 0),
    ];
    let mut every = Vec::new();
    for (name, viewer, filter, offset) in questions {
        let mut times = Vec::new();
        for _ in 0..ASKED {
            let page = Page { offset, limit: 100 };
            let start = Instant::now();
            let order = (page, JobOrder::NewestFirst);
            let found = clinic.store.jobs(viewer, &filter, order).await;
            times.push(start.elapsed());
            assert_eq!(found.expect("it answers").items.len(), 100, "{name}");
        }
        every.extend(times.iter().copied());
        row(name, times);
    }
    row("all of these together", every);
}
