//! A database with an algorithm, people, and as many jobs as there are to be.

use std::sync::LazyLock;
use std::time::Instant;

use camino::Utf8Path;
use domain::{Manifest, Slug};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use store::Store;
use store::accounts::{NewAccount, Role};
use store::algorithm_images::{ImportedImage, NewVersion};
use store::archives::NewArchive;
use store::ids::{AccountId, AlgorithmId, ArchiveId, JobId};
use store::jobs::{JobInput, NewJob};
use store::values::NewContent;

/// Jobs, images and items of archives, each; `GANTRY_BENCH_ROWS` says another number.
pub(crate) static ROWS: LazyLock<usize> = LazyLock::new(|| asked("GANTRY_BENCH_ROWS", 1_000_000));
/// Rows of one statement.
const AT_ONCE: usize = 500;
/// People and algorithms that the jobs belong to.
const PEOPLE: usize = 50;
const ALGORITHMS: usize = 20;
/// Archives that the items are in.
const ARCHIVES: usize = 20;
/// One job in so many is public, and one in so many is shown to the first person.
const SHOWN: usize = 2000;
/// Images of others that the first person sees in an archive.
const LENT: usize = 500;
/// The one file of all images.
const BLOB: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A number from the environment, or the usual one.
pub(crate) fn asked(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.map_or(usual, |said| said.parse().expect("a number of rows"))
}

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

    /// Writes the rows, as the server would but many at once; one of the people and one of the algorithms.
    pub(crate) async fn fill(&self) -> (AccountId, AlgorithmId) {
        let (mut people, mut algorithms, mut archives) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..PEOPLE {
            people.push(account(&self.store, &format!("person-{number}")).await);
        }
        for number in 1..=ALGORITHMS {
            algorithms.push(algorithm(&self.store, people[0], number).await);
        }
        for number in 0..ARCHIVES {
            let whose = people[number % PEOPLE];
            archives.push(archive(&self.store, whose, number).await);
        }
        let options = SqliteConnectOptions::new().filename(self.home.join("gantry.db"));
        let database = SqliteConnection::connect_with(&options).await;
        let mut rows = Rows {
            database: database.expect("it is there"),
        };
        rows.run("BEGIN".to_owned()).await;
        rows.jobs(&people, &algorithms).await;
        rows.images(&people).await;
        rows.items(&archives).await;
        rows.count().await;
        rows.run("COMMIT".to_owned()).await;
        rows.run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await;
        (people[0], algorithms[0])
    }
}

/// Rows in the making.
struct Rows {
    database: SqliteConnection,
}

impl Rows {
    async fn run(&mut self, sql: String) {
        let done = sqlx::query(AssertSqlSafe(sql))
            .execute(&mut self.database)
            .await;
        done.expect("rows as the store writes them");
    }

