//! The tab of statistics: jobs by month and state, why they failed, how long they took, memory against its limit.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::head::{Head, Tab, edited};
use crate::own::algorithms::statistics::of_algorithm;
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{bytes, seconds};
use crate::ui::visitor::Visitor;

/// Width of a bar, units of its picture.
const WIDTH: u64 = 600;

/// Part of a bar.
struct Piece {
    /// Class of its colour.
    class: &'static str,
    start: u64,
    width: u64,
}

/// The jobs of a month.
struct MonthRow {
    month: String,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    /// Not ended yet.
    going_on: u64,
    pieces: Vec<Piece>,
}

/// Why jobs failed.
struct FailureRow {
    code: String,
    count: u64,
    share: u64,
}

/// Memory against its limit.
struct Memory {
    median: String,
    most: String,
    limit: String,
    /// Of the limit, 0 to 100.
    median_share: u64,
    /// Of the limit, 0 to 100.
    most_share: u64,
}

#[derive(Template)]
#[template(path = "algorithm/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    head: Head,
    jobs: u64,
    /// Of those that ended by themselves, in per cent.
    success_share: Option<u64>,
    /// Median, 95 of 100, the longest.
    times: Option<[String; 3]>,
    measured: u64,
    memory: Option<Memory>,
    advice: Option<String>,
    /// Newest first.
    months: Vec<MonthRow>,
    failures: Vec<FailureRow>,
}

/// Shows them.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(&state, &visitor, (&slug, Tab::Statistics)).await?;
    let found = of_algorithm(&state, &visitor.caller, &slug).await?;
    let failures = state.store().count_failures(algorithm.id).await?;
    let months = months(&found.months);
    let sum = |of: fn(&MonthRow) -> u64| months.iter().map(of).sum::<u64>();
    let (succeeded, failed) = (sum(|month| month.succeeded), sum(|month| month.failed));
    let limit = found.memory_limit;
    let memory = found.peak_memory.map(|peak| Memory {
        median: bytes(whole(peak.median)),
        most: bytes(whole(peak.most)),
        limit: bytes(limit),
        median_share: share(whole(peak.median), limit),
        most_share: share(whole(peak.most), limit),
    });
    page::show(&StatisticsPage {
        frame: Frame::new(
            &visitor,
            Section::Algorithms,
            format!("{}: statistics", head.title),
        ),
        head,
        jobs: months.iter().map(MonthRow::jobs).sum(),
        success_share: (succeeded + failed > 0).then(|| share(succeeded, succeeded + failed)),
        times: found
            .run_seconds
            .map(|time| [time.median, time.p95, time.most].map(seconds)),
        measured: found.measured,
        memory,
        advice: found.advice,
        failures: rows(&failures),
        months,
    })
}

impl MonthRow {
    fn jobs(&self) -> u64 {
        self.succeeded + self.failed + self.cancelled + self.going_on
    }
}

fn months(counted: &BTreeMap<String, BTreeMap<String, u64>>) -> Vec<MonthRow> {
    let most = counted.values().map(|states| states.values().sum()).max();
    let most: u64 = most.unwrap_or(0).max(1);
    let row = |(month, states): (&String, &BTreeMap<String, u64>)| {
        let of = |state: &str| states.get(state).copied().unwrap_or(0);
        let ended = ["succeeded", "failed", "cancelled"].map(of);
        let going_on = states.values().sum::<u64>() - ended.iter().sum::<u64>();
        let [succeeded, failed, cancelled] = ended;
        MonthRow {
            month: month.clone(),
            succeeded,
            failed,
            cancelled,
            going_on,
            pieces: pieces(&[succeeded, failed, cancelled, going_on], most),
        }
    };
    counted.iter().rev().map(row).collect()
}

/// A bar of parts, as long as its sum among `most`.
fn pieces(counts: &[u64; 4], most: u64) -> Vec<Piece> {
    let classes = ["bar-good", "bar-bad", "bar-plain", "bar-busy"];
    let mut end = 0;
    let mut before = 0;
    let mut pieces = Vec::new();
    for (count, class) in counts.iter().zip(classes) {
        before += count;
        let start = end;
        end = before * WIDTH / most;
        if end > start {
            pieces.push(Piece {
                class,
                start,
                width: end - start,
            });
        }
    }
    pieces
}

fn rows(failures: &[(String, u64)]) -> Vec<FailureRow> {
    let all: u64 = failures.iter().map(|(_, count)| count).sum();
    let row = |(code, count): &(String, u64)| FailureRow {
        code: code.clone(),
        count: *count,
        share: share(*count, all),
    };
    failures.iter().map(row).collect()
}

impl FailureRow {
    /// The code in words.
    fn words(&self) -> String {
        self.code.replace('_', " ")
    }
}

fn share(part: u64, of: u64) -> u64 {
    part.saturating_mul(100)
        .checked_div(of)
        .unwrap_or(0)
        .min(100)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to an integer saturates"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_up_to_the_longest_month() {
        let pieces = pieces(&[3, 1, 0, 0], 8);
        let ends: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.start, piece.width))
            .collect();
        assert_eq!(ends, [(0, 225), (225, 75)]);
        assert!(super::pieces(&[0, 0, 0, 0], 8).is_empty());
    }
}
