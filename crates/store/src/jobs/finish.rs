//! The end of a job: outputs and final state in one transaction.

use domain::RunReport;
use domain::job::JobState;
use jiff::Timestamp;
use serde_json::Value;

use super::change::{ApplyError, JobChange, apply_in, job_in};
use super::submit::link_value;
use crate::blobs::{self, Blob, Digest};
use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{JobId, SocketId};
use crate::images::{NewImage, insert_image};
use crate::values::{NewContent, insert_value};

/// Everything that is known when a job has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// `OutputsAccepted`, `Failed`, `Cancelled` or `WorkerLost`, by the process that holds the job.
    pub change: JobChange,
    /// Valid outputs, also of a job that failed.
    pub outputs: Vec<JobOutput>,
    /// What the run reported; `None` where it did not come to that.
    pub report: Option<RunReport>,
    /// The log, as one line of JSON for each line.
    pub log: Option<Blob>,
}

/// A valid output.
#[derive(Debug, Clone)]
pub struct JobOutput {
    /// Of which socket.
    pub socket: SocketId,
    /// What it is.
    pub content: OutputContent,
}

/// What fills an output socket.
#[derive(Debug, Clone)]
pub enum OutputContent {
    /// JSON in the database.
    Json(Value),
    /// A file.
    File {
        /// Its bytes.
        blob: Blob,
        /// Its name.
        filename: String,
    },
    /// A new image.
    Image(Box<NewImage>),
}

impl Finished {
    /// The same with a report.
    #[must_use]
    pub fn with_report(mut self, report: RunReport) -> Finished {
        self.report = Some(report);
        self
    }
}

impl Store {
    /// Ends a job. All of it is kept, or nothing.
    ///
    /// # Errors
    /// When the job has ended already or belongs to somebody else, or the database fails.
    pub async fn finish(
        &self,
        job: JobId,
        finished: &Finished,
        now: Timestamp,
    ) -> Result<JobState, ApplyError> {
        let mut change = self.write().await?;
        let state = apply_in(&mut change, job, finished.change.clone(), now).await?;
        let creator = job_in(&mut change, job).await?.creator;
        for output in &finished.outputs {
            let content = match &output.content {
                OutputContent::Json(value) => NewContent::Json(value.clone()),
                OutputContent::File { blob, filename } => NewContent::File {
                    blob: blob.clone(),
                    filename: filename.clone(),
                },
                OutputContent::Image(image) => {
                    // Outputs belong to whoever ran the job.
                    let image = NewImage {
                        account: image.account.or(creator),
                        ..(**image).clone()
                    };
                    NewContent::Image(insert_image(&mut change, &image, now).await?)
                }
            };
            let value = insert_value(&mut change, output.socket, &content, now).await?;
            link_value(&mut change, job, "output", value).await?;
        }
        if let Some(log) = &finished.log {
            blobs::note(&mut change, log, now).await?;
        }
        // One that goes back to the queue has come to nothing yet; only its log is kept.
        let report = finished.report.as_ref().filter(|_| state.is_final());
        let run_seconds = report.map(|report| report.timings.run);
        let peak_memory = report
            .and_then(|report| report.resources.as_ref()?.peak_memory_bytes)
            .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        sqlx::query(
            "UPDATE job SET report = ?, exit_code = ?, has_warnings = ?, run_seconds = ?, peak_memory = ?, log_digest = ?
             WHERE id = ?",
        )
        .bind(report.map(to_json))
        .bind(report.and_then(|report| report.exit_code).map(i64::from))
        .bind(report.is_some_and(|report| !report.warnings.is_empty()))
        .bind(run_seconds)
        .bind(peak_memory)
        .bind(finished.log.as_ref().map(|log| log.digest.as_str()))
        .bind(job.to_string())
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        if state == JobState::Succeeded {
            sqlx::query(
                "UPDATE algorithm SET finished_jobs = finished_jobs + 1, total_seconds = total_seconds + ?
                 WHERE id = (SELECT algorithm_id FROM job WHERE id = ?)",
            )
            .bind(run_seconds.unwrap_or(0.0))
            .bind(job.to_string())
            .execute(&mut *change)
            .await
            .map_err(StoreError::from)?;
        }
        change.commit().await.map_err(StoreError::from)?;
        Ok(state)
    }

    /// The report of a job that has run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_report(&self, job: JobId) -> Result<Option<RunReport>, StoreError> {
        let text: Option<Option<String>> =
            sqlx::query_scalar("SELECT report FROM job WHERE id = ?")
                .bind(job.to_string())
                .fetch_optional(self.read())
                .await?;
        let text = text.flatten();
        text.map(|text| from_json("job.report", &text)).transpose()
    }

    /// Where the log of a job that has ended lies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_log(&self, job: JobId) -> Result<Option<Digest>, StoreError> {
        let text: Option<Option<String>> =
            sqlx::query_scalar("SELECT log_digest FROM job WHERE id = ?")
                .bind(job.to_string())
                .fetch_optional(self.read())
                .await?;
        let text = text.flatten();
        text.map(|text| Digest::read("job.log_digest", &text))
            .transpose()
    }

    /// Notes the log of an attempt that was lost, or takes it away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_job_log(
        &self,
        job: JobId,
        log: &Blob,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        blobs::note(&mut change, log, now).await?;
        sqlx::query("UPDATE job SET log_digest = ? WHERE id = ?")
            .bind(log.digest.as_str())
            .bind(job.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }
}