    async fn jobs(&mut self, people: &[AccountId], algorithms: &[AlgorithmId]) {
        for numbers in batches() {
            let rows: Vec<String> = numbers
                .map(|number| job(number, people, algorithms))
                .collect();
            self.run(format!(
                "INSERT INTO job (id, creator_id, algorithm_id, is_public, state, failure, failure_code, state_since,
                     created_at, completed_at, algorithm_image_id, interface_id, limits, memory, millicpus, gpus, disk, run_seconds)
                 SELECT new.*, algorithm_image_id, interface_id, limits, memory, millicpus, gpus, disk, 0.5
                 FROM (VALUES {}) AS new JOIN (SELECT * FROM job LIMIT 1)",
                rows.join(", ")
            ))
            .await;
        }
        self.run(format!(
            "INSERT INTO job_viewer (job_id, account_id) SELECT id, '{}' FROM job WHERE rowid % {SHOWN} = 1",
            people[0]
        ))
        .await;
    }

    async fn images(&mut self, people: &[AccountId]) {
        self.run(format!(
            "INSERT INTO blob (digest, size, created_at) VALUES ('{BLOB}', 1, '{}')",
            at(0)
        ))
        .await;
        for numbers in batches() {
            let rows: Vec<String> = numbers
                .map(|number| {
                    let (id, whose) = (JobId::new(), people[die(number) % PEOPLE]);
                    format!(
                        "('{id}', 'a.mha', '{whose}', '{BLOB}', 'mha', '{{}}', '{}')",
                        at(number)
                    )
                })
                .collect();
            self.run(format!(
                "INSERT INTO image (id, name, account_id, blob_digest, extension, summary, created_at) VALUES {}",
                rows.join(", ")
            ))
            .await;
        }
    }

    async fn items(&mut self, archives: &[ArchiveId]) {
        for numbers in batches() {
            let rows: Vec<String> = numbers
                .map(|number| {
                    let (id, place) = (JobId::new(), archives[die(number) % ARCHIVES]);
                    format!("('{id}', '{place}', '{}')", at(number))
                })
                .collect();
            self.run(format!(
                "INSERT INTO archive_item (id, archive_id, created_at) VALUES {}",
                rows.join(", ")
            ))
            .await;
        }
        // Some of the first archive have images.
        self.run(format!(
            "INSERT INTO value (id, socket_id, image_id, created_at)
             SELECT 1000000000 + image.rowid, (SELECT MIN(id) FROM socket), image.id, '{}' FROM image LIMIT {LENT}",
            at(0)
        ))
        .await;
        self.run(format!(
            "INSERT INTO archive_item_value (archive_item_id, socket_id, value_id)
             SELECT archive_item.id, socket_id, value.id FROM
                 (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM archive_item WHERE archive_id = '{}' LIMIT {LENT})
                     AS archive_item
                 JOIN (SELECT id, socket_id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM value WHERE id >= 1000000000)
                     AS value ON value.place = archive_item.place",
            archives[0]
        ))
        .await;
        self.run(
            "INSERT INTO image_shown (whose, image_id, via)
             SELECT archive_id, image_id, archive_item.id FROM archive_item_value
             JOIN archive_item ON archive_item.id = archive_item_id JOIN value ON value.id = value_id"
                .to_owned(),
        )
        .await;
    }

    /// Counts everything, as the migration does that a database of an earlier version takes.
    async fn count(&mut self) {
        let start = Instant::now();
        self.run("DELETE FROM tally".to_owned()).await;
        let step = include_str!("../../migrations/sqlite/0006_tally.sql");
        let statements = step.split(";\n").map(str::trim);
        for statement in statements.filter(|one| one.starts_with("INSERT INTO tally")) {
            self.run(statement.to_owned()).await;
        }
        println!(
            "Counting {} rows of each list once, as the migration does: {:.1} s\n",
            *ROWS,
            start.elapsed().as_secs_f64()
        );
    }
}

/// The numbers of all rows, as many at once as one statement takes.
fn batches() -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..*ROWS)
        .step_by(AT_ONCE)
        .map(|start| start..(start + AT_ONCE).min(*ROWS))
}

/// A die that always falls the same way.
fn die(number: usize) -> usize {
    number.wrapping_mul(2_654_435_761) >> 7
}

/// One row in each second.
fn at(number: usize) -> String {
    let begin = Timestamp::from_second(1_700_000_000).expect("in range");
    let seconds = i64::try_from(number).expect("small");
    store::time::to_text(begin + SignedDuration::from_secs(seconds))
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

async fn archive(store: &Store, creator: AccountId, number: usize) -> ArchiveId {
    let new = NewArchive {
        slug: Slug::new(format!("archive-{number}")).expect("a name"),
        title: format!("Archive {number}"),
        description: String::new(),
        is_public: false,
    };
    let made = store
        .create_archive(&new, Some(creator), Timestamp::now())
        .await;
    made.expect("the name is free")
}

/// One job, mixed as by a die.
fn job(number: usize, people: &[AccountId], algorithms: &[AlgorithmId]) -> String {
    let die = die(number);
    let state = ["succeeded", "succeeded", "succeeded", "failed", "cancelled"][die % 5];
    let failure = if state == "failed" {
        let failure = domain::Failure::new(domain::FailureReason::ExitCode, "exit code 1");
        let json = serde_json::to_string(&failure).expect("our own type");
        format!("'{json}', 'exit_code'")
    } else {
        "NULL, NULL".to_owned()
    };
    let (at, is_public) = (at(number), number.is_multiple_of(SHOWN));
    let (whose, what) = (people[die % PEOPLE], algorithms[die / 7 % ALGORITHMS]);
    format!(
        "('{}', '{whose}', '{what}', {is_public}, '{state}', {failure}, '{at}', '{at}', '{at}')",
        JobId::new()
    )
}
