//! A database with an algorithm, people, and as many jobs as there are to be.

use camino::Utf8Path;
use domain::Manifest;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use store::Store;
use store::accounts::{NewAccount, Role};
use store::algorithm_images::{ImportedImage, NewVersion};
use store::ids::{AccountId, AlgorithmId, JobId};
use store::jobs::{JobInput, NewJob};
use store::values::NewContent;

pub(crate) const ROWS: usize = 1_000_000;
/// Rows of one statement.
const AT_ONCE: usize = 500;
/// People and algorithms that the jobs belong to.
const PEOPLE: usize = 50;
const ALGORITHMS: usize = 20;

/// What runs: a number in, a number out.
fn manifest(number: usize) -> String {
    format!(
        r#"
        title = "Doubles"
        slug = "doubles-{number}"
        sockets = [
            {{ slug = "number", kind = "Integer", relative_path = "number.json" }},
            {{ slug = "double", kind = "Integer", relative_path = "double.json" }},
        ]
        interfaces = [{{ inputs = ["number"], outputs = ["double"] }}]
    "#
    )
}

/// An open store that has everything a job needs.
pub(crate) struct Clinic {
    pub(crate) store: Store,
    home: camino::Utf8PathBuf,
    job: NewJob,
}

impl Clinic {
    pub(crate) async fn open(home: &Utf8Path) -> Clinic {
        let store = Store::open(home).await.expect("a new folder");
        let account = account(&store, "ada").await;
        let algorithm = algorithm(&store, account, 0).await;
        let found = store.algorithm(algorithm).await.expect("it answers");
        let found = found.expect("it was just made");
        let image = store.active_algorithm_image(algorithm).await;
        let interface = &found.interfaces[0];
        let number = NewContent::Json(json!(21));
        let job = NewJob {
            algorithm,
            image: image.expect("it answers").expect("it was just made").id,
            model: None,
            interface: interface.id,
            creator: Some(account),
            archive_run: None,
            limits: found.limits.clone(),
            inputs: vec![JobInput::New(interface.inputs[0].id, number)],
            pending: Vec::new(),
        };
        Clinic {
            store,
            home: home.to_owned(),
            job,
        }
    }

    pub(crate) async fn submit(&self) {
        let made = self.store.submit(&self.job, Timestamp::now()).await;
        made.expect("it is accepted");
    }

    /// Writes a million rows, as the server would but many at once; one of the people and one of the algorithms.
    pub(crate) async fn fill(&self) -> (AccountId, AlgorithmId) {
        let (mut people, mut algorithms) = (Vec::new(), Vec::new());
        for number in 0..PEOPLE {
            people.push(account(&self.store, &format!("person-{number}")).await);
        }
        for number in 1..=ALGORITHMS {
            algorithms.push(algorithm(&self.store, people[0], number).await);
        }
        let options = SqliteConnectOptions::new().filename(self.home.join("gantry.db"));
        let mut database = SqliteConnection::connect_with(&options)
            .await
            .expect("it is there");
        let mut run = async |sql: String| {
            let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut database).await;
            done.expect("rows as the store writes them");
        };
        run("BEGIN".to_owned()).await;
        for start in (0..ROWS).step_by(AT_ONCE) {
            let rows: Vec<String> = (start..start + AT_ONCE)
                .map(|number| row(number, &people, &algorithms))
                .collect();
            run(format!(
                "INSERT INTO job (id, creator_id, algorithm_id, state, failure, failure_code, state_since, created_at,
                     completed_at, algorithm_image_id, interface_id, limits, memory, millicpus, gpus, disk, run_seconds)
                 SELECT new.*, algorithm_image_id, interface_id, limits, memory, millicpus, gpus, disk, 0.5
                 FROM (VALUES {}) AS new JOIN (SELECT * FROM job LIMIT 1)",
                rows.join(", ")
            ))
            .await;
        }
        run("COMMIT".to_owned()).await;
        run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await;
        (people[0], algorithms[0])
    }
}

async fn account(store: &Store, name: &str) -> AccountId {
    let new = NewAccount {
        username: name.to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role: Role::Creator,
    };
    let made = store.create_account(&new, Timestamp::now()).await;
    made.expect("the name is free").id
}

async fn algorithm(store: &Store, creator: AccountId, number: usize) -> AlgorithmId {
    let declared = Manifest::parse(&manifest(number)).expect("it is valid");
    let now = Timestamp::now();
    let made = store
        .create_algorithm(&declared.algorithm, Some(creator), now)
        .await
        .expect("the slug is free");
    let version = NewVersion {
        algorithm: made.id,
        creator: Some(creator),
        upload: None,
        comment: String::new(),
    };
    let image = store.create_algorithm_image(&version, now).await;
    let imported = ImportedImage {
        digest: "sha256:1".to_owned(),
        size: 1,
        activate: true,
    };
    let image = image.expect("it answers");
    let done = store.complete_algorithm_image(image, &imported).await;
    done.expect("it answers");
    made.id
}

/// One job, mixed as by a die that always falls the same way.
fn row(number: usize, people: &[AccountId], algorithms: &[AlgorithmId]) -> String {
    let die = number.wrapping_mul(2_654_435_761) >> 7;
    let state = ["succeeded", "succeeded", "succeeded", "failed", "cancelled"][die % 5];
    let failure = if state == "failed" {
        let failure = domain::Failure::new(domain::FailureReason::ExitCode, "exit code 1");
        let json = serde_json::to_string(&failure).expect("our own type");
        format!("'{json}', 'exit_code'")
    } else {
        "NULL, NULL".to_owned()
    };
    let seconds = i64::try_from(number).expect("small");
    let begin = Timestamp::from_second(1_700_000_000).expect("in range");
    let at = store::time::to_text(begin + SignedDuration::from_secs(seconds));
    let (whose, what) = (people[die % PEOPLE], algorithms[die / 7 % ALGORITHMS]);
    format!(
        "('{}', '{whose}', '{what}', '{state}', {failure}, '{at}', '{at}', '{at}')",
        JobId::new()
    )
}
