//! Test cases of algorithms, and what the versions made of them.

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::algorithm_images::{Activation, activate};
use crate::blobs::{self, Blob, Digest};
use crate::database::Store;
use crate::error::{StoreError, corrupt, from_json};
use crate::ids::{AccountId, AlgorithmId, AlgorithmImageId};
use crate::time::{from_text, to_text};

/// The cases of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmCases {
    /// A zip with a folder for each case.
    pub blob: Blob,
    /// Its name where it comes from.
    pub filename: String,
    /// How many cases it holds.
    pub count: u64,
    /// Whether a version must pass them before jobs may run it.
    pub is_required: bool,
    /// Who uploaded it.
    pub creator: Option<AccountId>,
    /// When.
    pub created_at: Timestamp,
}

/// Cases on their way in; their bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCases {
    /// Of what.
    pub algorithm: AlgorithmId,
    /// A zip with a folder for each case.
    pub blob: Blob,
    /// Its name where it comes from.
    pub filename: String,
    /// How many cases it holds.
    pub count: u64,
    /// Whether a version must pass them before jobs may run it.
    pub is_required: bool,
    /// Who uploaded it.
    pub creator: Option<AccountId>,
}

/// What is known of a version and the cases of its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasesState {
    /// They were not run with it.
    None,
    /// They will be run.
    Queued,
    /// They are being run.
    Running,
    /// Each ended as it should.
    Passed,
    /// One did not.
    Failed,
    /// They could not be run.
    Stuck,
}

/// How one case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseVerdict {
    /// As it was recorded.
    Passed,
    /// Well; nothing is recorded to compare with.
    NotRecorded,
    /// Not as it should.
    Failed,
}

/// What a version made of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRun {
    /// Of the case.
    pub name: String,
    /// How it ended.
    pub verdict: CaseVerdict,
    /// What is not as it should be, in words.
    pub differences: Vec<String>,
    /// Of the program, seconds; `None` when it did not start.
    pub wall_seconds: Option<f64>,
    /// Bytes; `None` when it was not measured.
    pub peak_memory: Option<u64>,
}

impl CasesState {
    const ALL: [Self; 6] = [
        Self::None,
        Self::Queued,
        Self::Running,
        Self::Passed,
        Self::Failed,
        Self::Stuck,
    ];

    /// The word in the database and in our own API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
        }
    }

    pub(crate) fn read(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| {
            let expected = "expected what is known of a version's cases";
            corrupt("algorithm_image.cases_state", word, &expected)
        })
    }
}

impl CaseVerdict {
    /// The word in the database and in our own API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NotRecorded => "not_recorded",
            Self::Failed => "failed",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        let all = [Self::Passed, Self::NotRecorded, Self::Failed];
        let found = all.into_iter().find(|verdict| verdict.word() == word);
        found.ok_or_else(|| corrupt("case_run.verdict", word, &"expected how a case ended"))
    }
}

#[derive(FromRow)]
struct CasesRow {
    blob_digest: String,
    size: i64,
    filename: String,
    count: i64,
    is_required: bool,
    creator_id: Option<String>,
    created_at: String,
}

#[derive(FromRow)]
struct CaseRunRow {
    name: String,
    verdict: String,
    differences: String,
    wall_seconds: Option<f64>,
    peak_memory: Option<i64>,
}

impl TryFrom<CasesRow> for AlgorithmCases {
    type Error = StoreError;

    fn try_from(row: CasesRow) -> Result<AlgorithmCases, StoreError> {
        let creator = row.creator_id.as_deref().map(AccountId::read);
        Ok(AlgorithmCases {
            blob: Blob::named(
                Digest::read("algorithm_cases.blob_digest", &row.blob_digest)?,
                row.size.unsigned_abs(),
            ),
            filename: row.filename,
            count: row.count.unsigned_abs(),
            is_required: row.is_required,
            creator: creator.transpose()?,
            created_at: from_text("algorithm_cases.created_at", &row.created_at)?,
        })
    }
}

impl TryFrom<CaseRunRow> for CaseRun {
    type Error = StoreError;

    fn try_from(row: CaseRunRow) -> Result<CaseRun, StoreError> {
        Ok(CaseRun {
            verdict: CaseVerdict::read(&row.verdict)?,
            differences: from_json("case_run.differences", &row.differences)?,
            name: row.name,
            wall_seconds: row.wall_seconds,
            peak_memory: row.peak_memory.map(i64::unsigned_abs),
        })
    }
}

