//! A database of the first version is brought to this one, and loses nothing.
//!
//! `fixtures/0001.db` was written by the first version and is never written again. That its first step is still the step
//! of today is checked when it is opened: the database remembers the digest of every step that it has taken.

use camino::Utf8Path;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use store::audit::AuditFilter;
use store::images::ImageFilter;
use store::jobs::JobFilter;
use store::{Page, Store, Viewer};

use crate::opened::{at, home};

const FIRST: &[u8] = include_bytes!("../../fixtures/0001.db");

async fn pool(home: &Utf8Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(home.join("gantry.db"));
    SqlitePool::connect_with(options).await.unwrap()
}

/// Everything that makes up the tables, whatever the order in which it was made.
async fn schema(home: &Utf8Path) -> Vec<(String, String, String)> {
    let rows = sqlx::query_as(
        "SELECT type, name, COALESCE(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
    );
    rows.fetch_all(&pool(home).await).await.unwrap()
}

/// How many rows each table has.
async fn rows(home: &Utf8Path) -> Vec<(String, i64)> {
    let pool = pool(home).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
           AND name <> '_sqlx_migrations' ORDER BY name",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut counts = Vec::new();
    for table in tables {
        let question = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let count = sqlx::query_scalar(question).fetch_one(&pool).await.unwrap();
        counts.push((table, count));
    }
    counts
}

#[tokio::test]
async fn the_first_version_becomes_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let old = Utf8Path::from_path(folder.path()).unwrap();
    fs_err::write(old.join("gantry.db"), FIRST).unwrap();
    let before = rows(old).await;
    assert!(
        before.iter().filter(|(_, count)| *count > 0).count() >= 15,
        "{before:?}"
    );

    let store = Store::open(old).await.unwrap();
    let (fresh, _store) = home().await;
    let fresh = Utf8Path::from_path(fresh.path()).unwrap();
    assert_eq!(schema(old).await, schema(fresh).await);
    let after = rows(old).await;
    for (table, count) in &before {
        // A migration may note that it is done; nothing is ever taken away.
        let now = after.iter().find(|(name, _)| name == table);
        assert!(
            now.is_some_and(|(_, now)| now == count || (table == "counter" && now > count)),
            "{table}: {count} rows before; {after:?}"
        );
    }
    assert_eq!(
        store.database_damages().await.unwrap(),
        Vec::<String>::new()
    );

    // What was in it can still be read.
    let jobs = store
        .jobs(Viewer::SYSTEM, &JobFilter::default(), Page::ALL)
        .await
        .unwrap();
    let states: Vec<&str> = jobs.items.iter().map(|job| job.state.word()).collect();
    assert_eq!(states, ["succeeded", "failed", "queued"]);
    counted(&store, &before).await;
    let (inputs, outputs) = store.job_values(jobs.items[0].id).await.unwrap();
    assert_eq!((inputs.len(), outputs.len()), (1, 1));
    store.claim(jobs.items[2].id, "one", at(0)).await.unwrap();
}

/// What was counted once, in the migration, is as many as there are rows.
async fn counted(store: &Store, before: &[(String, i64)]) {
    let system = Viewer::SYSTEM;
    let (jobs, images) = (JobFilter::default(), ImageFilter::default());
    let jobs = store.jobs(system, &jobs, Page::ALL).await.unwrap();
    let of_algorithm = JobFilter {
        algorithm: Some(jobs.items[0].algorithm),
        ..JobFilter::default()
    };
    let of_algorithm = store.jobs(system, &of_algorithm, Page::ALL).await.unwrap();
    let images = store.images(system, &images, Page::ALL).await.unwrap();
    let items = store.archive_items(system, None, Page::ALL).await.unwrap();
    let imports = store.image_imports(system, Page::ALL).await.unwrap();
    let audit = store.audit_log(&AuditFilter::default(), Page::ALL).await;
    let states: u64 = store.count_jobs().await.unwrap().values().sum();
    assert_eq!(of_algorithm.count, of_algorithm.items.len() as u64);
    for (table, count) in [
        ("job", jobs.count),
        ("job", states),
        ("image", images.count),
        ("archive_item", items.count),
        ("image_import", imports.count),
        ("audit", audit.unwrap().count),
    ] {
        let rows = before.iter().find(|(name, _)| name == table);
        assert_eq!(
            rows.map(|(_, rows)| rows.unsigned_abs()),
            Some(count),
            "{table}"
        );
    }
}

#[tokio::test]
async fn a_step_that_is_unknown_is_refused() {
    let (folder, store) = home().await;
    store.close().await;
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let pool = pool(path).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         VALUES (9999, 'of the future', '2030-01-01', TRUE, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let refused = Store::open(path).await.unwrap_err().to_string();
    assert!(refused.contains("9999"), "{refused}");
    let refused = Store::open_to_read(path).await.unwrap_err().to_string();
    assert!(refused.contains("of version 9999"), "{refused}");
}

/// Whoever adds a table that names blobs must let the sweep know when it names one no more.
#[tokio::test]
async fn every_name_of_a_blob_is_noted_when_it_goes() {
    let (folder, _store) = home().await;
    let schema = schema(Utf8Path::from_path(folder.path()).unwrap()).await;
    let tables = schema.iter().filter(|(kind, _, _)| kind == "table");
    let mut names = 0;
    for (_, table, made) in tables {
        // What `ALTER TABLE` added stands in one line with others.
        let columns = made.split([',', '\n', '(']).map(str::trim);
        for column in columns.filter(|column| column.contains("REFERENCES blob")) {
            let column = column.split_whitespace().next().unwrap();
            let is_noted = |sql: &String| {
                sql.contains(&format!(" ON {table} ")) && sql.contains(&format!("(OLD.{column})"))
            };
            assert!(
                schema
                    .iter()
                    .any(|(kind, _, sql)| kind == "trigger" && is_noted(sql)),
                "no trigger notes what `{table}.{column}` named"
            );
            names += 1;
        }
    }
    assert_eq!(names, 7);
}
