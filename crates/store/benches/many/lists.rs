//! Lists where there are a million rows.

use std::time::{Duration, Instant};

use store::images::ImageFilter;
use store::jobs::{JobFilter, JobSearch};
use store::{Page, StoreError, Viewer};

use crate::fill::{Clinic, ROWS};
use crate::row;

/// How often each question is asked.
const ASKED: usize = 100;
/// Rows of a page.
const LIMIT: u64 = 100;

pub(crate) async fn lists(clinic: &Clinic) {
    let (person, algorithm) = clinic.fill().await;
    let viewer = |is_administrator| Viewer {
        account: Some(person),
        is_administrator,
    };
    println!("| a page of {LIMIT}, with the number of all | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    let mut every = Vec::new();
    for (who, viewer) in [("user", viewer(false)), ("administrator", viewer(true))] {
        for (what, algorithm) in [("jobs", None), ("jobs of one algorithm", Some(algorithm))] {
            let filter = JobFilter {
                algorithm,
                ..JobFilter::default()
            };
            let ask = async |page| {
                let found = clinic.store.jobs(viewer, &filter, page).await?;
                Ok((found.count, found.items.len()))
            };
            every.extend(pages(&format!("{who}, {what}"), ask).await);
        }
        let ask = async |page| {
            let all = ImageFilter::default();
            let found = clinic.store.images(viewer, &all, page).await?;
            Ok((found.count, found.items.len()))
        };
        every.extend(pages(&format!("{who}, images"), ask).await);
        let ask = async |page| {
            let found = clinic.store.archive_items(viewer, None, page).await?;
            Ok((found.count, found.items.len()))
        };
        every.extend(pages(&format!("{who}, items of archives"), ask).await);
    }
    row("all of these together", every);
    println!("\n| a list for people, newest first | median ms | p90 ms | p99 ms |");
    println!("|---|---|---|---|");
    for (who, viewer) in [("user", viewer(false)), ("administrator", viewer(true))] {
        for (what, state) in [("jobs", None), ("failed jobs", Some("failed"))] {
            let search = JobSearch {
                state,
                ..JobSearch::default()
            };
            let ask = async || {
                let part = (None, 100);
                let found = clinic.store.find_jobs(viewer, &search, part).await?;
                Ok(found.lines.len())
            };
            row(&format!("{who}, {what}"), times(ask).await);
        }
    }
}

/// The times of the first page, one in the middle and the last one.
async fn pages(
    name: &str,
    ask: impl AsyncFn(Page) -> Result<(u64, usize), StoreError>,
) -> Vec<Duration> {
    let page = |offset| Page {
        offset,
        limit: LIMIT,
    };
    let (count, _) = ask(page(0)).await.expect("it answers");
    assert!(
        count >= LIMIT,
        "{name}: {count} of {} rows, expected some pages",
        *ROWS
    );
    let mut every = Vec::new();
    for offset in [0, count / 2, count - LIMIT] {
        let full = async || {
            let (same, rows) = ask(page(offset)).await?;
            assert_eq!((same, rows), (count, 100), "{name}");
            Ok(rows)
        };
        let times = times(full).await;
        every.extend(times.iter().copied());
        row(&format!("{name}: {offset} of {count}"), times);
    }
    every
}

/// How long each of many answers took.
async fn times(ask: impl AsyncFn() -> Result<usize, StoreError>) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..ASKED {
        let start = Instant::now();
        let rows = ask().await.expect("it answers");
        times.push(start.elapsed());
        assert!(rows > 0);
    }
    times
}