impl Store {
    /// The cases of an algorithm, if it has any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_cases(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Option<AlgorithmCases>, StoreError> {
        let row: Option<CasesRow> = sqlx::query_as(
            "SELECT algorithm_cases.*, size FROM algorithm_cases JOIN blob ON digest = blob_digest
             WHERE algorithm_id = ?",
        )
        .bind(algorithm.to_string())
        .fetch_optional(self.read())
        .await?;
        row.map(AlgorithmCases::try_from).transpose()
    }

    /// Gives an algorithm other cases. What its versions made of those before is forgotten; the active version is held
    /// against the new ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_cases(
        &self,
        new: &NewCases,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let algorithm = new.algorithm.to_string();
        let mut change = self.write().await?;
        forget(&mut change, &algorithm).await?;
        blobs::note(&mut change, &new.blob, now).await?;
        sqlx::query(
            "INSERT INTO algorithm_cases (algorithm_id, blob_digest, filename, count, is_required, creator_id, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&algorithm)
        .bind(new.blob.digest.as_str())
        .bind(&new.filename)
        .bind(i64::try_from(new.count).unwrap_or(i64::MAX))
        .bind(new.is_required)
        .bind(new.creator.map(|id| id.to_string()))
        .bind(to_text(now))
        .execute(&mut *change)
        .await?;
        sqlx::query(
            "UPDATE algorithm_image SET cases_state = 'queued'
             WHERE algorithm_id = ? AND is_active AND import_state = 'completed'",
        )
        .bind(&algorithm)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// Takes the cases of an algorithm away, and what its versions made of them. `false`: it had none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_algorithm_cases(&self, algorithm: AlgorithmId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let had = forget(&mut change, &algorithm.to_string()).await?;
        change.commit().await?;
        Ok(had)
    }

    /// Says whether a version must pass the cases before jobs may run it. `false`: there are no cases.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn require_algorithm_cases(
        &self,
        algorithm: AlgorithmId,
        is_required: bool,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed =
            sqlx::query("UPDATE algorithm_cases SET is_required = ? WHERE algorithm_id = ?")
                .bind(is_required)
                .bind(algorithm.to_string())
                .execute(&mut *change)
                .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Wants a version held against the cases of its algorithm, perhaps again. `false`: it is not imported, there are no
    /// cases, or they run now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_cases(&self, version: AlgorithmImageId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm_image SET cases_state = 'queued', cases_problem = ''
             WHERE id = ? AND import_state = 'completed' AND cases_state <> 'running'
               AND EXISTS (SELECT 1 FROM algorithm_cases WHERE algorithm_cases.algorithm_id = algorithm_image.algorithm_id)",
        )
        .bind(version.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// The cases are run now, perhaps again. `false`: nobody wants that any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_cases(&self, version: AlgorithmImageId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm_image SET cases_state = 'running', cases_problem = ''
             WHERE id = ? AND cases_state IN ('queued', 'running') AND import_state = 'completed'",
        )
        .bind(version.to_string())
        .execute(&mut *change)
        .await?;
        sqlx::query("DELETE FROM case_run WHERE algorithm_image_id = ?")
            .bind(version.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Keeps what a version made of one case. `false`: the cases are others by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_case(
        &self,
        version: AlgorithmImageId,
        run: &CaseRun,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let is_running = is_running(&mut change, version).await?;
        if is_running {
            sqlx::query(
                "INSERT INTO case_run (algorithm_image_id, name, verdict, differences, wall_seconds, peak_memory)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(version.to_string())
            .bind(&run.name)
            .bind(run.verdict.word())
            .bind(serde_json::Value::from(run.differences.clone()).to_string())
            .bind(run.wall_seconds)
            .bind(run.peak_memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)))
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        Ok(is_running)
    }

    /// The cases were run, or could not be. A version that passed them for the first time, and waited for that, becomes
    /// the active one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_cases(
        &self,
        version: AlgorithmImageId,
        state: CasesState,
        problem: &str,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        if is_running(&mut change, version).await? {
            let waits: bool = sqlx::query_scalar(
                "UPDATE algorithm_image SET cases_state = ?, cases_problem = ? WHERE id = ? RETURNING waits_for_cases",
            )
            .bind(state.word())
            .bind(problem)
            .bind(version.to_string())
            .fetch_one(&mut *change)
            .await?;
            if state == CasesState::Passed && waits {
                let activation = activate(&mut change, version).await?;
                debug_assert_eq!(activation, Activation::Done);
            }
        }
        change.commit().await?;
        Ok(())
    }

    /// What a version made of the cases so far, by their names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn case_runs(&self, version: AlgorithmImageId) -> Result<Vec<CaseRun>, StoreError> {
        let rows: Vec<CaseRunRow> =
            sqlx::query_as("SELECT * FROM case_run WHERE algorithm_image_id = ? ORDER BY name")
                .bind(version.to_string())
                .fetch_all(self.read())
                .await?;
        rows.into_iter().map(CaseRun::try_from).collect()
    }
}

async fn is_running(
    change: &mut Transaction<'static, Sqlite>,
    version: AlgorithmImageId,
) -> Result<bool, StoreError> {
    let running: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM algorithm_image WHERE id = ? AND cases_state = 'running'",
    )
    .bind(version.to_string())
    .fetch_one(&mut **change)
    .await?;
    Ok(running > 0)
}

/// Everything about the cases of an algorithm; whether it had any. A version that waited for them waits no longer.
async fn forget(
    change: &mut Transaction<'static, Sqlite>,
    algorithm: &str,
) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM algorithm_cases WHERE algorithm_id = ?")
        .bind(algorithm)
        .execute(&mut **change)
        .await?;
    sqlx::query(
        "DELETE FROM case_run WHERE algorithm_image_id IN (SELECT id FROM algorithm_image WHERE algorithm_id = ?)",
    )
    .bind(algorithm)
    .execute(&mut **change)
    .await?;
    sqlx::query(
        "UPDATE algorithm_image SET cases_state = 'none', cases_problem = '', waits_for_cases = FALSE WHERE algorithm_id = ?",
    )
    .bind(algorithm)
    .execute(&mut **change)
    .await?;
    Ok(gone.rows_affected() > 0)
}
