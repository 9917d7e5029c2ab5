//! Sends what a reader does not have yet, and then what comes, until the job has ended.

use std::convert::Infallible;

use axum::response::sse::Event;
use serde::Serialize;
use serde_json::json;
use store::StoreError;
use store::ids::JobId;
use store::jobs::StoredJob;
use tokio::sync::{broadcast, mpsc};
use tracing::warn;

use super::cursor::Cursor;
use crate::own::jobs::log::log_path;
use crate::state::AppState;
use crate::worker::{LogLine, read_log};

/// Lines that are read from the file at a time.
const BATCH: usize = 500;

/// One reader of the events of one job.
struct Reader {
    state: AppState,
    job: JobId,
    cursor: Cursor,
    events: mpsc::Sender<Result<Event, Infallible>>,
}

/// Nobody reads any more.
struct Left;

/// Something was said, or may have changed.
enum Heard {
    Line(LogLine),
    Look,
    Left,
}

/// Feeds one reader until the job has ended or the reader has left.
pub(super) async fn follow(
    state: AppState,
    job: JobId,
    cursor: Cursor,
    events: mpsc::Sender<Result<Event, Infallible>>,
) {
    // Before the first look, so that nothing falls between look and bell.
    let mut changes = state.worker().changes();
    let mut reader = Reader {
        state,
        job,
        cursor,
        events,
    };
    let mut lines: Option<(u32, broadcast::Receiver<LogLine>)> = None;
    loop {
        match reader.look(&mut lines).await {
            Ok(Ok(true)) | Ok(Err(Left)) => return,
            Ok(Ok(false)) => {}
            Err(problem) => {
                warn!(%job, %problem, "events of a job could not be read");
                return;
            }
        }
        loop {
            match reader.hear(&mut changes, &mut lines).await {
                Heard::Line(line) if line.number == reader.cursor.lines + 1 => {
                    if reader.say_line(&line).await.is_err() {
                        return;
                    }
                }
                Heard::Line(line) if line.number <= reader.cursor.lines => {}
                Heard::Line(_) | Heard::Look => break,
                Heard::Left => return,
            }
        }
    }
}

impl Reader {
    /// Sends everything that there is; `true`: the job has ended and all of it is sent.
    async fn look(
        &mut self,
        lines: &mut Option<(u32, broadcast::Receiver<LogLine>)>,
    ) -> Result<Result<bool, Left>, StoreError> {
        let store = self.state.store().clone();
        let Some(job) = store.job(self.job).await? else {
            return Ok(Ok(true));
        };
        if let Some(live) = self.state.worker().live().get(self.job)
            && lines
                .as_ref()
                .is_none_or(|(attempt, _)| *attempt != job.attempt)
        {
            // Before the file is read, so that no line falls between.
            *lines = Some((job.attempt, live.lines()));
        }
        let mut records = store.job_records(self.job, self.cursor.states).await?;
        // The last state is told after the last lines.
        let last = if job.state.is_final() {
            records.pop()
        } else {
            None
        };
        for record in records {
            if self.say_state(&record).await.is_err() {
                return Ok(Err(Left));
            }
        }
        if self.say_log(&job).await?.is_err() {
            return Ok(Err(Left));
        }
        if let Some(record) = last
            && self.say_state(&record).await.is_err()
        {
            return Ok(Err(Left));
        }
        if !job.state.is_final() {
            return Ok(Ok(false));
        }
        let end = json!({"state": job.state.word()});
        Ok(self.say("end", &end).await.map(|()| true))
    }

    /// Sends the lines after the cursor.
    async fn say_log(&mut self, job: &StoredJob) -> Result<Result<(), Left>, StoreError> {
        if job.attempt == 0 {
            return Ok(Ok(()));
        }
        if self.cursor.attempt != job.attempt {
            let is_again = self.cursor.attempt != 0;
            (self.cursor.attempt, self.cursor.lines) = (job.attempt, 0);
            let attempt = json!({"attempt": job.attempt});
            if is_again && self.say("attempt", &attempt).await.is_err() {
                return Ok(Err(Left));
            }
        }
        let Some(path) = log_path(&self.state, job).await? else {
            return Ok(Ok(()));
        };
        loop {
            let (path, after) = (path.clone(), self.cursor.lines);
            let read = tokio::task::spawn_blocking(move || read_log(&path, after, BATCH)).await;
            // No file: nothing was said, or it has just been moved away, and the bell of the end comes.
            let Ok(Ok(batch)) = read else {
                return Ok(Ok(()));
            };
            for line in &batch {
                if self.say_line(line).await.is_err() {
                    return Ok(Err(Left));
                }
            }
            // A batch may be short because its lines are long.
            if batch.is_empty() {
                return Ok(Ok(()));
            }
        }
    }

    async fn say_state(&mut self, record: &store::jobs::JobRecord) -> Result<(), Left> {
        self.cursor.states = record.number;
        let data = json!({
            "number": record.number,
            "at": record.at.to_string(),
            "state": record.state,
            "detail": record.detail,
        });
        self.say("state", &data).await
    }

    async fn say_line(&mut self, line: &LogLine) -> Result<(), Left> {
        self.cursor.lines = line.number;
        self.say("log", line).await
    }

    async fn say(&self, kind: &str, data: &impl Serialize) -> Result<(), Left> {
        let text = serde_json::to_string(data).expect("numbers and text");
        let event = Event::default()
            .event(kind)
            .id(self.cursor.to_string())
            .data(text);
        self.events.send(Ok(event)).await.map_err(|_| Left)
    }

    /// Waits for a line, a change of this job, or the reader's leaving.
    async fn hear(
        &self,
        changes: &mut broadcast::Receiver<JobId>,
        lines: &mut Option<(u32, broadcast::Receiver<LogLine>)>,
    ) -> Heard {
        let line = async {
            match lines {
                Some((_, lines)) => lines.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = line => match heard {
                Ok(line) => Heard::Line(line),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Look,
                Err(broadcast::error::RecvError::Closed) => {
                    *lines = None;
                    Heard::Look
                }
            },
            heard = changed(changes, self.job) => heard,
            () = self.events.closed() => Heard::Left,
        }
    }
}

/// Returns when this job has changed, or may have.
async fn changed(changes: &mut broadcast::Receiver<JobId>, job: JobId) -> Heard {
    loop {
        match changes.recv().await {
            Ok(other) if other != job => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return Heard::Look,
            Err(broadcast::error::RecvError::Closed) => return Heard::Left,
        }
    }
}
